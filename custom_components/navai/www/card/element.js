/**
 * <navai-card>: a place in a dashboard. Everything that talks comes when the first one is shown.
 */

import { DEFAULTS, gridOf, readOptions, sizeOf } from "./config.js";
import { ASK, OWN_DISPLAY, withoutDisplay } from "./display.js";
import { CARD_LOOK, VOICE_LOOK } from "./style.js";
import { CARD, currentLanguage, textsFor } from "./texts.js";

/** @typedef {import("./config.js").Options} Options */
/** @typedef {import("./talk.js").Talk} Talk */
/** @typedef {import("../voice/voice.js").NavaiVoice} NavaiVoice */

export class NavaiCard extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    CARD_LOOK.putOn(root);
    this._frame = document.createElement("ha-card");
    root.append(this._frame);
    /** @type {any} */
    this._hass = undefined;
    this._preview = false;
    /** @type {Options | undefined} */
    this._options = undefined;
    /** @type {Talk | undefined} */
    this._talk = undefined;
    /** @type {NavaiVoice | undefined} */
    this._voice = undefined;
    /** What is in its place now: whether it lives, and of what. */
    this._shown = "";
    this._profileName = "";
    this._named = () => this._dress();
    this._chosen = () => void this._update();
    this._refused = () => {
      const { display = "" } = OWN_DISPLAY.place(this._options?.display);
      this._shown = "";
      void this._ask(textsFor(currentLanguage(this._hass))("display_refused", { display }));
    };
  }

  static async getConfigForm() {
    return (await import("./editor.js")).configForm();
  }

  /** What a new card gets: it says what the form would otherwise only show. @param {any} hass */
  static async getStubConfig(hass) {
    return (await import("./editor.js")).newCard(hass);
  }

  getCardSize() {
    return sizeOf(this._options?.layout ?? DEFAULTS.layout);
  }

  getGridOptions() {
    return gridOf(this._options?.layout ?? DEFAULTS.layout);
  }

  /** @param {unknown} config */
  setConfig(config) {
    this._options = readOptions(config, textsFor(currentLanguage(this._hass)));
    this.setAttribute("layout", this._options.layout);
    void this._update();
  }

  /** @param {any} hass */
  set hass(hass) {
    const first = !this._hass;
    const language = first ? "" : currentLanguage(this._hass);
    this._hass = hass;
    if (this._talk) this._talk.hass = hass;
    // It comes with every change of any entity.
    if (first) void this._update();
    else if (language !== currentLanguage(hass)) this._dress();
  }

  /** Whether the dashboard is being edited. @param {boolean} preview */
  set preview(preview) {
    if (this._preview === Boolean(preview)) return;
    this._preview = Boolean(preview);
    void this._update();
  }

  connectedCallback() {
    OWN_DISPLAY.addEventListener("change", this._chosen);
    // Home Assistant's own: a link within it loads no page.
    addEventListener("location-changed", this._chosen);
    void this._update();
  }

  disconnectedCallback() {
    OWN_DISPLAY.removeEventListener("change", this._chosen);
    removeEventListener("location-changed", this._chosen);
    this._shown = "";
    this._release()?.leave();
  }

  /** Become what options, page and dashboard say now. */
  async _update() {
    try {
      await this._become();
    } catch (error) {
      this._shown = "";
      this._frame.textContent = /** @type {any} */ (window).navaiTrouble(error, true, currentLanguage(this._hass));
    }
  }

  async _become() {
    const { Talk, picture } = await import("./talk.js");
    const options = this._options;
    if (!this.isConnected || !this._hass || !options) return;
    if (OWN_DISPLAY.follow(location.search)) history.replaceState(history.state, "", withoutDisplay(location.href));
    const { display, asks, wrong } = OWN_DISPLAY.place(options.display);
    const place = { profile: options.profile, display };
    const lives = !this._preview && !isInPicker(this);
    const shown = JSON.stringify([lives, place, asks, wrong]);
    if (shown !== this._shown) {
      this._shown = shown;
      this._release()?.close();
      if (lives && asks) void this._ask(wrong ? textsFor(currentLanguage(this._hass))("display_wrong") : "");
      else if (lives) this._live(Talk.at(this._hass, place), wrong);
      else this._place(picture(this._hass, place, (name) => this._called(name)));
    }
    this._dress();
  }

  /** @param {Talk} talk @param {boolean} wrong Whether the page's address names a display that cannot be. */
  _live(talk, wrong) {
    this._talk = talk;
    talk.hass = this._hass;
    talk.addEventListener("name", this._named);
    if (this._options?.display === ASK) talk.addEventListener("refused", this._refused);
    this._place(talk.voice);
    talk.show(this);
    if (wrong) talk.refuse("display_key_wrong");
  }

  /** Let a person choose which display this browser is. @param {string} trouble Why it can't be the display that it was set to. */
  async _ask(trouble) {
    const shown = this._shown;
    this._release()?.close();
    const { chooser } = await import("./chooser.js");
    if (shown === this._shown && !this._talk) this._frame.replaceChildren(chooser(this._hass, trouble));
  }

  /** @returns {Talk | undefined} The talk that it had. */
  _release() {
    const talk = this._talk;
    talk?.removeEventListener("name", this._named);
    talk?.removeEventListener("refused", this._refused);
    this._talk = this._voice = undefined;
    return talk;
  }

  /** @param {string} name The profile's. */
  _called(name) {
    this._profileName = name;
    this._dress();
  }

  /** @param {NavaiVoice} voice */
  _place(voice) {
    this._voice = voice;
    this._frame.replaceChildren(voice);
    if (voice.shadowRoot) VOICE_LOOK.putOn(voice.shadowRoot);
  }

  /** Let the voice look as the options and Home Assistant want it. */
  _dress() {
    const { _voice: voice, _options: options, _hass: hass } = this;
    if (!voice || !options) return;
    const language = currentLanguage(hass);
    if (this._talk) this._talk.prefetch = options.prefetch;
    voice.setAttribute("layout", options.layout);
    voice.setAttribute("captions", options.captions ? "shown" : "hidden");
    voice.dir = hass.translationMetadata?.translations?.[language]?.isRTL ? "rtl" : "ltr";
    voice.name = options.name ?? (this._talk?.name || this._profileName);
    voice.language = language;
  }
}

/** The card picker does not tell its cards that they are only shown there. @param {Node} card */
function isInPicker(card) {
  /** @type {Node | null} */
  let node = card;
  while (node && node.nodeName !== "HUI-CARD-PICKER") {
    node = node.parentNode ?? (node instanceof ShadowRoot ? node.host : null);
  }
  return node !== null;
}

if (!customElements.get(CARD)) customElements.define(CARD, NavaiCard);
