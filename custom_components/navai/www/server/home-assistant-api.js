/**
 * Home Assistant's routes and commands for navai: the only place that knows them.
 */

import { Failure } from "./failure.js";
import { Outbox } from "./outbox.js";
import { about, PATIENCE_MS, send } from "./request.js";
import { RunningTools } from "./running-tool.js";

/** @typedef {import("./secrets.js").ClientSecret} ClientSecret */
/** @typedef {import("./request.js").Place} Place */
/** @typedef {import("./request.js").Health} Health */
/** @typedef {import("./request.js").Profile} Profile */
/** @typedef {import("./request.js").Command} Command */

/** @param {unknown} error Of Home Assistant's connection, or of navai over it. */
function failureOf(error) {
  const code = /** @type {any} */ (error)?.code;
  // Numbers are the connection's own; `unknown_command` is navai's before it is set up.
  if (typeof code !== "string") return new Failure("home_assistant_restarting", { cause: error });
  return new Failure(code === "unknown_command" ? "not_ready" : code, { cause: error });
}

/** Home Assistant, through the connection of its own interface. */
export class HomeAssistantApi {
  /**
   * @param {() => any} hass The interface's `hass`, which is another object after every change.
   * @param {Place} place
   */
  constructor(hass, place) {
    this._hass = hass;
    this.place = place;
    this._tools = new RunningTools((...asked) => this._send(...asked));
    this._outbox = new Outbox((report) => this._call({ type: "navai/session/report", ...this._display(), ...report }));
  }

  /** @param {string} [profile] @returns {Promise<ClientSecret>} */
  async clientSecret(profile = this.place.profile) {
    const message = { type: "navai/client_secret", ...(profile ? { profile } : {}), ...this._display() };
    return this._tools.heed(await this._call(message));
  }

  /** Home Assistant's tools come with the secret. @returns {Promise<Record<string, unknown>[]>} */
  async tools() {
    return [];
  }

  /** @returns {Promise<{profiles: Profile[], default_profile: string | null}>} */
  profiles() {
    return this._call({ type: "navai/profiles", ...this._display() });
  }

  /** Those that this browser may be. @returns {Promise<{displays: {display: string, name: string}[]}>} */
  displays() {
    return this._call({ type: "navai/displays" });
  }

  /** @returns {Promise<Health>} */
  health() {
    return send((signal) => fetch("/api/navai/health", { redirect: "manual", signal }));
  }

  /** @param {string} name @param {Record<string, unknown>} args @param {string} [profile] @param {AbortSignal} [signal] */
  execute(name, args, profile = this.place.profile, signal) {
    return this._tools.execute(name, args, profile, signal);
  }

  /** @param {Record<string, unknown>} report */
  report(report) {
    this._outbox.tell(report);
  }

  /** @param {string} request @param {boolean} accepted */
  answer(request, accepted) {
    this._outbox.pass(about(request, accepted ? "ended" : "failed"));
  }

  /** @param {string} request */
  missed(request) {
    this._outbox.pass(about(request, "missed"));
  }

  /**
   * Be the display: receive starts, stops and changes until the connection is lost. Then subscribe again. The connection
   * itself would do so only once, while Home Assistant may still be starting.
   * @param {(command: Command) => void} onCommand
   * @returns {Promise<() => void>} Ends it.
   */
  async subscribe(onCommand) {
    const message = { type: "navai/subscribe", display: this.place.display, secure: globalThis.isSecureContext };
    const connection = this._hass().connection;
    try {
      const received = (/** @type {Command} */ command) => {
        onCommand(command);
        if (command.type === "configuration") void this._outbox.again();
      };
      const end = await connection.subscribeMessage(received, message, { resubscribe: false });
      return () => void end().catch(() => {});
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** @param {string} method @param {string} path @param {Record<string, unknown>} [body] @param {number} [patienceMs] */
  _send(method, path, body, patienceMs) {
    /** @type {Record<string, string>} */
    const headers = body ? { "Content-Type": "application/json" } : {};
    if (this.place.display) headers["X-Navai-Display"] = this.place.display;
    const asked = { method, headers, body: body && JSON.stringify(body), redirect: "manual" };
    return send((signal) => this._hass().fetchWithAuth(`/api/navai${path}`, { ...asked, signal }), patienceMs);
  }

  _display() {
    return this.place.display ? { display: this.place.display } : {};
  }

  /** @param {Record<string, unknown>} message @returns {Promise<any>} */
  async _call(message) {
    const hass = this._hass();
    if (!hass?.connection?.connected) throw new Failure("home_assistant_restarting");
    try {
      return await inTime(hass.connection.sendMessagePromise(message));
    } catch (error) {
      throw error instanceof Failure ? error : failureOf(error);
    }
  }
}

/**
 * A connection that was lost without a word gives no answer, and no error either.
 * @template T @param {Promise<T>} answer @returns {Promise<T>}
 */
async function inTime(answer) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failure("server_gone")), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
