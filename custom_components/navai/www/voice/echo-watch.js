/**
 * Whether the assistant hears itself: its voice returns through the microphone, interrupts it, and gets answered, again
 * and again. Then people can't interrupt it anymore. Pure. Times in ms.
 */

/** What happened longer ago does not count. */
const WINDOW_MS = 45_000;
/** A person does not interrupt so often. */
const MAX_INTERRUPTIONS = 6;
/** What comes back with the assistant's own words is worth so many interruptions. */
const ECHO_WEIGHT = 3;
/** What part of the words must be the assistant's own, and how many there must be. */
const LIKENESS = 0.6;
const MIN_WORDS = 3;

/** @typedef {import("./lines.js").Line} Line */

/** How many of its lines come back. */
const LINES = 3;

export class EchoWatch {
  /** @param {() => number} now */
  constructor(now) {
    this._now = now;
    /** @type {{at: number, weight: number, item: string | undefined}[]} */
    this._interruptions = [];
    this._said = "";
    /** @type {Record<string, unknown> | null | undefined} How the provider notices turns. */
    this._detection = undefined;
    /** It heard itself: while it speaks, nothing of the room may reach the provider. */
    this.closed = false;
  }

  /** @param {Record<string, any> | undefined} session As the provider has it. */
  configured(session) {
    const detection = session?.audio?.input?.turn_detection;
    if (detection !== undefined) this._detection = detection;
  }

  /**
   * Somebody, or the assistant itself, spoke into the answer.
   * @param {string | undefined} item The id of what was said. @param {readonly Line[]} lines What the assistant said is among them.
   */
  interrupted(item, lines) {
    const own = lines.filter(({ who }) => who === "assistant").slice(-LINES);
    this._said = own.map(({ text }) => text).join(" ");
    this._interruptions.push({ at: this._now(), weight: 1, item });
    this._interruptions = this._interruptions.filter(({ at }) => this._now() - at <= WINDOW_MS);
  }

  /** The words of what was said. @param {string} item @param {string} text */
  understood(item, text) {
    const interruption = this._interruptions.find((each) => each.item === item);
    if (interruption && isLike(text, this._said)) interruption.weight = ECHO_WEIGHT;
  }

  /** Whether it has just turned out that it hears itself. */
  turnedOut() {
    if (this.closed || this._interruptions.reduce((sum, { weight }) => sum + weight, 0) < MAX_INTERRUPTIONS)
      return false;
    this.closed = true;
    return true;
  }

  /** The event after which speech does not interrupt the assistant; undefined where it does not do so anyway. */
  stopInterruption() {
    if (!this.closed || !this._detection) return undefined;
    const turn_detection = { ...this._detection, interrupt_response: false };
    return { type: "session.update", session: { type: "realtime", audio: { input: { turn_detection } } } };
  }
}

/** @param {string} text */
function wordsOf(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** @param {string} text @param {string} said */
function isLike(text, said) {
  const words = wordsOf(text);
  const own = new Set(wordsOf(said));
  return words.length >= MIN_WORDS && words.filter((word) => own.has(word)).length / words.length >= LIKENESS;
}
