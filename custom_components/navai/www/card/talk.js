/**
 * What a card shows: a session, its voice, and the display that it may be. When a dashboard is redrawn or a card is moved,
 * another element takes its place, and the conversation goes on there. If no element does so soon, the card has left the
 * screen, and the conversation ends.
 */

import { HomeAssistantApi } from "../server/home-assistant-api.js";
import { Failure } from "../server/failure.js";
import { Following } from "./following.js";
import { Near } from "./near.js";
import { Display } from "../voice/display.js";
import { NavaiSession } from "../voice/session.js";
import { NavaiVoice } from "../voice/voice.js";

/** @typedef {import("../server/request.js").Place} Place */

/** How long a place may be without an element, in ms. */
export const GRACE_MS = 1_000;

/** @type {Set<Talk>} */
const parked = new Set();

/** Events: `name`, when the profile's name is known; `refused`, when this browser may not be the display. */
export class Talk extends EventTarget {
  /** @param {any} hass @param {Place} place */
  constructor(hass, place) {
    super();
    this.hass = hass;
    this.place = place;
    this.prefetch = true;
    /** The name of the profile that a tap talks with. */
    this.name = "";
    this._api = new HomeAssistantApi(() => this.hass, place);
    this.session = new NavaiSession(this._api);
    this.voice = new NavaiVoice();
    this.voice.session = this.session;
    /** @type {Near | undefined} */
    this._near = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._grace = undefined;
    const display = new Display(this.session, this.voice, () => {
      this._asked = this._ask();
    });
    this._following = place.display
      ? new Following(
          hass.connection,
          this._api,
          (command) => display.take(command),
          ({ code }) => this.refuse(code === "not_allowed" ? "display_not_yours" : code),
        )
      : undefined;
    this._asked = this._ask();
  }

  /**
   * The talk at a place: the one that has just lost its element there, or a new one.
   * @param {any} hass @param {Place} place
   */
  static at(hass, place) {
    const found = [...parked].find((talk) => talk.isAt(place));
    if (!found) return new Talk(hass, place);
    parked.delete(found);
    clearTimeout(found._grace);
    return found;
  }

  /** @param {Place} place */
  isAt(place) {
    return this.place.profile === place.profile && this.place.display === place.display;
  }

  /** This browser may not be the display. @param {string} code */
  refuse(code) {
    // What goes on needs no display.
    if (this.session.active) return;
    this.session.fail(new Failure(code));
    this.dispatchEvent(new Event("refused"));
  }

  /** An element shows it. @param {HTMLElement} element */
  show(element) {
    this._near?.close();
    this._near = new Near(
      element,
      () => void this._prepare(),
      () => this.session.relax(),
    );
  }

  /** No element shows it any more; another one may, soon. */
  leave() {
    this._near?.close();
    this._near = undefined;
    parked.add(this);
    this._grace = setTimeout(() => this.close(), GRACE_MS);
  }

  /** Let go of everything. */
  close() {
    parked.delete(this);
    clearTimeout(this._grace);
    this._near?.close();
    // Before the server forgets which display this is.
    this.voice.leave();
    this._following?.close();
    this.voice.remove();
    this.voice.session = undefined;
    this.session.dispose();
  }

  async _prepare() {
    if (!this.prefetch) return;
    // While it may not talk, ask again: the profile may be enabled by now.
    if (!(await this._asked)) this._asked = this._ask();
    if ((await this._asked) && this._near) this.session.prepare();
  }

  /** @returns {Promise<boolean>} Whether the place has a profile to talk with. */
  async _ask() {
    try {
      const { profiles, default_profile } = await this._api.profiles();
      const found = profiles.find(({ profile }) => profile === (this.place.profile ?? default_profile));
      if (found && found.name !== this.name) {
        this.name = found.name;
        this.dispatchEvent(new Event("name"));
      }
      return found !== undefined;
    } catch {
      // A tap shows what is wrong.
      return false;
    }
  }
}

/**
 * A voice for the dashboard editor: it only looks like one, and fetches no secret.
 * @param {any} hass @param {Place} place @param {(name: string) => void} named
 */
export function picture(hass, place, named) {
  const voice = new NavaiVoice();
  voice.inert = true;
  new HomeAssistantApi(() => hass, place).profiles().then(
    ({ profiles, default_profile }) =>
      named(profiles.find(({ profile }) => profile === (place.profile ?? default_profile))?.name ?? ""),
    () => {},
  );
  return voice;
}
