/**
 * What can go wrong between a tap and an answer. Each code has its message and its cure in navai-texts.js.
 */

/** @typedef {"insecure_context" | "microphone_denied" | "microphone_missing" | "microphone_busy" | "browser_too_old" |
 *   "connection_blocked" | "connection_lost" | "secret_expired" | "provider_refused" | "server_gone" |
 *   "home_assistant_restarting" | "session_ended" | string} Code */

/** What may be over in a moment, without anybody doing anything about it. */
const PASSING = [
  ...["connection_blocked", "connection_lost", "provider_unreachable", "server_gone", "home_assistant_restarting"],
  ...["not_ready", "stopping", "upstream_timeout", "upstream_unavailable", "upstream_unreachable"],
];

/**
 * The server does not know the token: to send it again would help nobody. It looks a token up before it counts, so
 * that one which is held back is not known either.
 */
const TOKEN_UNKNOWN = ["not_signed_in", "too_many_failures"];

/** A failure that a person can be told. */
export class Failure extends Error {
  /**
   * @param {Code} code Stable; those of the server are in docs/errors.md.
   * @param {{retryAfter?: number, cause?: unknown}} [more] `retryAfter` in seconds.
   */
  constructor(code, more = {}) {
    super(code, { cause: more.cause });
    this.name = "Failure";
    this.code = code;
    this.retryAfter = more.retryAfter;
  }

  /** Whether it may be over in a moment by itself. */
  get passes() {
    return PASSING.includes(this.code);
  }

  /** Whether the page needs another token. */
  get needsToken() {
    return TOKEN_UNKNOWN.includes(this.code);
  }

  /**
   * @param {unknown} error Whatever was thrown.
   * @param {Code} otherwise The code of what nobody knows.
   * @returns {Failure}
   */
  static of(error, otherwise) {
    return error instanceof Failure ? error : new Failure(otherwise, { cause: error });
  }
}

/**
 * @param {number} status Of the provider's answer to the SDP offer.
 * @returns {Failure}
 */
export function callFailure(status) {
  if (status === 401) return new Failure("secret_expired");
  if (status === 429) return new Failure("upstream_rate_limited");
  return new Failure(status >= 500 ? "upstream_unavailable" : "provider_refused");
}

/** What a connection that stood is told as when it cannot be had again. */
const LOST = ["connection_blocked", "provider_unreachable", "server_gone"];

/**
 * @param {unknown} error Why a lost connection could not be had again.
 * @returns {Failure}
 */
export function lostFailure(error) {
  const failure = Failure.of(error, "connection_lost");
  return LOST.includes(failure.code) ? new Failure("connection_lost", { cause: error }) : failure;
}

/** The provider's codes after which no answer comes any more, in our words. @type {Record<string, Code>} */
const SPENT = {
  credit_balance_exhausted: "quota_exhausted",
  insufficient_quota: "quota_exhausted",
  rate_limit_exceeded: "upstream_rate_limited",
};

/**
 * @param {string | undefined} code Of an error within a conversation.
 * @returns {Failure | undefined} Where it is the end of that.
 */
export function spentFailure(code) {
  return code !== undefined && code in SPENT ? new Failure(SPENT[code]) : undefined;
}
