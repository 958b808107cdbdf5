/**
 * The way from a voice to the check of its device. A conversation ends for it, since both want the microphone and
 * silence: so it asks before.
 */

import { ask } from "./ask.js";
import { Failure } from "../server/failure.js";

/** @typedef {import("../voice/session.js").NavaiSession} NavaiSession */

/** Have it here before it is needed: then the server may be gone. */
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
    const { openDoctor } = await load();
    openDoctor(root, session.api, language);
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
      title: text("doctor"),
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
  return import("./doctor.js");
}
