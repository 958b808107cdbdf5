/**
 * Tools that the provider runs itself (MCP): which run, and which wait for somebody's permission. Pure.
 */

export class RemoteTools {
  constructor() {
    /** @type {Set<string>} The items of calls. */
    this._calls = new Set();
    /** @type {Set<string>} The items of questions. */
    this._questions = new Set();
  }

  /** Whether one runs, or waits for an answer. */
  get busy() {
    return this._calls.size > 0 || this._questions.size > 0;
  }

  /** @param {Record<string, any>} event @returns {boolean} Whether all calls have ended now: the provider does not go on by itself. */
  take(event) {
    const { type, item, item_id: id } = event;
    if (type === "response.mcp_call.in_progress") this._calls.add(String(id));
    if (type === "response.mcp_call.completed" || type === "response.mcp_call.failed") {
      return this._calls.delete(String(id)) && !this._calls.size;
    }
    if (type !== "conversation.item.added") return false;
    if (item?.type === "mcp_approval_request") this._questions.add(String(item.id));
    if (item?.type === "mcp_approval_response") this._questions.delete(String(item.approval_request_id));
    return false;
  }

  /** The connection is lost, and they with it. */
  lost() {
    this._calls.clear();
    this._questions.clear();
  }
}
