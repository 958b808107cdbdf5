/**
 * The servers' routes and commands: the only place that knows them.
 */

import { Failure } from "./navai-failure.js";

/** @typedef {import("./navai-secrets.js").ClientSecret} ClientSecret */
/** @typedef {{profile?: string, display?: string}} Place A profile and a display; either may be the server's choice. */
/** @typedef {{version: string, modules: string, time: number}} Health `time` in epoch seconds. */
/** @typedef {{profile: string, name: string, model: string, voice: string, language: string}} Profile */
/** @typedef {Record<string, any> & {type: string}} Command What the server tells a display. */

const PATIENCE_MS = 15_000;
/** How long until a lost stream of commands is asked for again, in ms. */
const STREAM_RETRY_MS = 5_000;

/**
 * @param {(signal: AbortSignal) => Promise<Response>} request
 * @returns {Promise<any>} The JSON of the answer.
 */
async function send(request) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    return await read(await request(patience.signal));
  } catch (error) {
    throw Failure.of(error, "server_gone");
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Response} response @returns {Promise<any>} */
async function read(response) {
  /** @type {any} */
  let body = {};
  try {
    body = await response.json();
  } catch (error) {
    // A proxy's page, perhaps: the status says enough.
    if (response.ok) throw new Failure("server_gone", { cause: error });
  }
  if (response.ok) return body;
  const code = typeof body.code === "string" ? body.code : response.status === 401 ? "not_signed_in" : "server_gone";
  throw new Failure(code, { retryAfter: Number(response.headers.get("Retry-After")) || undefined });
}

/** @param {any} body Of a function that was executed, or that failed. */
function resultOf(body) {
  return body.ok === false ? { ok: false, error: body.error, details: body.details } : body.result;
}

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
  }

  /** @param {string} [profile] @returns {Promise<ClientSecret>} */
  clientSecret(profile = this.place.profile) {
    return this._call({ type: "navai/client_secret", ...(profile ? { profile } : {}), ...this._display() });
  }

  /** The secret brings those of the house. @returns {Promise<Record<string, unknown>[]>} */
  async tools() {
    return [];
  }

  /** @returns {Promise<{profiles: Profile[], default_profile: string | null}>} */
  profiles() {
    return this._call({ type: "navai/profiles", ...this._display() });
  }

  /** @returns {Promise<Health>} */
  health() {
    return send((signal) => fetch("/api/navai/health", { signal }));
  }

  /** @param {string} name @param {Record<string, unknown>} args @param {string} [profile] */
  async execute(name, args, profile = this.place.profile) {
    /** @type {Record<string, string>} */
    const headers = { "Content-Type": "application/json" };
    if (this.place.display) headers["X-Navai-Display"] = this.place.display;
    const query = profile ? `?profile=${encodeURIComponent(profile)}` : "";
    const body = JSON.stringify({ function_name: name, payload: args });
    const path = `/api/navai/functions/execute${query}`;
    return resultOf(
      await send((signal) => this._hass().fetchWithAuth(path, { method: "POST", headers, body, signal })),
    );
  }

  /** @param {Record<string, unknown>} report */
  report(report) {
    // What cannot be told now is told by the next report.
    this._call({ type: "navai/session/report", ...this._display(), ...report }).catch(() => {});
  }

  /** @param {string} request @param {boolean} took */
  answer(request, took) {
    this.report({ session: `none-${request}`, state: took ? "ended" : "failed", request });
  }

  /**
   * Be the display: hear of starts, stops and changes, until the connection is lost. Who follows it asks again then: the
   * connection itself would ask only once, while Home Assistant may still be starting.
   * @param {(command: Command) => void} onCommand
   * @returns {Promise<() => void>} Ends it.
   */
  async subscribe(onCommand) {
    const message = { type: "navai/subscribe", display: this.place.display, secure: globalThis.isSecureContext };
    const connection = this._hass().connection;
    try {
      const end = await connection.subscribeMessage(onCommand, message, { resubscribe: false });
      return () => void end().catch(() => {});
    } catch (error) {
      throw failureOf(error);
    }
  }

  _display() {
    return this.place.display ? { display: this.place.display } : {};
  }

  /** @param {Record<string, unknown>} message @returns {Promise<any>} */
  async _call(message) {
    const hass = this._hass();
    if (!hass?.connection?.connected) throw new Failure("home_assistant_restarting");
    try {
      return await hass.connection.sendMessagePromise(message);
    } catch (error) {
      throw failureOf(error);
    }
  }
}

/** Either server, by a display's token: what the kiosk page is. */
export class TokenApi {
  /**
   * @param {string} prefix Where the routes begin: `/navai` on the hub, `/api/navai` in Home Assistant.
   * @param {() => string} token
   * @param {Place} place
   * @param {{commands?: boolean}} [server] `commands`: whether it tells displays to start and stop, and hears reports.
   */
  constructor(prefix, token, place, { commands = false } = {}) {
    this._prefix = prefix;
    this._token = token;
    this.place = place;
    this._commands = commands;
    /** @type {boolean | undefined} Whether the token opens the functions of the house. */
    this._functions = undefined;
    /** The stream that reports belong to. */
    this._stream = "";
  }

  /** @param {string} [profile] @returns {Promise<ClientSecret>} */
  clientSecret(profile = this.place.profile) {
    return this._send("POST", `/profiles/${encodeURIComponent(profile ?? "")}/client-secret`, {});
  }

  /** @returns {Promise<{profiles: Profile[], default_profile: string | null}>} */
  async profiles() {
    const answer = await this._send("GET", "/profiles");
    this._functions = Boolean(answer.functions);
    return answer;
  }

  /** Home Assistant's come with the secret. @returns {Promise<Record<string, unknown>[]>} */
  async tools() {
    if (this._commands) return [];
    if (this._functions === undefined) await this.profiles();
    if (!this._functions) return [];
    const { items } = await this._send("GET", "/functions");
    return items.map((/** @type {any} */ { name, description, parameters }) => ({
      type: "function",
      name,
      description,
      parameters,
    }));
  }

  /** @returns {Promise<Health>} */
  health() {
    return send((signal) => fetch(`${this._prefix}/health`, { signal }));
  }

  /** @param {string} name @param {Record<string, unknown>} args @param {string} [profile] */
  async execute(name, args, profile = this.place.profile) {
    const query = this._commands && profile ? `?profile=${encodeURIComponent(profile)}` : "";
    return resultOf(await this._send("POST", `/functions/execute${query}`, { function_name: name, payload: args }));
  }

  /** @param {Record<string, unknown>} report */
  report(report) {
    if (!this._stream) return;
    this._send("POST", "/session/report", { stream: this._stream, ...report }).catch(() => {});
  }

  /** @param {string} request @param {boolean} took */
  answer(request, took) {
    this.report({ session: `none-${request}`, state: took ? "ended" : "failed", request });
  }

  /**
   * Be the display, for as long as the page is open; a stream that breaks is asked for again.
   * @param {(command: Command) => void} onCommand
   * @returns {Promise<() => void>} Ends it.
   */
  async subscribe(onCommand) {
    const life = new AbortController();
    if (this._commands) void this._follow(onCommand, life.signal);
    return () => life.abort();
  }

  /** @param {(command: Command) => void} onCommand @param {AbortSignal} signal */
  async _follow(onCommand, signal) {
    while (!signal.aborted) {
      try {
        const query = `?secure=${globalThis.isSecureContext ? 1 : 0}`;
        const response = await fetch(`${this._prefix}/display/commands${query}`, { headers: this._headers(), signal });
        if (response.status === 401) {
          // To ask again would be one wrong token after the other, until the house locks this device out.
          onCommand({ type: "removed" });
          return;
        }
        if (response.ok && response.body) {
          for await (const command of commandsOf(response.body)) {
            if (command.type === "stream") this._stream = String(command.stream);
            else onCommand(command);
          }
        }
      } catch {
        // The network, or the server starts again: below it is asked once more.
      }
      this._stream = "";
      await new Promise((resolve) => setTimeout(resolve, STREAM_RETRY_MS));
    }
  }

  _headers() {
    return { Authorization: `Bearer ${this._token()}` };
  }

  /** @param {string} method @param {string} path @param {Record<string, unknown>} [body] */
  _send(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = this._headers();
    if (body) headers["Content-Type"] = "application/json";
    return send((signal) =>
      fetch(this._prefix + path, { method, headers, body: body && JSON.stringify(body), signal }),
    );
  }
}

/**
 * The commands in a stream of lines, JSON each; empty lines keep the connection open.
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<Command>}
 */
async function* commandsOf(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim()) yield JSON.parse(line);
  }
}
