/**
 * What a conversation hears and says on this device: the microphone, the loudspeaker, and how loud both are.
 */

import { Levels } from "./navai-levels.js";
import { closeStream, listenFor } from "./navai-microphone.js";
import { Sound } from "./navai-sound.js";
import { Timers } from "./navai-timers.js";

/** How long the room may go on sounding after the assistant, in ms. */
const ECHO_MS = 300;
/** After how long the person is told that the microphone is waited for, in ms. */
const ASK_MS = 2_500;

/**
 * @typedef {object} Listening
 * @property {() => void} onGone The device was taken away.
 * @property {() => void} onUnanswered Nobody answers the browser's question.
 * @property {number} patienceMs How long somebody may take to answer it, once they were told of it.
 */

export class TwoWayAudio {
  /** @param {() => void} changed Called when sound begins or ceases to wait for a tap, and the microphone for a person. */
  constructor(changed) {
    this.levels = new Levels();
    this.muted = false;
    /** Nothing of the room goes out while the assistant is heard. */
    this._gated = false;
    /** The microphone is waited for: perhaps the browser asks, and nobody has seen it. */
    this.asking = false;
    this._changed = changed;
    this._timers = new Timers();
    this._sound = new Sound(changed);
    /** @type {MediaStream | undefined} */
    this._microphone = undefined;
  }

  get needsTap() {
    return this._sound.needsTap;
  }

  /** What the microphone hears; null while it is not open. */
  get track() {
    return this._microphone?.getAudioTracks()[0] ?? null;
  }

  /**
   * Open the microphone; throws a Failure.
   * @param {AbortSignal} signal If it ends meanwhile, nothing stays open.
   * @param {Listening} listening
   */
  async listen(signal, { onGone, onUnanswered, patienceMs }) {
    this._timers.after("ask", ASK_MS, () => {
      this._ask(true);
      this._timers.after("ask", patienceMs, onUnanswered);
    });
    const stream = await listenFor(signal, onGone);
    this._timers.cancelAll();
    this._ask(false);
    this._microphone = stream;
    this.mute(this.muted);
    // Not sooner: a browser's first audio context stops the page for as long as a microphone takes to open.
    this.levels.open();
    this.levels.hear("input", stream);
  }

  /** @param {MediaStream} stream The assistant's voice. */
  hear(stream) {
    this._sound.hear(stream);
    this.levels.open();
    this.levels.hear("output", stream);
  }

  /** @param {boolean} muted Of the microphone, also of one that opens later. */
  mute(muted) {
    this.muted = muted;
    for (const track of this._microphone?.getAudioTracks() ?? []) track.enabled = !muted && !this._gated;
  }

  /** Let nothing of the room out, or again. @param {boolean} closed */
  gate(closed) {
    const set = () => {
      this._gated = closed;
      this.mute(this.muted);
    };
    if (closed) {
      this._timers.cancel("gate");
      set();
    } else this._timers.after("gate", ECHO_MS, set);
  }

  /** The assistant is silent at once, or no longer. @param {boolean} silent */
  hush(silent) {
    this._sound.hush(silent);
  }

  /** Within the tap that sound waited for. */
  async resume() {
    this.levels.resume();
    await this._sound.play();
  }

  /** @param {boolean} asking */
  _ask(asking) {
    if (asking === this.asking) return;
    this.asking = asking;
    this._changed();
  }

  close() {
    this._timers.cancelAll();
    this.asking = false;
    closeStream(this._microphone);
    this._microphone = undefined;
    this._sound.close();
    this.levels.close();
    this.muted = this._gated = false;
  }
}
