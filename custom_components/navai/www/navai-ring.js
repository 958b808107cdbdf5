/**
 * A conversation that somebody else asked for, and that waits for a tap: it rings for a while.
 */

import { chime } from "./navai-chime.js";

/** @typedef {import("./navai-openings.js").Opening} Opening */

/** How often it rings until somebody answers, and how far apart, in ms. */
const RINGS = 6;
const RING_MS = 5_000;

export class Ring {
  /**
   * @param {() => void} changed It begins to ring, or ends.
   * @param {(request: string) => void} missed Nobody answered the command of that id.
   * @param {() => unknown} [sound]
   */
  constructor(changed, missed, sound = chime) {
    this._changed = changed;
    this._missed = missed;
    this._sound = sound;
    this._left = 0;
    /** @type {Opening | undefined} What waits. */
    this.opening = undefined;
    /** @type {string | undefined} The id of the command that asked for it. */
    this._request = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
  }

  /** @param {Opening} opening */
  begin({ request, ...opening }) {
    this.opening = opening;
    this._request = request;
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

  /** Nobody has answered, and nobody can any more. */
  giveUp() {
    const request = this._request;
    if (this.end() && request) this._missed(request);
  }

  /** @returns {Opening | undefined} What waited. */
  end() {
    const { opening } = this;
    this.pause();
    this.opening = undefined;
    if (opening) this._changed();
    return opening;
  }
}
