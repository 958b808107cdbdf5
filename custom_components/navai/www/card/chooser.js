/**
 * Which display is this browser? A card asks that where its dashboard says `display: ask`.
 */

import { HomeAssistantApi } from "../server/home-assistant-api.js";
import { OWN_DISPLAY } from "./display.js";
import { currentLanguage, textsFor } from "./texts.js";

/** How long until the displays are asked for again while navai is not there, in ms. */
const RETRY_MS = 3_000;

/**
 * @param {any} hass
 * @param {string} trouble Why this browser can't be the display that it was set to, if so.
 * @returns {HTMLFormElement}
 */
export function chooser(hass, trouble) {
  const text = textsFor(currentLanguage(hass));
  const form = document.createElement("form");
  form.className = "chooser";
  if (trouble) {
    const told = document.createElement("p");
    told.setAttribute("role", "alert");
    told.textContent = trouble;
    form.append(told);
  }
  const label = document.createElement("label");
  const question = document.createElement("span");
  question.textContent = text("which_display");
  const choice = document.createElement("select");
  choice.required = true;
  choice.disabled = true;
  label.append(question, choice);
  const save = document.createElement("button");
  save.textContent = text("save_display");
  save.disabled = true;
  form.append(label, save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    OWN_DISPLAY.choose(choice.value);
  });
  void fill(form, choice, save, new HomeAssistantApi(() => hass, {}), text("no_display"));
  return form;
}

/**
 * @param {HTMLFormElement} form @param {HTMLSelectElement} choice @param {HTMLButtonElement} save
 * @param {HomeAssistantApi} api @param {string} none
 */
async function fill(form, choice, save, api, none) {
  try {
    const { displays } = await api.displays();
    choice.append(...displays.map(({ display, name }) => new Option(name, display)), new Option(none, ""));
    choice.disabled = save.disabled = false;
  } catch {
    // navai is starting, or Home Assistant.
    setTimeout(() => {
      if (form.isConnected) void fill(form, choice, save, api, none);
    }, RETRY_MS);
  }
}
