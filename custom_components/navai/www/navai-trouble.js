/**
 * What people read where nothing else of navai runs: the browser is too old, or files did not arrive.
 *
 * The kiosk page runs it as an ordinary script before its modules, and the card imports it. So it is written in the
 * JavaScript of 2009, and exports nothing but `navaiTrouble`, on the window.
 */
(function () {
  "use strict";

  /** @type {Record<string, Record<string, string>>} */
  var TEXTS = {
    en: {
      too_old:
        "This browser is too old for navai. Update it, or use Chrome or Edge 89, Firefox 140, Safari 15.4, or a newer one.",
      not_loaded:
        "navai wasn't loaded completely. Reload the page. If that doesn't help, check that the server is running and that this device is on its network.",
      framed: "This page is inside another page that blocks it. Open it on its own: {address}",
      not_started: "navai didn't start ({error}). Reload the page. If that doesn't help, update the browser.",
    },
    es: {
      too_old:
        "Este navegador es demasiado antiguo para navai. Actualízalo o usa Chrome o Edge 89, Firefox 140, Safari 15.4 o uno más nuevo.",
      not_loaded:
        "navai no se cargó por completo. Recarga la página. Si no ayuda, comprueba que el servidor funciona y que este dispositivo está en su red.",
      framed: "Esta página está dentro de otra que la bloquea. Ábrela por separado: {address}",
      not_started: "navai no se inició ({error}). Recarga la página. Si no ayuda, actualiza el navegador.",
    },
  };
  var RETRY_MS = 30000;

  /** Whether the browser lacks something that not even a page without a conversation can do without. */
  function isTooOld() {
    var page = /** @type {any} */ (window);
    try {
      new page.EventTarget();
    } catch (error) {
      return true;
    }
    return !(
      "noModule" in document.createElement("script") &&
      page.customElements &&
      page.AbortController &&
      page.ReadableStream &&
      "attachShadow" in Element.prototype &&
      "replaceChildren" in Element.prototype &&
      "replaceAll" in String.prototype
    );
  }

  /**
   * Why it does not run, in words.
   * @param {any} error What was thrown, if anything was.
   * @param {boolean} arrived Whether all files did.
   * @param {string} [language]
   * @returns {string}
   */
  function trouble(error, arrived, language) {
    var texts = TEXTS[String(language || navigator.language || "").slice(0, 2)] || TEXTS.en;
    if (isTooOld()) return texts.too_old;
    // A frame that is a sandbox: to the server its page comes from nowhere, and gets no modules.
    if (window.parent !== window && window.origin === "null") {
      return texts.framed.replace("{address}", location.href.split("#")[0]);
    }
    if (!arrived || /import|export|module|fetch/i.test(String(error))) return texts.not_loaded;
    if (error instanceof SyntaxError) return texts.too_old;
    return texts.not_started.replace("{error}", String(error));
  }

  /** @type {any} */ (window).navaiTrouble = trouble;
  /** @type {any} */ (window).navaiIsTooOld = isTooOld;

  // A module has no current script: what follows is for the kiosk page.
  if (!document.currentScript) return;

  var arrived = true;
  /** @type {any} */
  var thrown;

  /** @param {any} event */
  function noticed(event) {
    if (event.target && event.target.tagName === "SCRIPT") arrived = false;
    else if (event.error) thrown = event.error;
  }

  /** The page has loaded all that it will: either it shows something now, or it never will. */
  function look() {
    window.removeEventListener("error", noticed, true);
    var place = document.querySelector("navai-kiosk");
    if (!place || place.firstChild) return;
    var words = document.createElement("p");
    words.className = "trouble";
    words.setAttribute("role", "alert");
    words.appendChild(document.createTextNode(trouble(thrown, arrived)));
    place.appendChild(words);
    if (!arrived) setInterval(again, RETRY_MS);
  }

  /** Nobody reloads the page of a tablet on a wall. */
  function again() {
    var request = new XMLHttpRequest();
    request.onload = function () {
      if (request.status === 200) location.reload();
    };
    request.open("GET", location.pathname);
    request.send();
  }

  window.addEventListener("error", noticed, true);
  window.addEventListener("load", look);
})();
