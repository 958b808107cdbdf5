// What the model wants done, and what goes wrong.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure } from "./server/failure.js";
import { runTool } from "./voice/tools.js";

/** @param {string} callId @param {string} name @param {string} args */
const wanted = (callId, name, args) => ({ callId, name, arguments: args });

test("a tool is run with its arguments, and its output is JSON", async () => {
  const asked = [];
  const execute = async (name, args) => {
    asked.push([name, args]);
    return { output: { name } };
  };
  const outputs = [
    await runTool(wanted("1", "slow", '{"a": 1}'), execute),
    await runTool(wanted("2", "fast", ""), execute),
  ];
  assert.deepEqual(asked, [
    ["slow", { a: 1 }],
    ["fast", {}],
  ]);
  assert.deepEqual(outputs, [
    { output: '{"name":"slow"}', later: undefined },
    { output: '{"name":"fast"}', later: undefined },
  ]);
});

test("the model is told what failed, by its code", async () => {
  const answers = {
    none: () => ({ output: undefined }),
    refused: () => {
      throw new Failure("profile_not_allowed");
    },
    broken: () => {
      throw new TypeError("with a token in it");
    },
  };
  const calls = [wanted("1", "none", "{}"), wanted("2", "refused", "{}"), wanted("3", "broken", "{}")];
  const outputs = [];
  for (const call of [...calls, wanted("4", "none", "{not json")]) {
    outputs.push((await runTool(call, async (name) => answers[name]())).output);
  }
  assert.deepEqual(outputs, [
    "null",
    '{"ok":false,"error":"profile_not_allowed"}',
    '{"ok":false,"error":"function_failed"}',
    '{"ok":false,"error":"function_failed"}',
  ]);
});

test("a failure keeps its code; anything else gets one", () => {
  const failure = new Failure("rate_limited", { retryAfter: 7 });
  assert.equal(Failure.of(failure, "other"), failure);
  const cause = new Error("what happened");
  const other = Failure.of(cause, "other");
  assert.deepEqual([other.code, other.message, other.cause, other.retryAfter], ["other", "other", cause, undefined]);
});
