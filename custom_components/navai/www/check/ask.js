/**
 * A question before something ends: a dialog with two answers.
 */

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {string} words What happens.
 * @property {string} yes
 * @property {string} no
 */

const TEMPLATE = `
<dialog class="ask" aria-labelledby="ask-title" aria-describedby="ask-words">
  <h2 id="ask-title"></h2>
  <p id="ask-words"></p>
  <div class="buttons">
    <button class="small no" type="button" autofocus></button>
    <button class="small yes" type="button"></button>
  </div>
</dialog>`;

/**
 * Ask, once at a time.
 * @param {ShadowRoot} root Where it is shown.
 * @param {Question} question
 * @param {AbortSignal} moot Aborted when the answer does not matter any more.
 * @returns {Promise<boolean>} Whether the answer is yes.
 */
export async function ask(root, question, moot) {
  if (root.querySelector("dialog.ask")) return false;
  const template = document.createElement("template");
  template.innerHTML = TEMPLATE;
  const dialog = /** @type {HTMLDialogElement} */ (template.content.firstElementChild);
  const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (dialog.querySelector(selector));
  part("h2").textContent = question.title;
  part("p").textContent = question.words;
  part(".yes").textContent = question.yes;
  part(".no").textContent = question.no;
  root.append(dialog);
  dialog.showModal();
  try {
    return await new Promise((resolve) => {
      part(".yes").addEventListener("click", () => resolve(true));
      part(".no").addEventListener("click", () => resolve(false));
      // Escape.
      dialog.addEventListener("close", () => resolve(false));
      moot.addEventListener("abort", () => resolve(false));
    });
  } finally {
    // The browser gives the focus back to where it was.
    dialog.close();
    dialog.remove();
  }
}
