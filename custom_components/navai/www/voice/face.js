/**
 * The parts of <navai-voice>, and what is done to them.
 */

import { CHECK, CLOSE, MICROPHONE, PHONE_HANGUP, SPEAKER } from "./icons.js";

const SMALL = { sound: SPEAKER, mute: MICROPHONE, stop: PHONE_HANGUP, "device-check": CHECK };

export const TEMPLATE = `
<div class="face">
  <button class="orb" type="button">${icon(MICROPHONE)}</button>
  <div class="words">
    <h2 class="name" hidden></h2>
    <p class="state" role="status" aria-live="polite"></p>
  </div>
  <p class="greeting" hidden></p>
  <p class="trouble" role="alert" hidden></p>
  <a class="guide" target="_blank" rel="noreferrer" hidden></a>
  <p class="notice" role="status" aria-live="polite" hidden></p>
  <div class="missed" role="status" aria-live="polite" hidden><ul></ul><button type="button">${icon(CLOSE)}</button></div>
  <div class="captions" role="log" aria-live="polite" tabindex="0" hidden><ol></ol></div>
  <div class="buttons">
    ${Object.entries(SMALL)
      .map(([name, path]) => `<button class="small ${name}" type="button" hidden>${icon(path)}<span></span></button>`)
      .join("")}
  </div>
</div>`;

/** @param {HTMLElement} element @param {string} text Only what changed is read out to those who listen to the page. */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement} element @param {string | undefined} text */
export function show(element, text) {
  element.hidden = !text;
  put(element, text ?? "");
}

/** @param {HTMLElement} button @param {string | undefined} label */
export function offer(button, label) {
  button.hidden = !label;
  put(/** @type {HTMLElement} */ (button.querySelector("span")), label ?? "");
  button.title = label ?? "";
}

/** @param {string} path */
function icon(path) {
  return `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"></path></svg>`;
}

/** @param {HTMLElement} button @param {string} path */
export function draw(button, path) {
  button.querySelector("path")?.setAttribute("d", path);
}
