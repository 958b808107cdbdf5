/**
 * The microphone while a conversation lasts: it may be muted by the system, taken by another app, unplugged or replaced.
 * Each is noticed, and passes by itself as soon as the device is there again.
 */

import { Failure } from "../server/failure.js";
import { closeStream, microphonePermission, openMicrophone } from "./microphone.js";
import { Timers } from "./timers.js";

/** @typedef {import("./levels.js").Levels} Levels */
/** @typedef {"microphone_muted" | "microphone_away" | "microphone_taken" | "microphone_silent"} Trouble */
/**
 * @typedef {object} InputEvents
 * @property {(track: MediaStreamTrack) => void} onTrack Another track takes its place.
 * @property {(trouble: Trouble | undefined) => void} onTrouble What is wrong with it now; undefined when it is fine.
 * @property {(failure: Failure) => void} onGone It stays away for too long, or the browser forbids it.
 * @property {number} patienceMs For how long it may stay away.
 */

/** How often it is looked at, in ms: not every browser says what happens to it. */
const LOOK_MS = 200;
/** What is over sooner is not worth a word, in ms. */
const TELL_MS = 600;
/** How often it is asked for while it is away, in ms. */
const RETRY_MS = 1_500;
/** How long the system takes to sort its devices when one comes or goes, in ms. */
const DEVICES_MS = 300;
/** After how long without any sound, not even noise, it is reported, in ms. */
const SILENT_MS = 2_000;
/** How much longer after each time that it was not so: some microphones deliver nothing while nobody speaks. */
const MORE_PATIENT = 4;
/** The failure code if it stays away. @type {Partial<Record<Trouble, string>>} */
const GONE = {
  microphone_muted: "microphone_muted",
  microphone_away: "microphone_missing",
  microphone_taken: "microphone_busy",
};

export class Input {
  /** @param {Levels} levels */
  constructor(levels) {
    this._levels = levels;
    this._timers = new Timers();
    this.muted = false;
    /** Nothing of the room goes out while the assistant is heard. */
    this._gated = false;
    /** @type {MediaStream | undefined} */
    this._stream = undefined;
    /** @type {Trouble | undefined} */
    this._trouble = undefined;
    /** What is known to others. @type {Trouble | undefined} */
    this._told = undefined;
    /** Whether it is being opened again. */
    this._opening = false;
    /** Another app had it when it was asked for the last time. */
    this._taken = false;
    /** @type {number | undefined} Since when nothing comes in, in ms of the page. */
    this._silentSince = undefined;
    this._silentMs = SILENT_MS;
    /** @type {string | undefined} The device that the system prefers, as it was when the microphone was opened. */
    this._preferred = undefined;
    /** @type {AbortController | undefined} */
    this._life = undefined;
  }

  /** The microphone's track; null while it is not open. */
  get track() {
    return this._stream?.getAudioTracks()[0] ?? null;
  }

  /** The failure code if the conversation ends now, because the microphone is silent; undefined while it works. */
  get gone() {
    const code = this._trouble && GONE[this._trouble];
    return code ? new Failure(code) : undefined;
  }

  /**
   * Open it; throws a Failure.
   * @param {AbortSignal} signal If it ends meanwhile, nothing stays open.
   * @param {InputEvents} events
   */
  async open(signal, events) {
    const stream = await openMicrophone();
    if (signal.aborted) {
      closeStream(stream);
      throw new Failure("session_ended");
    }
    this._life = new AbortController();
    this._events = events;
    this._use(stream);
    const { signal: life } = this._life;
    const again = () => this._timers.after("devices", DEVICES_MS, () => void this._devicesChanged());
    navigator.mediaDevices.addEventListener?.("devicechange", again, { signal: life });
    // A telephone call is over, and the page is looked at again.
    document.addEventListener("visibilitychange", again, { signal: life });
    this._look();
  }

  /** @param {boolean} muted By the person, also for one that opens later. */
  mute(muted) {
    this.muted = muted;
    this._open();
  }

  /** @param {boolean} closed Nothing goes out, whatever the person wants. */
  gate(closed) {
    this._gated = closed;
    this._open();
  }

  _open() {
    this._silentSince = undefined;
    if (this.track) this.track.enabled = !this.muted && !this._gated;
  }

  close() {
    this._life?.abort();
    this._life = undefined;
    this._timers.cancelAll();
    closeStream(this._stream);
    this._stream = undefined;
    this._trouble = this._told = this._silentSince = this._preferred = undefined;
    this._silentMs = SILENT_MS;
    this._opening = this._taken = this.muted = this._gated = false;
  }

  /** @param {MediaStream} stream */
  _use(stream) {
    const before = this._stream;
    this._stream = stream;
    this._taken = false;
    this._silentSince = undefined;
    const signal = this._life?.signal;
    const { track } = this;
    for (const change of ["ended", "mute", "unmute"]) track?.addEventListener(change, () => this._judge(), { signal });
    this._open();
    // Not sooner: a browser's first audio context stops the page for as long as a microphone takes to open.
    this._levels.open();
    this._levels.hear("input", stream);
    closeStream(before);
    if (before && track) this._events?.onTrack(track);
    void this._remember();
  }

  async _remember() {
    const stream = this._stream;
    const preferred = await preferredMicrophone();
    if (stream === this._stream) this._preferred = preferred;
  }

  _look() {
    this._timers.after("look", LOOK_MS, () => this._look());
    this._judge();
  }

  /** See what is wrong with it now. */
  _judge() {
    const { track } = this;
    if (!this._life || !track) return;
    /** @type {Trouble | undefined} */
    let trouble;
    if (track.readyState === "ended") trouble = this._taken ? "microphone_taken" : "microphone_away";
    else if (track.muted) trouble = "microphone_muted";
    else if (this._hearsNothing()) trouble = "microphone_silent";
    if (trouble === this._trouble) return;
    const gone = this.gone !== undefined;
    this._trouble = trouble;
    if (this.gone === undefined) this._timers.cancel("gone");
    else if (!gone) this._timers.after("gone", this._events?.patienceMs ?? 0, () => this._giveUp());
    if (!trouble || trouble === "microphone_silent" || this._told) this._tell();
    else this._timers.after("tell", TELL_MS, () => this._tell());
    if (trouble === "microphone_away") void this._openAgain();
  }

  _hearsNothing() {
    if (this.muted || this._gated || !this._levels.silent("input")) {
      // It was only quiet: the next time, it is given longer.
      if (this._trouble === "microphone_silent" && !this.muted && !this._gated) this._silentMs *= MORE_PATIENT;
      this._silentSince = undefined;
      return false;
    }
    this._silentSince ??= performance.now();
    return performance.now() - this._silentSince >= this._silentMs;
  }

  _tell() {
    this._timers.cancel("tell");
    if (this._told === this._trouble) return;
    this._told = this._trouble;
    this._events?.onTrouble(this._told);
  }

  _giveUp() {
    const { gone } = this;
    if (gone) this._events?.onGone(gone);
  }

  /** A microphone came or went, or the system prefers another one now. */
  async _devicesChanged() {
    const preferred = await preferredMicrophone();
    const changed = this._preferred !== undefined && preferred !== undefined && preferred !== this._preferred;
    if (changed || this.gone) await this._openAgain();
  }

  async _openAgain() {
    const life = this._life;
    if (!life || this._opening) return;
    this._opening = true;
    try {
      const stream = await openMicrophone();
      // One that is muted as well is no better.
      const better = !stream.getAudioTracks()[0]?.muted || this._trouble !== "microphone_muted";
      if (life.signal.aborted || !better) closeStream(stream);
      else this._use(stream);
    } catch (error) {
      if (!life.signal.aborted) await this._refused(Failure.of(error, "microphone_missing"), life.signal);
    } finally {
      if (life === this._life) this._opening = false;
    }
    this._judge();
  }

  /** @param {Failure} failure @param {AbortSignal} signal */
  async _refused(failure, signal) {
    if (this.track?.readyState !== "ended") return;
    // The system may forbid what the page is allowed, and allow it again; a person has to be asked.
    const forbidden = failure.code === "microphone_denied" && (await microphonePermission()) !== "granted";
    if (signal.aborted) return;
    if (forbidden) {
      this._events?.onGone(failure);
      return;
    }
    this._taken = failure.code === "microphone_busy";
    this._timers.after("retry", RETRY_MS, () => void this._openAgain());
  }
}

/** @returns {Promise<string | undefined>} What the system prefers now, where the browser tells. */
async function preferredMicrophone() {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const found = devices.find(({ kind, deviceId }) => kind === "audioinput" && deviceId === "default");
    return found && `${found.groupId} ${found.label}`;
  } catch {
    return undefined;
  }
}
