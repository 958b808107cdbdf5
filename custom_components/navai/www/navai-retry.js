/**
 * Try again, until the network is back.
 */

/** It comes back within seconds, or somebody has to look after it. */
const DELAYS_MS = [0, 1_000, 2_000, 4_000, 8_000, 16_000];

/**
 * @param {() => Promise<void>} attempt
 * @param {import("./navai-timers.js").Timers} timers
 * @param {AbortSignal} signal Ends it: then the last error is thrown.
 */
export async function retry(attempt, timers, signal) {
  /** @type {unknown} */
  let last;
  for (const delay of DELAYS_MS) {
    await pause(delay, timers, signal);
    if (signal.aborted) break;
    try {
      await attempt();
      return;
    } catch (error) {
      last = error;
      if (signal.aborted) break;
    }
  }
  throw last;
}

/**
 * Wait, but no longer than until the network is back.
 * @param {number} ms
 * @param {import("./navai-timers.js").Timers} timers
 * @param {AbortSignal} signal
 */
async function pause(ms, timers, signal) {
  const over = new AbortController();
  await new Promise((resolve) => {
    timers.after("retry", ms, () => resolve(undefined));
    addEventListener("online", resolve, { signal: over.signal });
    signal.addEventListener("abort", resolve, { signal: over.signal });
  });
  over.abort();
}
