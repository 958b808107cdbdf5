/**
 * A display's token. It comes once, in the fragment of the address, which is not sent to a server. Then the browser
 * keeps it.
 */

const KEPT = "navai.token";

/** @returns {string} The token, or nothing. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keepToken(given);
    // Remove it from the address bar and the history.
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return given || keptToken();
}

/** @param {string} token */
export function keepToken(token) {
  try {
    localStorage.setItem(KEPT, token);
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
}

function keptToken() {
  try {
    return localStorage.getItem(KEPT) ?? "";
  } catch {
    return "";
  }
}
