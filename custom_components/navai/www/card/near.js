/**
 * Whether someone is near a card: it is visible, and the page is touched.
 */

/** How long a touch counts, in ms: each may fetch a client secret. */
export const SIGN_MS = 60_000;

export class Near {
  /**
   * @param {HTMLElement} element
   * @param {() => void} near Someone is near; called at most once a minute.
   * @param {() => void} away The card is not visible anymore.
   */
  constructor(element, near, away) {
    this._near = near;
    this._away = away;
    this._inSight = false;
    this._there = false;
    this._since = -SIGN_MS;
    this._end = new AbortController();
    const passive = { signal: this._end.signal, passive: true };
    this._observer = new IntersectionObserver((entries) => {
      this._inSight = entries[entries.length - 1].isIntersecting;
      this._look();
    });
    this._observer.observe(element);
    document.addEventListener("visibilitychange", () => this._look(), passive);
    // A touch means that someone is there. A mouse may only pass by.
    document.addEventListener("pointerdown", () => this._sign(), { ...passive, capture: true });
    element.addEventListener("pointermove", () => this._sign(), passive);
  }

  close() {
    this._end.abort();
    this._observer.disconnect();
  }

  _look() {
    const there = this._inSight && document.visibilityState === "visible";
    if (there === this._there) return;
    this._there = there;
    if (there) this._sign();
    else this._away();
  }

  _sign() {
    if (!this._there || performance.now() - this._since < SIGN_MS) return;
    this._since = performance.now();
    this._near();
  }
}
