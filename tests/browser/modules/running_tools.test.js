// Tools that take their time, and answers that are lost, against a server that test_session.py starts: NAVAI_TEST_URL.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure } from "./server/failure.js";
import { send } from "./server/request.js";
import { RunningTools } from "./server/running-tool.js";

const URL_OF_SERVER = String(process.env.NAVAI_TEST_URL);
const HEADERS = { Authorization: "Bearer tok_hall", "Content-Type": "application/json" };

/** Tools of the server, with a clock that only pauses move. */
function tools() {
  const clock = { now: 0, pauses: [], asked: [] };
  const running = new RunningTools(
    (method, path, body, patienceMs) => {
      clock.asked.push([method, path, patienceMs, body?.call]);
      const options = { method, headers: HEADERS, body: body && JSON.stringify(body) };
      return send((signal) => fetch(`${URL_OF_SERVER}/navai${path}`, { ...options, signal }), patienceMs);
    },
    async (ms) => {
      clock.pauses.push(ms);
      clock.now += ms;
    },
    () => clock.now,
  );
  return { running, clock };
}

test("the model is told that a tool still runs, and the result follows whatever happens to single polls", async () => {
  const { running, clock } = tools();
  const { output, later } = await running.execute("water", {}, "kitchen");
  assert.deepEqual(output, {
    status: "still running",
    note: "It was started and goes on. Its result will follow; do not call it again.",
  });
  assert.equal(await later, "watered");
  // Still running, lost, still running, stopping.
  assert.deepEqual(clock.pauses, [1_000, 5_000, 1_000, 5_000]);
});

test("a call whose answer is lost is sent again with its id, so that it runs once", async () => {
  const { running, clock } = tools();
  assert.deepEqual(await running.execute("lost", {}), { output: "done" });
  assert.equal(clock.asked.length, 3);
  assert.equal(new Set(clock.asked.map(([, , , call]) => call)).size, 1);
  assert.match(clock.asked[0][3], /^[A-Za-z0-9_-]{8,100}$/);
  const { output } = await running.execute("count", {});
  assert.equal(output[clock.asked[0][3]], 3);
  assert.equal(output[clock.asked[3][3]], 1, "each call has an id of its own");
});

test("it is not called failed when nobody knows, and the outcome follows when it can be had", async () => {
  const { running, clock } = tools();
  const { output, later } = await running.execute("never answered", {});
  assert.equal(output.status, "unknown");
  assert.match(output.note, /not known whether this was done/);
  const sent = clock.asked.filter(([method]) => method === "POST").length;
  assert.ok(clock.now <= 10_000, "nobody wants it done a minute later");
  assert.equal(await later, `asked ${sent} times`);
  assert.deepEqual(clock.asked.at(-1).slice(0, 2), ["GET", `/functions/running/${clock.asked[0][3]}`]);
});

test("a result that the server has forgotten is unknown, and so is one that it does not give us", async () => {
  for (const name of ["forgotten", "not signed in"]) {
    const { running, clock } = tools();
    const { later } = await running.execute(name, {});
    const end = await later;
    assert.equal(end.status, "unknown");
    assert.match(end.note, /not known how this ended/);
    assert.equal(clock.asked.length, 2, "it asks no more");
  }
});

test("what the server refuses is not sent again", async () => {
  const { running, clock } = tools();
  await assert.rejects(running.execute("refused", {}), { code: "not_allowed" });
  assert.equal(clock.asked.length, 1);
});

test("a tool may take as long as the profile of the secret says, and a while for the way", async () => {
  const { running, clock } = tools();
  const secret = { value: "", url: "", model: "", voice: "", expires_at: 1 };
  assert.equal(running.heed({ ...secret, profile: "slow", tool_timeout: 300 }).profile, "slow");
  running.heed({ ...secret, profile: "old server" });
  for (const profile of ["slow", "old server", undefined]) await running.execute("set_timer", {}, profile);
  assert.deepEqual(
    clock.asked.map(([, path, patience]) => [path, patience]),
    [
      ["/functions/execute?profile=slow", 310_000],
      ["/functions/execute?profile=old%20server", 25_000],
      ["/functions/execute", 25_000],
    ],
  );
});

test("after an hour, or when nobody wants it any more, it asks no more", async () => {
  const life = new AbortController();
  let polls = 0;
  let failure = new Failure("server_gone");
  let now = 0;
  const answer = async (method) => {
    if (method === "POST") return { ok: true, result: {}, running: "run_1" };
    polls++;
    throw failure;
  };
  const pause = async (ms) => {
    now += ms;
    if (polls === 3) life.abort();
  };
  const running = new RunningTools(answer, pause, () => now);
  const { later } = await running.execute("water", {}, "kitchen", life.signal);
  assert.equal((await later).status, "unknown");
  assert.equal(polls, 3);
  polls = 10;
  now = 0;
  failure = new Failure("rate_limited", { retryAfter: 60 });
  const unended = await running.execute("water", {}, "kitchen");
  assert.equal((await unended.later).status, "unknown");
  assert.equal(polls, 70, "an hour of minutes");
});
