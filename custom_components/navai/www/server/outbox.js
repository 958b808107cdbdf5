/**
 * Reports that the server has not received yet. Reports get lost or overtake each other, so those of a conversation
 * are numbered: the server goes by the latest. Undelivered reports are kept and sent again, the latest first.
 */

import { Failure } from "./failure.js";

/** @typedef {Record<string, any>} Report */

/** How long until what could not be delivered is sent again, in ms. */
export const RETRY_MS = 3_000;
/** How often a conversation gives a sign of life while nothing changes, in ms: after 90 s without one it is lost. */
export const BEAT_MS = 30_000;
/** How many are kept: an hour without the server, and more. */
const MAX_KEPT = 500;
/** The states after which a conversation needs no sign of life. */
const OVER = ["ended", "failed"];
/** What may be over soon, in addition to what passes by itself: a stream that is opened again, too many at a time. */
const WORTH_A_RETRY = ["stream_not_open", "rate_limited", "too_many_failures"];

export class Outbox {
  /** @param {(report: Report) => Promise<unknown>} post Sends one; what it throws is a Failure. */
  constructor(post) {
    this._post = post;
    /** @type {Set<Report>} What is not delivered yet, oldest first. */
    this._kept = new Set();
    /** The number of the latest report, of all conversations of this page. */
    this._number = 0;
    /** The number of the latest attempt to send what was kept; earlier ones end. */
    this._attempt = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._retry = undefined;
    this._closed = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._beat = undefined;
  }

  /** The state of a conversation. It replaces the one before it. @param {Report} report */
  tell(report) {
    const { session, profile, state } = report;
    for (const kept of this._kept)
      if (kept.session === session && !kept.usage && !kept.request) this._kept.delete(kept);
    this.pass({ ...report, number: ++this._number });
    clearTimeout(this._beat);
    if (this._closed || OVER.includes(state)) return;
    this._beat = setTimeout(() => this.tell({ session, profile, state }), BEAT_MS);
  }

  /** Anything else, as it is. @param {Report} report */
  pass(report) {
    this._kept.add(report);
    for (const oldest of this._kept) {
      if (this._kept.size <= MAX_KEPT) break;
      this._kept.delete(oldest);
    }
    void this._send(report);
  }

  /** The server may be back: send the undelivered reports, the latest state first. */
  async again() {
    const attempt = ++this._attempt;
    clearTimeout(this._retry);
    this._retry = undefined;
    for (const report of [...this._kept].reverse()) {
      if (attempt !== this._attempt) return;
      if (this._kept.has(report) && !(await this._send(report))) return;
    }
  }

  /** Nothing can be delivered any more. */
  close() {
    this._closed = true;
    this._attempt++;
    clearTimeout(this._retry);
    clearTimeout(this._beat);
  }

  /** @param {Report} report @returns {Promise<boolean>} Whether nothing more is to be done about it. */
  async _send(report) {
    try {
      await this._post(report);
    } catch (error) {
      const failure = Failure.of(error, "server_gone");
      if (failure.passes || WORTH_A_RETRY.includes(failure.code)) {
        if (this._kept.has(report) && !this._closed)
          this._retry ??= setTimeout(() => void this.again(), failure.pauseMs(RETRY_MS));
        return false;
      }
    }
    this._kept.delete(report);
    return true;
  }
}
