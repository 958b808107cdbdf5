/**
 * Whether this page is shown inside another one, and whether it may use a microphone there.
 */

/** @returns {"alone" | "own" | "foreign"} Inside nothing, inside pages of this server, or inside a page of another one. */
export function frameOf() {
  if (window.parent === window) return "alone";
  try {
    /** @type {Window} */
    let page = window;
    while (page !== page.parent) {
      page = page.parent;
      if (page.location.origin !== location.origin) return "foreign";
    }
    return "own";
  } catch {
    // Of a page of another server nothing can be read.
    return "foreign";
  }
}

/**
 * What keeps the microphone from this page for all users: a frame, or a header of the server. Chromium says so itself;
 * other browsers only refuse.
 * @param {boolean} refused Whether the browser has refused it.
 * @returns {"microphone_frame" | "microphone_policy" | undefined} The code of the failure.
 */
export function barredBy(refused) {
  const policy = /** @type {any} */ (document).permissionsPolicy ?? /** @type {any} */ (document).featurePolicy;
  const barred = policy ? !policy.allowsFeature("microphone") : refused && frameOf() === "foreign";
  if (!barred) return undefined;
  return frameOf() === "alone" ? "microphone_policy" : "microphone_frame";
}

/** Where this page is found by itself. */
export function ownAddress() {
  return location.origin + location.pathname + location.search;
}
