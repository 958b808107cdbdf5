/**
 * What people read in the card picker and in the card's editor, in English and Spanish. Small: every dashboard loads it.
 */

/** The card's type, in the dashboard after `custom:`. */
export const CARD = "navai-card";

const EN = {
  card_name: "navai: talk",
  card_description: "Tap and talk with the assistant of a voice profile.",
  profile: "Voice profile",
  profile_help: "Whom this card talks with. Empty: the default of whoever taps it.",
  display: "Display",
  display_help:
    "Automations can start and stop a conversation there. Choose one if this dashboard belongs to one device, or let each device ask which display it is.",
  ask_display: "Ask on each device",
  which_display: "Which display is this device?",
  no_display: "None of them",
  save_display: "Save",
  display_refused: "This device can't be the display “{display}” any more. Choose another one.",
  display_wrong: "The address of this page names a display that cannot be. Choose one here.",
  name: "Name",
  name_help: "Empty: the profile's name.",
  layout: "Layout",
  button: "Button",
  tile: "Tile",
  full: "Large",
  captions: "Show what is said",
  captions_help: "In the large layout.",
  prefetch: "Be ready when somebody is near",
  prefetch_help: "A tap is answered sooner. Off: nothing is fetched before the tap.",
  not_options: "The card has no options: write them below `type: custom:navai-card`.",
  wrong_layout: "`layout: {value}` does not exist. Choose one of: {layouts}.",
  not_words: "`{option}: {value}` is no text. Write it in quotation marks.",
  not_choice: "`{option}: {value}` is neither true nor false. Write one of the two.",
};

/** @type {Record<keyof typeof EN, string>} */
const ES = {
  card_name: "navai: hablar",
  card_description: "Toque y hable con el asistente de un perfil de voz.",
  profile: "Perfil de voz",
  profile_help: "Con quién habla esta tarjeta. Vacío: el predeterminado de quien la toca.",
  display: "Pantalla",
  display_help:
    "Las automatizaciones pueden empezar y terminar ahí una conversación. Elige una si este panel es de un único dispositivo, o deja que cada dispositivo pregunte qué pantalla es.",
  ask_display: "Preguntar en cada dispositivo",
  which_display: "¿Qué pantalla es este dispositivo?",
  no_display: "Ninguna",
  save_display: "Guardar",
  display_refused: "Este dispositivo ya no puede ser la pantalla «{display}». Elige otra.",
  display_wrong: "La dirección de esta página nombra una pantalla imposible. Elige una aquí.",
  name: "Nombre",
  name_help: "Vacío: el nombre del perfil.",
  layout: "Diseño",
  button: "Botón",
  tile: "Mosaico",
  full: "Grande",
  captions: "Mostrar lo que se dice",
  captions_help: "En el diseño grande.",
  prefetch: "Prepararse cuando alguien está cerca",
  prefetch_help: "Responde antes al toque. Desactivado: no se pide nada antes del toque.",
  not_options: "La tarjeta no tiene opciones: escríbalas debajo de `type: custom:navai-card`.",
  wrong_layout: "`layout: {value}` no existe. Elija uno de: {layouts}.",
  not_words: "`{option}: {value}` no es un texto. Escríbalo entre comillas.",
  not_choice: "`{option}: {value}` no es ni true ni false. Escriba uno de los dos.",
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
