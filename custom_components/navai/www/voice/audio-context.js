/**
 * The browser's audio context, under either of its names.
 */

/** @returns {AudioContext | undefined} Nothing where the browser has none, or no more: then it goes without. */
export function newAudioContext() {
  const { AudioContext: Own, webkitAudioContext: Prefixed } = /** @type {any} */ (globalThis);
  const Context = Own ?? Prefixed;
  try {
    return Context && new Context();
  } catch {
    return undefined;
  }
}
