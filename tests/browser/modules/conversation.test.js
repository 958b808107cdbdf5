// The conversation: what the provider's events make of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "./voice/conversation.js";

/** @param {Conversation} conversation @param {...Record<string, any>} events */
function take(conversation, ...events) {
  return events.map((event) => conversation.take(event));
}

const spoke = { type: "input_audio_buffer.speech_started" };
const paused = { type: "input_audio_buffer.speech_stopped" };
const thinks = { type: "response.created" };
const sounds = { type: "output_audio_buffer.started" };
const silent = { type: "output_audio_buffer.stopped" };
const cleared = { type: "output_audio_buffer.cleared" };
const done = { type: "response.done", response: { status: "completed" } };
const cancelled = { type: "response.done", response: { status: "cancelled" } };
const committed = (id) => ({ type: "input_audio_buffer.committed", item_id: id });
const heard = (id, text) => ({
  type: "conversation.item.input_audio_transcription.completed",
  item_id: id,
  transcript: text,
});
const hears = (id, text) => ({
  type: "conversation.item.input_audio_transcription.delta",
  item_id: id,
  delta: text,
});
const says = (id, text) => ({ type: "response.output_audio_transcript.delta", item_id: id, delta: text });
const said = (id, text) => ({ type: "response.output_audio_transcript.done", item_id: id, transcript: text });
const call = (id, name = "turn_on", args = "{}") => ({
  type: "response.output_item.done",
  item: { type: "function_call", status: "completed", call_id: id, name, arguments: args },
});
const uninterruptible = {
  type: "session.created",
  session: { audio: { input: { turn_detection: { interrupt_response: false } } } },
};

test("a turn goes from listening to thinking, speaking and back", () => {
  const conversation = new Conversation();
  const changes = take(conversation, spoke, paused, thinks, sounds, done, silent);
  assert.deepEqual(
    changes.map((change) => change.activity),
    [undefined, "thinking", undefined, "speaking", undefined, "listening"],
  );
});

test("audio is made faster than it is heard: the end of the response is not the end of the speech", () => {
  const conversation = new Conversation();
  take(conversation, thinks, sounds, done);
  assert.equal(conversation.activity, "speaking");
  take(conversation, silent);
  assert.equal(conversation.activity, "listening");
});

test("audio that ends before its response is done leaves the rest to be thought", () => {
  const conversation = new Conversation();
  take(conversation, thinks, sounds, silent);
  assert.equal(conversation.activity, "thinking");
  take(conversation, done);
  assert.equal(conversation.activity, "listening");
});

test("who speaks into the answer silences it", () => {
  const conversation = new Conversation();
  take(conversation, thinks, sounds);
  const [change, ...after] = take(conversation, spoke, cancelled, cleared);
  assert.deepEqual(change, { activity: "listening", interrupted: true, lines: [] });
  assert.ok(after.every((each) => !each.interrupted && !each.activity));
});

test("who speaks while nothing sounds interrupts nothing", () => {
  const [change] = take(new Conversation(), spoke);
  assert.equal(change.interrupted, false);
});

test("where nobody may interrupt, the answer goes on", () => {
  const conversation = new Conversation();
  take(conversation, uninterruptible, thinks, sounds);
  assert.deepEqual(take(conversation, spoke, paused), [{}, {}]);
  assert.equal(conversation.activity, "speaking");
  take(conversation, { type: "session.updated", session: {} });
  assert.equal(take(conversation, spoke)[0].interrupted, true);
});

test("captions grow word by word and end as the whole text", () => {
  const conversation = new Conversation();
  take(conversation, hears("u", "Good "), hears("u", "mor"), heard("u", " Good morning. "), says("a", "Hel"));
  assert.deepEqual(conversation.lines, [
    { id: "u", who: "person", text: "Good morning.", done: true },
    { id: "a", who: "assistant", text: "Hel", done: false },
  ]);
});

test("what the person said stands before the answer, though it is transcribed after it", () => {
  const conversation = new Conversation();
  take(conversation, committed("u"), thinks, says("a", "Soup"), said("a", "Soup."), heard("u", "What?"));
  assert.deepEqual(
    conversation.lines.map((line) => line.text),
    ["What?", "Soup."],
  );
});

test("a transcript without a text keeps what was collected", () => {
  const conversation = new Conversation();
  take(conversation, says("a", "Soup"), said("a", undefined));
  assert.deepEqual(conversation.lines[0], { id: "a", who: "assistant", text: "Soup", done: true });
});

test("text is as good as speech", () => {
  const conversation = new Conversation();
  take(
    conversation,
    { type: "response.output_text.delta", item_id: "a", delta: "So" },
    { type: "response.output_text.done", item_id: "a", text: "Soup" },
  );
  assert.equal(conversation.lines[0].text, "Soup");
});

test("tools are wanted together, when their response is done", () => {
  const conversation = new Conversation();
  const changes = take(conversation, thinks, call("1"), call("2", "turn_off", '{"room": "hall"}'), done);
  assert.deepEqual(changes.at(-1), {
    calls: [
      { callId: "1", name: "turn_on", arguments: "{}" },
      { callId: "2", name: "turn_off", arguments: '{"room": "hall"}' },
    ],
  });
  assert.equal(conversation.activity, "thinking");
  assert.equal(take(conversation, done)[0].calls, undefined);
});

test("what is said before the tools run is spoken to its end", () => {
  const conversation = new Conversation();
  take(conversation, thinks, sounds, call("1"), done);
  assert.equal(conversation.activity, "speaking");
  take(conversation, silent);
  assert.equal(conversation.activity, "thinking");
  take(conversation, thinks, sounds, done, silent);
  assert.equal(conversation.activity, "listening");
});

test("tools of a response that was cancelled, or of a call that was cut off, are not run", () => {
  const conversation = new Conversation();
  assert.equal(take(conversation, thinks, call("1"), cancelled).at(-1)?.calls, undefined);
  const cut = call("2");
  cut.item.status = "incomplete";
  assert.equal(take(conversation, thinks, cut, done).at(-1)?.calls, undefined);
  assert.equal(take(conversation, thinks, done).at(-1)?.calls, undefined);
  assert.equal(conversation.activity, "listening");
});

test("usage and failures are told with the response", () => {
  const conversation = new Conversation();
  const usage = { total_tokens: 12 };
  const failed = { status: "failed", usage, status_details: { error: { code: "rate_limit_exceeded" } } };
  const [, change] = take(conversation, thinks, { type: "response.done", response: failed });
  assert.deepEqual([change.usage, change.activity], [usage, "listening"]);
  assert.deepEqual(change.trouble, { kind: "failed", code: "rate_limit_exceeded" });
  const responses = [
    { status: "failed" },
    { status: "failed", status_details: { error: { type: "server_error", code: null } } },
    { status: "incomplete", status_details: { reason: "content_filter" } },
    { status: "completed" },
  ];
  const troubles = responses.map((response) => take(conversation, { type: "response.done", response })[0].trouble);
  assert.deepEqual(
    troubles.map((trouble) => trouble?.code),
    ["unknown", "server_error", "content_filter", undefined],
  );
});

test("an error has the provider's code, or its type", () => {
  const codes = [{ code: "session_expired" }, { type: "invalid_request_error" }, undefined].map(
    (error) => new Conversation().take({ type: "error", error }).error,
  );
  assert.deepEqual(codes, ["session_expired", "invalid_request_error", "provider_error"]);
});

test("a new connection takes along what was said, and nothing that was under way", () => {
  const conversation = new Conversation();
  take(conversation, committed("u"), heard("u", "Well?"), committed("v"), thinks, says("a", "Soup"), call("1"));
  conversation.lost();
  assert.equal(conversation.activity, "listening");
  assert.deepEqual(conversation.carryOver(), [
    { type: "message", role: "user", content: [{ type: "input_text", text: "Well?" }] },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "Soup" }] },
  ]);
  assert.ok(conversation.lines.every((line) => line.done));
  assert.equal(take(conversation, done)[0].calls, undefined);
});

test("captions do not grow without limit", () => {
  const conversation = new Conversation();
  for (let at = 0; at < 250; at += 1) conversation.take(said(`a${at}`, "Soup."));
  assert.equal(conversation.lines.length, 200);
  assert.equal(conversation.lines[199].id, "a249");
});
