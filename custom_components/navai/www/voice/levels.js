/**
 * How loud both sides are, for the animation: read when a frame is drawn, and not at all when none is.
 */

import { newAudioContext } from "./audio-context.js";

/** @typedef {"input" | "output"} Side */

/** Below this there is not even the noise that every microphone has (0 to 1); filters fade out to it. */
const NOTHING = 1e-8;

export class Levels {
  constructor() {
    /** @type {AudioContext | undefined} */
    this._context = undefined;
    /** @type {Map<Side, {source: MediaStreamAudioSourceNode, analyser: AnalyserNode, samples: Uint8Array<ArrayBuffer>, exact: Float32Array<ArrayBuffer>}>} */
    this._sides = new Map();
  }

  /** Within a tap, where the browser wants one. */
  open() {
    this._context ??= newAudioContext();
    this.resume();
  }

  resume() {
    // iOS has one more state, of a context that a call of the telephone interrupted.
    if (this._context && this._context.state !== "running") void this._context.resume().catch(() => {});
  }

  /** @param {Side} side @param {MediaStream} stream */
  hear(side, stream) {
    if (!this._context || !stream.getAudioTracks().length) return;
    this._forget(side);
    const source = this._context.createMediaStreamSource(stream);
    const analyser = this._context.createAnalyser();
    analyser.fftSize = 512;
    source.connect(analyser);
    const { fftSize } = analyser;
    this._sides.set(side, { source, analyser, samples: new Uint8Array(fftSize), exact: new Float32Array(fftSize) });
  }

  /**
   * @param {Side} side
   * @returns {number} From 0 to 1.
   */
  of(side) {
    const found = this._sides.get(side);
    if (!found) return 0;
    found.analyser.getByteTimeDomainData(found.samples);
    let sum = 0;
    for (const sample of found.samples) sum += (sample - 128) ** 2;
    return Math.min(1, (Math.sqrt(sum / found.samples.length) / 128) * 4);
  }

  /**
   * Whether nothing at all comes in now, not even noise.
   * @param {Side} side
   * @returns {boolean} False also where that cannot be known: a page that nobody has touched may not look.
   */
  silent(side) {
    const found = this._sides.get(side);
    if (!found || this._context?.state !== "running") return false;
    found.analyser.getFloatTimeDomainData(found.exact);
    return found.exact.every((sample) => Math.abs(sample) < NOTHING);
  }

  /** Nothing is heard any more. A context that is only suspended holds on to what it heard. */
  close() {
    for (const side of /** @type {Side[]} */ ([...this._sides.keys()])) this._forget(side);
    void this._context?.close().catch(() => {});
    this._context = undefined;
  }

  /** @param {Side} side */
  _forget(side) {
    const found = this._sides.get(side);
    found?.source.disconnect();
    found?.analyser.disconnect();
    this._sides.delete(side);
  }
}
