/**
 * A check in the list.
 */

import { ALERT, CIRCLE, CROSS, MINUS, TICK } from "../voice/icons.js";

/** @typedef {import("./results.js").Outcome} Outcome */
/** @typedef {import("./results.js").Result} Result */

/** @type {Record<Outcome | "waiting" | "running", string>} */
const ICONS = { ok: TICK, warning: ALERT, problem: CROSS, skipped: MINUS, waiting: CIRCLE, running: CIRCLE };

/** @param {string} title @returns {HTMLElement} An item of the list, empty but for its title. */
export function itemFor(title) {
  const item = document.createElement("li");
  const template = document.createElement("template");
  template.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path></path></svg>
    <div class="head"><strong></strong><span class="value"></span></div><span class="outcome"></span>
    <p class="cure" hidden></p><a class="guide" target="_blank" rel="noreferrer" hidden></a>`;
  item.append(template.content);
  /** @type {HTMLElement} */ (item.querySelector("strong")).textContent = title;
  return item;
}

/** @param {HTMLElement} item @param {Outcome | "waiting" | "running"} state @param {string} outcome @param {Result} [result] */
export function fill(item, state, outcome, result) {
  item.className = state;
  item.querySelector("path")?.setAttribute("d", ICONS[state]);
  const values = {
    ".outcome": outcome,
    ".value": [result?.value, result?.aside].filter(Boolean).join(" · "),
    ".cure": result?.cure ?? "",
    ".guide": result?.guide?.title ?? "",
  };
  for (const [selector, words] of Object.entries(values)) {
    const part = /** @type {HTMLElement} */ (item.querySelector(selector));
    part.textContent = words;
    part.hidden = !words;
  }
  if (result?.guide) /** @type {HTMLAnchorElement} */ (item.querySelector(".guide")).href = result.guide.address;
}
