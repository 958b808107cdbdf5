/**
 * A display's token. It comes once, in the fragment of the address, which is not sent to a server. Then the browser
 * keeps it.
 */

const KEPT = "navai.token";

/** @returns {string} The token, or nothing. */
export function takeToken() {
  const given = tokenIn(location.hash.slice(1));
  if (given) {
    keepToken(given);
    // Remove it from the address bar and the history.
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return given || keptToken();
}

/**
 * The token in a fragment. `URLSearchParams` would read a `+` as a space, and a token has no spaces.
 * @param {string} fragment
 */
function tokenIn(fragment) {
  for (const part of fragment.split("&")) {
    if (!part.startsWith("token=")) continue;
    const given = part.slice("token=".length);
    try {
      return decodeURIComponent(given).trim();
    } catch {
      // A `%` that begins no escape: it is a part of the token.
      return given;
    }
  }
  return "";
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
