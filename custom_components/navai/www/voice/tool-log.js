/**
 * The tools that were called in a conversation, on whichever of its connections, and what came of them. Pure.
 */

/** @typedef {import("./conversation.js").Call} Call */
/**
 * @typedef {object} Tool
 * @property {Call} call
 * @property {string | undefined} output What the model got; undefined before it got anything.
 * @property {boolean} runs
 * @property {boolean} here Whether it was called over the connection that stands now: only there its output is known as one.
 */

/** How many are remembered, and how much of what they were asked and gave, in characters. */
const MAX_TOOLS = 20;
const MAX_CHARS = 2_000;

export class ToolLog {
  constructor() {
    /** @type {Map<string, Tool>} By the id of the call. */
    this._tools = new Map();
  }

  /** Whether any of them runs at this moment. */
  get running() {
    return this.all().some(({ runs }) => runs);
  }

  /** Oldest first. */
  all() {
    return [...this._tools.values()];
  }

  /** @param {Call} call */
  called(call) {
    this._tools.set(call.callId, { call, output: undefined, runs: true, here: true });
    for (const [id, { runs }] of this._tools) if (!runs && this._tools.size > MAX_TOOLS) this._tools.delete(id);
  }

  /** @param {string} callId @param {string} output @param {boolean} runs Whether it goes on. @returns {Tool | undefined} */
  answered(callId, output, runs) {
    const tool = this._tools.get(callId);
    if (tool?.runs) Object.assign(tool, { output, runs });
    return tool;
  }

  /** It has ended, and nothing is known of how. @param {string} callId */
  forget(callId) {
    this._tools.delete(callId);
  }

  /** The connection is lost. */
  lost() {
    for (const tool of this._tools.values()) tool.here = false;
  }

  /** What tells the model of one, where it is no call of the connection, or comes after its output. @param {Tool} tool */
  note({ call, output, runs }) {
    const called = `The tool ${call.name} was called with ${call.arguments.slice(0, MAX_CHARS) || "{}"}.`;
    const text = runs
      ? `${called} It is still running, and its result will follow. Do not call it again.`
      : `${called} Its result: ${(output ?? "null").slice(0, MAX_CHARS)}`;
    return { type: "message", role: "system", content: [{ type: "input_text", text }] };
  }
}
