/**
 * Which display this browser is. Its address may say so (`?navai_display=KEY`), or a person chooses on a card; the
 * browser remembers it, and it wins over what the dashboard says. `?navai_display=` forgets it.
 */

/** The card's option that lets a person choose. */
export const ASK = "ask";
/** Under which name the browser keeps it; nothing but the empty string: a person chose that it is no display. */
const KEPT = "navai.display";
const PARAMETER = "navai_display";
/** How a display may be called in the YAML. */
const KEY = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */
/** @typedef {{display?: string, asks: boolean, wrong: boolean}} Placed `asks`: a person has to choose first. `wrong`: the address names no display. */

/** Event: `change`, when a person chose. */
export class OwnDisplay extends EventTarget {
  /** @param {() => Store} store What outlives the page; it may throw, where the browser keeps nothing. */
  constructor(store) {
    super();
    this._store = store;
    /** @type {string | undefined} What the page holds, if the browser keeps nothing. */
    this._held = undefined;
    /** @type {string | undefined} The query of the address that was read last. */
    this._read = undefined;
    this._wrong = false;
  }

  /**
   * Do what the address says, once.
   * @param {string} query
   * @returns {boolean} Whether it said to forget: that part of it has been done.
   */
  follow(query) {
    if (query === this._read) return false;
    this._read = query;
    const given = new URLSearchParams(query).get(PARAMETER)?.trim();
    this._wrong = Boolean(given) && !KEY.test(given ?? "");
    if (given === undefined || this._wrong) return false;
    if (given) this._keep(given);
    else this._forget();
    return given === "";
  }

  /** @param {string} display Its key, or nothing for none. */
  choose(display) {
    this._wrong = false;
    this._keep(display);
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Where a card is.
   * @param {string | undefined} configured Its option `display`.
   * @returns {Placed}
   */
  place(configured) {
    // It is no display until the address is corrected.
    if (this._wrong) return { asks: configured === ASK, wrong: true };
    const own = this._kept();
    const asks = configured === ASK && own === undefined;
    const display = own || (configured === ASK ? "" : configured);
    return { ...(display ? { display } : {}), asks, wrong: false };
  }

  /** @returns {string | undefined} */
  _kept() {
    try {
      const kept = this._store().getItem(KEPT) ?? undefined;
      // Whatever else wrote it, it is no display's name.
      return kept && !KEY.test(kept) ? undefined : kept;
    } catch {
      return this._held;
    }
  }

  /** @param {string} display */
  _keep(display) {
    this._held = display;
    try {
      this._store().setItem(KEPT, display);
    } catch {
      // It holds until the page is closed.
    }
  }

  _forget() {
    this._held = undefined;
    try {
      this._store().removeItem(KEPT);
    } catch {
      // Nothing was kept.
    }
  }
}

/** @param {string} address @returns {string} The same without the display. */
export function withoutDisplay(address) {
  const url = new URL(address);
  url.searchParams.delete(PARAMETER);
  return url.href;
}

/** This browser's. */
export const OWN_DISPLAY = new OwnDisplay(() => localStorage);
