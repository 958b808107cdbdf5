/**
 * A conversation's way to the provider: a secret, a connection, and the tools that come with neither. It may be asked
 * for another one, when the first is lost or too old.
 */

import { Failure } from "../server/failure.js";
import { Peer } from "./peer.js";
import { retry } from "../server/retry.js";

/** @typedef {import("../server/secrets.js").ClientSecret} ClientSecret */
/** @typedef {import("../server/secrets.js").Reserve} Reserve */
/** @typedef {import("../server/request.js").Api} Api */
/**
 * @typedef {object} LinkEvents
 * @property {(secret: ClientSecret) => void} onSecret The provider is called now.
 * @property {(event: Record<string, any>) => void} onEvent
 * @property {(stream: MediaStream) => void} onSound The assistant's voice.
 * @property {(flows: boolean) => void} onFlow Nothing comes any more, or something again: it may be lost soon.
 * @property {() => void} onLost It stood, and is gone.
 * @property {() => void} onTools The tools are there now, and the connection stands already.
 */

/** The code of a secret that is too old. Some providers report it as a wrong key. */
const STALE = ["secret_expired", "api_key_refused"];

export class Link {
  /** @param {Api} api @param {Reserve} reserve @param {LinkEvents} events */
  constructor(api, reserve, events) {
    this._api = api;
    this._reserve = reserve;
    this._events = events;
    /** @type {Record<string, unknown>[]} Those that the secret does not bring. */
    this.tools = [];
    /** @type {Peer | undefined} */
    this._peer = undefined;
    this._flows = true;
  }

  /**
   * Connect, in place of the connection that there was.
   * @param {AbortSignal} signal
   * @param {string} [profile] Without one, that of the place.
   */
  async connect(signal, profile) {
    // The first of all: it is what takes longest.
    const minted = profile ? this._api.clientSecret(profile) : this._reserve.take();
    minted.catch(() => {});
    const tools = this._api.tools(profile).catch(() => []);
    this.tools = [];
    let stands = false;
    let lost = false;
    this.close();
    const peer = new Peer({
      onEvent: (event) => this._peer === peer && this._events.onEvent(event),
      onSound: (stream) => this._peer === peer && this._events.onSound(stream),
      onFlow: (flows) => this._peer === peer && this._flow(flows),
      onLost: () => {
        lost = true;
        if (stands && this._peer === peer) this._events.onLost();
      },
    });
    this._peer = peer;
    // Nobody waits for them: the conversation can begin without, and gets them when they are there.
    void tools.then((found) => {
      if (this._peer !== peer) return;
      this.tools = found;
      if (stands) this._events.onTools();
    });
    const secret = await minted;
    throwIfEnded(signal);
    this._events.onSecret(secret);
    try {
      await peer.connect(secret);
    } catch (error) {
      if (!(error instanceof Failure) || !STALE.includes(error.code) || signal.aborted) throw error;
      // It waited too long in reserve, by a clock that is not ours: once more with a new one.
      await peer.connect(await this._api.clientSecret(profile));
    }
    throwIfEnded(signal);
    if (lost) throw new Failure("connection_lost");
    stands = true;
  }

  /**
   * Connect again, until it stands or nothing can help. Throws the last Failure.
   * @param {AbortSignal} signal @param {string} [profile]
   */
  async retry(signal, profile) {
    this.close();
    await retry(() => this.connect(signal, profile), signal);
  }

  /** @param {Record<string, unknown>} event @returns {boolean} Whether it could be sent. */
  send(event) {
    return this._peer?.send(event) ?? false;
  }

  /** @param {MediaStreamTrack | null} track The sound sent to the provider. */
  speak(track) {
    void this._peer?.speak(track);
  }

  /** Something that is the same for as long as the connection is. @returns {unknown} */
  get connection() {
    return this._peer;
  }

  close() {
    this._peer?.close();
    this._peer = undefined;
    // Of a connection that is no more there is nothing to be said.
    this._flow(true);
  }

  /** @param {boolean} flows */
  _flow(flows) {
    if (flows === this._flows) return;
    this._flows = flows;
    this._events.onFlow(flows);
  }
}

/** @param {AbortSignal} signal */
function throwIfEnded(signal) {
  if (signal.aborted) throw new Failure("session_ended");
}
