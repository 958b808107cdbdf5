/**
 * The routes for displays that have a token: the only place that knows them.
 */

import { Failure } from "./failure.js";
import { Outbox } from "./outbox.js";
import { about, PATIENCE_MS, read, send } from "./request.js";
import { RunningTools } from "./running-tool.js";

/** @typedef {import("./secrets.js").ClientSecret} ClientSecret */
/** @typedef {import("./request.js").Place} Place */
/** @typedef {import("./request.js").Health} Health */
/** @typedef {import("./request.js").Profile} Profile */
/** @typedef {import("./request.js").Command} Command */

/** How long until a lost stream of commands is asked for again, in ms. */
const STREAM_RETRY_MS = 5_000;
/** After how long without a sign of life a stream is lost, in ms: the server gives one at least every 20 s. */
const STREAM_SILENCE_MS = 50_000;

/** To be no display any more is to have a token that opens nothing. */
const REMOVED = { type: "removed", code: "not_signed_in" };

/** Either server, by a display's token: what the kiosk page is. */
export class TokenApi {
  /**
   * @param {string} prefix Where the routes begin: `/navai` on the hub, `/api/navai` in Home Assistant.
   * @param {() => string} token
   * @param {Place} place
   */
  constructor(prefix, token, place) {
    this._prefix = prefix;
    this._token = token;
    this.place = place;
    /** Whether the token may be a display's. A display receives commands and reports. */
    this._commands = true;
    /** @type {boolean | undefined} Whether the token may use functions. */
    this._functions = undefined;
    /** The stream that reports belong to. */
    this._stream = "";
    this._tools = new RunningTools((...asked) => this._send(...asked));
    this._outbox = new Outbox((report) => this._post(report));
  }

  /** @param {string} [profile] @returns {Promise<ClientSecret>} */
  async clientSecret(profile = this.place.profile) {
    const path = `/profiles/${encodeURIComponent(profile ?? "")}/client-secret`;
    return this._tools.heed(await this._send("POST", path, {}));
  }

  /** @returns {Promise<{profiles: Profile[], default_profile: string | null}>} */
  async profiles() {
    const answer = await this._send("GET", "/profiles");
    this._functions = Boolean(answer.functions);
    return answer;
  }

  /** Home Assistant's come with the secret. @returns {Promise<Record<string, unknown>[]>} */
  async tools() {
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
    return send((signal) => fetch(`${this._prefix}/health`, { redirect: "manual", signal }));
  }

  /** @param {string} name @param {Record<string, unknown>} args @param {string} [profile] @param {AbortSignal} [signal] */
  execute(name, args, profile = this.place.profile, signal) {
    return this._tools.execute(name, args, profile, signal);
  }

  /** @param {Record<string, unknown>} report */
  report(report) {
    if (this._commands) this._outbox.tell(report);
  }

  /** @param {string} request @param {boolean} accepted */
  answer(request, accepted) {
    if (this._commands) this._outbox.pass(about(request, accepted ? "ended" : "failed"));
  }

  /** @param {string} request */
  missed(request) {
    if (this._commands) this._outbox.pass(about(request, "missed"));
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
      const attempt = new AbortController();
      const end = () => attempt.abort();
      signal.addEventListener("abort", end);
      let pauseMs = STREAM_RETRY_MS;
      try {
        const query = `?secure=${globalThis.isSecureContext ? 1 : 0}`;
        const response = await this._open(`/display/commands${query}`, attempt);
        // A proxy's page is no stream, whatever its status says.
        if (!response.ok || !isStream(response)) await read(response);
        else if (response.body) {
          for await (const command of commandsOf(response.body)) {
            if (command.type === "stream") this._stream = String(command.stream);
            else onCommand(command.type === "removed" ? REMOVED : command);
            if (command.type === "configuration") void this._outbox.again();
          }
        }
      } catch (error) {
        if (error instanceof Failure && error.code === "not_allowed") {
          // This is a person's token, not a display's. No commands come.
          this._commands = false;
          break;
        }
        if (error instanceof Failure && error.needsToken) {
          // The token is not known any more. To send it again and again would only trouble the server.
          onCommand(REMOVED);
          this._outbox.close();
          return;
        }
        // The network, or the server starts again: below it is asked once more.
        pauseMs = Failure.of(error, "server_gone").pauseMs(STREAM_RETRY_MS);
      } finally {
        signal.removeEventListener("abort", end);
        // What is left of it must not stay open: the server would take it for a page that listens.
        end();
      }
      this._stream = "";
      await pause(pauseMs, signal);
    }
    this._outbox.close();
  }

  /**
   * An answer that goes on for long: only its beginning has to come soon. A network that was away for a while would
   * otherwise let one wait for half a minute.
   * @param {string} path @param {AbortController} attempt
   */
  async _open(path, attempt) {
    const patience = setTimeout(() => attempt.abort(), PATIENCE_MS);
    try {
      return await fetch(this._prefix + path, { headers: this._headers(), redirect: "manual", signal: attempt.signal });
    } finally {
      clearTimeout(patience);
    }
  }

  /** @param {Record<string, unknown>} report */
  async _post(report) {
    if (!this._stream) throw new Failure("server_gone");
    return this._send("POST", "/session/report", { stream: this._stream, ...report });
  }

  _headers() {
    return { Authorization: `Bearer ${this._token()}` };
  }

  /** @param {string} method @param {string} path @param {Record<string, unknown>} [body] @param {number} [patienceMs] */
  _send(method, path, body, patienceMs) {
    /** @type {Record<string, string>} */
    const headers = this._headers();
    if (body) headers["Content-Type"] = "application/json";
    return send(
      (signal) =>
        fetch(this._prefix + path, {
          method,
          headers,
          body: body && JSON.stringify(body),
          redirect: "manual",
          signal,
        }),
      patienceMs,
    );
  }
}

/** Wait, but no longer than until the network is there again, or nobody waits any more. @param {number} ms @param {AbortSignal} signal */
function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(undefined);
      return;
    }
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.("online", done, { once: true });
    signal.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      signal.removeEventListener("abort", done);
      resolve(undefined);
    }
  });
}

/** @param {Response} response */
function isStream({ headers }) {
  return /^application\/x-ndjson\b/i.test(headers.get("Content-Type") ?? "");
}

/**
 * The commands in a stream of lines, JSON each; empty lines keep the connection open.
 * @param {ReadableStream<Uint8Array>} stream
 * @returns {AsyncGenerator<Command>}
 */
async function* commandsOf(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const cancel = () => void reader.cancel().catch(() => {});
  let rest = "";
  try {
    for (;;) {
      // A connection can be lost without any sign. Reading it would never end.
      const patience = setTimeout(cancel, STREAM_SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(patience));
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim()) yield JSON.parse(line);
    }
  } finally {
    // Also where a line is no JSON, or who takes the commands has thrown.
    cancel();
  }
}
