/**
 * What was said in a conversation, line by line, and how much of an answer was heard before it ended. Pure.
 */

/**
 * @typedef {object} Line A line of the captions.
 * @property {string} id
 * @property {"person" | "assistant"} who
 * @property {string} text Of an answer that was interrupted, only what was heard.
 * @property {boolean} done
 * @property {boolean} [cut] It ended before it was complete.
 */

const MAX_LINES = 200;
/** How many responses can still be heard, or be interrupted. */
const MAX_RESPONSES = 4;
/** How fast a voice speaks until that was measured, and what is believed of a measurement, in characters a second. */
const USUAL_SPEED = 15;
const SLOWEST_SPEED = 6;
const FASTEST_SPEED = 30;

export class Lines {
  constructor() {
    /** @type {Line[]} Oldest first. */
    this.all = [];
    /** @type {Map<string, Line[]>} What the latest responses said, by their ids. */
    this._saidBy = new Map();
    /** @type {Map<string, string>} The whole text of the lines that were cut, by their ids. */
    this._whole = new Map();
    this._speed = USUAL_SPEED;
  }

  /** Make place for a line whose words are known later. @param {string} id @param {Line["who"]} who */
  open(id, who) {
    let line = this.all.find((each) => each.id === id);
    if (!line) {
      line = { id, who, text: "", done: false };
      this.all.push(line);
      if (this.all.length > MAX_LINES) this._whole.delete(/** @type {Line} */ (this.all.shift()).id);
    }
    return line;
  }

  /** @param {string} id @param {Line["who"]} who @param {string} more */
  append(id, who, more) {
    const line = this.open(id, who);
    // What comes after the cut was never heard.
    if (!line.cut) line.text += more;
    return line;
  }

  /** @param {string} id @param {Line["who"]} who @param {string | undefined} text */
  finish(id, who, text) {
    const line = this.open(id, who);
    if (text !== undefined && !line.cut) line.text = text.trim();
    line.done = true;
    return line;
  }

  /** @param {Line} line @param {unknown} response The id of the response that says it. */
  saidBy(line, response) {
    const id = String(response);
    const lines = this._saidBy.get(id) ?? [];
    this._saidBy.set(id, lines);
    if (!lines.includes(line)) lines.push(line);
    for (const old of [...this._saidBy.keys()].slice(0, -MAX_RESPONSES)) this._saidBy.delete(old);
    return line;
  }

  /** A response was not completed: it ends in the middle. @param {unknown} response Its id. @returns {Line[]} What changed. */
  leftOpen(response) {
    const lines = (this._saidBy.get(String(response)) ?? []).filter((line) => !line.cut);
    for (const line of lines) line.cut = line.done = true;
    return lines;
  }

  /** An answer was heard for so many ms, and no longer. @param {string} response @param {number} ms @returns {Line[]} */
  cut(response, ms) {
    return this._cut(this._saidBy.get(response) ?? [], ms);
  }

  /** The provider reports how much of a line was heard. @param {string} id @param {number} ms @returns {Line[]} */
  heard(id, ms) {
    const line = this.all.find((each) => each.id === id);
    return line?.cut ? this._cut([line], ms) : [];
  }

  /** An answer was heard to its end, in so many ms: that is how fast this voice speaks. @param {string} response @param {number} ms */
  measure(response, ms) {
    const chars = (this._saidBy.get(response) ?? []).reduce((sum, { text }) => sum + text.length, 0);
    if (chars < 20 || ms < 1_000) return;
    this._speed = Math.min(FASTEST_SPEED, Math.max(SLOWEST_SPEED, chars / (ms / 1_000)));
  }

  /** What of a line was never heard. @param {Line} line */
  unheard(line) {
    return (this._whole.get(line.id) ?? line.text).slice(line.text.length).trim();
  }

  /** Nothing more is said to any of them. */
  close() {
    for (const line of this.all) line.done = true;
  }

  /** What was said so far, as items for a new session: so that a lost connection loses no context. */
  carryOver() {
    return this.all
      .filter((line) => line.text)
      .map((line) => ({
        type: "message",
        role: line.who === "person" ? "user" : "assistant",
        content: [{ type: line.who === "person" ? "input_text" : "output_text", text: line.text }],
      }));
  }

  /** Keep the words that fit into the time: the provider tells no times of words. @param {Line[]} lines @param {number} ms */
  _cut(lines, ms) {
    let left = (ms / 1_000) * this._speed;
    for (const line of lines) {
      const whole = this._whole.get(line.id) ?? line.text;
      this._whole.set(line.id, whole);
      line.text = whole.length <= left ? whole : whole.slice(0, whole.lastIndexOf(" ", left) + 1).trim();
      line.cut = line.done = true;
      left = Math.max(0, left - whole.length);
    }
    return lines;
  }
}
