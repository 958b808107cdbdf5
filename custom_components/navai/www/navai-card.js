/**
 * The card `custom:navai-card`, as every dashboard loads it: it says that there is a card, and brings the rest when one
 * is shown. Where the rest cannot run, the card says why: so this file is written for browsers that cannot read the rest.
 */

import "./navai-trouble.js";

const CARD = "navai-card";

/** @param {unknown} error Why the card's own module is not there. */
function standIn(error) {
  class Trouble extends HTMLElement {
    connectedCallback() {
      const home = /** @type {any} */ (document.querySelector("home-assistant"));
      const language = home && home.hass && home.hass.language;
      const frame = document.createElement("ha-card");
      const words = document.createElement("p");
      words.setAttribute("role", "alert");
      words.style.margin = "16px";
      words.textContent = /** @type {any} */ (window).navaiTrouble(error, true, language);
      frame.appendChild(words);
      this.textContent = "";
      this.appendChild(frame);
    }

    // A card that has no such method is a mistake of the configuration to Home Assistant.
    setConfig() {}

    getCardSize() {
      return 2;
    }
  }
  if (!customElements.get(CARD)) customElements.define(CARD, Trouble);
}

import("./card/about.js").catch(() => {});
// Home Assistant replaces the registry of elements while it starts: earlier definitions are lost.
void customElements.whenDefined("home-assistant").then(() => import("./card/element.js").catch(standIn));
