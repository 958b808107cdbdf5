/**
 * What each check gets, and what it finds.
 */

import { Failure } from "../server/failure.js";
import { ownAddress } from "../voice/frame.js";

/** @typedef {import("../server/request.js").Api} Api */
/** @typedef {import("./texts.js").Text} Text */
/** @typedef {"ok" | "warning" | "problem" | "skipped"} Outcome */
/**
 * @typedef {object} Result
 * @property {Outcome} outcome `skipped`: it could not be checked.
 * @property {string} value What was found, in words.
 * @property {string} [cure] What to do.
 * @property {{title: string, address: string}} [guide] A page of the documentation that helps.
 * @property {string} [code] Of the failure, for the report, with what the provider calls it.
 * @property {string} [aside] What is shown, but does not go into the report.
 */
/** @typedef {{ms: number, aheadMs: number, version: string, modules: string}} Sample Of the server's health. */
/**
 * @typedef {object} Found What later checks build on.
 * @property {Sample[]} [samples]
 * @property {PermissionState | "unknown"} [permission]
 * @property {number} [microphones]
 * @property {import("../server/secrets.js").ClientSecret} [secret]
 * @property {number} [roundTripMs]
 */
/**
 * @typedef {object} Context
 * @property {Pick<Api, "health" | "clientSecret">} api
 * @property {Text} text
 * @property {AbortSignal} signal Aborted when the check is closed.
 * @property {string} url Where these modules were loaded from.
 * @property {Found} found
 * @property {(words: string, level: number) => void} show What to do now, and how loud it is, from 0 to 1.
 * @property {(question: string, again: () => void) => Promise<boolean | undefined>} ask Undefined: no answer.
 */
/** @typedef {(context: Context) => Promise<Result>} Check */

/** @param {string} value @param {string} [aside] @returns {Result} */
export function ok(value, aside) {
  return { outcome: "ok", value, aside };
}

/** @param {string} value @param {string} cure @param {string} [aside] @returns {Result} */
export function warning(value, cure, aside) {
  return { outcome: "warning", value, cure, aside };
}

/** @param {string} value @param {string} cure @param {string} [aside] @returns {Result} */
export function problem(value, cure, aside) {
  return { outcome: "problem", value, cure, aside };
}

/** @param {string} value Why. @returns {Result} */
export function skipped(value) {
  return { outcome: "skipped", value };
}

/** @param {Text} text @param {unknown} error @param {string} otherwise The code for an unknown error. @returns {Result} */
export function failed(text, error, otherwise) {
  const failure = Failure.of(error, otherwise);
  const seconds = Math.max(1, Math.ceil(failure.retryAfter ?? 10));
  const cure = text(failure.text, { seconds, address: ownAddress(), ...failure.values });
  const code = [failure.code, failure.values.reason].filter(Boolean).join(": ");
  return { outcome: "problem", value: text("no"), cure, code };
}

/** Wait, but stop when the check is closed. @param {number} ms @param {AbortSignal} signal */
export async function pause(ms, signal) {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve(undefined);
    }
  });
}
