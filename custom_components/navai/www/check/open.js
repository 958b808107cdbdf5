/**
 * Opens the device check from a voice. Both need the microphone and silence, so a conversation ends first. It asks before.
 */

import { ask } from "./ask.js";
import { Failure } from "../server/failure.js";

/** @typedef {import("../voice/session.js").NavaiSession} NavaiSession */

/** Load it before it is needed: the server may be gone by then. */
export function fetchDeviceCheck() {
  load().catch(() => {});
}

/**
 * Show what is wrong with this device.
 * @param {ShadowRoot} root Where it is shown.
 * @param {NavaiSession} session
 * @param {string} language
 * @param {(key: string) => string} text
 */
export async function openDeviceCheck(root, session, language, text) {
  if (session.active && !(await mayEnd(root, session, text))) return;
  session.stop();
  try {
    const { showDeviceCheck } = await load();
    showDeviceCheck(root, session.api, language);
  } catch (error) {
    session.fail(Failure.of(error, "server_gone"));
  }
}

/** @param {ShadowRoot} root @param {NavaiSession} session @param {(key: string) => string} text */
async function mayEnd(root, session, text) {
  const over = new AbortController();
  const changed = () => session.active || over.abort();
  session.addEventListener("change", changed);
  try {
    const question = {
      title: text("device_check"),
      words: text("check_ends"),
      yes: text("check_now"),
      no: text("keep_talking"),
    };
    return await ask(root, question, over.signal);
  } finally {
    session.removeEventListener("change", changed);
  }
}

function load() {
  return import("./device-check.js");
}
