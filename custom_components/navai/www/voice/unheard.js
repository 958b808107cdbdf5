/**
 * What the assistant says while its sound waits for a tap: it is said again afterwards. Pure.
 */

/** @typedef {import("./conversation.js").Line} Line */

export class Unheard {
  constructor() {
    /** @type {Set<string> | undefined} The lines that were heard before; undefined while everything is. */
    this._heard = undefined;
  }

  /**
   * From now on nothing is heard.
   * @param {readonly Line[]} lines All that was said.
   * @param {boolean} speaking Whether the last of it is being said: it is not heard to its end.
   */
  begin(lines, speaking) {
    const cut = speaking ? lines.filter(({ who }) => who === "assistant").pop() : undefined;
    this._heard ??= new Set(lines.filter((line) => line !== cut).map(({ id }) => id));
  }

  /**
   * Everything is heard again.
   * @param {readonly Line[]} lines
   * @returns {string} What nobody has heard.
   */
  end(lines) {
    const heard = this._heard;
    this._heard = undefined;
    if (!heard) return "";
    const missed = lines.filter(({ id, who, text }) => who === "assistant" && text && !heard.has(id));
    return missed.map(({ text }) => text).join(" ");
  }
}
