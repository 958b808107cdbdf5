/**
 * Tools that the server runs. The model gets the result now, or later if the tool takes longer or the answer was lost.
 */

import { Failure, SIGN_IN } from "./failure.js";
import { PATIENCE_MS, resultOf } from "./request.js";

/**
 * @typedef {object} Executed
 * @property {unknown} output For the model, now.
 * @property {Promise<unknown>} [later] The final output, where `output` is not. It never rejects, and is undefined where
 *   there is nothing more to tell.
 */
/**
 * @typedef {(method: string, path: string, body: Record<string, unknown> | undefined, patienceMs: number) => Promise<any>} Send
 * `path` begins at `/functions`. It rejects with a Failure.
 */

/** How much longer than the server we wait, in ms: the answer has its way to go. */
const MARGIN_MS = 10_000;
/** How long a result is asked for, in ms, and how long between two questions, and after one that failed. */
const GIVE_UP_MS = 60 * 60_000;
const AGAIN_MS = 1_000;
const AFTER_FAILURE_MS = 5_000;
/** How long one question may take, in ms: the server answers after 20 s at the latest. */
const POLL_MS = 35_000;
/** How long a call is sent again whose answer was lost, in ms. Nobody wants a door to open a minute later. */
const REPEAT_MS = 8_000;

/** The codes of a call whose answer is lost: perhaps it runs. */
const LOST = ["server_gone", SIGN_IN];

const FOLLOWS = "It was started and goes on. Its result will follow; do not call it again.";

/** @param {string} what */
const unknown = (what) => ({
  status: "unknown",
  note: `The server could not be asked, so it is not known ${what}. Say so, and do not call it again unasked.`,
});

export class RunningTools {
  /**
   * @param {Send} send
   * @param {(ms: number) => Promise<unknown>} [pause]
   * @param {() => number} [now] ms that only grow.
   */
  constructor(send, pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms)), now = () => performance.now()) {
    this._send = send;
    this._pause = pause;
    this._now = now;
    /** @type {Map<string, number>} How long each profile's tools may take, in ms. */
    this._patience = new Map();
  }

  /**
   * A secret says how long the tools of its profile may take.
   * @param {import("./secrets.js").ClientSecret} secret
   */
  heed(secret) {
    if (secret.tool_timeout) this._patience.set(secret.profile, secret.tool_timeout * 1000 + MARGIN_MS);
    return secret;
  }

  /**
   * @param {string} name
   * @param {Record<string, unknown>} args
   * @param {string} [profile]
   * @param {AbortSignal} [signal] The result is not needed anymore. The tool goes on.
   * @returns {Promise<Executed>}
   */
  async execute(name, args, profile, signal) {
    const query = profile ? `?profile=${encodeURIComponent(profile)}` : "";
    const patience = this._patience.get(profile ?? "") ?? PATIENCE_MS + MARGIN_MS;
    const call = newId();
    const body = { function_name: name, payload: args, call };
    const ends = this._now() + REPEAT_MS;
    for (;;) {
      try {
        const answer = await this._send("POST", `/functions/execute${query}`, body, patience);
        if (!answer.running) return { output: resultOf(answer) };
        const later = this._end(answer.running, unknown("how this ended"), signal);
        return { output: { ...resultOf(answer), note: FOLLOWS }, later };
      } catch (error) {
        // The server refused, and nothing was done. Only a lost answer leaves that open: with the same id the tool runs once.
        if (!(error instanceof Failure) || !LOST.includes(error.code)) throw error;
      }
      if (signal?.aborted || this._now() >= ends) {
        return { output: unknown("whether this was done"), later: this._end(call, undefined, signal) };
      }
      await this._pause(AGAIN_MS);
    }
  }

  /**
   * @param {string} running
   * @param {unknown} lost What to tell where the end cannot be learned.
   * @param {AbortSignal} [signal]
   */
  async _end(running, lost, signal) {
    const ends = this._now() + GIVE_UP_MS;
    while (!signal?.aborted && this._now() < ends) {
      try {
        const answer = await this._send("GET", `/functions/running/${encodeURIComponent(running)}`, undefined, POLL_MS);
        if (!answer.status) return resultOf(answer);
        await this._pause(AGAIN_MS);
      } catch (error) {
        const failure = Failure.of(error, "server_gone");
        // The server does not know it any more, or not us: no waiting helps.
        if (!failure.passes && !failure.retryAfter) return lost;
        await this._pause(Math.max(failure.pauseMs(AFTER_FAILURE_MS), (failure.retryAfter ?? 0) * 1000));
      }
    }
    return lost;
  }
}

/** `crypto.randomUUID` is for secure pages only, and a kiosk page may be none. */
function newId() {
  return `call_${[...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("")}`;
}
