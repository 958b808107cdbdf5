/**
 * What was said, line by line, in order. The newest line is in sight, unless someone scrolls back to read. Then nothing
 * moves until they are back at the end, or have not touched it for a while.
 */

import { put } from "./face.js";

/** @typedef {import("./conversation.js").Line} Line */

const SHOWN_LINES = 30;
/** Nearer to the end than this, it is at the end: in pixels, since browsers round. */
const AT_END_PX = 8;
/** After how long without a touch it goes back to the newest, in ms. */
const READ_MS = 20_000;
/** How long after a movement a hand counts as present, in ms. */
const HAND_MS = 300;

export class Captions {
  /** @param {HTMLElement} box It holds a list, and is hidden while that is empty. */
  constructor(box) {
    this._box = box;
    this._list = /** @type {HTMLElement} */ (box.querySelector("ol"));
    /** @type {Map<string, HTMLElement>} */
    this._items = new Map();
    /** Whether the newest stays in sight. */
    this._follows = true;
    /** When a hand moved last, in ms of the page. */
    this._touchedAt = -Infinity;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    for (const hand of ["wheel", "touchstart", "touchmove", "pointerdown", "keydown"]) {
      box.addEventListener(hand, () => this._touched(), { passive: true });
    }
    box.addEventListener("scroll", () => this._scrolled(), { passive: true });
    // The screen was turned, or something above it takes its room.
    // Without it the newest line is out of sight after the screen was turned, until the next one comes.
    if (globalThis.ResizeObserver) new ResizeObserver(() => this._follow()).observe(box);
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
    }
    put(/** @type {HTMLElement} */ (item.lastElementChild), line.text);
    if (line.cut) item.dataset.cut = text("cut");
    this._box.hidden = false;
    this._follow();
    // Read out once, when it is complete, not word by word.
    this._box.setAttribute("aria-busy", String(!line.done));
  }

  clear() {
    this._items.clear();
    this._list.replaceChildren();
    this._box.hidden = true;
    this._newest();
  }

  /** Keep the newest in sight, unless someone reads. */
  _follow() {
    if (!this._follows || performance.now() - this._touchedAt < HAND_MS) return;
    // Not while someone reads: the text would move.
    while (this._list.childElementCount > SHOWN_LINES) this._forget(this._list.firstElementChild);
    this._box.scrollTop = this._box.scrollHeight;
  }

  _newest() {
    clearTimeout(this._timer);
    this._follows = true;
    this._touchedAt = -Infinity;
    this._follow();
  }

  _touched() {
    this._touchedAt = performance.now();
    this._wait();
  }

  _scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this._box;
    this._follows = scrollHeight - scrollTop - clientHeight <= AT_END_PX;
    if (!this._follows) this._wait();
  }

  /** Reading is not disturbed; afterwards the newest line is what matters. */
  _wait() {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._newest(), this._follows ? HAND_MS : READ_MS);
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
