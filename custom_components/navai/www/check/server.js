/**
 * The checks of the server: whether it responds, how fast, its clock, and which modules it serves.
 */

import { failed, ok, problem, skipped, warning } from "./results.js";

/** @typedef {import("./results.js").Check} Check */
/** @typedef {import("./results.js").Context} Context */
/** @typedef {import("./results.js").Sample} Sample */

/** How often its health is asked for. */
const SAMPLES = 5;
/** Above it, a conversation begins noticeably late. In ms. */
const SLOW_SERVER_MS = 500;
/** How wrong this device's clock may be, in ms. */
const SKEW_WARNING_MS = 30_000;
const SKEW_PROBLEM_MS = 300_000;

/** @param {Context["api"]} api @returns {Promise<Sample>} */
async function sample(api) {
  const sentAt = Date.now();
  const began = performance.now();
  const { time, version, modules } = await api.health();
  const ms = performance.now() - began;
  // The server looked at its clock half-way.
  return { ms, aheadMs: sentAt + ms / 2 - time * 1000, version, modules };
}

/** @param {Sample[]} samples @returns {Sample} The one in the middle, by its round trip. */
export function median(samples) {
  return [...samples].sort((one, other) => one.ms - other.ms)[Math.floor(samples.length / 2)];
}

/** @type {Check} */
export async function checkServer({ api, text, found, signal }) {
  try {
    /** @type {Sample[]} */
    const samples = [];
    while (samples.length < SAMPLES && !signal.aborted) samples.push(await sample(api));
    found.samples = samples;
    return ok(`navai ${samples[0]?.version}`);
  } catch (error) {
    return failed(text, error, "server_gone");
  }
}

/** @type {Check} */
export async function checkServerDelay({ text, found }) {
  if (!found.samples) return skipped(text("see_above"));
  const { ms } = median(found.samples);
  const value = `${Math.round(ms)} ms`;
  return ms > SLOW_SERVER_MS ? warning(value, text("server_delay_cure")) : ok(value);
}

/** @type {Check} */
export async function checkClock({ text, found }) {
  if (!found.samples) return skipped(text("see_above"));
  const { aheadMs } = median(found.samples);
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const value = text(seconds === 0 ? "exact" : aheadMs > 0 ? "ahead" : "behind", { seconds });
  if (Math.abs(aheadMs) > SKEW_PROBLEM_MS) return problem(value, text("clock_cure"));
  return Math.abs(aheadMs) > SKEW_WARNING_MS ? warning(value, text("clock_cure")) : ok(value);
}

/** @param {string} url Of a module. @returns {string | undefined} The tag below which it was served. */
export function tagOf(url) {
  return /\/www\/([^/?#]+)\//.exec(url)?.[1];
}

/** @type {Check} */
export async function checkVersion({ text, found, url }) {
  const tag = tagOf(url);
  if (!found.samples || !tag) return skipped(text(tag ? "see_above" : "untold"));
  const served = found.samples[0].modules;
  return tag === served ? ok(tag) : warning(text("old", { tag, served }), text("version_cure"));
}
