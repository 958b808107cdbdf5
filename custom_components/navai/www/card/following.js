/**
 * Being a display over Home Assistant's connection, through its restarts. The connection would ask again by itself, but
 * only once, and Home Assistant answers before navai is up.
 */

import { Failure } from "../server/failure.js";

/** @typedef {import("../server/home-assistant-api.js").HomeAssistantApi} HomeAssistantApi */
/** @typedef {import("../server/request.js").Command} Command */

/** How long until the next attempt, in ms: if the trouble passes by itself, and if an administrator has to correct the YAML. */
const RETRY_MS = 3_000;
const REFUSED_RETRY_MS = 60_000;

export class Following {
  /**
   * @param {any} connection Home Assistant's.
   * @param {HomeAssistantApi} api
   * @param {(command: Command) => void} onCommand
   * @param {(failure: Failure) => void} onRefused
   */
  constructor(connection, api, onCommand, onRefused) {
    this._connection = connection;
    this._api = api;
    this._onCommand = onCommand;
    this._onRefused = onRefused;
    this._closed = false;
    /** The number of the latest attempt; others are void. */
    this._turn = 0;
    /** @type {(() => void) | undefined} */
    this._end = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    this._began = () => void this._begin();
    // What was subscribed on a connection that is gone is gone with it: nothing is left to end.
    this._lost = () => {
      this._turn++;
      this._end = undefined;
    };
    connection.addEventListener("ready", this._began);
    connection.addEventListener("disconnected", this._lost);
    if (connection.connected) this._began();
  }

  close() {
    this._closed = true;
    clearTimeout(this._timer);
    this._connection.removeEventListener("ready", this._began);
    this._connection.removeEventListener("disconnected", this._lost);
    this._end?.();
  }

  async _begin() {
    const turn = ++this._turn;
    clearTimeout(this._timer);
    try {
      const end = await this._api.subscribe((command) => {
        if (turn === this._turn && !this._closed) this._onCommand(command);
      });
      if (turn !== this._turn) return;
      if (this._closed) end();
      else this._end = end;
    } catch (error) {
      if (turn !== this._turn || this._closed) return;
      const failure = Failure.of(error, "home_assistant_restarting");
      this._timer = setTimeout(this._began, failure.passes ? RETRY_MS : REFUSED_RETRY_MS);
      if (!failure.passes) this._onRefused(failure);
    }
  }
}
