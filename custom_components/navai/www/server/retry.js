/**
 * Try again, until the network is back.
 */

import { Failure } from "./failure.js";

/** It comes back within seconds, or somebody has to look after it. */
const DELAYS_MS = [0, 1_000, 2_000, 4_000, 8_000, 16_000];

/**
 * @param {() => Promise<void>} attempt
 * @param {AbortSignal} signal Ends it: then the last error is thrown.
 */
export async function retry(attempt, signal) {
  /** @type {unknown} */
  let last;
  for (const delay of DELAYS_MS) {
    if (delay) await pause(delay, signal);
    if (signal.aborted) break;
    try {
      await attempt();
      return;
    } catch (error) {
      last = error;
      // To ask again with a token that is not good any more would lock the device out.
      if (signal.aborted || (error instanceof Failure && !error.passes)) break;
    }
  }
  throw last;
}

/**
 * Wait, but no longer than until the network is back.
 * @param {number} ms
 * @param {AbortSignal} signal
 */
async function pause(ms, signal) {
  const over = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  await new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
    addEventListener("online", resolve, { signal: over.signal });
    signal.addEventListener("abort", resolve, { signal: over.signal });
  });
  clearTimeout(timer);
  over.abort();
}
