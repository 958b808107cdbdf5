/**
 * One WebRTC connection to the provider: an offer, an answer, a data channel for events, and sound both ways.
 */

import { Failure } from "../server/failure.js";
import { Flow } from "./flow.js";
import { callFailure, isPage } from "./refusal.js";

/** How long a connection may take, in ms; then a firewall is in the way. */
export const CONNECT_TIMEOUT_MS = 12_000;
/** How long a connection that stutters may take to recover, in ms. */
export const DISCONNECTED_TIMEOUT_MS = 4_000;

/** @typedef {{value: string, url: string, model?: string, profile?: string, ice_servers?: RTCIceServer[]}} Secret */
/**
 * @typedef {object} PeerEvents
 * @property {(event: Record<string, any>) => void} onEvent
 * @property {(stream: MediaStream) => void} onSound The assistant's voice.
 * @property {(flows: boolean) => void} [onFlow] Nothing comes any more, or something again.
 * @property {() => void} onLost The connection stood, and is gone.
 */

export class Peer {
  /** @param {PeerEvents} events */
  constructor(events) {
    if (!globalThis.RTCPeerConnection) throw new Failure("browser_too_old");
    this._events = events;
    this._closed = false;
    this._stood = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._stutter = undefined;
    /** @type {Promise<void> | undefined} */
    this._seeking = undefined;
    /** @type {((failure: Failure) => void) | undefined} Ends the attempt to connect. */
    this._refuse = undefined;
    this._pc = new RTCPeerConnection();
    this._flow = new Flow(this._pc, (flows) => events.onFlow?.(flows));
    // Before the microphone is there: the offer is made while the person still answers the browser's question.
    this._sender = this._pc.addTransceiver("audio", { direction: "sendrecv" }).sender;
    this._channel = this._pc.createDataChannel("oai-events");
    this._pc.ontrack = (event) => events.onSound(event.streams[0] ?? new MediaStream([event.track]));
    this._pc.onconnectionstatechange = () => this._connectionChanged();
    this._channel.onmessage = (message) => this._received(message.data);
    this._channel.onclose = () => this._lost();
    /** @type {Promise<RTCSessionDescriptionInit>} */
    this.offer = this._pc.createOffer();
    // `connect` awaits it and reports a failure. Without this, the browser would report it as well.
    this.offer.catch(() => {});
  }

  /**
   * Send the offer, and wait until events flow.
   * @param {Secret} secret
   */
  async connect(secret) {
    const request = new AbortController();
    /** @type {Promise<never>} */
    const refused = new Promise((_, reject) => {
      this._refuse = reject;
    });
    refused.catch(() => {});
    const timer = setTimeout(() => this._refuse?.(this._late()), CONNECT_TIMEOUT_MS);
    try {
      if (this._closed) throw new Failure("session_ended");
      await Promise.race([this._establish(secret, request.signal), refused]);
      this._stood = true;
      if (!this._closed) this._flow.start();
    } finally {
      clearTimeout(timer);
      this._refuse = undefined;
      request.abort();
    }
  }

  /** @param {Secret} secret @param {AbortSignal} signal */
  async _establish(secret, signal) {
    const offer = await this.offer;
    if (this._closed) return;
    const [sdp] = await Promise.all([answerTo(offer.sdp ?? "", secret, signal), this._seek(offer, secret)]);
    if (this._closed) return;
    try {
      await this._pc.setRemoteDescription({ type: "answer", sdp });
    } catch (error) {
      throw new Failure("upstream_invalid_response", { cause: error });
    }
    if (this._channel.readyState === "open") return;
    await new Promise((resolve) => {
      this._channel.onopen = resolve;
    });
  }

  /**
   * Look for ways to the provider, with the secret's servers for networks that let no UDP through. They do not change
   * what is offered, so that the offer was made before they were known.
   * @param {RTCSessionDescriptionInit} offer @param {Secret} secret
   */
  _seek(offer, { ice_servers: iceServers }) {
    if (!this._seeking) {
      if (iceServers?.length) this._pc.setConfiguration({ iceServers });
      this._seeking = this._pc.setLocalDescription(offer);
    }
    return this._seeking;
  }

  /** Which step is late: the provider's answer, or the network path. */
  _late() {
    return new Failure(this._pc.remoteDescription ? "connection_blocked" : "upstream_timeout");
  }

  /** @param {MediaStreamTrack | null} track */
  async speak(track) {
    if (!this._closed) await this._sender.replaceTrack(track);
  }

  /**
   * @param {Record<string, unknown>} event
   * @returns {boolean} Whether it could be sent.
   */
  send(event) {
    if (this._channel.readyState !== "open") return false;
    this._channel.send(JSON.stringify(event));
    return true;
  }

  /** How long a packet takes there and back, in ms; undefined while that is not known. */
  async roundTripMs() {
    for (const stat of (await this._pc.getStats()).values()) {
      if (stat.type === "candidate-pair" && stat.state === "succeeded" && stat.currentRoundTripTime !== undefined) {
        return stat.currentRoundTripTime * 1000;
      }
    }
    return undefined;
  }

  /** Let go of everything; nothing is heard of it afterwards. */
  close() {
    if (this._closed) return;
    this._closed = true;
    clearTimeout(this._stutter);
    this._flow.stop();
    this._channel.onmessage = this._channel.onclose = this._channel.onopen = null;
    this._pc.ontrack = this._pc.onconnectionstatechange = null;
    this._channel.close();
    for (const receiver of this._pc.getReceivers()) receiver.track.stop();
    this._pc.close();
    this._refuse?.(new Failure("session_ended"));
  }

  /** @param {unknown} data */
  _received(data) {
    let event;
    try {
      event = JSON.parse(String(data));
    } catch {
      return;
    }
    if (event && typeof event === "object") this._events.onEvent(event);
  }

  _connectionChanged() {
    const state = this._pc.connectionState;
    clearTimeout(this._stutter);
    if (state === "disconnected") {
      this._stutter = setTimeout(() => this._lost(), DISCONNECTED_TIMEOUT_MS);
      if (this._stood) this._flow.suspect();
    }
    if (state === "failed" || state === "closed") this._lost();
  }

  _lost() {
    if (this._closed) return;
    if (this._stood) this._events.onLost();
    else this._refuse?.(new Failure("connection_blocked"));
  }
}

/** @param {string} offer @param {Secret} secret @param {AbortSignal} signal */
async function answerTo(offer, secret, signal) {
  /** @type {Response} */
  let response;
  let text = "";
  try {
    response = await fetch(secret.url, {
      method: "POST",
      body: offer,
      headers: { Authorization: `Bearer ${secret.value}`, "Content-Type": "application/sdp" },
      // The provider has no reason to send one; a page to sign in has.
      redirect: "manual",
      signal,
    });
    text = await response.text();
  } catch (error) {
    throw new Failure("provider_unreachable", { cause: error });
  }
  if (response.ok && !isPage(text)) return text;
  throw callFailure(response, text, secret);
}
