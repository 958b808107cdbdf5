/**
 * <navai-voice>: what a person sees and touches. It draws a NavaiSession, and knows nothing of where that comes from.
 */

import { mayStartByItself } from "./autoplay.js";
import { Captions } from "./captions.js";
import { fetchDeviceCheck, openDeviceCheck } from "../check/open.js";
import { Failure } from "../server/failure.js";
import { draw, offer, put, show, TEMPLATE } from "./face.js";
import { ownAddress } from "./frame.js";
import { MICROPHONE, MICROPHONE_OFF, PHONE, SPEAKER, STOP } from "./icons.js";
import { Missed } from "./missed.js";
import { Pulse } from "./pulse.js";
import { Ring } from "./ring.js";
import { Look } from "./sheets.js";
import { STYLE } from "./style.js";
import { HTTPS_GUIDE, languageFor, textsFor } from "./texts.js";

/** @typedef {import("./session.js").NavaiSession} NavaiSession */
/** @typedef {import("./openings.js").Opening} Opening */

const LOOK = new Look(STYLE);
const INSECURE = "insecure_context";

export class NavaiVoice extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    LOOK.putOn(root);
    const template = document.createElement("template");
    template.innerHTML = TEMPLATE;
    root.append(template.content.cloneNode(true));
    this._text = textsFor("en");
    /** @type {NavaiSession | undefined} */
    this._session = undefined;
    /** @type {AbortController | undefined} */
    this._listening = undefined;
    this._ring = new Ring(
      () => this._draw(),
      (opening) => {
        if (opening.request) this._session?.api.missed(opening.request);
        this._miss(opening);
      },
    );
    /** The number of the latest call; what an earlier one waited for is void. */
    this._call = 0;
    this._captions = new Captions(this._element(".captions"));
    this._missed = new Missed(this._element(".missed"), () => this._element(".orb").focus());
    this._pulse = new Pulse(
      () => this._session?.levels.of(this._session.state === "speaking" ? "output" : "input") ?? 0,
      (level) => this._swell(level),
    );
    this._language = "en";
    /** @type {HTMLAnchorElement} */ (this._element(".guide")).href = HTTPS_GUIDE;
    this._on(".orb", () => this._tapped());
    this._on(".stop", () => this._session?.stop());
    this._on(".mute", () => this._session?.mute(!this._session.muted));
    this._on(".sound", () => void this._session?.resume());
    this._on(".device-check", () => void this.openDeviceCheck());
  }

  connectedCallback() {
    this._attach();
    this._ring.resume();
    fetchDeviceCheck();
  }

  disconnectedCallback() {
    this._listening?.abort();
    this._listening = undefined;
    this._ring.pause();
    this._pulse.run(false);
  }

  /** @param {NavaiSession | undefined} session */
  set session(session) {
    this._listening?.abort();
    this._listening = undefined;
    this._session = session;
    if (this.isConnected) this._attach();
  }

  /** @param {string | undefined} language */
  set language(language) {
    this._language = language ?? "en";
    this._text = textsFor(language);
    this.lang = languageFor(language);
    this._draw();
  }

  /** @param {string} name */
  set name(name) {
    show(this._element(".name"), name);
  }

  /**
   * Someone else requests a conversation on this display. If the browser needs a tap first, it rings.
   * @param {Opening} opening
   */
  async call(opening) {
    const session = this._session;
    if (!session) return;
    const { request } = opening;
    const call = ++this._call;
    const byItself = session.active || (await mayStartByItself(() => session.mayPlay()));
    if (call !== this._call || session !== this._session || !this.isConnected) {
      // Another call, or its end, came while the browser was asked.
      if (request) session.api.answer(request, false);
    } else if (session.active) {
      session.join(opening);
    } else if (byItself) {
      // What still rings is answered by this, and said as well.
      const waiting = this._ring.end();
      const begun = session.start(opening);
      if (waiting?.profile === opening.profile) session.say(waiting ?? {});
      else if (waiting) this._miss(waiting);
      await begun;
    } else {
      if (request) session.api.answer(request, true);
      this._ring.begin(opening);
    }
  }

  /** Whether a requested conversation waits for a tap. */
  get ringing() {
    return this._ring.opening !== undefined;
  }

  /** Stop ringing. The request is withdrawn. */
  dismiss() {
    this._call++;
    this._ring.end();
  }

  /** It leaves the screen. Ringing ends, so that the caller does not wait. */
  leave() {
    this._call++;
    this._ring.giveUp();
  }

  /** Show what is wrong with this device. It asks before it ends a conversation. */
  async openDeviceCheck() {
    const { _session: session, shadowRoot: root } = this;
    if (session && root) await openDeviceCheck(root, session, this._language, this._text);
  }

  _attach() {
    const session = this._session;
    if (!session || this._listening) return;
    const listening = (this._listening = new AbortController());
    session.addEventListener("change", () => this._draw(), listening);
    const said = (/** @type {Event} */ event) =>
      this._captions.show(/** @type {CustomEvent} */ (event).detail, session.lines, this._text);
    session.addEventListener("line", said, listening);
    const missed = (/** @type {Event} */ event) => this._miss(/** @type {CustomEvent} */ (event).detail);
    session.addEventListener("missed", missed, listening);
    this._draw();
  }

  /** Nobody could hear it. @param {Opening} opening */
  _miss(opening) {
    this._missed.add(opening);
    this._draw();
  }

  _tapped() {
    const session = this._session;
    if (!session) return;
    if (session.needsTap) void session.resume();
    else if (session.active) session.stop();
    else {
      void session.start(this._ring.end());
    }
  }

  _draw() {
    const session = this._session;
    const state = session?.state ?? "idle";
    const active = session?.active ?? false;
    const ringing = this.ringing && !active;
    const silenced = session?.needsTap ?? false;
    // A tap is in vain here; what else went wrong comes first.
    const insecure =
      !active && !globalThis.isSecureContext && (state !== "failed" || session?.failure?.code === INSECURE);
    const text = this._text;
    const focused = this.shadowRoot?.activeElement;
    this.setAttribute("state", state);
    this.toggleAttribute("ringing", ringing);
    const muted = session?.muted && state === "listening";
    const says = insecure
      ? "insecure"
      : ringing
        ? "answer"
        : session?.asking
          ? "asking"
          : session?.stalled
            ? "stalled"
            : undefined;
    put(this._element(".state"), text(says ?? (muted ? "muted" : state)));
    const orb = this._element(".orb");
    // What a tap does now.
    const does = silenced ? "sound" : active ? "stop" : ringing ? "answer" : state === "failed" ? "again" : "start";
    orb.setAttribute("aria-label", text(does));
    const stops = does === "stop" && this.getAttribute("layout") === "button";
    draw(orb, silenced ? SPEAKER : stops ? STOP : ringing ? PHONE : MICROPHONE);
    show(this._element(".greeting"), ringing ? this._ring.opening?.line : undefined);
    const failure = insecure ? new Failure(INSECURE) : state === "failed" ? session?.failure : undefined;
    show(this._element(".trouble"), failure && this._sentence(failure));
    show(this._element(".guide"), insecure ? text("https_guide") : undefined);
    // Someone talks, so the missed notes were seen.
    if (state === "listening") this._missed.clear();
    this._missed.draw(text, this._language);
    const notice = session?.notice;
    show(
      this._element(".notice"),
      notice && state !== "failed" ? text(`notice_${notice.code}`, notice.values) : undefined,
    );
    offer(this._element(".sound"), silenced ? text("sound") : undefined);
    offer(this._element(".stop"), active ? text("stop") : undefined);
    const mute = this._element(".mute");
    offer(mute, active && state !== "requesting" ? text(session?.muted ? "unmute" : "mute") : undefined);
    draw(mute, session?.muted ? MICROPHONE_OFF : MICROPHONE);
    // Its label says what it does next: pressed or not would say it twice, the wrong way round.
    mute.classList.toggle("on", session?.muted ?? false);
    const check = this._element(".device-check");
    check.classList.toggle("wanted", state === "failed");
    const offered = state === "failed" || this.getAttribute("layout") === "full";
    offer(check, session && offered ? text("device_check") : undefined);
    this._captions.name(text("captions"));
    if (session && state === "requesting" && !session.lines.length) this._captions.clear();
    // The keyboard must not vanish with the button that it pressed.
    if (focused instanceof HTMLElement && focused.hidden) orb.focus();
    this._animate();
  }

  /** @param {Failure} failure */
  _sentence(failure) {
    const values = {
      address: ownAddress(),
      display: this._session?.api.place?.display ?? "",
      seconds: Math.max(1, Math.ceil(failure.retryAfter ?? 10)),
      ...failure.values,
    };
    return this._text(failure.text, values);
  }

  /** Show the loudness while there is sound and the page is visible. */
  _animate() {
    const session = this._session;
    const lively = session !== undefined && ["listening", "speaking"].includes(session.state) && !session.muted;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this._pulse.run(lively && this.isConnected && !still);
  }

  /** @param {number | undefined} level From 0 to 1. */
  _swell(level) {
    const { style } = this._element(".orb");
    if (level === undefined) style.removeProperty("--level");
    else style.setProperty("--level", (1 + level * 0.36).toFixed(3));
  }

  /** @param {string} selector @param {() => void} action */
  _on(selector, action) {
    this._element(selector).addEventListener("click", action);
  }

  /** @param {string} selector @returns {HTMLElement} */
  _element(selector) {
    return /** @type {HTMLElement} */ (this.shadowRoot?.querySelector(selector));
  }
}

if (!customElements.get("navai-voice")) customElements.define("navai-voice", NavaiVoice);
