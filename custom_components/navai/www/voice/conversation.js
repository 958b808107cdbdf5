/**
 * The conversation according to the provider's events: who speaks, what is said, which tools are called. Pure: events go
 * in, changes come out; docs/wire.md has the events.
 */

import { Lines } from "./lines.js";

/** @typedef {"listening" | "thinking" | "speaking"} Activity */
/** @typedef {import("./lines.js").Line} Line */
/** @typedef {{callId: string, name: string, arguments: string}} Call */
/** @typedef {{kind: "failed" | "incomplete", code: string}} Trouble Why a response was not completed, with the provider's code or reason. */
/**
 * @typedef {object} Change
 * @property {Activity} [activity] What it does now, where that changed.
 * @property {Line[]} [lines] Lines of the captions that are new or changed.
 * @property {Call[]} [calls] Tools to run.
 * @property {Record<string, unknown>} [usage] Of one response or one transcript, for the budget.
 * @property {{model?: string}} [transcription] The usage is of the transcript of what a person said, by this model.
 * @property {Trouble} [trouble]
 * @property {string} [error] The provider's code of an error.
 * @property {boolean} [interrupted] The person spoke into the answer: be silent at once.
 */

export class Conversation {
  /** @param {() => number} [now] Time in ms that only grows. */
  constructor(now = () => performance.now()) {
    this._now = now;
    this._lines = new Lines();
    /** @type {Activity} */
    this.activity = "listening";
    /** Whether the person is speaking at this moment. */
    this.personSpeaks = false;
    this._interruptible = true;
    /** @type {string | undefined} The model that writes down what a person says. */
    this._transcriber = undefined;
    /** Whether words of the assistant are wanted, and none are being made. */
    this._due = false;
    /** @type {Call[]} */
    this._calls = [];
    this._responding = false;
    /** @type {{since: number, response: string} | undefined} What is heard at this moment. */
    this._heard = undefined;
  }

  /** The captions, oldest first. */
  get lines() {
    return this._lines.all;
  }

  /** Whether the assistant is heard at this moment. */
  get playing() {
    return this._heard !== undefined;
  }

  /** Whether an answer is being made. */
  get responding() {
    return this._responding;
  }

  /**
   * @param {Record<string, any>} event One of the server's events.
   * @returns {Change}
   */
  take(event) {
    switch (event.type) {
      case "session.created":
      case "session.updated":
        this._interruptible = event.session?.audio?.input?.turn_detection?.interrupt_response !== false;
        this._transcriber = event.session?.audio?.input?.transcription?.model;
        return {};
      case "input_audio_buffer.speech_started":
        return this._speechStarted();
      case "input_audio_buffer.speech_stopped":
        this.personSpeaks = false;
        return this.playing ? {} : this._turn("thinking");
      case "input_audio_buffer.committed":
        // Its words are known later, often after the answer has begun: they shall stand before it.
        this._lines.open(event.item_id, "person");
        return {};
      case "conversation.item.input_audio_transcription.delta":
        return { lines: [this._lines.append(event.item_id, "person", event.delta ?? "")] };
      case "conversation.item.input_audio_transcription.completed":
        return { lines: [this._lines.finish(event.item_id, "person", event.transcript)], ...this._transcribed(event) };
      case "response.created":
        this._responding = true;
        this._due = false;
        this._calls = [];
        return this.playing || this.personSpeaks ? {} : this._turn("thinking");
      case "output_audio_buffer.started":
        this._heard = { since: this._now(), response: String(event.response_id) };
        return this._turn("speaking");
      case "response.output_audio_transcript.delta":
      case "response.output_text.delta":
        return this._saying(event, this._lines.append(event.item_id, "assistant", event.delta ?? ""));
      case "response.output_audio_transcript.done":
        return this._saying(event, this._lines.finish(event.item_id, "assistant", event.transcript));
      case "response.output_text.done":
        return this._saying(event, this._lines.finish(event.item_id, "assistant", event.text));
      case "response.output_item.done":
        this._note(event.item);
        return {};
      case "output_audio_buffer.stopped":
        if (this._heard) this._lines.measure(this._heard.response, this._now() - this._heard.since);
        return this._silent();
      case "output_audio_buffer.cleared":
        return this._silent();
      case "conversation.item.truncated":
        return { lines: this._lines.heard(event.item_id, Number(event.audio_end_ms)) };
      case "response.done":
        return this._responseDone(event.response ?? {});
      case "error":
        return { error: String(event.error?.code ?? event.error?.type ?? "provider_error") };
      default:
        return {};
    }
  }

  /**
   * Words of the assistant are wanted that nobody has begun to say, or no longer.
   * @param {boolean} due
   */
  expect(due) {
    this._due = due;
    if (!this.playing) this._rest();
  }

  /** What was said so far, as items for a new session. */
  carryOver() {
    return this._lines.carryOver();
  }

  /**
   * The connection is lost: what was under way is over, and what was not heard was not said.
   * @returns {{lines: Line[], unheard: string | undefined}} The lines that changed, and the words that were on their way;
   *   undefined where no answer was being said.
   */
  lost() {
    const lines = this._cut();
    const words = lines
      .map((line) => this._lines.unheard(line))
      .join(" ")
      .trim();
    const unheard = words || (this._responding && lines.length) ? words : undefined;
    this._lines.close();
    this._responding = this.personSpeaks = this._due = false;
    this._heard = undefined;
    this._calls = [];
    this.activity = "listening";
    return { lines, unheard };
  }

  /** @returns {Change} */
  _speechStarted() {
    this.personSpeaks = true;
    // Where the profile lets nobody interrupt, the answer goes on.
    if (this.playing && !this._interruptible) return {};
    const interrupted = this.playing;
    const lines = this._cut();
    this._heard = undefined;
    return { ...this._turn("listening"), interrupted, lines };
  }

  /** The answer that is heard ends here. @returns {Line[]} What changed. */
  _cut() {
    return this._heard ? this._lines.cut(this._heard.response, this._now() - this._heard.since) : [];
  }

  /** @returns {Change} */
  _silent() {
    if (!this.playing) return {};
    this._heard = undefined;
    return this._rest();
  }

  /** @param {Record<string, any>} response @returns {Change} */
  _responseDone(response) {
    this._responding = false;
    /** @type {Change} */
    const change = {};
    if (response.usage) change.usage = response.usage;
    const { status, status_details: details } = response;
    if (status === "failed" || status === "incomplete") {
      const code = status === "failed" ? (details?.error?.code ?? details?.error?.type) : details?.reason;
      change.trouble = { kind: status, code: String(code ?? "unknown") };
      change.lines = this._lines.leftOpen(response.id);
    } else if (this._calls.length && status !== "cancelled") {
      change.calls = this._calls;
      this._due = true;
    }
    this._calls = [];
    // What was made may still sound.
    return this.playing ? change : { ...change, ...this._rest() };
  }

  /** A transcript is billed apart from the response. @param {Record<string, any>} event @returns {Change} */
  _transcribed({ usage }) {
    return usage ? { usage, transcription: { model: this._transcriber } } : {};
  }

  /** What it does when no answer is heard. @returns {Change} */
  _rest() {
    const thinks = !this.personSpeaks && (this._responding || this._due);
    return this._turn(thinks ? "thinking" : "listening");
  }

  /** @param {Record<string, any>} event @param {Line} line @returns {Change} */
  _saying(event, line) {
    return { lines: [this._lines.saidBy(line, event.response_id)] };
  }

  /** @param {Record<string, any> | undefined} item */
  _note(item) {
    if (item?.type === "function_call" && item.status !== "incomplete") {
      this._calls.push({
        callId: String(item.call_id),
        name: String(item.name),
        arguments: String(item.arguments ?? ""),
      });
    }
  }

  /** @param {Activity} activity @returns {Change} */
  _turn(activity) {
    if (activity === this.activity) return {};
    this.activity = activity;
    return { activity };
  }
}
