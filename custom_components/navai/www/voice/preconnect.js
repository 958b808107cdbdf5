/**
 * Open the way to the provider ahead of a call: names, TCP and TLS take longer than its answer does.
 * @param {string} url Of the call, which brings no credentials of the browser's.
 */
export function preconnect(url) {
  const link = document.createElement("link");
  link.rel = "preconnect";
  link.crossOrigin = "anonymous";
  link.href = new URL(url).origin;
  document.head.append(link);
  // The browser has seen it, and keeps the connection for as long as it thinks right.
  link.remove();
}
