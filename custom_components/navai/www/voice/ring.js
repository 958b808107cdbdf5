/**
 * A conversation that someone else requested. It rings for a while and waits for a tap.
 */

import { chime } from "./chime.js";

/** @typedef {import("./openings.js").Opening} Opening */

/** How often it rings, and how far apart, in ms. */
const RINGS = 6;
const RING_MS = 5_000;

export class Ring {
  /**
   * @param {() => void} changed It begins to ring, or ends.
   * @param {(opening: Opening) => void} missed Nobody answered.
   * @param {() => unknown} [sound]
   */
  constructor(changed, missed, sound = chime) {
    this._changed = changed;
    this._missed = missed;
    this._sound = sound;
    this._left = 0;
    /** @type {Opening | undefined} What waits. */
    this.opening = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
  }

  /** @param {Opening} opening */
  begin(opening) {
    // What rang until now is missed.
    this.giveUp();
    this.opening = opening;
    this._left = RINGS;
    this.resume();
  }

  /** It is on the page again. */
  resume() {
    if (!this.opening) return;
    clearTimeout(this._timer);
    if (!this._left) {
      this.giveUp();
      return;
    }
    this._left--;
    void this._sound();
    this._changed();
    this._timer = setTimeout(() => this.resume(), RING_MS);
  }

  /** It left the page, perhaps for another place on it. */
  pause() {
    clearTimeout(this._timer);
  }

  /** Nobody answered in time. */
  giveUp() {
    const { opening } = this;
    this.end();
    if (opening) this._missed(opening);
  }

  /** @returns {Opening | undefined} What waited; the command that asked for it is answered already. */
  end() {
    if (!this.opening) return undefined;
    const { request: _, ...opening } = this.opening;
    this.pause();
    this.opening = undefined;
    this._changed();
    return opening;
  }
}
