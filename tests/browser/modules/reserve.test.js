// The secret in reserve: handed out once, and never stale. And timers with names.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { FRESH_MS, Reserve } from "./server/secrets.js";
import { Timers } from "./voice/timers.js";

/** A provider whose answers come when they are told to, and a clock. */
function provider() {
  /** @type {{resolve: (secret: any) => void, reject: (error: Error) => void}[]} */
  const asked = [];
  const clock = { now: 1_000 };
  const mint = () => {
    const { promise, resolve, reject } = Promise.withResolvers();
    asked.push({ resolve, reject });
    return promise;
  };
  const reserve = new Reserve(mint, () => clock.now);
  /** @param {number} at */
  const answer = (at) => asked[at].resolve({ value: `secret ${at}` });
  return { asked, clock, reserve, answer };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("without a reserve, a tap mints", async () => {
  const { asked, reserve, answer } = provider();
  const taken = reserve.take();
  assert.equal(asked.length, 1);
  answer(0);
  assert.equal((await taken).value, "secret 0");
});

test("a tap takes what is ready, and asks for nothing", async () => {
  const { asked, reserve, answer } = provider();
  reserve.prepare();
  answer(0);
  assert.equal((await reserve.take()).value, "secret 0");
  assert.equal(asked.length, 1);
});

test("a secret whose instructions get old is kept as long as the server says", async () => {
  const { asked, clock, reserve } = provider();
  reserve.prepare();
  clock.now += 5_000;
  asked[0].resolve({ value: "secret 0", ready_for: 30 });
  await settled();
  clock.now += 29_999;
  reserve.prepare();
  assert.equal(asked.length, 1);
  clock.now += 1;
  const taken = reserve.take();
  assert.equal(asked.length, 2);
  asked[1].resolve({ value: "secret 1", ready_for: 600 });
  assert.equal((await taken).value, "secret 1");
  reserve.prepare();
  asked[2].resolve({ value: "secret 2", ready_for: 600 });
  await settled();
  clock.now += FRESH_MS;
  reserve.prepare();
  assert.equal(asked.length, 4);
});

test("a tap waits for what is on its way", async () => {
  const { asked, reserve, answer } = provider();
  reserve.prepare();
  const taken = reserve.take();
  answer(0);
  assert.equal((await taken).value, "secret 0");
  assert.equal(asked.length, 1);
});

test("nothing is handed out twice", async () => {
  const { asked, reserve, answer } = provider();
  reserve.prepare();
  const both = [reserve.take(), reserve.take()];
  answer(0);
  answer(1);
  assert.deepEqual(
    (await Promise.all(both)).map(({ value }) => value),
    ["secret 0", "secret 1"],
  );
  assert.equal(asked.length, 2);
});

test("who is near twice is prepared for once", async () => {
  const { asked, clock, reserve, answer } = provider();
  reserve.prepare();
  reserve.prepare();
  answer(0);
  await settled();
  clock.now += FRESH_MS - 1;
  reserve.prepare();
  assert.equal(asked.length, 1);
  clock.now += 1;
  reserve.prepare();
  assert.equal(asked.length, 2);
});

test("what has become old is not handed out", async () => {
  const { asked, clock, reserve, answer } = provider();
  reserve.prepare();
  answer(0);
  await settled();
  clock.now += FRESH_MS;
  const taken = reserve.take();
  answer(1);
  assert.equal((await taken).value, "secret 1");
  assert.equal(asked.length, 2);
});

test("its age counts from its arrival", async () => {
  const { clock, reserve, answer, asked } = provider();
  reserve.prepare();
  clock.now += FRESH_MS - 1;
  answer(0);
  await settled();
  clock.now += FRESH_MS - 1;
  assert.equal((await reserve.take()).value, "secret 0");
  assert.equal(asked.length, 1);
});

test("one that failed in advance is asked for again, and only then is it told", async () => {
  const { asked, reserve } = provider();
  reserve.prepare();
  const taken = reserve.take();
  asked[0].reject(new Error("no network"));
  await settled();
  asked[1].reject(new Error("still none"));
  await assert.rejects(taken, /still none/);
});

test("one that failed unnoticed is forgotten", async () => {
  const { asked, reserve } = provider();
  reserve.prepare();
  asked[0].reject(new Error("no network"));
  await settled();
  reserve.prepare();
  assert.equal(asked.length, 2);
});

test("when nobody is near any more, nothing is kept", async () => {
  const { asked, reserve, answer } = provider();
  reserve.prepare();
  answer(0);
  reserve.discard();
  const taken = reserve.take();
  answer(1);
  assert.equal((await taken).value, "secret 1");
  assert.equal(asked.length, 2);
});

test("whatever happens, none is handed out twice or stale", async () => {
  for (let seed = 1; seed < 400; seed += 1) {
    let state = seed;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    let now = 0;
    let made = 0;
    const reserve = new Reserve(
      async () => {
        if (random() < 0.2) throw new Error("refused");
        return /** @type {any} */ ({ value: (made += 1), at: now });
      },
      () => now,
    );
    const handed = new Set();
    for (let step = 0; step < 30; step += 1) {
      const dice = random();
      if (dice < 0.4) reserve.prepare();
      else if (dice < 0.5) reserve.discard();
      else if (dice < 0.7) now += random() * FRESH_MS;
      else {
        const secret = /** @type {any} */ (await reserve.take().catch(() => undefined));
        if (!secret) continue;
        assert.ok(!handed.has(secret.value), `seed ${seed}: twice`);
        assert.ok(now - secret.at < FRESH_MS, `seed ${seed}: stale`);
        handed.add(secret.value);
      }
      await settled();
    }
  }
});

test("of each name there is one timer, and all are gone at once", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const rung = [];
  const timers = new Timers();
  timers.after("idle", 10, () => rung.push("first"));
  timers.after("idle", 20, () => rung.push("second"));
  timers.after("ring", 30, () => rung.push("ring"));
  mock.timers.tick(20);
  assert.deepEqual(rung, ["second"]);
  timers.after("again", 5, () => timers.after("again", 5, () => rung.push("again")));
  mock.timers.tick(5);
  mock.timers.tick(5);
  assert.deepEqual(rung, ["second", "ring", "again"]);
  timers.after("a", 1, () => rung.push("never"));
  timers.after("b", 1, () => rung.push("never"));
  timers.cancel("a");
  timers.cancelAll();
  mock.timers.tick(100);
  assert.deepEqual(rung, ["second", "ring", "again"]);
  mock.timers.reset();
});
