/**
 * What the assistant is to say of its own accord. Pure.
 */

/**
 * @typedef {object} Opening How a conversation begins, or what is brought into one.
 * @property {string} [profile] Another one than the place's own.
 * @property {string} [line] What the assistant says first, as it is.
 * @property {string} [context] What it makes its first words of.
 * @property {string} [request] The id of the command that asked for it.
 */

/** @param {Opening} opening @returns {{instructions: string} | undefined} The response to ask for; undefined where nothing is to be said. */
export function requestOf({ line, context }) {
  if (line) {
    return { instructions: `Say exactly this, in your own voice, and nothing else: "${line.replaceAll('"', "'")}"` };
  }
  return context ? { instructions: `Speak first. What you should know: ${context}` } : undefined;
}
