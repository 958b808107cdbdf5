/**
 * A display that the server commands: start a conversation, end it, or change its configuration.
 */

import { lookAtAutoplay } from "./autoplay.js";
import { Failure, SIGN_IN } from "../server/failure.js";

/** @typedef {import("../server/request.js").Command} Command */

export class Display {
  /**
   * @param {import("./session.js").NavaiSession} session
   * @param {import("./voice.js").NavaiVoice} voice
   * @param {(configuration: Command) => void} [configured] Its name and profiles, at once and after every change.
   */
  constructor(session, voice, configured = () => {}) {
    this._session = session;
    this._voice = voice;
    this._configured = configured;
  }

  /** @param {Command} command */
  take(command) {
    switch (command.type) {
      case "configuration":
        lookAtAutoplay();
        // The server is heard again: somebody has signed in.
        this._session.recover(SIGN_IN);
        this._session.reportAgain(command.session);
        this._configured(command);
        break;
      case "removed":
        this._voice.dismiss();
        this._session.stop();
        this._session.fail(new Failure(command.code ?? "unknown_display"));
        break;
      case "start":
        void this._start(command);
        break;
      case "stop":
        this._stop(command);
        break;
      case "elsewhere":
        // Someone answered in another browser of this display.
        this._voice.dismiss();
        break;
    }
  }

  /** @param {Command} command */
  async _start({ request, profile, session, start_message: line, extra_system_prompt: context }) {
    // It is for another card on this page.
    if (session && session !== this._session.id) return;
    return this._voice.call({ profile, line, context, request });
  }

  /** @param {Command} command */
  _stop({ request, session: id, code }) {
    const session = this._session;
    // Another conversation has taken its place meanwhile.
    if (id && id !== session.id) return;
    this._voice.dismiss();
    if (session.active) {
      session.stop(request);
      if (code === "replaced") session._notify("moved");
    } else if (request) session.api.answer(request, true);
  }
}
