// What a page tells of its conversations, while reports get lost and overtake each other.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure } from "./server/failure.js";
import { BEAT_MS, Outbox, RETRY_MS } from "./server/outbox.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A server that is there or not, and what it was told. */
function server() {
  const told = { reports: [], failure: undefined };
  const outbox = new Outbox(async (report) => {
    if (told.failure) throw new Failure(told.failure);
    told.reports.push(report);
  });
  const states = () => told.reports.map(({ session, state, number }) => [session, state, number]);
  return { told, outbox, states };
}

function clock(context) {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  return context.mock.timers;
}

test("reports of conversations are numbered, and answers to commands are not", async () => {
  const { outbox, told } = server();
  outbox.tell({ session: "a", profile: "kitchen", state: "connecting", request: "r1" });
  outbox.pass({ session: "none-r2", state: "ended", request: "r2" });
  outbox.tell({ session: "a", profile: "kitchen", state: "ended" });
  outbox.tell({ session: "b", profile: "kitchen", state: "ended" });
  await settled();
  assert.deepEqual(told.reports, [
    { session: "a", profile: "kitchen", state: "connecting", request: "r1", number: 1 },
    { session: "none-r2", state: "ended", request: "r2" },
    { session: "a", profile: "kitchen", state: "ended", number: 2 },
    { session: "b", profile: "kitchen", state: "ended", number: 3 },
  ]);
});

test("an end that could not be told is told when the server is back, and before what is older", async () => {
  const { outbox, told, states } = server();
  told.failure = "server_gone";
  outbox.tell({ session: "a", profile: "kitchen", state: "listening" });
  outbox.tell({ session: "a", profile: "kitchen", state: "speaking", usage: { total_tokens: 3 } });
  outbox.tell({ session: "a", profile: "kitchen", state: "listening" });
  outbox.tell({ session: "a", profile: "kitchen", state: "ended" });
  await settled();
  told.failure = undefined;
  await outbox.again();
  // What only said a state before is told no more; what counts is.
  assert.deepEqual(states(), [
    ["a", "ended", 4],
    ["a", "speaking", 2],
  ]);
  await outbox.again();
  assert.equal(told.reports.length, 2);
});

test("it tries again by itself, until the server is there", async (context) => {
  const { outbox, told, states } = server();
  const timers = clock(context);
  told.failure = "home_assistant_restarting";
  outbox.tell({ session: "a", profile: "kitchen", state: "ended" });
  await settled();
  for (let times = 0; times < 30; times++) {
    timers.tick(RETRY_MS);
    await settled();
  }
  assert.deepEqual(states(), []);
  told.failure = undefined;
  timers.tick(RETRY_MS);
  await settled();
  assert.deepEqual(states(), [["a", "ended", 1]]);
});

test("what the server refuses is not told again", async (context) => {
  const { outbox, told } = server();
  const timers = clock(context);
  for (told.failure of ["unknown_session", "not_allowed", "invalid_request", "not_signed_in"]) {
    outbox.tell({ session: told.failure, profile: "kitchen", state: "ended" });
    await settled();
  }
  told.failure = undefined;
  timers.tick(RETRY_MS);
  await outbox.again();
  assert.deepEqual(told.reports, []);
});

test("a stream that is opened again, and a server that asks to wait, are waited for", async () => {
  for (const code of ["stream_not_open", "rate_limited", "not_ready"]) {
    const { outbox, told, states } = server();
    told.failure = code;
    outbox.tell({ session: "a", profile: "kitchen", state: "ended" });
    await settled();
    told.failure = undefined;
    await outbox.again();
    assert.deepEqual(states(), [["a", "ended", 1]], code);
  }
});

test("a conversation gives signs of life until it is over", async (context) => {
  const { outbox, states } = server();
  const timers = clock(context);
  outbox.tell({ session: "a", profile: "kitchen", state: "listening", code: "x" });
  timers.tick(BEAT_MS);
  timers.tick(BEAT_MS);
  outbox.tell({ session: "a", profile: "kitchen", state: "ended" });
  timers.tick(10 * BEAT_MS);
  await settled();
  assert.deepEqual(states(), [
    ["a", "listening", 1],
    ["a", "listening", 2],
    ["a", "listening", 3],
    ["a", "ended", 4],
  ]);
});

test("a request that hangs does not keep the others waiting when the server is back", async () => {
  const told = [];
  let hang = true;
  const outbox = new Outbox((report) => {
    if (hang) return new Promise(() => {});
    told.push(report.state);
    return Promise.resolve();
  });
  outbox.tell({ session: "a", profile: "kitchen", state: "speaking", usage: {} });
  void outbox.again();
  outbox.tell({ session: "a", profile: "kitchen", state: "ended" });
  hang = false;
  await outbox.again();
  assert.deepEqual(told, ["ended", "speaking"]);
});

test("a day without the server does not fill the memory", async () => {
  const { outbox, told, states } = server();
  told.failure = "server_gone";
  for (let turn = 0; turn < 700; turn++) {
    outbox.tell({ session: "a", profile: "kitchen", state: "speaking", usage: { total_tokens: 1 } });
  }
  outbox.tell({ session: "a", profile: "kitchen", state: "ended" });
  await settled();
  told.failure = undefined;
  await outbox.again();
  assert.equal(told.reports.length, 500);
  assert.deepEqual(states()[0], ["a", "ended", 701]);
});

test("a token that opens nothing any more is not tried again", async (context) => {
  const { outbox, told } = server();
  const timers = clock(context);
  told.failure = "server_gone";
  outbox.tell({ session: "a", profile: "kitchen", state: "listening" });
  await settled();
  outbox.close();
  outbox.tell({ session: "a", profile: "kitchen", state: "ended" });
  await settled();
  told.failure = undefined;
  timers.tick(100 * BEAT_MS);
  await settled();
  assert.deepEqual(told.reports, []);
});
