/**
 * What a conversation hears and says on this device: the microphone, the loudspeaker, and how loud both are.
 */

import { Levels } from "./navai-levels.js";
import { closeStream, listenFor } from "./navai-microphone.js";
import { Sound } from "./navai-sound.js";

export class TwoWayAudio {
  /** @param {() => void} changed Called when sound begins or ceases to wait for a tap. */
  constructor(changed) {
    this.levels = new Levels();
    this.muted = false;
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
   * @param {() => void} onGone The device was taken away.
   */
  async listen(signal, onGone) {
    const stream = await listenFor(signal, onGone);
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
    for (const track of this._microphone?.getAudioTracks() ?? []) track.enabled = !muted;
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

  close() {
    closeStream(this._microphone);
    this._microphone = undefined;
    this._sound.close();
    this.levels.close();
    this.muted = false;
  }
}
