/**
 * The audio of a conversation on this device: the microphone, the speaker, and how loud both are.
 */

import { Input } from "./input.js";
import { Levels } from "./levels.js";
import { Sound } from "./sound.js";
import { Timers } from "./timers.js";

/** How long the room may go on sounding after the assistant, in ms. */
const ECHO_MS = 300;
/** After how long the page says that it waits for the microphone, in ms. */
const ASK_MS = 2_500;

/**
 * @typedef {import("./input.js").InputEvents & {onUnanswered: () => void}} Listening
 * `onUnanswered`: nobody answers the browser's question, for as long as the microphone may stay away, too.
 */

export class TwoWayAudio {
  /** @param {() => void} changed Called when sound begins or ceases to wait for a tap, and the microphone for a person. */
  constructor(changed) {
    this.levels = new Levels();
    /** The microphone is waited for: perhaps the browser asks, and nobody has seen it. */
    this.asking = false;
    this._changed = changed;
    this._timers = new Timers();
    this._sound = new Sound(changed);
    this._input = new Input(this.levels);
  }

  /** Whether the person has muted the microphone. */
  get muted() {
    return this._input.muted;
  }

  get needsTap() {
    return this._sound.needsTap;
  }

  /** Whether what the assistant says now is heard, as far as the browser says. */
  get audible() {
    return this._sound.audible;
  }

  /** The microphone's track; null while it is not open. */
  get track() {
    return this._input.track;
  }

  /** Why the microphone is silent at the moment; undefined while it works. */
  get gone() {
    return this._input.gone;
  }

  /** Whether the assistant's voice could be heard now, without a tap. */
  async mayPlay() {
    return this._sound.mayPlay();
  }

  /**
   * Open the microphone; throws a Failure. Call it within the tap, if there was one.
   * @param {AbortSignal} signal If it ends meanwhile, nothing stays open.
   * @param {Listening} listening
   */
  async listen(signal, listening) {
    this._sound.unlock();
    this._timers.after("ask", ASK_MS, () => {
      this._ask(true);
      this._timers.after("ask", listening.patienceMs, listening.onUnanswered);
    });
    await this._input.open(signal, listening);
    this._timers.cancelAll();
    this._ask(false);
    // Some browsers let a page sound while it listens.
    if (this._sound.needsTap) void this._sound.play();
  }

  /** @param {MediaStream} stream The assistant's voice. */
  hear(stream) {
    this._sound.hear(stream);
    this.levels.open();
    this.levels.hear("output", stream);
  }

  /** @param {boolean} muted Of the microphone, also of one that opens later. */
  mute(muted) {
    this._input.mute(muted);
  }

  /** Let nothing of the room out, or again. @param {boolean} closed */
  gate(closed) {
    if (closed) {
      this._timers.cancel("gate");
      this._input.gate(true);
    } else this._timers.after("gate", ECHO_MS, () => this._input.gate(false));
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
    this._input.close();
    this._sound.close();
    this.levels.close();
  }
}
