/**
 * Everything that makes the model speak, one thing after the other: the provider makes one answer at a time, and refuses
 * to begin another meanwhile. Pure: it sees the events, and says what to send next. Times in ms.
 *
 * A result of a tool is spoken once: by an answer that is asked for when none is under way, or by the answer to what the
 * person said meanwhile, if the provider had the result before it began that answer.
 */

import { requestOf } from "./openings.js";

/** @typedef {import("./openings.js").Opening} Opening */
/** @typedef {{eventId: string, since: number, opening: Opening | undefined}} Asked An answer that was asked for; without an opening, for the results. */
/** @typedef {{calls: Set<string>}} Batch Calls of one response that have no output yet. */
/**
 * @typedef {object} Result Something that the model has not put into words.
 * @property {string} itemId Of the item that brings it to the model.
 * @property {boolean} known Whether the provider has it.
 * @property {Batch | undefined} batch The results of one response are spoken together.
 */

/** After how long what was expected does not come any more, in ms. */
const PATIENCE_MS = 8_000;

export class SpeechQueue {
  /** @param {() => number} now */
  constructor(now) {
    this._now = now;
    this._number = 0;
    /** @type {Opening[]} */
    this._openings = [];
    /** @type {Set<Batch>} */
    this._batches = new Set();
    /** @type {Record<string, unknown>[]} Events to send, whatever is being said. */
    this._items = [];
    /** @type {Result[]} */
    this._results = [];
    /** @type {Asked | undefined} */
    this._asked = undefined;
    /** @type {Opening | undefined} What is being said, while somebody may not have heard it to its end. */
    this._saying = undefined;
    /** @type {{since: number, seen: boolean} | undefined} The answer that is being made; not `seen`: the provider only said so. */
    this._response = undefined;
    /** @type {"none" | "speaking" | "answered soon"} What the person does. */
    this._turn = "none";
    /** Since when the answer to the person could have begun. */
    this._turnSince = 0;
    this._answersByItself = true;
  }

  /** Whether words of the assistant are wanted, and none are being made. */
  get due() {
    const wanted = this._batches.size || this._results.length || this._openings.length || this._asked;
    return Boolean(wanted) || this._turn === "answered soon";
  }

  /** Whether an answer is due, to the person or about results. */
  get owes() {
    return this._results.length > 0 || (this._asked && !this._asked.opening) || this._turn === "answered soon";
  }

  /** @param {Opening} opening */
  say(opening) {
    this._openings.push(opening);
  }

  /** Tools run, each to have an output. @param {string[]} callIds */
  called(callIds) {
    this._batches.add({ calls: new Set(callIds) });
  }

  /** A tool has an output. @param {string} callId @param {string} output */
  answered(callId, output) {
    const batch = [...this._batches].find(({ calls }) => calls.has(callId));
    if (!batch) return;
    batch.calls.delete(callId);
    if (!batch.calls.size) this._batches.delete(batch);
    this.tell({ type: "function_call_output", call_id: callId, output }, batch);
  }

  /**
   * Let the model know something, and put it into words.
   * @param {Record<string, unknown>} item @param {Batch} [batch]
   */
  tell(item, batch) {
    const id = this._newId("item");
    this.inform({ ...item, id });
    // What is sent before the person has finished is known to the answer.
    this._results.push({ itemId: id, known: this._turn === "speaking", batch });
  }

  /** Let the model know something. @param {Record<string, unknown>} item */
  inform(item) {
    this._items.push({ type: "conversation.item.create", item });
  }

  /** The model has to go on: the provider itself did what it wanted done. */
  goOn() {
    this._results.push({ itemId: "", known: true, batch: undefined });
  }

  /** @param {Record<string, any>} event @returns {boolean} Whether an answer that was asked for will not come. */
  take(event) {
    switch (event.type) {
      case "session.created":
      case "session.updated": {
        const detection = event.session?.audio?.input?.turn_detection;
        if (detection !== undefined) this._answersByItself = detection !== null && detection.create_response !== false;
        break;
      }
      case "input_audio_buffer.speech_started":
        this._turn = "speaking";
        break;
      case "input_audio_buffer.speech_stopped":
      case "input_audio_buffer.committed":
        this._turn = this._answersByItself ? "answered soon" : "none";
        this._turnSince = this._now();
        break;
      case "conversation.item.added":
      case "conversation.item.created":
        for (const result of this._results) if (result.itemId === event.item?.id) result.known = true;
        break;
      case "response.created":
        this._began(event.response ?? {});
        break;
      case "output_audio_buffer.stopped":
      case "output_audio_buffer.cleared":
        this._saying = undefined;
        break;
      case "response.done":
        // Nobody refused what was asked for, so it was that.
        if (this._response?.seen && this._asked && this._asked.since <= this._response.since) this._said(this._asked);
        this._response = undefined;
        this._turnSince = this._now();
        break;
      case "error":
        return this._refused(event.error ?? {});
    }
    return false;
  }

  /** @returns {Opening[]} What nobody has begun to say, and nobody will. */
  unsaid() {
    return this._openings.splice(0);
  }

  /** @param {boolean} audible Whether words would be heard. @returns {Record<string, unknown> | undefined} What to send now. */
  next(audible) {
    const item = this._items.shift();
    if (item) return item;
    this._giveUp();
    if (!audible) return undefined;
    if (this._response || this._asked || this._turn !== "none") return undefined;
    if (this._results.some(({ batch }) => !batch?.calls.size)) return this._ask({});
    for (let opening = this._openings.shift(); opening; opening = this._openings.shift()) {
      const response = requestOf(opening);
      if (response) return this._ask(response, opening);
    }
    return undefined;
  }

  /**
   * The connection is lost: the next one has neither the calls nor the items of this one. A greeting that was not heard to its
   * end is said again.
   * @param {boolean} broken Whether an answer was broken off.
   * @returns {boolean} Whether it was a greeting.
   */
  lost(broken) {
    const again = this._asked?.opening ?? (broken ? this._saying : undefined);
    if (again) this._openings.unshift(again);
    this._asked = this._response = this._saying = undefined;
    this._turn = "none";
    this._batches.clear();
    this._items = [];
    this._results = [];
    return again !== undefined;
  }

  /** What is overdue does not come any more. */
  _giveUp() {
    const overdue = (/** @type {number} */ since) => this._now() - since >= PATIENCE_MS;
    if (this._response && !this._response.seen && overdue(this._response.since)) this._response = undefined;
    if (this._asked && !this._response && overdue(this._asked.since)) this._asked = undefined;
    if (this._turn === "answered soon" && !this._response && overdue(this._turnSince)) this._turn = "none";
  }

  /** @param {Record<string, any>} response */
  _began(response) {
    const asked = this._asked;
    this._saying = undefined;
    this._response = { since: this._now(), seen: true };
    if (this._turn === "answered soon") this._turn = "none";
    if (asked && response.metadata?.navai === asked.eventId) this._said(asked);
    // An answer to the person has what the provider knew when it began.
    else this._results = this._results.filter((result) => !result.known);
  }

  /** @param {Asked} asked It is being said. */
  _said(asked) {
    this._asked = undefined;
    this._saying = asked.opening;
    // A greeting has words of its own.
    if (!asked.opening) this._results = this._results.filter(({ batch }) => batch?.calls.size);
  }

  /** @param {Record<string, any>} error */
  _refused(error) {
    const asked = this._asked;
    if (!asked || (error.event_id && error.event_id !== asked.eventId)) return false;
    this._asked = undefined;
    if (error.code === "conversation_already_has_active_response") {
      if (asked.opening) this._openings.unshift(asked.opening);
      this._response ??= { since: this._now(), seen: false };
      return false;
    }
    // It would be refused again.
    if (!asked.opening) this._results = [];
    return true;
  }

  /** @param {Record<string, unknown>} response @param {Opening} [opening] */
  _ask(response, opening) {
    const eventId = this._newId("event");
    this._asked = { eventId, since: this._now(), opening };
    // The answer brings its metadata along, so that it is known which answer it is.
    return { type: "response.create", event_id: eventId, response: { ...response, metadata: { navai: eventId } } };
  }

  /** @param {string} kind */
  _newId(kind) {
    this._number += 1;
    return `navai_${kind}_${this._number}`;
  }
}
