/**
 * The microphone, and why there is none.
 */

import { newAudioContext } from "./navai-audio-context.js";
import { Failure } from "./navai-failure.js";
import { barredBy } from "./navai-frame.js";

/** For a person who stands in the room while the device speaks itself. */
const FAR_FIELD = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

/** @type {Record<string, string>} */
const FAILURES = {
  NotAllowedError: "microphone_denied",
  SecurityError: "microphone_denied",
  NotFoundError: "microphone_missing",
  OverconstrainedError: "microphone_missing",
  NotReadableError: "microphone_busy",
  AbortError: "microphone_busy",
};

/** @returns {Promise<MediaStream>} */
export async function openMicrophone() {
  if (!globalThis.isSecureContext) throw new Failure("insecure_context");
  if (!navigator.mediaDevices?.getUserMedia) throw new Failure("browser_too_old");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: FAR_FIELD });
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    const barred = barredBy(name === "NotAllowedError");
    if (barred) throw new Failure(barred, { cause: error });
    throw new Failure(FAILURES[name] ?? "microphone_missing", { cause: error });
  }
}

/**
 * Open it for a conversation.
 * @param {AbortSignal} signal If it ended while the browser asked, nothing stays open.
 * @param {() => void} onGone The device was taken away.
 * @returns {Promise<MediaStream>}
 */
export async function listenFor(signal, onGone) {
  const stream = await openMicrophone();
  if (signal.aborted) {
    closeStream(stream);
    throw new Failure("session_ended");
  }
  for (const track of stream.getAudioTracks()) track.addEventListener("ended", onGone, { signal });
  return stream;
}

/** @param {MediaStream | undefined} stream */
export function closeStream(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** @returns {Promise<PermissionState | "unknown">} Whether the browser lets this page listen. */
export async function microphonePermission() {
  try {
    return (await navigator.permissions.query({ name: /** @type {PermissionName} */ ("microphone") })).state;
  } catch {
    return "unknown";
  }
}

/**
 * Whether a conversation can begin without a tap: the microphone is granted, and sound may play. iOS wants a tap for
 * every conversation; other browsers let a page sound that was touched once, or while it listens.
 */
export async function mayStartByItself() {
  if ((await microphonePermission()) !== "granted") return false;
  if (navigator.userActivation?.hasBeenActive || (await maySound())) return true;
  /** @type {MediaStream | undefined} */
  let stream;
  try {
    stream = await openMicrophone();
    return await maySound();
  } catch {
    return false;
  } finally {
    closeStream(stream);
  }
}

/** How long a browser takes at most to let sound out, in ms. */
const SOUND_MS = 250;

/** Whether the browser lets this page sound now. */
export async function maySound() {
  const context = newAudioContext();
  if (!context) return false;
  try {
    const soon = new Promise((resolve) => setTimeout(resolve, SOUND_MS));
    await Promise.race([context.resume().catch(() => {}), soon]);
    // It changes while we wait.
    return /** @type {string} */ (context.state) === "running";
  } finally {
    void context.close();
  }
}
