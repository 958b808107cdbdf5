/**
 * The microphone, and why there is none.
 */

import { Failure } from "../server/failure.js";
import { barredBy } from "./frame.js";

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
