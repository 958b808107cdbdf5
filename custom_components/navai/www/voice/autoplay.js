/**
 * Whether this page may sound before anybody touches it, which decides whether the assistant can start a conversation.
 * It shows only until the first touch: so it is looked at early, once, and remembered.
 */

import { closeStream, microphonePermission, openMicrophone } from "./microphone.js";
import { maySound } from "./sound.js";

/** @type {Promise<boolean | undefined> | undefined} */
let found;

/** Look, unless that was done before: on a page on which the assistant may start a conversation. */
export function lookAtAutoplay() {
  found ??= look().catch(() => undefined);
}

/** @returns {Promise<boolean | undefined>} Undefined: not checked, or the page had been touched already. */
export async function soundsUntouched() {
  return found;
}

async function look() {
  const touched = () => navigator.userActivation?.hasBeenActive !== false;
  if (touched()) return undefined;
  const sounds = await maySound();
  // Perhaps only because someone touched the page meanwhile.
  return sounds && touched() ? undefined : sounds;
}

/**
 * Whether a conversation can begin without a tap: the microphone is granted, and the voice may be heard. iOS wants a tap
 * for each conversation; other browsers let a page play sound that was touched once, or while it listens.
 * @param {() => Promise<boolean>} mayPlay Whether the conversation's own audio element may sound now.
 */
export async function mayStartByItself(mayPlay) {
  if ((await microphonePermission()) !== "granted") return false;
  if (await mayPlay()) return true;
  /** @type {MediaStream | undefined} */
  let stream;
  try {
    stream = await openMicrophone();
    return await mayPlay();
  } catch {
    return false;
  } finally {
    closeStream(stream);
  }
}
