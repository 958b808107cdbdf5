/**
 * Whether this page may sound before anybody touches it, which decides whether the house can speak first. It shows only
 * until the first touch: so it is looked at early, once, and remembered.
 */

import { maySound } from "./navai-microphone.js";

/** @type {Promise<boolean | undefined> | undefined} */
let found;

/** Look, unless that was done before: on a page that the house may let speak. */
export function lookAtAutoplay() {
  found ??= look().catch(() => undefined);
}

/** @returns {Promise<boolean | undefined>} Undefined: nobody looked, or somebody had touched the page already. */
export async function soundsUntouched() {
  return found;
}

async function look() {
  const touched = () => navigator.userActivation?.hasBeenActive !== false;
  if (touched()) return undefined;
  const sounds = await maySound();
  // Perhaps only because somebody touched it meanwhile.
  return sounds && touched() ? undefined : sounds;
}
