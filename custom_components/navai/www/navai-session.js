/**
 * A conversation, without anything of Home Assistant: microphone, secret and offer are prepared at the same time, events
 * become states and captions, and whichever way it ends, everything is let go of.
 *
 * idle → requesting → connecting → listening ⇄ thinking ⇄ speaking → ended | failed
 *
 * Events: `change` (state, muted, needsTap), `line` (a caption).
 */

import { TwoWayAudio } from "./navai-audio.js";
import { Conversation } from "./navai-conversation.js";
import { Failure, lostFailure, spentFailure } from "./navai-failure.js";
import { Peer } from "./navai-peer.js";
import { Reports } from "./navai-reports.js";
import { retry } from "./navai-retry.js";
import { Reserve } from "./navai-secrets.js";
import { Timers } from "./navai-timers.js";
import { runTools } from "./navai-tools.js";
import { keepAwake } from "./navai-wake-lock.js";

/** @typedef {"idle" | "requesting" | "connecting" | "listening" | "thinking" | "speaking" | "ended" | "failed"} State */
/** @typedef {import("./navai-secrets.js").ClientSecret} ClientSecret */
/**
 * @typedef {object} Api What a session needs of its server.
 * @property {(profile?: string) => Promise<ClientSecret>} clientSecret Without a profile, that of the place.
 * @property {(profile?: string) => Promise<Record<string, unknown>[]>} tools Those that the secret does not bring.
 * @property {(name: string, args: Record<string, unknown>, profile?: string) => Promise<unknown>} execute
 * @property {(report: Record<string, unknown>) => void} report Never throws.
 * @property {(request: string, took: boolean) => void} answer Whether a command was taken. Never throws.
 * @property {() => Promise<{version: string, modules: string, time: number}>} health
 */
/**
 * @typedef {object} Opening How it begins.
 * @property {string} [profile] Another one than the place's own.
 * @property {string} [line] What the assistant says first, as it is.
 * @property {string} [context] What it makes its first words of.
 * @property {string} [request] The id of the command that asked for it.
 */

/** The provider ends a session after 60 minutes: before that, in a pause, another one takes over. In ms. */
const RENEW_AFTER_MS = 55 * 60_000;
/** How long a pause is waited for then, in ms. */
const RENEW_AGAIN_MS = 5_000;
/** After how long a silence it ends, in ms. */
export const IDLE_MS = 60_000;
/** @type {readonly State[]} */
const ACTIVE = ["requesting", "connecting", "listening", "thinking", "speaking"];
/** @type {readonly State[]} */
const TALKING = ["listening", "thinking", "speaking"];

export class NavaiSession extends EventTarget {
  /**
   * @param {Api} api
   * @param {{idleMs?: number}} [options]
   */
  constructor(api, options = {}) {
    super();
    this.api = api;
    this._idleMs = options.idleMs ?? IDLE_MS;
    this._reserve = new Reserve(() => api.clientSecret());
    /** @type {State} */
    this.state = "idle";
    /** @type {Failure | undefined} */
    this.failure = undefined;
    this._audio = new TwoWayAudio(() => this._tell());
    this._reports = new Reports(api);
    this._conversation = new Conversation();
    this._timers = new Timers();
    /** @type {AbortController | undefined} */
    this._life = undefined;
    /** @type {Peer | undefined} */
    this._peer = undefined;
    /** @type {Opening} */
    this._opening = {};
  }

  get active() {
    return ACTIVE.includes(this.state);
  }

  get talking() {
    return TALKING.includes(this.state);
  }

  /** The profile that is talked with. */
  get profile() {
    return this._profile;
  }

  /** Which conversation it is, for the server. */
  get id() {
    return this._reports.id;
  }

  get muted() {
    return this._audio.muted;
  }

  /** How loud both sides are. */
  get levels() {
    return this._audio.levels;
  }

  /** Sound waits for a tap: the browser plays nothing without one. */
  get needsTap() {
    return this._audio.needsTap;
  }

  /** The captions, oldest first. */
  get lines() {
    return this._conversation.lines;
  }

  /** A person is near. */
  prepare() {
    if (!this.active) this._reserve.prepare();
  }

  /** Nobody is near any more. */
  relax() {
    this._reserve.discard();
  }

  /** @param {Opening} [opening] */
  async start(opening = {}) {
    if (this.active) return;
    const life = (this._life = new AbortController());
    this._reports = new Reports(this.api, opening.request);
    this.failure = undefined;
    this._opening = opening;
    /** @type {string | undefined} The profile that the secret is of. */
    this._profile = undefined;
    this._conversation = new Conversation();
    this._set("requesting");
    try {
      // Together: who waits for the browser's question need not wait for the provider afterwards.
      const heard = this._audio.listen(life.signal, () => this._fail(new Failure("microphone_missing")));
      const connected = this._connect(life.signal);
      connected.catch(() => {});
      keepAwake(life.signal);
      await heard;
      await connected;
      this._begin();
    } catch (error) {
      if (!life.signal.aborted) this._fail(Failure.of(error, "connection_lost"));
    }
  }

  /**
   * Speak first, into a conversation that is under way.
   * @param {Opening} opening
   */
  say(opening) {
    const { line, context } = opening;
    if (line) this._respond(`Say exactly this, in your own voice, and nothing else: "${line.replaceAll('"', "'")}"`);
    else if (context) this._respond(`Speak first. What you should know: ${context}`);
  }

  /** Hang up. @param {string} [request] The id of the command that asked for it. */
  stop(request) {
    if (!this.active) return;
    if (request && !this._profile) this.api.answer(request, true);
    else if (request) this._reports.belongTo(request);
    this._end("ended");
  }

  /** @param {Failure} failure Something outside it makes it impossible. */
  fail(failure) {
    this._fail(failure);
  }

  /** @param {boolean} muted */
  mute(muted) {
    this._audio.mute(muted);
    this._tell();
  }

  /** The tap that sound waited for. */
  async resume() {
    await this._audio.resume();
  }

  /** Let go of everything for good. */
  dispose() {
    this.stop();
    this.relax();
  }

  /** @param {AbortSignal} signal */
  async _connect(signal) {
    const { profile } = this._opening;
    // The first of all: it is what takes longest.
    const minted = profile ? this.api.clientSecret(profile) : this._reserve.take();
    minted.catch(() => {});
    const tools = this.api.tools(profile).catch(() => []);
    const peer = new Peer({
      onEvent: (event) => this._peer === peer && this._take(event),
      onSound: (stream) => this._peer === peer && this._audio.hear(stream),
      onLost: () => this._peer === peer && void this._reconnect(),
    });
    this._peer?.close();
    this._peer = peer;
    const secret = await minted;
    if (signal.aborted) throw new Failure("session_ended");
    this._model = secret.model;
    this._profile = secret.profile;
    this._set("connecting");
    try {
      await peer.connect(secret);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== "secret_expired" || signal.aborted) throw error;
      // It waited too long in reserve, by a clock that is not ours: once more with a new one.
      await peer.connect(await this.api.clientSecret(profile));
    }
    this._tools = await tools;
    if (signal.aborted) throw new Failure("session_ended");
  }

  /** The connection stands, and the microphone is there. */
  _begin() {
    void this._peer?.speak(this._audio.track);
    if (this._tools?.length) {
      this._peer?.send({ type: "session.update", session: { type: "realtime", tools: this._tools } });
    }
    this._set("listening");
    this._timers.after("renew", RENEW_AFTER_MS, () => this._renew());
    this._waitIdle();
    this.say(this._opening);
  }

  /** @param {string} instructions */
  _respond(instructions) {
    this._peer?.send({ type: "response.create", response: { instructions } });
    this._waitIdle();
  }

  /** @param {Record<string, any>} event */
  _take(event) {
    const change = this._conversation.take(event);
    if (change.interrupted) this._audio.hush(true);
    if (change.activity === "speaking") this._audio.hush(false);
    if (change.line) this.dispatchEvent(new CustomEvent("line", { detail: change.line }));
    if (change.usage) this._report({ usage: change.usage, model: this._model });
    if (change.calls) void this._run(change.calls);
    if (change.activity && TALKING.includes(this.state)) this._set(change.activity);
    if (change.error === "session_expired") void this._reconnect();
    const spent = spentFailure(change.error);
    if (spent) this._fail(spent);
    if (change.activity || change.line) this._waitIdle();
  }

  /** @param {import("./navai-conversation.js").Call[]} calls */
  async _run(calls) {
    const peer = this._peer;
    const events = await runTools(calls, (name, args) => this.api.execute(name, args, this._profile));
    if (peer !== this._peer) return;
    for (const event of events) peer?.send(event);
  }

  async _reconnect() {
    const life = this._life;
    if (!life || life.signal.aborted) return;
    this._peer?.close();
    this._conversation.reconnected();
    this._set("connecting");
    try {
      await retry(() => this._connect(life.signal), this._timers, life.signal);
    } catch (error) {
      if (!life.signal.aborted) this._fail(lostFailure(error));
      return;
    }
    for (const item of this._conversation.carryOver()) this._peer?.send({ type: "conversation.item.create", item });
    this._opening = { profile: this._opening.profile };
    this._begin();
  }

  /** Before the provider ends it: in a pause, so that nobody is cut off. */
  _renew() {
    if (this.state === "listening") void this._reconnect();
    else this._timers.after("renew", RENEW_AGAIN_MS, () => this._renew());
  }

  _waitIdle() {
    this._timers.after("idle", this._idleMs, () => {
      // An answer that never comes is silence, too.
      if (this.state === "listening" || this.state === "thinking") this._end("ended", "idle");
      else if (this.active) this._waitIdle();
    });
  }

  /** @param {Failure} failure */
  _fail(failure) {
    this.failure = failure;
    this._end("failed", failure.code);
  }

  /** @param {"ended" | "failed"} state @param {string} [code] */
  _end(state, code) {
    this._life?.abort();
    this._timers.cancelAll();
    this._peer?.close();
    this._peer = undefined;
    this._audio.close();
    this._set(state, code);
  }

  /** @param {State} state @param {string} [code] */
  _set(state, code) {
    if (state === this.state) return;
    this.state = state;
    if (state !== "requesting") this._report({ state, ...(code ? { code } : {}) });
    this._tell();
  }

  /** @param {Record<string, unknown>} more */
  _report(more) {
    this._reports.tell(this._profile, { state: this.state, ...more });
  }

  _tell() {
    this.dispatchEvent(new Event("change"));
  }
}
