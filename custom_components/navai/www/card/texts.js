/**
 * What people read in the card picker and in the card's editor, in English and Spanish. Small: every dashboard loads it.
 */

/** The card's type, in the dashboard after `custom:`. */
export const CARD = "navai-card";

const EN = {
  card_name: "navai: talk",
  card_description: "Tap and talk with the assistant of a voice profile.",
  profile: "Voice profile",
  profile_help: "The voice profile to use. Leave empty to use the default.",
  display: "Display",
  display_help:
    "Automations can start and stop conversations there. Choose one if this dashboard belongs to one device, or let each device ask which display it is.",
  ask_display: "Ask on each device",
  which_display: "Which display is this device?",
  no_display: "None",
  save_display: "Save",
  display_refused: "This device can't be the display “{display}” anymore. Choose another one.",
  display_wrong: "This page's address has an invalid display. Choose one here.",
  name: "Name",
  name_help: "Leave empty to use the profile's name.",
  layout: "Layout",
  button: "Button",
  tile: "Tile",
  full: "Large",
  captions: "Show captions",
  captions_help: "Only in the large layout.",
  prefetch: "Prepare when someone is nearby",
  prefetch_help: "Starts faster after a tap. If off, nothing is fetched before the tap.",
  not_options: "The card has no options. Write them below `type: custom:navai-card`.",
  wrong_layout: "`layout` must be one of {layouts}, not `{value}`.",
  not_words: "`{option}` must be a string, not `{value}`. Write it in quotation marks.",
  not_choice: "`{option}` must be true or false, not `{value}`.",
};

/** @type {Record<keyof typeof EN, string>} */
const ES = {
  card_name: "navai: hablar",
  card_description: "Toca y habla con el asistente de un perfil de voz.",
  profile: "Perfil de voz",
  profile_help: "El perfil de voz que se usa. Déjalo vacío para usar el predeterminado.",
  display: "Pantalla",
  display_help:
    "Las automatizaciones pueden empezar y terminar ahí una conversación. Elige una si este panel es de un único dispositivo, o deja que cada dispositivo pregunte qué pantalla es.",
  ask_display: "Preguntar en cada dispositivo",
  which_display: "¿Qué pantalla es este dispositivo?",
  no_display: "Ninguna",
  save_display: "Guardar",
  display_refused: "Este dispositivo ya no puede ser la pantalla «{display}». Elige otra.",
  display_wrong: "La pantalla en la dirección de esta página no es válida. Elige una aquí.",
  name: "Nombre",
  name_help: "Déjalo vacío para usar el nombre del perfil.",
  layout: "Diseño",
  button: "Botón",
  tile: "Mosaico",
  full: "Grande",
  captions: "Mostrar subtítulos",
  captions_help: "Solo en el diseño grande.",
  prefetch: "Prepararse cuando hay alguien cerca",
  prefetch_help: "Empieza antes al tocar. Si está desactivado, no se pide nada antes del toque.",
  not_options: "La tarjeta no tiene opciones. Escríbelas debajo de `type: custom:navai-card`.",
  wrong_layout: "`layout` debe ser uno de {layouts}, no `{value}`.",
  not_words: "`{option}` debe ser un texto, no `{value}`. Escríbelo entre comillas.",
  not_choice: "`{option}` debe ser true o false, no `{value}`.",
};

/** @type {Record<string, Record<string, string>>} */
const TEXTS = { en: EN, es: ES };

/**
 * @param {string | undefined} language A BCP-47 tag.
 * @returns {(key: string, values?: Record<string, string>) => string}
 */
export function textsFor(language) {
  const chosen = TEXTS[(language ?? "en").toLowerCase().split("-")[0]] ?? EN;
  return (key, values = {}) => (chosen[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** @returns {any} Home Assistant, for what is asked of a card before it is given it. */
export function currentHass() {
  return /** @type {any} */ (document.querySelector("home-assistant"))?.hass;
}

/** @param {any} [hass] @returns {string} */
export function currentLanguage(hass = currentHass()) {
  return hass?.locale?.language ?? hass?.language ?? (document.documentElement.lang || navigator.language);
}
