/**
 * What the assistant is to say of its own accord, one thing after the other. Pure.
 */

/**
 * @typedef {object} Opening How a conversation begins, or what is brought into one.
 * @property {string} [profile] Another one than the place's own.
 * @property {string} [line] What the assistant says first, as it is.
 * @property {string} [context] What it makes its first words of.
 * @property {string} [request] The id of the command that asked for it.
 */

export class Openings {
  /** @param {Opening[]} openings */
  constructor(...openings) {
    this._waiting = openings;
  }

  /** @param {Opening} opening */
  add(opening) {
    this._waiting.push(opening);
  }

  /** @returns {Opening[]} Those that were not asked for, and will not be. */
  rest() {
    return this._waiting.splice(0);
  }

  /** @returns {Record<string, unknown> | undefined} The event that asks for the next one. */
  next() {
    for (let opening = this._waiting.shift(); opening; opening = this._waiting.shift()) {
      const instructions = instructionsOf(opening);
      if (instructions) return { type: "response.create", response: { instructions } };
    }
    return undefined;
  }
}

/** @param {Opening} opening */
function instructionsOf({ line, context }) {
  if (line) return `Say exactly this, in your own voice, and nothing else: "${line.replaceAll('"', "'")}"`;
  return context && `Speak first. What you should know: ${context}`;
}
