/**
 * <navai-device-check>: checks everything that a conversation needs, one thing after another, and says what to do.
 */

import { CHECKS } from "./checks.js";
import { fill, itemFor } from "./item.js";
import { copy, reportOf } from "./report.js";
import { CHECK_STYLE } from "./style.js";
import { checkTexts } from "./texts.js";
import { Failure } from "../server/failure.js";
import { CLOSE } from "../voice/icons.js";
import { Look } from "../voice/sheets.js";
import { languageFor } from "../voice/texts.js";

/** @typedef {import("./results.js").Context} Context */
/** @typedef {import("./results.js").Outcome} Outcome */
/** @typedef {import("./results.js").Result} Result */

/** How long a question waits for an answer, in ms. */
const ANSWER_MS = 30_000;
const TEMPLATE = `
<dialog aria-labelledby="title">
  <header>
    <h2 id="title"></h2>
    <button class="small close" type="button"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${CLOSE}"></path></svg></button>
  </header>
  <p class="progress" role="status" aria-live="polite"></p>
  <div class="turn" role="group" aria-labelledby="words" hidden>
    <p id="words" role="alert"></p>
    <meter min="0" max="1" low="0.02" high="0.1" optimum="0.5" hidden></meter>
    <div class="answers" hidden>
      <button class="small yes" type="button"></button>
      <button class="small no" type="button"></button>
      <button class="small play" type="button"></button>
    </div>
  </div>
  <div class="actions" hidden>
    <button class="small copy" type="button"></button>
    <button class="small again" type="button"></button>
  </div>
  <textarea readonly hidden></textarea>
  <ol></ol>
</dialog>`;

const LOOK = new Look(CHECK_STYLE);

export class NavaiDeviceCheck extends HTMLElement {
  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    LOOK.putOn(root);
    const template = document.createElement("template");
    template.innerHTML = TEMPLATE;
    root.append(template.content.cloneNode(true));
    this._life = new AbortController();
    /** @type {import("./texts.js").Text} */
    this._text = checkTexts("en");
    /** @type {{name: string, result: Result}[]} */
    this._results = [];
    this._on(".yes", () => this._answer?.(true));
    this._on(".no", () => this._answer?.(false));
    this._on(".play", () => this._again?.());
    this._on(".copy", () => void this._copy());
    this._on(".again", () => void this._run());
    this._on(".close", () => this._dialog.close());
    // Escape closes it as well. The browser gives the focus back to where it was.
    this._dialog.addEventListener("close", () => this.remove());
  }

  disconnectedCallback() {
    this._life.abort();
  }

  /** @param {Context["api"]} api @param {string} language */
  open(api, language) {
    this._api = api;
    const text = (this._text = checkTexts(language));
    this._dialog.lang = languageFor(language);
    /** @type {Record<string, string>} */
    const words = {
      h2: "device_check",
      ".yes": "yes",
      ".no": "no",
      ".play": "play_again",
      ".copy": "copy",
      ".again": "run_again",
    };
    for (const [selector, key] of Object.entries(words)) this._element(selector).textContent = text(key);
    this._element(".close").setAttribute("aria-label", text("close"));
    this._element("meter").setAttribute("aria-label", text("level"));
    this._element("textarea").setAttribute("aria-label", text("report"));
    this._dialog.showModal();
    void this._run();
  }

  async _run() {
    const { signal } = this._life;
    if (!this._api || signal.aborted) return;
    const { _text: text, _api: api } = this;
    this._results = [];
    this._finished(false);
    const items = CHECKS.map(([name]) => itemFor(text(`check_${name}`)));
    this._element("ol").replaceChildren(...items);
    for (const item of items) fill(item, "waiting", text("outcome_waiting"));
    /** @type {Context} */
    const context = {
      api,
      text,
      signal,
      url: import.meta.url,
      found: {},
      show: (words, level) => this._show(words, level),
      ask: (question, again) => this._ask(question, again),
    };
    for (const [index, [name, check]] of CHECKS.entries()) {
      const item = items[index];
      const title = text(`check_${name}`);
      this._progress(text("progress", { number: index + 1, count: CHECKS.length, name: title }));
      fill(item, "running", text("outcome_running"));
      item.scrollIntoView({ block: "nearest" });
      const result = await check(context);
      this._element(".turn").hidden = true;
      if (signal.aborted) return;
      this._results.push({ name, result });
      fill(item, result.outcome, text(`outcome_${result.outcome}`), result);
    }
    this._conclude(items);
  }

  /** @param {HTMLElement[]} items */
  _conclude(items) {
    const count = (/** @type {Outcome} */ outcome) =>
      this._results.filter(({ result }) => result.outcome === outcome).length;
    const problems = count("problem");
    const warnings = count("warning");
    this._progress(this._text(problems || warnings ? "some" : "all_good", { problems, warnings }));
    this._finished(true);
    // Problems and warnings come first.
    for (const state of ["warning", "problem"]) {
      this._element("ol").prepend(...items.filter((item) => item.classList.contains(state)));
    }
    this._dialog.scrollTop = 0;
  }

  /** @param {boolean} finished */
  _finished(finished) {
    // The pressed button disappears. Keep the keyboard focus in the dialog.
    if (this.shadowRoot?.activeElement && !finished) this._element(".close").focus();
    this._element(".actions").hidden = !finished;
    this._element("textarea").hidden = true;
  }

  /** @param {string} words @param {number} level */
  _show(words, level) {
    this._turn(words, { meter: true });
    /** @type {HTMLMeterElement} */ (this._element("meter")).value = level;
  }

  /** @param {string} question @param {() => void} again @returns {Promise<boolean | undefined>} */
  async _ask(question, again) {
    const { signal } = this._life;
    this._turn(question, { meter: false });
    this._again = again;
    this._element(".yes").focus();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    try {
      return await new Promise((resolve) => {
        this._answer = resolve;
        timer = setTimeout(() => resolve(undefined), ANSWER_MS);
        signal.addEventListener("abort", () => resolve(undefined), { once: true });
      });
    } finally {
      clearTimeout(timer);
      this._answer = this._again = undefined;
      if (!signal.aborted) this._element(".close").focus();
    }
  }

  /** @param {string} words @param {{meter: boolean}} kind */
  _turn(words, { meter }) {
    const turn = this._element(".turn");
    put(this._element("#words"), words);
    this._element("meter").hidden = !meter;
    this._element(".answers").hidden = meter;
    if (!turn.hidden) return;
    turn.hidden = false;
    this._dialog.scrollTop = 0;
  }

  async _copy() {
    const report = reportOf(this._results, this._text);
    if (await copy(report)) {
      this._progress(this._text("copied"));
      return;
    }
    const field = /** @type {HTMLTextAreaElement} */ (this._element("textarea"));
    field.value = report;
    field.hidden = false;
    field.focus();
    field.select();
    this._progress(this._text("copy_by_hand"));
  }

  /** @param {string} words A screen reader reads them. */
  _progress(words) {
    this._element(".progress").textContent = words;
  }

  get _dialog() {
    return /** @type {HTMLDialogElement} */ (this._element("dialog"));
  }

  /** @param {string} selector @param {() => void} action */
  _on(selector, action) {
    this._element(selector).addEventListener("click", action);
  }

  /** @param {string} selector @returns {HTMLElement} */
  _element(selector) {
    return /** @type {HTMLElement} */ (this.shadowRoot?.querySelector(selector));
  }
}

/** @param {HTMLElement} element @param {string} words Only what changed is read out. */
function put(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/**
 * Show the check until it is closed, one at a time. Throws a Failure if the browser can't show it.
 * @param {ShadowRoot | HTMLElement} root
 * @param {Context["api"]} api
 * @param {string} language
 */
export function showDeviceCheck(root, api, language) {
  if (root.querySelector("navai-device-check")) return;
  if (!globalThis.HTMLDialogElement) throw new Failure("browser_too_old");
  const check = /** @type {NavaiDeviceCheck} */ (document.createElement("navai-device-check"));
  root.append(check);
  check.open(api, language);
}

if (!customElements.get("navai-device-check")) customElements.define("navai-device-check", NavaiDeviceCheck);
