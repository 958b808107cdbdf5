/**
 * What the server is told of one conversation, and of the command that asked for it.
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
   * @param {string | undefined} profile Whose secret it has; one that never had any never began.
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
