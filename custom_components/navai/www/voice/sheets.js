/**
 * Style sheets of shadow roots, also in browsers that cannot construct any (Safari before 16.4).
 */

/** A style sheet, made when it is first put on. */
export class Look {
  /** @param {string} rules */
  constructor(rules) {
    this.rules = rules;
    /** @type {CSSStyleSheet | undefined} */
    this._sheet = undefined;
  }

  /** @param {ShadowRoot} root Gets it once, behind those that it has. */
  putOn(root) {
    if (!canConstruct(root)) {
      const others = [...root.querySelectorAll(SHEET)];
      if (others.some((other) => /** @type {NavaiSheet} */ (other).look === this)) return;
      const sheet = /** @type {NavaiSheet} */ (document.createElement(SHEET));
      sheet.look = this;
      root.append(sheet);
      return;
    }
    if (!this._sheet) {
      this._sheet = new CSSStyleSheet();
      this._sheet.replaceSync(this.rules);
    }
    // Before Chromium 99 it is a frozen array.
    if (!root.adoptedStyleSheets.includes(this._sheet)) {
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, this._sheet];
    }
  }
}

/** @param {ShadowRoot} root */
function canConstruct(root) {
  if (!("adoptedStyleSheets" in root)) return false;
  try {
    return Boolean(new CSSStyleSheet());
  } catch {
    return false;
  }
}

/** The element that stands in for one. */
const SHEET = "navai-sheet";

class NavaiSheet extends HTMLElement {
  constructor() {
    super();
    /** @type {Look | undefined} */
    this.look = undefined;
  }

  connectedCallback() {
    // It is empty when it is put on the page, which the kiosk page's content security policy allows; its one rule holds all.
    const style = document.createElement("style");
    this.hidden = true;
    this.replaceChildren(style);
    style.sheet?.insertRule(`@media all { ${this.look?.rules} }`);
  }
}

if (!customElements.get(SHEET)) customElements.define(SHEET, NavaiSheet);
