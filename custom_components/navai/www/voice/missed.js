/**
 * What the assistant wanted to say while nobody was there or nothing was audible. Each is a note, until someone dismisses
 * the notes or talks.
 */

/** @typedef {import("./openings.js").Opening} Opening */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Text */

/** So many are kept: the latest. */
const KEPT = 3;

export class Missed {
  /**
   * @param {HTMLElement} box It holds a list and a button, and is hidden while there is nothing to say.
   * @param {() => void} left The keyboard was in it, and needs another place.
   */
  constructor(box, left) {
    this._box = box;
    this._list = /** @type {HTMLElement} */ (box.querySelector("ul"));
    /** @type {{at: Date, opening: Opening}[]} */
    this._notes = [];
    box.addEventListener("click", () => {
      const root = /** @type {ShadowRoot} */ (box.getRootNode());
      const focused = box.contains(root.activeElement);
      this.clear();
      // The keyboard must not vanish with the button that it pressed.
      if (focused) left();
    });
  }

  /** @param {Opening} opening */
  add(opening) {
    // An opening without words leaves no note.
    if (!opening.line && !opening.context) return;
    this._notes = [...this._notes, { at: new Date(), opening }].slice(-KEPT);
  }

  clear() {
    this._notes = [];
    this._list.replaceChildren();
    this._box.hidden = true;
  }

  /** @param {Text} text @param {string} language Of the time. */
  draw(text, language) {
    const words = this._notes.map(({ at, opening: { line } }) => {
      const time = at.toLocaleTimeString(language, { hour: "numeric", minute: "2-digit" });
      return text(line ? "missed_line" : "missed_context", { time, line: line ?? "" });
    });
    const shown = [...this._list.children].map((item) => item.textContent);
    // Only what changed is read out.
    if (JSON.stringify(words) !== JSON.stringify(shown)) {
      this._list.replaceChildren(
        ...words.map((each) => Object.assign(document.createElement("li"), { textContent: each })),
      );
    }
    this._box.hidden = !words.length;
    this._box.querySelector("button")?.setAttribute("aria-label", text("forget"));
  }
}
