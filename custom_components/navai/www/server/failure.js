/**
 * What can go wrong between a tap and an answer. Each code has its message and its cure in voice/texts.js.
 */

/** @typedef {"insecure_context" | "microphone_denied" | "microphone_missing" | "microphone_busy" | "browser_too_old" |
 *   "connection_blocked" | "connection_lost" | "secret_expired" | "provider_refused" | "server_gone" |
 *   "home_assistant_restarting" | "session_ended" | string} Code */

/** What may be over in a moment, without anybody doing anything about it. */
const PASSING = [
  ...["connection_blocked", "connection_lost", "provider_unreachable", "server_gone", "home_assistant_restarting"],
  ...["not_ready", "server_sign_in", "stopping", "upstream_timeout", "upstream_unavailable", "upstream_unreachable"],
];

/** Something between the page and the server answers, and wants somebody to sign in. */
export const SIGN_IN = "server_sign_in";
/** How long until it is asked again, in ms: it may take hours until somebody signs in, and some lock out who asks often. */
const SIGN_IN_RETRY_MS = 60_000;

/** The codes whose message names the model and the profile, where they are known. */
const OF_MODELS = ["model_not_found", "invalid_model", "deployment_not_found"];

/**
 * @typedef {object} Refusal What the provider itself said, in words that can be nothing but a code and an id.
 * @property {string} [code] The provider's.
 * @property {string} [requestId] The provider's, for its support.
 * @property {number} [status] Of its answer.
 */

/**
 * The server does not know the token, so sending it again does not help. The server looks a token up before it counts
 * failures, so a rate-limited token is unknown, too.
 */
const TOKEN_UNKNOWN = ["not_signed_in", "too_many_failures"];

/** A failure that has a message for people. */
export class Failure extends Error {
  /**
   * @param {Code} code Stable; those of the server are in docs/errors.md.
   * @param {{retryAfter?: number, cause?: unknown, refusal?: Refusal, values?: Record<string, string>}} [more]
   *   `retryAfter` in seconds; `values` is what the message can name, such as the model.
   */
  constructor(code, more = {}) {
    super(code, { cause: more.cause });
    this.name = "Failure";
    this.code = code;
    this.retryAfter = more.retryAfter;
    this.refusal = more.refusal ?? {};
    this.values = more.values ?? {};
  }

  /** Under which key its message is in voice/texts.js. */
  get text() {
    return OF_MODELS.includes(this.code) && this.values.model ? `${this.code}_named` : this.code;
  }

  /** What the server gets of the provider's answer. @returns {Record<string, string>} */
  get report() {
    const { code, requestId } = this.refusal;
    return { ...(code ? { provider_code: code } : {}), ...(requestId ? { request_id: requestId } : {}) };
  }

  /** Whether it may be over in a moment by itself. */
  get passes() {
    return PASSING.includes(this.code);
  }

  /** How long to wait before it is tried again, in ms. @param {number} usualMs */
  pauseMs(usualMs) {
    return this.code === SIGN_IN ? SIGN_IN_RETRY_MS : usualMs;
  }

  /** Whether the page needs another token. */
  get needsToken() {
    return TOKEN_UNKNOWN.includes(this.code);
  }

  /**
   * @param {unknown} error Whatever was thrown.
   * @param {Code} otherwise The code for an unknown error.
   * @returns {Failure}
   */
  static of(error, otherwise) {
    return error instanceof Failure ? error : new Failure(otherwise, { cause: error });
  }
}

/** The failures that mean a lost connection when reconnecting fails. */
const LOST = ["connection_blocked", "provider_unreachable", "server_gone"];

/**
 * @param {unknown} error Why a lost connection could not be had again.
 * @returns {Failure}
 */
export function lostFailure(error) {
  const failure = Failure.of(error, "connection_lost");
  return LOST.includes(failure.code) ? new Failure("connection_lost", { cause: error }) : failure;
}
