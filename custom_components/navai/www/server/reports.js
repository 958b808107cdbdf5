/**
 * The reports about one conversation, and about the command that requested it.
 */

/** @typedef {import("./request.js").Api} Api */

export class Reports {
  /**
   * @param {Api} api
   * @param {string} [request] The id of the command that asked for the conversation.
   */
  constructor(api, request) {
    this.id = newId();
    this._api = api;
    this._request = request;
  }

  /** The next report answers another command. @param {string} request */
  belongTo(request) {
    this._request = request;
  }

  /**
   * @param {string | undefined} profile The profile of its secret. Without a secret the conversation never started.
   * @param {Record<string, unknown>} report
   */
  tell(profile, report) {
    const request = this._request;
    this._request = undefined;
    if (profile) this._api.report({ session: this.id, profile, ...(request ? { request } : {}), ...report });
    else if (request) this._api.answer(request, false);
  }
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
