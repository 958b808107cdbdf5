/**
 * The state of a conversation, reported to the page and the server.
 *
 * Event: `change`, also for what is no state, such as `muted`.
 */

import { Reports } from "./reports.js";

/** @typedef {"idle" | "requesting" | "connecting" | "listening" | "thinking" | "speaking" | "ended" | "failed"} State */
/** @typedef {import("./request.js").Api} Api */
/** @typedef {import("./failure.js").Failure} Failure */

/**
 * @typedef {object} Notice What a person should know while the conversation goes on, or after its normal end.
 * @property {string} code Its sentence is in voice/texts.js under `notice_` and the code.
 * @property {Record<string, string | number>} values What the sentence names.
 */

/** @type {readonly State[]} */
const ACTIVE = ["requesting", "connecting", "listening", "thinking", "speaking"];
/** @type {readonly State[]} */
export const TALKING = ["listening", "thinking", "speaking"];

const CONNECTION_WEAK = "connection_weak";

export class SessionState extends EventTarget {
  /** @param {Api} api */
  constructor(api) {
    super();
    this.api = api;
    /** @type {State} */
    this.state = "idle";
    /** @type {Failure | undefined} */
    this.failure = undefined;
    /** @type {Notice[]} Those that still hold, the latest last. */
    this._notices = [];
    /** @type {string | undefined} */
    this._profile = undefined;
    this._reports = new Reports(api);
  }

  get active() {
    return ACTIVE.includes(this.state);
  }

  get talking() {
    return TALKING.includes(this.state);
  }

  /** The profile that is talked with, as soon as there is a secret of it. */
  get profile() {
    return this._profile;
  }

  /** The id of the conversation, for the server. */
  get id() {
    return this._reports.id;
  }

  /**
   * The server may have forgotten it, after a restart or a gap in the network, or not know that it is over.
   * @param {string | null} [believed] The id of the conversation that the server takes to be under way.
   */
  reportAgain(believed) {
    if (this._profile && (this.active || believed === this.id)) this._report({});
  }

  /** What a failure said no longer holds, and nobody has to tap for that. @param {string} code */
  recover(code) {
    if (this.state !== "failed" || this.failure?.code !== code) return;
    this.failure = undefined;
    this.state = "idle";
    this._changed();
  }

  /** Another conversation begins. @param {string} [request] The id of the command that asked for it. */
  _reset(request) {
    this._reports = new Reports(this.api, request);
    this._profile = undefined;
    this.failure = undefined;
    this._notices = [];
  }

  /** The notice to show. @returns {Notice | undefined} */
  get notice() {
    return this._notices[this._notices.length - 1];
  }

  /** Show a notice. The ones before it return when it no longer holds. @param {string} code @param {Notice["values"]} [values] */
  _notify(code, values = {}) {
    this._notices = [...this._notices.filter((each) => each.code !== code), { code, values }];
    this._changed();
  }

  /** What the notices said no longer holds. @param {...string} codes */
  _withdraw(...codes) {
    const left = this._notices.filter(({ code }) => !codes.includes(code));
    if (left.length === this._notices.length) return;
    this._notices = left;
    this._changed();
  }

  /** The conversation is over, and so is what the other notices said. @param {readonly string[]} codes */
  _keepNotices(codes) {
    this._notices = this._notices.filter(({ code }) => codes.includes(code));
  }

  /** Whether nothing comes from the provider while the connection is still open. */
  get stalled() {
    return this.talking && this.notice?.code === CONNECTION_WEAK;
  }

  /** @param {boolean} flows */
  _connectionFlows(flows) {
    if (flows) this._withdraw(CONNECTION_WEAK);
    else this._notify(CONNECTION_WEAK);
  }

  /** @param {State} state @param {string} [code] */
  _set(state, code) {
    if (state === this.state) return;
    this.state = state;
    const refusal = state === "failed" ? this.failure?.report : {};
    if (state !== "requesting") this._report({ ...(code ? { code } : {}), ...refusal });
    this._changed();
  }

  /** @param {Record<string, unknown>} more */
  _report(more) {
    this._reports.tell(this._profile, { state: this.state, ...more });
  }

  _changed() {
    this.dispatchEvent(new Event("change"));
  }
}
