/**
 * The results as plain text, to send to someone who helps. It contains no token, no secret and no host name: of the
 * address only the protocol and the path.
 */

/** @typedef {import("./results.js").Result} Result */
/** @typedef {import("./texts.js").Text} Text */

/** @param {{name: string, result: Result}[]} results @param {Text} text @returns {string} */
export function reportOf(results, text) {
  const lines = results.flatMap(({ name, result }) => {
    const code = result.code ? ` (${result.code})` : "";
    const found = `[${result.outcome}] ${name}: ${text(`check_${name}`)}: ${result.value}${code}`;
    return result.cure ? [found, `    ${withoutHost(result.cure)}`] : [found];
  });
  return [
    "navai device check",
    new Date().toISOString(),
    `${location.protocol}//…${location.pathname}`,
    navigator.userAgent,
    "",
    ...lines,
    "",
  ].join("\n");
}

/** @param {string} words */
function withoutHost(words) {
  return words.replaceAll(location.host, "…");
}

/** @param {string} report @returns {Promise<boolean>} Whether the browser let us. */
export async function copy(report) {
  try {
    await navigator.clipboard.writeText(report);
    return true;
  } catch {
    // An insecure page, or a browser of a tablet that has no clipboard.
    return false;
  }
}
