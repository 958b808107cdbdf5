/**
 * Keep the screen on while somebody talks.
 * @param {AbortSignal} signal Ends it.
 */
export function keepAwake(signal) {
  /** @type {WakeLockSentinel | undefined} */
  let held;
  const request = async () => {
    if (document.visibilityState !== "visible" || signal.aborted) return;
    try {
      const lock = await navigator.wakeLock?.request("screen");
      if (signal.aborted) void lock?.release().catch(() => {});
      else held = lock;
    } catch {
      // A battery that is low, or a browser that has none: the conversation goes on.
    }
  };
  // Browsers take it away from a page that is hidden.
  document.addEventListener("visibilitychange", request, { signal });
  signal.addEventListener("abort", () => void held?.release().catch(() => {}), { once: true });
  void request();
}
