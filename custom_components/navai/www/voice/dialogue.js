/**
 * What a conversation does about the provider's events: what to send, to run, to show and to report, in which order, and when
 * it is over. Pure: events, results of tools and the time go in, effects come out. Its rules stand as data in
 * `tests/scenarios`, which a server's implementation has to meet as well.
 */

import { Conversation } from "./conversation.js";
import { EchoWatch } from "./echo-watch.js";
import { spentFailure } from "./refusal.js";
import { RemoteTools } from "./remote-tools.js";
import { SpeechQueue } from "./speech-queue.js";
import { ToolLog } from "./tool-log.js";
import { RESPONSE_NOTICES, troubleOf } from "./response-trouble.js";
import { Unheard } from "./unheard.js";

/** @typedef {import("./conversation.js").Activity} Activity */
/** @typedef {import("./conversation.js").Call} Call */
/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("./openings.js").Opening} Opening */
/**
 * @typedef {{do: "send", event: Record<string, unknown>} | {do: "run", call: Call} | {do: "activity", activity: Activity} |
 *   {do: "line", line: Line} | {do: "usage", usage: Record<string, unknown>, transcription?: {model?: string}} | {do: "hush", silent: boolean} |
 *   {do: "gate", closed: boolean} | {do: "notice", code: string, values: Record<string, string | number>} |
 *   {do: "withdraw", codes: readonly string[]} | {do: "problem", code: string, providerCode: string} |
 *   {do: "fail", failure: import("../server/failure.js").Failure} | {do: "reconnect"} | {do: "end", code: string}} Effect
 * `hush`: the assistant's voice is silent at once; `gate`: the provider receives no sound meanwhile; `problem`: report it.
 */
/**
 * @typedef {object} Limits In ms.
 * @property {number} idleMs After how long a silence it ends.
 * @property {number} lengthMs How long it lasts at most.
 */

/** How long before its end people get a notice, in ms. */
const WARN_MS = 60_000;

export class Dialogue {
  /** @param {() => number} [now] Time in ms that only grows. */
  constructor(now = () => performance.now()) {
    this._now = now;
    /** @type {Limits} */
    this._limits = { idleMs: Infinity, lengthMs: Infinity };
    this._conversation = new Conversation(now);
    this._queue = new SpeechQueue(now);
    this._tools = new ToolLog();
    this._echo = new EchoWatch(now);
    this._unheard = new Unheard();
    /** Whether what the assistant says is heard. */
    this._audible = true;
    /** @type {Activity} The last reported activity. */
    this._told = "listening";
    /** Whether a connection stands. */
    this._connected = false;
    /** @type {number | undefined} */
    this._startedAt = undefined;
    this._warned = false;
    /** @type {number | undefined} Since when nobody speaks and nothing is done. */
    this._quietSince = undefined;
    this._remote = new RemoteTools();
    /** @type {{unheard?: string} | undefined} The loss of the connection broke off an answer, with words that were not heard, or before it began. */
    this._brokenOff = undefined;
  }

  /** The captions, oldest first. */
  get lines() {
    return this._conversation.lines;
  }

  /** Nobody speaks, and nothing is done. */
  get quiet() {
    return this._quietSince !== undefined && this._conversation.activity === "listening";
  }

  /** A connection stands, the first or another one. @param {Limits} limits @returns {Effect[]} */
  connected(limits) {
    this._limits = limits;
    this._connected = true;
    if (this._startedAt === undefined) this._startedAt = this._now();
    else this._carryOver();
    const event = this._echo.stopInterruption();
    return this._then(event ? [{ do: "send", event }] : []);
  }

  /** The connection is lost, or given up for another one. @returns {Effect[]} */
  lost() {
    if (!this._connected) return [];
    this._connected = false;
    const due = this._conversation.responding || this._queue.owes || this._remote.busy;
    const { lines, unheard } = this._conversation.lost();
    const greeting = this._queue.lost(due || unheard !== undefined);
    this._brokenOff = (due || unheard !== undefined) && !greeting ? { unheard } : undefined;
    this._tools.lost();
    this._remote.lost();
    this._told = "listening";
    this._quietSince = undefined;
    return lines.map((line) => ({ do: "line", line }));
  }

  /** @param {Opening} opening @returns {Effect[]} */
  say(opening) {
    this._queue.say(opening);
    return this._then([]);
  }

  /**
   * Whether the assistant can be heard. While it cannot, it is not asked to say anything, and what it says all the same is
   * said again.
   * @param {boolean} audible @param {boolean} waits A tap makes it so.
   * @returns {Effect[]}
   */
  heard(audible, waits) {
    if (waits) this._unheard.begin(this.lines, this._conversation.activity === "speaking");
    this._audible = audible;
    return this._then([]);
  }

  /** @returns {Opening[]} What the assistant was to say, and nobody has heard. */
  missed() {
    const line = this._unheard.end(this.lines);
    const alone = !this.lines.some(({ who }) => who === "person");
    return [...this._queue.unsaid(), ...(line && alone ? [{ line }] : [])];
  }

  /**
   * A tool has an output for the model.
   * @param {string} callId @param {string} output @param {boolean} [runs] It still runs: its result comes later.
   * @returns {Effect[]}
   */
  answered(callId, output, runs = false) {
    const tool = this._tools.answered(callId, output, runs);
    if (!tool?.here) return runs ? [] : this._ended(tool);
    this._queue.answered(callId, output);
    return this._then([]);
  }

  /**
   * A tool that still ran has ended.
   * @param {string} callId @param {string | undefined} output Undefined: there is nothing to tell.
   * @returns {Effect[]}
   */
  finished(callId, output) {
    if (output === undefined) {
      this._tools.forget(callId);
      return this._then([]);
    }
    return this._ended(this._tools.answered(callId, output, false));
  }

  /** Time has passed. Call it about twice a second. @returns {Effect[]} */
  tick() {
    const now = this._now();
    if (!this._connected) return [];
    if (this._quietSince !== undefined && now - this._quietSince >= this._limits.idleMs) {
      return [{ do: "end", code: "idle" }];
    }
    const left = this._limits.lengthMs - (now - (this._startedAt ?? now));
    /** @type {Effect[]} */
    const effects = [];
    if (left <= 0) {
      const minutes = Math.round(this._limits.lengthMs / 60_000);
      effects.push({ do: "notice", code: "session_length", values: { minutes } });
      effects.push({ do: "end", code: "session_length" });
      return effects;
    }
    if (left <= WARN_MS && this._limits.lengthMs > 2 * WARN_MS && !this._warned) {
      this._warned = true;
      effects.push({ do: "notice", code: "ends_soon", values: { seconds: WARN_MS / 1_000 } });
    }
    return this._then(effects);
  }

  /** @param {Record<string, any>} event One of the server's events. @returns {Effect[]} */
  take(event) {
    const conversation = this._conversation;
    const heard = conversation.playing;
    const change = conversation.take(event);
    const refused = this._queue.take(event);
    /** @type {Effect[]} */
    const effects = [];
    if (event.type === "session.created" || event.type === "session.updated") this._echo.configured(event.session);
    if (event.type === "response.created") effects.push({ do: "withdraw", codes: RESPONSE_NOTICES });
    if (conversation.playing && !heard) effects.push({ do: "hush", silent: false });
    if (change.interrupted) {
      effects.push({ do: "hush", silent: true });
      this._echo.interrupted(event.item_id, this.lines);
    }
    for (const line of change.lines ?? []) effects.push({ do: "line", line });
    if (event.type === "conversation.item.input_audio_transcription.completed") {
      this._echo.understood(event.item_id, String(event.transcript ?? ""));
    }
    if (change.usage) effects.push({ do: "usage", usage: change.usage, transcription: change.transcription });
    if (change.calls) {
      this._queue.called(change.calls.map(({ callId }) => callId));
      for (const call of change.calls) {
        this._tools.called(call);
        effects.push({ do: "run", call });
      }
    }
    if (change.trouble) effects.push(...this._trouble(change.trouble));
    if (refused) effects.push(...this._trouble({ kind: "failed", code: change.error ?? "unknown" }));
    const spent = spentFailure(change.error);
    if (spent) effects.push({ do: "fail", failure: spent });
    if (change.error === "session_expired") effects.push({ do: "reconnect" });
    if (this._remote.take(event)) this._queue.goOn();
    if (this._echo.turnedOut()) {
      const update = this._echo.stopInterruption();
      if (update) effects.push({ do: "send", event: update });
      effects.push({ do: "notice", code: "hears_itself", values: {} });
      effects.push({ do: "problem", code: "hears_itself", providerCode: "" });
    }
    if (this._echo.closed && conversation.playing !== heard) effects.push({ do: "gate", closed: conversation.playing });
    return this._then(effects);
  }

  /** @param {import("./tool-log.js").Tool | undefined} tool One whose output the model gets as a message. @returns {Effect[]} */
  _ended(tool) {
    if (!tool) return [];
    // The next connection gets all tools, and talks about this one.
    if (!this._connected) this._brokenOff ??= {};
    else this._queue.tell(this._tools.note(tool));
    return this._then([]);
  }

  /** What follows from anything: what is sent now, what it does now, and whether it is quiet. @param {Effect[]} effects */
  _then(effects) {
    if (!this._connected) return effects;
    const unheard = this._audible && !this._conversation.responding ? this._unheard.end(this.lines) : "";
    if (unheard) {
      // The end of it may still sound.
      effects.push({ do: "send", event: { type: "output_audio_buffer.clear" } });
      this._queue.say({ line: unheard });
    }
    const next = () => this._queue.next(this._audible);
    for (let event = next(); event; event = next()) effects.push({ do: "send", event });
    this._conversation.expect(this._queue.due);
    const { activity, personSpeaks } = this._conversation;
    if (activity !== this._told) effects.push({ do: "activity", activity });
    const quiet = activity !== "speaking" && !personSpeaks && !this._tools.running && !this._remote.busy;
    // Waiting for an answer is counted from when it begins.
    if (!quiet) this._quietSince = undefined;
    else if (this._quietSince === undefined || activity !== this._told) this._quietSince = this._now();
    this._told = activity;
    return effects;
  }

  /** @param {import("./conversation.js").Trouble} trouble @returns {Effect[]} */
  _trouble(trouble) {
    const spent = trouble.kind === "failed" ? spentFailure(trouble.code) : undefined;
    if (spent) return [{ do: "fail", failure: spent }];
    const { code, providerCode } = troubleOf(trouble);
    return [
      { do: "notice", code, values: { reason: providerCode } },
      { do: "problem", code, providerCode },
    ];
  }

  /** Tell the new session what was said and done, and let it go on where the former one was broken off. */
  _carryOver() {
    for (const item of this._conversation.carryOver()) this._queue.inform(item);
    for (const tool of this._tools.all()) this._queue.inform(this._tools.note(tool));
    const brokenOff = this._brokenOff;
    this._brokenOff = undefined;
    if (!brokenOff) return;
    const understood = this.lines[this.lines.length - 1]?.text || this._tools.all().length;
    if (brokenOff.unheard !== undefined) this._queue.tell(note(goOn(brokenOff.unheard)));
    else if (understood) this._queue.goOn();
    else this._queue.tell(note(ASK_AGAIN));
  }
}

const ASK_AGAIN = "The connection was interrupted before you received what the person said. Ask them to say it again.";

/** @param {string} unheard */
function goOn(unheard) {
  const rest = unheard ? ` You were about to say: ${unheard}` : "";
  return `The connection was interrupted while you were speaking. The person heard only what stands above. Go on from there, without repeating it.${rest}`;
}

/** @param {string} text */
function note(text) {
  return { type: "message", role: "system", content: [{ type: "input_text", text }] };
}
