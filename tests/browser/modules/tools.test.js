// What the model wants done, and what goes wrong.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure } from "./navai-failure.js";
import { runTools } from "./navai-tools.js";

/** @param {string} callId @param {string} name @param {string} args */
const wanted = (callId, name, args) => ({ callId, name, arguments: args });

test("each call has its output, in order, and then words are asked for", async () => {
  const asked = [];
  const events = await runTools([wanted("1", "slow", '{"a": 1}'), wanted("2", "fast", "")], async (name, args) => {
    asked.push([name, args]);
    if (name === "slow") await new Promise((resolve) => setImmediate(resolve));
    return { name };
  });
  assert.deepEqual(asked, [
    ["slow", { a: 1 }],
    ["fast", {}],
  ]);
  const output = (call_id, name) => ({
    type: "conversation.item.create",
    item: { type: "function_call_output", call_id, output: `{"name":"${name}"}` },
  });
  assert.deepEqual(events, [output("1", "slow"), output("2", "fast"), { type: "response.create" }]);
});

test("the model hears of what failed, by its code, and of the rest", async () => {
  const answers = {
    none: () => undefined,
    refused: () => {
      throw new Failure("profile_not_allowed");
    },
    broken: () => {
      throw new TypeError("with a token in it");
    },
  };
  const calls = [wanted("1", "none", "{}"), wanted("2", "refused", "{}"), wanted("3", "broken", "{}")];
  const events = await runTools([...calls, wanted("4", "none", "{not json")], async (name) => answers[name]());
  assert.deepEqual(
    events.slice(0, 4).map((event) => event.item.output),
    [
      "null",
      '{"ok":false,"error":"profile_not_allowed"}',
      '{"ok":false,"error":"function_failed"}',
      '{"ok":false,"error":"function_failed"}',
    ],
  );
});

test("a failure keeps its code; anything else gets one", () => {
  const failure = new Failure("rate_limited", { retryAfter: 7 });
  assert.equal(Failure.of(failure, "other"), failure);
  const cause = new Error("what happened");
  const other = Failure.of(cause, "other");
  assert.deepEqual([other.code, other.message, other.cause, other.retryAfter], ["other", "other", cause, undefined]);
});
