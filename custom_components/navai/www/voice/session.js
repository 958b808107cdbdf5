/**
 * A conversation, without anything of Home Assistant: microphone, secret and offer are prepared at the same time, events
 * become states and captions, and whichever way it ends, everything is let go of.
 *
 * idle → requesting → connecting → listening ⇄ thinking ⇄ speaking → ended | failed
 *
 * Events: `change` (state, muted, needsTap), `line` (a caption), `missed` (an opening that nobody could hear).
 */

import "./old-browsers.js";
import { TwoWayAudio } from "./audio.js";
import { Failure, lostFailure } from "../server/failure.js";
import { Link } from "./link.js";
import { preconnect } from "./preconnect.js";
import { spentFailure } from "./refusal.js";
import { Reserve } from "../server/secrets.js";
import { limitsOf, Talk } from "./talk.js";
import { SessionState } from "../server/session-state.js";
import { Timers } from "./timers.js";
import { keepAwake } from "./wake-lock.js";

/** @typedef {import("../server/secrets.js").ClientSecret} ClientSecret */
/** @typedef {import("../server/request.js").Api} Api */
/** @typedef {import("./openings.js").Opening} Opening */

/** The provider ends a session after 60 minutes: before that, in a pause, another one takes over. In ms. */
const RENEW_AFTER_MS = 55 * 60_000;
/** How long a pause is waited for then, in ms. */
const RENEW_AGAIN_MS = 5_000;
/** The notices about the microphone, by what is wrong with it. */
const MICROPHONE = ["microphone_muted", "microphone_away", "microphone_taken", "microphone_silent"];
/** The notices that still say something when it is over. */
const LASTING = ["session_length", "hears_itself"];

export class NavaiSession extends SessionState {
  /**
   * @param {Api} api
   * @param {{idleMs?: number, lengthMs?: number}} [options] Instead of what the server says.
   */
  constructor(api, options = {}) {
    super(api);
    this._options = options;
    this._limits = limitsOf(options);
    this._reserve = new Reserve(
      () => api.clientSecret(),
      () => performance.now(),
      ({ url }) => preconnect(url),
    );
    this._audio = new TwoWayAudio(() => this._audioChanged());
    this._talk = this._newTalk();
    this._timers = new Timers();
    this._link = new Link(api, this._reserve, {
      onSecret: (secret) => this._called(secret),
      onEvent: (event) => this._talk.take(event),
      onSound: (stream) => this._audio.hear(stream),
      onFlow: (flows) => this._connectionFlows(flows),
      onLost: () => void this._reconnect(),
      onTools: () => this._begun && this._offerTools(),
    });
    /** @type {Promise<void>} The latest connection, as soon as it stands. */
    this._standing = Promise.resolve();
    /** @type {AbortController | undefined} */
    this._life = undefined;
    /** Whether one could speak already. */
    this._begun = false;
    /** @type {string | undefined} The profile that was asked for. */
    this._wanted = undefined;
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

  /** Whether the assistant's voice could be heard now, without a tap. */
  async mayPlay() {
    return this._audio.mayPlay();
  }

  /** The captions, oldest first. */
  get lines() {
    return this._talk.lines;
  }

  /** Someone is nearby. */
  prepare() {
    if (!this.active) this._reserve.prepare();
  }

  /** Nobody is nearby anymore. */
  relax() {
    this._reserve.discard();
  }

  /** @param {Opening} [opening] */
  async start(opening = {}) {
    if (this.active) return;
    const life = (this._life = new AbortController());
    this._reset(opening.request);
    this._begun = false;
    this._wanted = opening.profile;
    this._talk = this._newTalk();
    this._talk.say(opening);
    this._set("requesting");
    try {
      // At the same time: after the browser's question, the connection should be ready too.
      const microphone = this._audio.listen(life.signal, {
        onTrack: (track) => this._begun && this._link.speak(track),
        onTrouble: (trouble) => {
          this._withdraw(...MICROPHONE);
          if (trouble) this._notify(trouble);
        },
        onGone: (failure) => this._fail(failure),
        onUnanswered: () => this._fail(new Failure("microphone_unanswered")),
        patienceMs: this._limits.idleMs,
      });
      this._standing = this._link.connect(life.signal, this._wanted);
      keepAwake(life.signal);
      await Promise.all([microphone, this._standing]);
      await this._stands();
      this._begin();
    } catch (error) {
      if (!life.signal.aborted) this._fail(Failure.of(error, "connection_lost"));
    }
  }

  /**
   * Someone else requests a conversation during one. The conversation goes on, and the assistant says the new opening. For
   * another profile, a new conversation begins.
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
    this._talk.say(opening);
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
    this._changed();
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
    this._limits = limitsOf(this._options, secret);
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
    this._offerTools();
    this._set("listening");
    this._timers.after("renew", RENEW_AFTER_MS, () => this._renew());
    this._talk.connected(this._limits);
  }

  /** The model learns of the tools that the secret did not bring. */
  _offerTools() {
    const { tools } = this._link;
    if (tools.length) this._link.send({ type: "session.update", session: { type: "realtime", tools } });
  }

  get _asked() {
    return { model: this._model, profile: this._profile };
  }

  /** Sound begins or ceases to be heard, or the microphone to be waited for. */
  _audioChanged() {
    this._changed();
    this._talk.heard(this._audio.audible, this._audio.needsTap);
  }

  /** What is done about what the dialogue wants. */
  _newTalk() {
    return new Talk(
      {
        send: ({ event }) => void this._link.send(event),
        activity: ({ activity }) => this.talking && this._set(activity),
        line: ({ line }) => void this.dispatchEvent(new CustomEvent("line", { detail: line })),
        usage: ({ usage, transcription }) =>
          this._report({ usage, model: transcription ? transcription.model : this._model }),
        hush: ({ silent }) => this._audio.hush(silent),
        gate: ({ closed }) => this._audio.gate(closed),
        notice: ({ code, values }) => this._notify(code, values),
        withdraw: ({ codes }) => this._withdraw(...codes),
        problem: ({ code, providerCode }) => this._report({ problem: code, provider_code: providerCode || undefined }),
        fail: ({ failure }) => this._fail(spentFailure(failure.refusal.code, this._asked) ?? failure),
        reconnect: () => void this._reconnect(),
        end: ({ code }) => this._over(code),
      },
      (name, args, signal) => this.api.execute(name, args, this._profile, signal),
    );
  }

  async _reconnect() {
    const life = this._life;
    if (!life || life.signal.aborted) return;
    this._talk.lost();
    this._set("connecting");
    const standing = (this._standing = this._link.retry(life.signal, this._wanted));
    try {
      await standing;
    } catch (error) {
      if (!life.signal.aborted) this._fail(lostFailure(error));
      return;
    }
    // If the microphone isn't there yet, the conversation begins when it is.
    if (!this._begun) return;
    this._begin();
  }

  /** Before the provider ends it: in a pause, so that nobody is cut off. */
  _renew() {
    if (this._talk.quiet) void this._reconnect();
    else this._timers.after("renew", RENEW_AGAIN_MS, () => this._renew());
  }

  /** It reached its time limit, or nobody spoke, perhaps because the microphone failed. @param {string} code */
  _over(code) {
    const { gone } = this._audio;
    if (code === "idle" && gone) this._fail(gone);
    else this._end("ended", code);
  }

  /** @param {Failure} failure */
  _fail(failure) {
    const known = this.state === "failed";
    this.failure = failure;
    this._end("failed", failure.code);
    // It is another one than before.
    if (known) this._changed();
  }

  /** @param {"ended" | "failed"} state @param {string} [code] */
  _end(state, code) {
    this._life?.abort();
    this._timers.cancelAll();
    this._talk.close();
    this._link.close();
    this._audio.close();
    this._keepNotices(LASTING);
    this._set(state, code);
    this._noteMissed(code !== undefined);
  }

  /** @param {boolean} byItself No person ended it. */
  _noteMissed(byItself) {
    if (!byItself) return;
    for (const opening of this._talk.missed()) this.dispatchEvent(new CustomEvent("missed", { detail: opening }));
  }
}
