/**
 * What the oldest of the supported browsers lack, added where it is missing: import it for that, first of all.
 *
 * Chromium before 90 and Safari before 15 take no `signal` of a listener: it would never be removed.
 */

/** @returns {boolean} */
function takesSignals() {
  let asked = false;
  const options = {
    get signal() {
      asked = true;
      return undefined;
    },
  };
  const nothing = () => {};
  new EventTarget().addEventListener("navai", nothing, /** @type {any} */ (options));
  return asked;
}

function addSignals() {
  const { addEventListener } = EventTarget.prototype;
  /**
   * @this {EventTarget}
   * @param {string} type @param {EventListenerOrEventListenerObject | null} listener
   * @param {boolean | AddEventListenerOptions} [options]
   */
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    const signal = typeof options === "object" && options ? options.signal : undefined;
    if (signal?.aborted) return;
    // Of a global function `this` is nothing.
    const target = this ?? globalThis;
    addEventListener.call(target, type, listener, options);
    if (!signal) return;
    addEventListener.call(signal, "abort", () => target.removeEventListener(type, listener, options), { once: true });
  };
}

if (!takesSignals()) addSignals();
