/**
 * A dialogue that runs: time passes in it, its tools are run, and what else it wants is handed on.
 */

import { Dialogue } from "./dialogue.js";
import { Timers } from "./timers.js";
import { runTool } from "./tools.js";

/** @typedef {import("./dialogue.js").Effect} Effect */
/** @typedef {import("./dialogue.js").Limits} Limits */
/** @typedef {{[Kind in Effect["do"]]: (effect: Extract<Effect, {do: Kind}>) => void}} Hooks What is done about each kind of effect. */

/** How often time passes for the dialogue, in ms. */
const TICK_MS = 500;
/** After how long a silence it ends, and how long it lasts at most, where the server does not say, in seconds. */
const IDLE_S = 60;
const LENGTH_S = 30 * 60;

export class Talk {
  /**
   * @param {Omit<Hooks, "run">} hooks
   * @param {(name: string, args: Record<string, unknown>, signal: AbortSignal) => Promise<import("../server/running-tool.js").Executed>} execute Runs a tool.
   */
  constructor(hooks, execute) {
    this._hooks = { ...hooks, run: (/** @type {Extract<Effect, {do: "run"}>} */ { call }) => void this._run(call) };
    this._execute = execute;
    this._dialogue = new Dialogue();
    this._timers = new Timers();
    this._life = new AbortController();
  }

  /** The captions, oldest first. */
  get lines() {
    return this._dialogue.lines;
  }

  /** Nobody speaks, and nothing is done. */
  get quiet() {
    return this._dialogue.quiet;
  }

  /** A connection stands, the first or another one. @param {Limits} limits */
  connected(limits) {
    this._apply(this._dialogue.connected(limits));
    this._tick();
  }

  /** The connection is lost, or given up for another one. */
  lost() {
    this._timers.cancelAll();
    this._apply(this._dialogue.lost());
  }

  /** @param {import("./openings.js").Opening} opening */
  say(opening) {
    this._apply(this._dialogue.say(opening));
  }

  /** @param {Record<string, any>} event One of the provider's. */
  take(event) {
    this._apply(this._dialogue.take(event));
  }

  /**
   * @param {boolean} audible What the assistant says now is heard.
   * @param {boolean} waits It will be after a tap.
   */
  heard(audible, waits) {
    this._apply(this._dialogue.heard(audible, waits));
  }

  /** @returns {import("./openings.js").Opening[]} What the assistant was to say, and nobody has heard. */
  missed() {
    return this._dialogue.missed();
  }

  /** It is over. */
  close() {
    this._life.abort();
    this._timers.cancelAll();
  }

  _tick() {
    this._timers.after("tick", TICK_MS, () => {
      this._tick();
      this._apply(this._dialogue.tick());
    });
  }

  /** @param {Effect[]} effects */
  _apply(effects) {
    for (const effect of effects) {
      // One of them may have been the end of it.
      if (this._life.signal.aborted) return;
      /** @type {Record<string, (effect: any) => void>} */ (this._hooks)[effect.do](effect);
    }
  }

  /** What has begun in the home goes on, also across connections. @param {import("./conversation.js").Call} call */
  async _run(call) {
    const { output, later } = await runTool(call, (name, args) => this._execute(name, args, this._life.signal));
    this._apply(this._dialogue.answered(call.callId, output, later !== undefined));
    if (later) this._apply(this._dialogue.finished(call.callId, await later));
  }
}

/**
 * @param {{idleMs?: number, lengthMs?: number}} options Instead of what the server says.
 * @param {Partial<import("../server/secrets.js").ClientSecret>} [secret]
 * @returns {Limits}
 */
export function limitsOf(
  { idleMs, lengthMs },
  { idle_timeout: idle = IDLE_S, session_length: length = LENGTH_S } = {},
) {
  return { idleMs: idleMs ?? idle * 1_000, lengthMs: lengthMs ?? length * 1_000 };
}
