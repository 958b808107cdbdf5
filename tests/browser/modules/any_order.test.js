// Events in any order: a provider's, of a connection that stutters, or of a version that nobody has seen yet.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "./voice/conversation.js";
import { Dialogue } from "./voice/dialogue.js";

const SEQUENCES = 3_000;
const LENGTH = 60;
const ACTIVITIES = ["listening", "thinking", "speaking"];
/** What alone ends the voice. */
const ENDS = ["input_audio_buffer.speech_started", "output_audio_buffer.stopped", "output_audio_buffer.cleared"];
const MATTERS = [...ENDS, "output_audio_buffer.started", "response.created", "session.updated"];

/** Numbers from 0 to 1, the same for the same seed. @param {number} seed */
function numbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** @param {() => number} random @returns {Record<string, any>} */
function anyEvent(random) {
  const one = (/** @type {any[]} */ from) => from[Math.floor(random() * from.length)];
  const item_id = `item_${Math.floor(random() * 5)}`;
  const status = one(["completed", "cancelled", "failed", "incomplete", undefined]);
  const detection = one([null, undefined, { interrupt_response: false }, { interrupt_response: true }]);
  const call = { type: "function_call", call_id: item_id, name: "turn_on", arguments: "{}", status };
  return one([
    { type: "session.created", session: one([undefined, { audio: { input: { turn_detection: detection } } }]) },
    { type: "session.updated", session: { audio: one([undefined, { input: { turn_detection: detection } }]) } },
    { type: "input_audio_buffer.speech_started", item_id },
    { type: "input_audio_buffer.speech_stopped", item_id },
    { type: "input_audio_buffer.committed", item_id },
    { type: "conversation.item.input_audio_transcription.delta", item_id, delta: one(["a", undefined]) },
    { type: "conversation.item.input_audio_transcription.completed", item_id, transcript: one(["a ", undefined]) },
    { type: "response.created", response: {} },
    { type: "output_audio_buffer.started" },
    { type: "response.output_audio_transcript.delta", item_id, delta: one(["a", undefined]) },
    { type: "response.output_audio_transcript.done", item_id, transcript: one(["a ", undefined]) },
    { type: "response.output_text.delta", item_id, delta: "a" },
    { type: "response.output_text.done", item_id, text: one(["a ", undefined]) },
    { type: "response.output_item.done", item: one([call, undefined, { type: "message" }]) },
    { type: "output_audio_buffer.stopped" },
    { type: "output_audio_buffer.cleared" },
    { type: "response.done", response: one([undefined, { status, usage: one([undefined, { total_tokens: 1 }]) }]) },
    { type: "error", error: one([undefined, { code: "x" }]) },
    { type: one(["rate_limits.updated", "unheard.of", undefined, 7]) },
  ]);
}

/** @param {Conversation} conversation @param {Record<string, any>} event */
function checked(conversation, event) {
  const before = conversation.activity;
  const change = conversation.take(event);
  assert.ok(ACTIVITIES.includes(conversation.activity));
  // Who draws by the changes shows what is.
  assert.equal(change.activity ?? before, conversation.activity);
  if (change.activity === "speaking") assert.equal(event.type, "output_audio_buffer.started");
  if (before === "speaking" && conversation.activity !== "speaking") assert.ok(ENDS.includes(event.type));
  if (change.interrupted) assert.equal(before, "speaking");
  if (change.calls) assert.ok(change.calls.length && event.type === "response.done");
  for (const line of change.lines ?? []) assert.ok(conversation.lines.includes(line));
  assert.equal(new Set(conversation.lines.map((line) => line.id)).size, conversation.lines.length);
  for (const item of conversation.carryOver()) assert.ok(item.content[0].text);
}

test("no order of events throws, or leaves an impossible state", () => {
  for (let seed = 0; seed < SEQUENCES; seed += 1) {
    const random = numbers(seed);
    const conversation = new Conversation();
    const events = Array.from({ length: LENGTH }, () => anyEvent(random));
    events.forEach((event, at) => {
      try {
        checked(conversation, event);
      } catch (cause) {
        const told = events.slice(0, at + 1).map((each) => each.type);
        throw new Error(`seed ${seed}, after ${told.join(", ")}`, { cause });
      }
    });
    // Whatever there was: once the response is done and nothing sounds any more, it listens again.
    conversation.take({ type: "response.created" });
    conversation.take({ type: "response.done", response: { status: "completed" } });
    conversation.take({ type: "output_audio_buffer.stopped" });
    assert.equal(conversation.activity, "listening", `seed ${seed}`);
  }
});

test("whatever comes, the model is asked for one answer at a time, and a silence ends it", () => {
  for (let seed = 0; seed < SEQUENCES / 10; seed += 1) {
    const random = numbers(seed);
    let now = 0;
    const dialogue = new Dialogue(() => now);
    /** @type {import("./voice/dialogue.js").Effect[]} */
    const all = dialogue.connected({ idleMs: 60_000, lengthMs: 3_600_000 });
    let responding = false;
    const note = (/** @type {import("./voice/dialogue.js").Effect[]} */ effects) => {
      for (const effect of effects) {
        if (effect.do === "send" && effect.event.type === "response.create") assert.ok(!responding, `seed ${seed}`);
        if (effect.do === "run") note(dialogue.answered(effect.call.callId, "1", random() < 0.2));
        all.push(effect);
      }
    };
    for (let step = 0; step < LENGTH; step += 1) {
      now += Math.floor(random() * 3_000);
      const event = anyEvent(random);
      if (event.type === "response.created") responding = true;
      if (event.type === "response.done") responding = false;
      note(dialogue.take(event));
      if (random() < 0.05) note(dialogue.say({ line: "Hello." }));
      note(dialogue.tick());
    }
    note(dialogue.lost());
    responding = false;
    note(dialogue.connected({ idleMs: 60_000, lengthMs: 3_600_000 }));
    // Those that still run end now.
    for (const effect of [...all]) if (effect.do === "run") note(dialogue.finished(effect.call.callId, "2"));
    for (let ticks = 0; ticks < 600 && !all.some((effect) => effect.do === "end"); ticks += 1) {
      now += 500;
      note(dialogue.tick());
    }
    assert.ok(
      all.some((effect) => effect.do === "end" && effect.code === "idle"),
      `seed ${seed}`,
    );
  }
});

test("what is made up has everything that matters in it", () => {
  const random = numbers(1);
  const seen = new Set(Array.from({ length: 2_000 }, () => anyEvent(random).type));
  for (const type of MATTERS) assert.ok(seen.has(type));
});
