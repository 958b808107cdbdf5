/**
 * A conversation, without anything of Home Assistant: microphone, secret and offer are prepared at the same time, events
 * become states and captions, and whichever way it ends, everything is let go of.
 *
 * idle → requesting → connecting → listening ⇄ thinking ⇄ speaking → ended | failed
 *
 * Events: `change` (state, muted, needsTap), `line` (a caption).
 */

import "./navai-old-browsers.js";
import { TwoWayAudio } from "./navai-audio.js";
import { Conversation } from "./navai-conversation.js";
import { Failure, lostFailure, spentFailure } from "./navai-failure.js";
import { Link } from "./navai-link.js";
import { Openings } from "./navai-openings.js";
import { preconnect } from "./navai-preconnect.js";
import { Reserve } from "./navai-secrets.js";
import { runTools } from "./navai-tools.js";
import { TALKING, ToldState } from "./navai-told-state.js";
import { Timers } from "./navai-timers.js";
import { keepAwake } from "./navai-wake-lock.js";

/** @typedef {import("./navai-secrets.js").ClientSecret} ClientSecret */
/** @typedef {import("./navai-request.js").Api} Api */
/** @typedef {import("./navai-openings.js").Opening} Opening */

/** The provider ends a session after 60 minutes: before that, in a pause, another one takes over. In ms. */
const RENEW_AFTER_MS = 55 * 60_000;
/** How long a pause is waited for then, in ms. */
const RENEW_AGAIN_MS = 5_000;
/** After how long a silence it ends, in ms. */
export const IDLE_MS = 60_000;

export class NavaiSession extends ToldState {
  /**
   * @param {Api} api
   * @param {{idleMs?: number}} [options]
   */
  constructor(api, options = {}) {
    super(api);
    this._idleMs = options.idleMs ?? IDLE_MS;
    this._reserve = new Reserve(
      () => api.clientSecret(),
      () => performance.now(),
      ({ url }) => preconnect(url),
    );
    this._audio = new TwoWayAudio(() => this._tell());
    this._conversation = new Conversation();
    this._timers = new Timers();
    this._link = new Link(api, this._reserve, {
      onSecret: (secret) => this._called(secret),
      onEvent: (event) => this._take(event),
      onSound: (stream) => this._audio.hear(stream),
      onLost: () => void this._reconnect(),
    });
    /** @type {Promise<void>} The latest connection, as soon as it stands. */
    this._standing = Promise.resolve();
    /** @type {AbortController | undefined} */
    this._life = undefined;
    /** Whether one could speak already. */
    this._begun = false;
    /** @type {string | undefined} The profile that was asked for. */
    this._wanted = undefined;
    this._openings = new Openings();
  }

  get muted() {
    return this._audio.muted;
  }

  /** The microphone is waited for: perhaps the browser asks, and nobody has seen it. */
  get asking() {
    return this._audio.asking;
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
    this._anew(opening.request);
    this._begun = false;
    this._wanted = opening.profile;
    this._openings = new Openings(opening);
    this._conversation = new Conversation();
    this._set("requesting");
    try {
      // Together: who waits for the browser's question need not wait for the provider afterwards.
      const heard = this._audio.listen(life.signal, {
        onGone: () => this._fail(new Failure("microphone_missing")),
        onUnanswered: () => this._fail(new Failure("microphone_unanswered")),
        patienceMs: this._idleMs,
      });
      this._standing = this._link.connect(life.signal, this._wanted);
      keepAwake(life.signal);
      await Promise.all([heard, this._standing]);
      await this._stands();
      this._begin();
    } catch (error) {
      if (!life.signal.aborted) this._fail(Failure.of(error, "connection_lost"));
    }
  }

  /**
   * Somebody else asks for a conversation while there is one: it goes on, and the assistant says that opening. With
   * another profile, another conversation begins.
   * @param {Opening} opening
   */
  join(opening) {
    if (opening.profile && opening.profile !== (this._profile ?? this._wanted)) {
      this.stop();
      void this.start(opening);
      return;
    }
    this.say(opening);
    if (opening.request) this.api.answer(opening.request, true);
  }

  /**
   * Let the assistant speak, as soon as it has said what it is saying.
   * @param {Opening} opening
   */
  say(opening) {
    this._openings.add(opening);
    this._speakUp();
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

  /** @param {ClientSecret} secret */
  _called(secret) {
    this._model = secret.model;
    this._profile = secret.profile;
    this._set("connecting");
  }

  /** Wait for the connection, and for those that take its place meanwhile. */
  async _stands() {
    /** @type {Promise<void>} */
    let standing;
    do {
      standing = this._standing;
      await standing;
    } while (standing !== this._standing);
  }

  /** The connection stands, and the microphone is there. */
  _begin() {
    this._begun = true;
    this._link.speak(this._audio.track);
    const { tools } = this._link;
    if (tools.length) this._link.send({ type: "session.update", session: { type: "realtime", tools } });
    this._set("listening");
    this._timers.after("renew", RENEW_AFTER_MS, () => this._renew());
    this._waitIdle();
    this._speakUp();
  }

  /** Ask for what is to be said, one thing after the other: the provider makes one answer at a time. */
  _speakUp() {
    while (this.talking && !this._conversation.busy) {
      const event = this._openings.next();
      if (!event) return;
      if (this._link.send(event)) this._conversation.asked();
      this._waitIdle();
    }
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
    this._speakUp();
  }

  /** @param {import("./navai-conversation.js").Call[]} calls */
  async _run(calls) {
    const { connection } = this._link;
    const events = await runTools(calls, (name, args) => this.api.execute(name, args, this._profile));
    if (connection !== this._link.connection) return;
    for (const event of events) this._link.send(event);
  }

  async _reconnect() {
    const life = this._life;
    if (!life || life.signal.aborted) return;
    this._conversation.reconnected();
    this._set("connecting");
    const standing = (this._standing = this._link.retry(life.signal, this._wanted));
    try {
      await standing;
    } catch (error) {
      if (!life.signal.aborted) this._fail(lostFailure(error));
      return;
    }
    // Whoever still waits for the microphone begins when it is there.
    if (!this._begun) return;
    for (const item of this._conversation.carryOver()) this._link.send({ type: "conversation.item.create", item });
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
    const known = this.state === "failed";
    this.failure = failure;
    this._end("failed", failure.code);
    // It is another one than before.
    if (known) this._tell();
  }

  /** @param {"ended" | "failed"} state @param {string} [code] */
  _end(state, code) {
    this._life?.abort();
    this._timers.cancelAll();
    this._link.close();
    this._audio.close();
    this._set(state, code);
  }
}
