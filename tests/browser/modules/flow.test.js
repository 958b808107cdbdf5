// When it is told that nothing comes from the provider, by what a browser counts: the clock and the counts are ours.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Flow, LOOK_EVERY_MS } from "./voice/flow.js";

/** A connection whose counts move as told, and what is told of it. */
function stage() {
  const pair = {
    type: "candidate-pair",
    state: "succeeded",
    nominated: true,
    bytesReceived: 0,
    requestsSent: 3,
    consentRequestsSent: 0,
    responsesReceived: 1,
    requestsReceived: 0,
  };
  const sound = { type: "inbound-rtp", kind: "audio", totalAudioEnergy: 0, totalSamplesDuration: 0 };
  let stats = [pair, sound];
  let now = 0;
  /** @type {[number, boolean][]} */
  const told = [];
  const connection = { getStats: async () => new Map(stats.map((stat, at) => [String(at), { ...stat }])) };
  const flow = new Flow(
    /** @type {any} */ (connection),
    (flows) => told.push([now, flows]),
    () => now,
  );
  return {
    flow,
    pair,
    sound,
    told,
    count: (...others) => (stats = others),
    /** So many looks, before each of which something happens. @param {number} looks @param {() => void} [happens] */
    async pass(looks, happens = () => {}) {
      for (let look = 0; look < looks; look++) {
        now += LOOK_EVERY_MS;
        happens();
        await flow.look();
      }
    },
    now: () => now,
  };
}

/** @param {ReturnType<typeof stage>} on @param {boolean} [loud] */
const rtp =
  (on, loud = false) =>
  () => {
    on.pair.bytesReceived += 2000;
    on.sound.totalSamplesDuration += LOOK_EVERY_MS / 1000;
    if (loud) on.sound.totalAudioEnergy += 0.01;
  };

test("where packets come all the time, two seconds without one are told, and the next one takes it back", async () => {
  const on = stage();
  await on.pass(10, rtp(on));
  const last = on.now();
  await on.pass(3);
  assert.deepEqual(on.told, []);
  await on.pass(4);
  assert.deepEqual(on.told, [[last + 2000, false]]);
  await on.pass(1, rtp(on));
  assert.deepEqual(on.told.at(-1), [on.now(), true]);
});

test("a provider that sends nothing in silence is not mistaken, as long as it answers the checks", async () => {
  const on = stage();
  await on.pass(6, rtp(on, true));
  for (let round = 0; round < 10; round++) {
    await on.pass(5);
    // A check each 2.5 s, as Chromium makes them.
    on.pair.consentRequestsSent++;
    on.pair.responsesReceived++;
  }
  assert.deepEqual(on.told, []);
  await on.pass(2);
  // And the network goes: the next check stays without its answer.
  await on.pass(2);
  on.pair.consentRequestsSent++;
  await on.pass(1);
  assert.deepEqual(on.told, []);
  await on.pass(1);
  assert.deepEqual(on.told, [[on.now(), false]]);
  on.pair.responsesReceived++;
  await on.pass(1);
  assert.deepEqual(on.told.at(-1), [on.now(), true]);
});

test("a provider that sends in the first silence and then no more is mistaken once at most", async () => {
  const on = stage();
  await on.pass(6, rtp(on));
  for (let round = 0; round < 6; round++) {
    await on.pass(6);
    await on.pass(5, rtp(on));
  }
  assert.deepEqual(
    on.told.map(([, flows]) => flows),
    [false, true],
  );
});

test("checks that were never answered before the connection stood are no sign", async () => {
  const on = stage();
  on.pair.requestsSent = 9;
  await on.pass(2, rtp(on, true));
  await on.pass(20);
  assert.deepEqual(on.told, []);
});

test("what the browser notices is told at once, and only what comes afterwards takes it back", async () => {
  const on = stage();
  await on.pass(3, rtp(on));
  rtp(on)();
  on.flow.suspect();
  on.flow.suspect();
  assert.deepEqual(on.told, [[on.now(), false]]);
  await on.pass(3);
  assert.equal(on.told.length, 1);
  await on.pass(1, rtp(on));
  assert.deepEqual(on.told.at(-1), [on.now(), true]);
});

test("a browser that counts nothing, or whose connection is closed, is never told of", async () => {
  const on = stage();
  on.count({ type: "candidate-pair", state: "succeeded" }, { type: "codec" });
  await on.pass(20);
  await on.pass(1, () => {
    on.count = undefined;
  });
  const broken = new Flow(/** @type {any} */ ({ getStats: () => Promise.reject(new Error("closed")) }), assert.fail);
  await broken.look();
  const missing = new Flow(/** @type {any} */ ({}), assert.fail);
  await missing.look();
  assert.deepEqual(on.told, []);
});

test("after its end it tells nothing more", async () => {
  const on = stage();
  globalThis.addEventListener ??= () => {};
  on.flow.start();
  await on.pass(6, rtp(on));
  on.flow.stop();
  await on.pass(8);
  assert.deepEqual(on.told, []);
});
