/**
 * What the card picker of Home Assistant shows of the card.
 */

import { suggestionFor } from "./devices.js";
import { CARD, currentLanguage, textsFor } from "./texts.js";

const DOCUMENTATION = "https://github.com/navai-home/navai/blob/main/docs/home-assistant.md";

/** What the card picker shows. It is read when the picker opens: only then Home Assistant's language is known. */
const ABOUT = {
  type: CARD,
  get name() {
    return textsFor(currentLanguage())("card_name");
  },
  get description() {
    return textsFor(currentLanguage())("card_description");
  },
  preview: true,
  documentationURL: DOCUMENTATION,
  getEntitySuggestion: suggestionFor,
};

const page = /** @type {{customCards?: {type: string}[]}} */ (window);
page.customCards ??= [];
// An upgrade while the page is open loads it a second time, from another address.
if (!page.customCards.some((card) => card.type === CARD)) page.customCards.push(ABOUT);
