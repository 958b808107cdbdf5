/**
 * The full-screen page of a display: <navai-kiosk>. The server writes what it must know onto the element.
 */

import { TokenApi } from "./server/token-api.js";
import { Display } from "./voice/display.js";
import { Failure } from "./server/failure.js";
import { barredBy, frameOf, ownAddress } from "./voice/frame.js";
import { NavaiSession } from "./voice/session.js";
import { languageFor, textsFor } from "./voice/texts.js";
import { keepToken, takeToken } from "./kiosk/token.js";
import { NavaiVoice } from "./voice/voice.js";

/** The name under which the browser keeps that the page was reloaded for these modules. */
const RENEWED = "navai.modules";

export class NavaiKiosk extends HTMLElement {
  constructor() {
    super();
    this._token = "";
    this._text = textsFor(navigator.language);
    /** Whether the profile's name is known. */
    this._named = false;
    /** @type {NavaiSession | undefined} */
    this.session = undefined;
    /** @type {AbortController | undefined} Of everything that goes when the token turns out to be wrong. */
    this._life = undefined;
  }

  connectedCallback() {
    // The page says so (navai-trouble.js): what works at first would break in the middle.
    if (this.childElementCount || /** @type {any} */ (window).navaiIsTooOld()) return;
    document.documentElement.lang = languageFor(navigator.language);
    const frame = frameOf();
    if (frame === "foreign" || (frame === "own" && barredBy(false))) {
      this._sendAway();
      return;
    }
    this._token = takeToken();
    if (this._token) this._open();
    else this._ask();
  }

  /**
   * Inside a page of another server nothing is open: that page could lay it under a button of its own.
   * Nor is there anything to do without a microphone.
   */
  _sendAway() {
    const words = document.createElement("p");
    words.className = "trouble";
    words.setAttribute("role", "alert");
    const link = document.createElement("a");
    link.href = link.textContent = ownAddress();
    link.target = "_blank";
    link.rel = "noopener";
    words.append(`${this._text("framed")} `, link);
    this.append(words);
  }

  /** Ask for a token: without one nothing can be used. @param {Failure} [failure] What was wrong with the last. */
  _ask(failure) {
    const form = document.createElement("form");
    const label = document.createElement("label");
    label.textContent = this._text("token");
    const field = document.createElement("input");
    field.type = "password";
    field.autocomplete = "off";
    field.required = true;
    const button = document.createElement("button");
    button.textContent = this._text("open");
    if (failure) {
      const trouble = document.createElement("p");
      trouble.setAttribute("role", "alert");
      trouble.textContent = this._text(failure.code);
      form.append(trouble);
    }
    label.append(field);
    form.append(label, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this._token = field.value.trim();
      keepToken(this._token);
      form.remove();
      this._open();
    });
    this.append(form);
  }

  _open() {
    const { prefix = "/navai", profile = "" } = this.dataset;
    const life = (this._life = new AbortController());
    const api = new TokenApi(prefix, () => this._token, { profile });
    const session = (this.session = new NavaiSession(api));
    const voice = new NavaiVoice();
    voice.setAttribute("layout", "full");
    voice.language = navigator.language;
    voice.session = session;
    this.append(voice);
    const changed = () => {
      if (session.failure?.needsToken) this._close(session.failure);
      else if (!session.active) this._renew();
      else if (session.talking && !this._named) this._learn(api, voice).catch(() => {});
    };
    session.addEventListener("change", changed, life);
    void this._greet(api, voice);
    // A visible page means that someone may be near.
    const near = () => (document.visibilityState === "visible" ? session.prepare() : session.relax());
    addEventListener("pointerdown", near, life);
    document.addEventListener("visibilitychange", near, life);
    addEventListener("pagehide", () => session.stop(), life);
  }

  /**
   * Fetch the profile's name and, once the server knows the display, follow its commands.
   * @param {TokenApi} api
   * @param {NavaiVoice} voice
   */
  async _greet(api, voice) {
    const { session, _life: life } = this;
    if (!session || !life) return;
    try {
      await this._learn(api, voice);
      if (life.signal.aborted) return;
      if (document.visibilityState === "visible") session.prepare();
    } catch (error) {
      const failure = Failure.of(error, "server_gone");
      if (life.signal.aborted) return;
      // A tap tries again. Commands are asked for all the same: the server may be starting.
      if (!session.active) session.fail(failure);
      if (failure.needsToken) return;
    }
    const display = new Display(session, voice, ({ modules }) => this._newest(modules));
    const end = await api.subscribe((command) => display.take(command));
    life.signal.addEventListener("abort", end);
    if (life.signal.aborted) end();
  }

  /** @param {TokenApi} api @param {NavaiVoice} voice */
  async _learn(api, voice) {
    this._named = true;
    try {
      const { profiles } = await api.profiles();
      const name = profiles.find((each) => each.profile === api.place.profile)?.name;
      if (name) document.title = voice.name = name;
    } catch (error) {
      this._named = false;
      throw error;
    }
  }

  /** The token is wrong: whatever it opened goes, and another one is asked for. @param {Failure} failure */
  _close(failure) {
    this._life?.abort();
    this.session?.dispose();
    this.session = undefined;
    this.replaceChildren();
    this._ask(failure);
  }

  /** @param {string} modules Those that the server has now. After an upgrade, a page on a wall reloads itself. */
  _newest(modules) {
    this._modules = modules;
    if (!this.session?.active) this._renew();
  }

  /** Reload an outdated page, once. */
  _renew() {
    const wanted = this._modules;
    if (!wanted || import.meta.url.includes(`/${wanted}/`)) return;
    try {
      if (sessionStorage.getItem(RENEWED) === wanted) return;
      sessionStorage.setItem(RENEWED, wanted);
    } catch {
      // Without storage, it would reload again and again.
      return;
    }
    location.reload();
  }
}

customElements.define("navai-kiosk", NavaiKiosk);
