/**
 * The card's visual editor, as Home Assistant's own form.
 */

import { HomeAssistantApi } from "../server/home-assistant-api.js";
import { ASK } from "./display.js";
import { DEFAULTS, LAYOUTS, NEW, readOptions } from "./config.js";
import { displaysOf } from "./devices.js";
import { currentHass, currentLanguage, textsFor } from "./texts.js";

/** @typedef {{value: string, label: string}} Choice */

export async function configForm() {
  const hass = currentHass();
  const text = textsFor(currentLanguage(hass));
  return {
    schema: [
      { name: "profile", selector: oneOf(await profilesOf(hass)) },
      { name: "name", selector: { text: {} } },
      {
        name: "layout",
        default: DEFAULTS.layout,
        selector: {
          select: { mode: "dropdown", options: LAYOUTS.map((layout) => ({ value: layout, label: text(layout) })) },
        },
      },
      { name: "display", selector: oneOf([...displaysOf(hass), { value: ASK, label: text("ask_display") }]) },
      { name: "captions", default: DEFAULTS.captions, selector: { boolean: {} } },
      { name: "prefetch", default: DEFAULTS.prefetch, selector: { boolean: {} } },
    ],
    computeLabel: (/** @type {{name: string}} */ field) => text(field.name),
    computeHelper: (/** @type {{name: string}} */ field) => text(`${field.name}_help`) || undefined,
    assertConfig: (/** @type {unknown} */ config) => void readOptions(config, text),
  };
}

/**
 * The options of a new card: large, with captions, on the only display, or on the one that each device says it is.
 * @param {any} hass
 */
export function newCard(hass) {
  const [first, ...others] = displaysOf(hass);
  const display = others.length ? ASK : first?.value;
  return { ...NEW, ...(display ? { display } : {}) };
}

/** A choice of what the server knows, or a text field if it knows nothing. @param {Choice[]} options */
function oneOf(options) {
  return options.length ? { select: { mode: "dropdown", custom_value: true, options } } : { text: {} };
}

/** @param {any} hass @returns {Promise<Choice[]>} */
async function profilesOf(hass) {
  try {
    const { profiles } = await new HomeAssistantApi(() => hass, {}).profiles();
    return profiles.map(({ profile, name }) => ({ value: profile, label: name || profile }));
  } catch {
    // navai is not up: the key can be typed.
    return [];
  }
}
