/**
 * One function for each check, in the order in which they run. A check needs only its context, and closes what it
 * opened, even if the device check is closed meanwhile.
 */

import { soundsUntouched } from "../voice/autoplay.js";
import { chime } from "../voice/chime.js";
import { checkClock, checkServer, checkServerDelay, checkVersion } from "./server.js";
import { failed, ok, pause, problem, skipped, warning } from "./results.js";
import { Failure } from "../server/failure.js";
import { barredBy } from "../voice/frame.js";
import { Levels } from "../voice/levels.js";
import { closeStream, microphonePermission, openMicrophone } from "../voice/microphone.js";
import { Peer } from "../voice/peer.js";
import { maySound } from "../voice/sound.js";
import { HTTPS_GUIDE } from "../voice/texts.js";

/** @typedef {import("./results.js").Check} Check */

/** How long to wait for a voice, and how often to measure it, in ms. */
const LISTEN_MS = 8_000;
const SAMPLE_MS = 100;
/** This many samples with a voice are enough. */
const ENOUGH_SAMPLES = 6;
/** Loudness from 0 to 1: silent below the first, too quiet below the second. */
const SILENT_LEVEL = 0.02;
const QUIET_LEVEL = 0.1;
/** How long it takes at most until WebRTC knows its round trip, in ms. */
const ROUND_TRIP_MS = 3_000;
/** Above it, an answer comes noticeably late. In ms. */
const SLOW_PROVIDER_MS = 400;
const ALIASES = ["default", "communications"];
/** The app that shows the page, then the browser in it; the first that fits of each. */
const APPS = [/** @type {const} */ (["Home Assistant", /Home Assistant\/([\w.]+)/])];
const BROWSERS = [
  /** @type {const} */ (["Edge", /Edg\w*\/(\d+)/]),
  /** @type {const} */ (["Opera", /OPR\/(\d+)/]),
  /** @type {const} */ (["Samsung Internet", /SamsungBrowser\/(\d+)/]),
  /** @type {const} */ (["Firefox", /(?:Firefox|FxiOS)\/(\d+)/]),
  /** @type {const} */ (["Chrome", /(?:Chrome|CriOS)\/(\d+)/]),
  /** @type {const} */ (["Safari", /Version\/([\d.]+).*Safari/]),
];

/** @type {Check} */
async function checkSecure({ text }) {
  if (globalThis.isSecureContext) return ok(text("yes"));
  const guide = { title: text("https_guide"), address: HTTPS_GUIDE };
  return { ...problem(text("no"), text("insecure_context")), guide };
}

/** @param {string} agent What the browser calls itself. @returns {string} Its name, as people know it. */
export function browserOf(agent) {
  const names = [APPS, BROWSERS].flatMap((table) => {
    const found = table
      .map(([name, pattern]) => ({ name, version: pattern.exec(agent)?.[1] }))
      .find((each) => each.version);
    return found ? [`${found.name} ${found.version}`] : [];
  });
  return names.join(", ");
}

/** @type {Check} */
async function checkBrowser({ text }) {
  const name = browserOf(navigator.userAgent) || text("unknown");
  // An insecure page has no microphone in any browser: that is another check's.
  const able = globalThis.RTCPeerConnection && (navigator.mediaDevices || !globalThis.isSecureContext);
  return able ? ok(name) : problem(name, text("browser_too_old"));
}

/** @type {Check} */
async function checkLanguages() {
  return ok(navigator.languages.join(", "));
}

/** @type {Check} */
async function checkWakeLock({ text }) {
  if (!globalThis.isSecureContext) return skipped(text("see_above"));
  try {
    const lock = await navigator.wakeLock.request("screen");
    void lock.release().catch(() => {});
    return ok(text("yes"));
  } catch {
    return warning(text("no"), text("wake_lock_cure"));
  }
}

/** @type {Check} */
async function checkPermission({ text, found }) {
  if (!globalThis.isSecureContext) return skipped(text("see_above"));
  const permission = await microphonePermission();
  const barred = barredBy(permission === "denied");
  found.permission = barred ? "denied" : permission;
  if (barred) return { ...failed(text, new Failure(barred), barred), value: text("blocked") };
  if (permission === "denied") return problem(text("blocked"), text("microphone_denied"));
  if (permission === "granted") return ok(text("allowed"));
  return permission === "prompt" ? ok(text("asks")) : skipped(text("untold"));
}

/** @type {Check} */
async function checkDevice({ text, found }) {
  if (!navigator.mediaDevices) return skipped(text("see_above"));
  const devices = await navigator.mediaDevices.enumerateDevices();
  // Chromium lists some twice: as themselves, and as what the system prefers.
  const count = devices.filter(({ kind, deviceId }) => kind === "audioinput" && !ALIASES.includes(deviceId)).length;
  found.microphones = count;
  return count ? ok(text("found", { count })) : problem(text("none"), text("microphone_missing"));
}

/** @type {Check} */
async function checkSecret({ api, text, found }) {
  try {
    found.secret = await api.clientSecret();
    return ok(text("given"), found.secret.model);
  } catch (error) {
    return failed(text, error, "server_gone");
  }
}

/** A silent call: it shows whether the voice connection works. @type {Check} */
async function checkConnection({ text, found, signal }) {
  const { secret } = found;
  if (!secret) return skipped(text("see_above"));
  const began = performance.now();
  /** @type {Peer | undefined} */
  let peer;
  const hangUp = () => peer?.close();
  try {
    peer = new Peer({ onEvent: () => {}, onSound: () => {}, onLost: () => {} });
    signal.addEventListener("abort", hangUp);
    await peer.connect(secret);
    const durationMs = performance.now() - began;
    found.roundTripMs = await roundTrip(peer, signal);
    return ok(text("connected", { ms: Math.round(durationMs) }));
  } catch (error) {
    return failed(text, error, "connection_blocked");
  } finally {
    signal.removeEventListener("abort", hangUp);
    hangUp();
  }
}

/** @param {Peer} peer @param {AbortSignal} signal */
async function roundTrip(peer, signal) {
  const until = performance.now() + ROUND_TRIP_MS;
  let ms = await peer.roundTripMs();
  while (ms === undefined && performance.now() < until && !signal.aborted) {
    await pause(SAMPLE_MS, signal);
    ms = await peer.roundTripMs();
  }
  return ms;
}

/** @type {Check} */
async function checkProviderDelay({ text, found }) {
  if (found.roundTripMs === undefined) return skipped(text(found.secret ? "untold" : "see_above"));
  const value = `${Math.round(found.roundTripMs)} ms`;
  return found.roundTripMs > SLOW_PROVIDER_MS ? warning(value, text("provider_delay_cure")) : ok(value);
}

/**
 * Whether the page may play sound. A touch opens the check. If nothing looked before that touch, the result covers only
 * the time after it. @type {Check}
 */
async function checkAutoplay({ text }) {
  const untouched = await soundsUntouched();
  if (untouched === false) return warning(text("blocked_untouched"), text("untouched_cure"));
  if (untouched) return ok(text("allowed"));
  /** @type {((type: string) => string) | undefined} Firefox has it. */
  const policy = /** @type {any} */ (navigator).getAutoplayPolicy?.bind(navigator);
  const allowed = policy ? policy("mediaelement") === "allowed" : await maySound();
  if (!allowed) return warning(text("blocked"), text("autoplay_cure"));
  return ok(text(navigator.userActivation?.hasBeenActive === false ? "allowed" : "allowed_now"));
}

/** @type {Check} */
async function checkLevel({ text, found, signal, show }) {
  const hopeless = !globalThis.isSecureContext || found.permission === "denied" || found.microphones === 0;
  if (hopeless) return skipped(text("see_above"));
  const levels = new Levels();
  /** @type {MediaStream | undefined} */
  let stream;
  try {
    levels.open();
    stream = await openMicrophone();
    const [track] = stream.getAudioTracks();
    levels.hear("input", stream);
    show(text("say_something"), 0);
    const until = performance.now() + LISTEN_MS;
    let peak = 0;
    for (let loud = 0; loud < ENOUGH_SAMPLES && performance.now() < until && !signal.aborted;) {
      await pause(SAMPLE_MS, signal);
      levels.resume();
      const level = levels.of("input");
      if (level >= QUIET_LEVEL) loud += 1;
      peak = Math.max(peak, level);
      show(text("say_something"), level);
    }
    const value = (/** @type {string} */ word) => `${text(word)} (${Math.round(peak * 100)} %)`;
    if (peak >= QUIET_LEVEL) return ok(value("good"), track.label);
    if (peak >= SILENT_LEVEL) return warning(value("quiet"), text("quiet_cure"), track.label);
    return problem(value("silent"), text(track.muted ? "muted_cure" : "silent_cure"), track.label);
  } catch (error) {
    return failed(text, error, "microphone_missing");
  } finally {
    closeStream(stream);
    levels.close();
  }
}

/** @type {Check} */
async function checkSpeaker({ text, ask }) {
  void chime();
  const heard = await ask(text("heard"), chime);
  if (heard === undefined) return skipped(text("unanswered"));
  return heard ? ok(text("yes")) : problem(text("no"), text("speaker_cure"));
}

/** By their names in reports; those that need a person are the last. @type {readonly (readonly [string, Check])[]} */
export const CHECKS = [
  ["secure", checkSecure],
  ["browser", checkBrowser],
  ["languages", checkLanguages],
  ["wake_lock", checkWakeLock],
  ["server", checkServer],
  ["server_delay", checkServerDelay],
  ["clock", checkClock],
  ["version", checkVersion],
  ["permission", checkPermission],
  ["device", checkDevice],
  ["secret", checkSecret],
  ["connection", checkConnection],
  ["provider_delay", checkProviderDelay],
  ["autoplay", checkAutoplay],
  ["level", checkLevel],
  ["speaker", checkSpeaker],
];
