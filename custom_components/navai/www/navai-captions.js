/**
 * What was said, line by line, in the order in which it was said.
 */

import { put } from "./navai-face.js";

/** @typedef {import("./navai-conversation.js").Line} Line */

const SHOWN_LINES = 30;

export class Captions {
  /** @param {HTMLElement} box It holds a list, and is hidden while that is empty. */
  constructor(box) {
    this._box = box;
    this._list = /** @type {HTMLElement} */ (box.querySelector("ol"));
    /** @type {Map<string, HTMLElement>} */
    this._items = new Map();
  }

  /** @param {string} label For a screen reader. */
  name(label) {
    this._box.setAttribute("aria-label", label);
  }

  /**
   * @param {Line} line New, or changed.
   * @param {readonly Line[]} lines All of them.
   * @param {(key: string) => string} text
   */
  show(line, lines, text) {
    let item = this._items.get(line.id);
    if (!item) {
      item = document.createElement("li");
      const who = document.createElement("span");
      who.className = "who";
      who.textContent = text(line.who);
      item.append(who, document.createElement("span"));
      item.classList.add(line.who);
      this._items.set(line.id, item);
      this._list.insertBefore(item, this._after(line, lines));
      if (this._list.childElementCount > SHOWN_LINES) this._forget(this._list.firstElementChild);
    }
    put(/** @type {HTMLElement} */ (item.lastElementChild), line.text);
    if (line.cut) item.dataset.cut = text("cut");
    this._box.hidden = false;
    this._box.scrollTop = this._box.scrollHeight;
    // Read out once, when it is complete, not word by word.
    this._box.setAttribute("aria-busy", String(!line.done));
  }

  clear() {
    this._items.clear();
    this._list.replaceChildren();
    this._box.hidden = true;
  }

  /**
   * What was said later may be known sooner.
   * @param {Line} line @param {readonly Line[]} lines
   */
  _after(line, lines) {
    for (const { id } of lines.slice(lines.indexOf(line) + 1)) {
      const item = this._items.get(id);
      if (item) return item;
    }
    return null;
  }

  /** @param {Element | null} item */
  _forget(item) {
    for (const [id, each] of this._items) if (each === item) this._items.delete(id);
    item?.remove();
  }
}
