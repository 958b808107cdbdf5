/**
 * The conversation as the provider's events tell it: who speaks, what is said, which tools are wanted. Pure: events go
 * in, changes come out; docs/wire.md has the events.
 */

/** @typedef {"listening" | "thinking" | "speaking"} Activity */
/** @typedef {{id: string, who: "person" | "assistant", text: string, done: boolean}} Line */
/** @typedef {{callId: string, name: string, arguments: string}} Call */
/**
 * @typedef {object} Change
 * @property {Activity} [activity] What it does now, where that changed.
 * @property {Line} [line] A line of the captions that is new or changed.
 * @property {Call[]} [calls] Tools to run; when all are answered, a response is due.
 * @property {Record<string, unknown>} [usage] Of one response, for the budget.
 * @property {string} [error] The provider's code of an error.
 * @property {boolean} [interrupted] The person spoke into the answer: be silent at once.
 */

const MAX_LINES = 200;

export class Conversation {
  constructor() {
    /** @type {Activity} */
    this.activity = "listening";
    /** @type {Line[]} The captions, oldest first. */
    this.lines = [];
    /** @type {Call[]} */
    this._calls = [];
    this._responding = false;
    /** A response was asked for, or is due when the tools are done. */
    this._due = false;
    this._playing = false;
    this._interruptible = true;
  }

  /**
   * @param {Record<string, any>} event One of the server's events.
   * @returns {Change}
   */
  take(event) {
    switch (event.type) {
      case "session.created":
      case "session.updated":
        this._settings(event.session);
        return {};
      case "input_audio_buffer.speech_started": {
        // Where the profile lets nobody interrupt, the answer goes on.
        if (this._playing && !this._interruptible) return {};
        const interrupted = this._playing;
        this._playing = false;
        return { ...this._turn("listening"), interrupted };
      }
      case "input_audio_buffer.speech_stopped":
        return this._playing ? {} : this._turn("thinking");
      case "input_audio_buffer.committed":
        // Its words are known later, often after the answer has begun: they shall stand before it.
        this._line(event.item_id, "person");
        return {};
      case "conversation.item.input_audio_transcription.delta":
        return { line: this._append(event.item_id, "person", event.delta ?? "") };
      case "conversation.item.input_audio_transcription.completed":
        return { line: this._finish(event.item_id, "person", event.transcript) };
      case "response.created":
        this._responding = true;
        this._due = false;
        this._calls = [];
        return this._playing ? {} : this._turn("thinking");
      case "output_audio_buffer.started":
        this._playing = true;
        return this._turn("speaking");
      case "response.output_audio_transcript.delta":
      case "response.output_text.delta":
        return { line: this._append(event.item_id, "assistant", event.delta ?? "") };
      case "response.output_audio_transcript.done":
        return { line: this._finish(event.item_id, "assistant", event.transcript) };
      case "response.output_text.done":
        return { line: this._finish(event.item_id, "assistant", event.text) };
      case "response.output_item.done":
        this._note(event.item);
        return {};
      case "output_audio_buffer.stopped":
      case "output_audio_buffer.cleared":
        if (!this._playing) return {};
        this._playing = false;
        return this._turn(this._responding || this._due ? "thinking" : "listening");
      case "response.done":
        return this._responseDone(event.response ?? {});
      case "error":
        // It may be what was asked for that is refused.
        this._due = false;
        return { error: String(event.error?.code ?? event.error?.type ?? "provider_error") };
      default:
        return {};
    }
  }

  /** Whether an answer is being made, or will be: the provider refuses to make another one meanwhile. */
  get busy() {
    return this._responding || this._due;
  }

  /** An answer was asked for. */
  asked() {
    this._due = true;
  }

  /** What was said so far, as items for a new session: so that a lost connection loses no context. */
  carryOver() {
    return this.lines
      .filter((line) => line.text)
      .map((line) => ({
        type: "message",
        role: line.who === "person" ? "user" : "assistant",
        content: [{ type: line.who === "person" ? "input_text" : "output_text", text: line.text }],
      }));
  }

  /** The connection is another one now: what was under way there is over. */
  reconnected() {
    this._responding = this._due = this._playing = false;
    this._calls = [];
    for (const line of this.lines) line.done = true;
    this.activity = "listening";
  }

  /** @param {Record<string, any> | undefined} session */
  _settings(session) {
    const detection = session?.audio?.input?.turn_detection;
    this._interruptible = detection?.interrupt_response !== false;
  }

  /** @param {Record<string, any>} response */
  _responseDone(response) {
    this._responding = false;
    /** @type {Change} */
    const change = {};
    if (response.usage) change.usage = response.usage;
    if (response.status === "failed") {
      change.error = String(response.status_details?.error?.code ?? "response_failed");
    }
    if (this._calls.length && response.status !== "cancelled") {
      change.calls = this._calls;
      this._calls = [];
      this._due = true;
    }
    // What was made may still sound.
    return this._playing ? change : { ...change, ...this._turn(this._due ? "thinking" : "listening") };
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

  /** @param {string} id @param {Line["who"]} who */
  _line(id, who) {
    let line = this.lines.find((each) => each.id === id);
    if (!line) {
      line = { id, who, text: "", done: false };
      this.lines.push(line);
      if (this.lines.length > MAX_LINES) this.lines.shift();
    }
    return line;
  }

  /** @param {string} id @param {Line["who"]} who @param {string} more */
  _append(id, who, more) {
    const line = this._line(id, who);
    line.text += more;
    return line;
  }

  /** @param {string} id @param {Line["who"]} who @param {string | undefined} text */
  _finish(id, who, text) {
    const line = this._line(id, who);
    if (text !== undefined) line.text = text.trim();
    line.done = true;
    return line;
  }
}
