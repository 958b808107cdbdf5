/**
 * The full-screen page of a display: <navai-kiosk>. The server writes what it must know onto the element.
 */

import { TokenApi } from "./navai-api.js";
import { Display } from "./navai-display.js";
import { NavaiSession } from "./navai-session.js";
import { textsFor } from "./navai-texts.js";
import { keepToken, takeToken } from "./navai-token.js";
import { NavaiVoice } from "./navai-voice.js";

export class NavaiKiosk extends HTMLElement {
  constructor() {
    super();
    this._token = "";
    /** @type {NavaiVoice | undefined} */
    this._voice = undefined;
  }

  connectedCallback() {
    if (this._voice) return;
    this._token = takeToken();
    document.documentElement.lang = navigator.language;
    if (this._token) this._open();
    else this._ask();
  }

  /** Without a token nothing is open: somebody must bring it. */
  _ask() {
    const text = textsFor(navigator.language);
    const form = document.createElement("form");
    const label = document.createElement("label");
    label.textContent = text("token");
    const field = document.createElement("input");
    field.type = "password";
    field.autocomplete = "off";
    field.required = true;
    const button = document.createElement("button");
    button.textContent = text("start");
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
    const { prefix = "/navai", profile = "", commands } = this.dataset;
    const api = new TokenApi(prefix, () => this._token, { profile }, { commands: commands === "true" });
    const session = (this.session = new NavaiSession(api));
    const voice = (this._voice = new NavaiVoice());
    voice.setAttribute("layout", "full");
    voice.language = navigator.language;
    voice.secureAddress = `https://${location.host}${location.pathname}`;
    voice.session = session;
    session.addEventListener("change", () => {
      if (session.failure?.code === "not_signed_in" && !this.querySelector("form")) this._ask();
    });
    this.append(voice);
    const display = new Display(session, voice, (configuration) => this._name(configuration.name));
    void api.subscribe((command) => display.take(command));
    api.profiles().then(
      ({ profiles }) => this._name(profiles.find((each) => each.profile === profile)?.name ?? ""),
      (failure) => session.fail(failure),
    );
    // Whoever looks at a display is near it.
    const near = () => (document.visibilityState === "visible" ? session.prepare() : session.relax());
    addEventListener("pointerdown", near);
    document.addEventListener("visibilitychange", near);
    near();
    addEventListener("pagehide", () => session.stop());
  }

  /** @param {string} name */
  _name(name) {
    if (!name || !this._voice) return;
    document.title = name;
    this._voice.name = name;
  }
}

customElements.define("navai-kiosk", NavaiKiosk);
