/**
 * What the provider refuses, and in which words we tell it: its code and its request's id, and never a word of its text,
 * which may quote a key.
 */

import { Failure } from "../server/failure.js";

/** @typedef {import("../server/failure.js").Code} Code */
/** @typedef {import("../server/failure.js").Refusal} Refusal */
/** @typedef {{model?: string, profile?: string}} Asked What the conversation was asked for with. */

/** The provider's codes after which no conversation can go on, in our words. @type {ReadonlyMap<string, Code>} */
const FINAL = new Map([
  ["model_not_found", "model_not_found"],
  ["invalid_model", "invalid_model"],
  ["deployment_not_found", "deployment_not_found"],
  ["unsupported_country_region_territory", "country_not_supported"],
  ["missing_scope", "missing_scope"],
  ["beta_api_shape_disabled", "beta_api_retired"],
  ["insufficient_quota", "quota_exhausted"],
  ["credit_balance_exhausted", "quota_exhausted"],
  ["billing_hard_limit_reached", "quota_exhausted"],
  ["billing_not_active", "quota_exhausted"],
  ["invalid_api_key", "api_key_refused"],
  ["incorrect_api_key", "api_key_refused"],
  ["account_deactivated", "api_key_refused"],
  ["expired_client_secret", "secret_expired"],
]);
/** A page may be long; what it is shows at its beginning. */
const MAX_PAGE_CHARS = 65_536;

/**
 * @param {unknown} value
 * @returns {string | undefined} As a code, in small letters, where it can be nothing else. A key is no code: it has another
 *   beginning, or many digits.
 */
export function codeIn(value) {
  if (typeof value !== "string") return undefined;
  // Azure's are written `DeploymentNotFound`.
  const code = value.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  const digits = code.replace(/\D/g, "").length;
  return /^[a-z0-9_]{1,64}$/.test(code) && digits <= 4 && !/^(ek|sk|xai|vcst)_/.test(code) ? code : undefined;
}

/** @param {string | null} value @returns {string | undefined} As an id of a request, where it can be nothing else. */
export function requestIdIn(value) {
  const shape = /^(req_[A-Za-z0-9]{8,64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
  return value !== null && shape.test(value) ? value : undefined;
}

/**
 * The failure that an answer to the offer is, where it is none.
 * @param {Response} response @param {string} text Its body. @param {Asked} asked
 * @returns {Failure}
 */
export function callFailure({ status, headers }, text, asked) {
  const error = errorIn(text);
  /** @type {Refusal} The provider names its errors by one or the other. */
  const refusal = {
    code: codeIn(error.code) ?? codeIn(error.type),
    requestId: requestIdIn(headers.get("x-request-id")),
    status,
  };
  const retryAfter = Number(headers.get("Retry-After")) || undefined;
  return failed(signsIn(status, text) ? "network_sign_in" : codeFor(status, error), asked, refusal, retryAfter);
}

/**
 * @param {string | undefined} code Of an error within a conversation.
 * @param {Asked} [asked]
 * @returns {Failure | undefined} Where it is the end of that.
 */
export function spentFailure(code, asked = {}) {
  const known = codeIn(code);
  const found = FINAL.get(known ?? "");
  return found ? failed(found, asked, { code: known }) : undefined;
}

/**
 * Whether something in between answered, such as a proxy or a public Wi-Fi that wants somebody to sign in first. The
 * provider answers in JSON or SDP. A web page is never believed, whatever its status says.
 * @param {number} status 0: a redirect that was not followed. @param {string} text
 */
function signsIn(status, text) {
  if (status === 0 || status === 407 || status === 511) return true;
  // The page of a server that has trouble may have a link to sign in, too.
  if (status >= 500 || !isPage(text)) return false;
  const asks = /type\s*=\s*["']?password|\b(sign|log)[\s_-]?(in|on)\b|captive|hotspot|WISPAccessGateway|iniciar sesi/i;
  return ![404, 429].includes(status) || asks.test(text.slice(0, MAX_PAGE_CHARS));
}

/** Whether it is a web page. @param {string} text */
export function isPage(text) {
  return /^\s*<(!--|!doctype\s+html|html|\?xml)/i.test(text.slice(0, MAX_PAGE_CHARS));
}

/** @param {number} status @param {{code?: unknown, type?: unknown}} error @returns {Code} */
function codeFor(status, error) {
  const found = FINAL.get(codeIn(error.code) ?? "") ?? FINAL.get(codeIn(error.type) ?? "");
  if (found) return found;
  // A secret that waited too long; another one may do.
  if (status === 401) return "secret_expired";
  if (status === 429) return "upstream_rate_limited";
  if (status >= 500) return "upstream_unavailable";
  return status < 300 ? "upstream_invalid_response" : "provider_refused";
}

/** @param {Code} code @param {Asked} asked @param {Refusal} refusal @param {number} [retryAfter] */
function failed(code, { model, profile }, refusal, retryAfter) {
  /** @type {Record<string, string>} */
  const values = model && profile ? { model, profile } : {};
  const { status, requestId } = refusal;
  // What a person can pass on to somebody who knows.
  values.reason = [refusal.code ?? (status ? `HTTP ${status}` : ""), requestId].filter(Boolean).join(", ");
  return new Failure(code, { retryAfter, refusal, values });
}

/** `{"error": {message, type, param, code}}`. @param {string} text @returns {{code?: unknown, type?: unknown}} */
function errorIn(text) {
  try {
    const error = JSON.parse(text)?.error;
    return error !== null && typeof error === "object" ? error : {};
  } catch {
    return {};
  }
}
