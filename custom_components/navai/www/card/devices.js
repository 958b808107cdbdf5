/**
 * The displays, as Home Assistant's device registry has them.
 */

import { NEW } from "./config.js";
import { CARD } from "./texts.js";

/** @typedef {{identifiers?: [string, string][], name?: string | null, name_by_user?: string | null}} Device */

/** @param {Device | undefined} device @returns {string | undefined} The key of the display that a device is. */
function displayOf(device) {
  const [, found] = device?.identifiers?.find(([domain, id]) => domain === "navai" && id.startsWith("display:")) ?? [];
  return found?.slice("display:".length);
}

/** @param {any} hass @returns {{value: string, label: string}[]} The displays by their keys, to choose from. */
export function displaysOf(hass) {
  const found = /** @type {Device[]} */ (Object.values(hass?.devices ?? {})).flatMap((device) => {
    const key = displayOf(device);
    return key ? [{ value: key, label: device.name_by_user || device.name || key }] : [];
  });
  return found.sort((one, other) => one.label.localeCompare(other.label));
}

/**
 * What Home Assistant (2026.6 and later) suggests when a card for an entity is added.
 * @param {any} hass @param {string} entity
 */
export function suggestionFor(hass, entity) {
  const display = displayOf(hass.devices?.[hass.entities?.[entity]?.device_id]);
  return display ? { config: { type: `custom:${CARD}`, ...NEW, display } } : null;
}
