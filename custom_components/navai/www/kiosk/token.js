/**
 * A display's token: it comes once, in the fragment of the address, which no server and no log sees; then the browser
 * keeps it.
 */

const KEPT = "navai.token";

/** @returns {string} The token, or nothing. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keepToken(given);
    // Nobody who looks at the screen, or at the history, shall read it.
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
