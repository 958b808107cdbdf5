/**
 * A response that was not completed, in our words. Pure.
 */

import { codeIn } from "./refusal.js";

/** @typedef {import("./conversation.js").Trouble} Trouble */

/** @type {Record<string, string>} Our code by the provider's. */
const CODES = {
  content_filter: "response_filtered",
  max_output_tokens: "response_cut",
  rate_limit_exceeded: "response_overloaded",
  server_is_overloaded: "response_overloaded",
  slow_down: "response_overloaded",
};
/** The notices about it; each has a sentence in voice/texts.js. @type {readonly string[]} */
export const RESPONSE_NOTICES = [...new Set(Object.values(CODES)), "response_failed"];

/** @param {Trouble} trouble @returns {{code: string, providerCode: string}} */
export function troubleOf({ kind, code }) {
  const known = codeIn(code) ?? "unknown";
  return { code: CODES[known] ?? (kind === "failed" ? "response_failed" : "response_cut"), providerCode: known };
}
