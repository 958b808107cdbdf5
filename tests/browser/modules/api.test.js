// The servers' routes, against a server that test_session.py starts: NAVAI_TEST_URL.

import assert from "node:assert/strict";
import { test } from "node:test";

import { HomeAssistantApi } from "./server/home-assistant-api.js";
import { TokenApi } from "./server/token-api.js";

const URL_OF_SERVER = String(process.env.NAVAI_TEST_URL);
const PREFIX = `${URL_OF_SERVER}/navai`;

/** @param {string} [token] */
function tokenApi(token = "tok_hall") {
  return new TokenApi(PREFIX, () => token, { profile: "kitchen" });
}

/** @param {Promise<unknown>} promise */
async function failureOf(promise) {
  const failure = await promise.then(
    () => assert.fail("it did not fail"),
    (error) => error,
  );
  return [failure.code, failure.retryAfter];
}

test("a secret comes from the profile of the place, or from another one", async () => {
  const api = tokenApi();
  assert.equal((await api.clientSecret()).profile, "kitchen");
  assert.equal((await api.clientSecret("story time")).profile, "story time");
});

test("each refusal has its code", async () => {
  const api = tokenApi();
  assert.deepEqual(await failureOf(tokenApi("wrong").clientSecret()), ["not_signed_in", undefined]);
  assert.deepEqual(await failureOf(api.clientSecret("limited")), ["rate_limited", 7]);
  // A proxy in between answers in words of its own.
  assert.deepEqual(await failureOf(api.clientSecret("proxy")), ["server_gone", undefined]);
  for (const status of ["proxy 404", "proxy 500", "proxy 503"])
    assert.deepEqual(await failureOf(api.clientSecret(status)), ["server_gone", undefined], status);
  // Where it wants somebody to sign in, none of that is believed: least of all that the token is not known.
  for (const page of ["proxy 401", "proxy 403", "proxy 400", "proxy 511", "rubbish", "proxy JSON", "proxy redirect"])
    assert.deepEqual(await failureOf(api.clientSecret(page)), ["server_sign_in", undefined], page);
  assert.deepEqual(await failureOf(api.clientSecret("cut")), ["server_gone", undefined]);
  const nowhere = new TokenApi("http://127.0.0.1:9/navai", () => "tok_hall", { profile: "kitchen" });
  assert.deepEqual(await failureOf(nowhere.health()), ["server_gone", undefined]);
});

test("functions become tools, if the token may use them", async () => {
  const [tool] = await tokenApi().tools();
  assert.deepEqual(tool, { type: "function", name: "set_timer", description: "Set a timer.", parameters: {} });
  assert.deepEqual(await tokenApi("tok_without").tools(), []);
});

test("the model receives a function's result, and its failure", async () => {
  const api = tokenApi();
  assert.deepEqual(await api.execute("set_timer", { minutes: 6 }), { output: { minutes: 6, profile: "kitchen" } });
  const failed = { ok: false, error: "function_failed", details: "no minutes" };
  assert.deepEqual(await api.execute("fail", {}), { output: failed });
  const other = await tokenApi().execute("set_timer", {}, "a b");
  assert.deepEqual(other, { output: { profile: "a b" } });
});

test("commands come in pieces, and reports name the stream", async () => {
  const api = tokenApi();
  // Nobody listens yet: it is told later, unless something newer is.
  api.report({ session: "a", state: "connecting", usage: {} });
  api.report({ session: "a", state: "listening" });
  const commands = [];
  const { promise, resolve } = Promise.withResolvers();
  const end = await api.subscribe((command) => {
    commands.push(command);
    if (command.type === "stop") resolve(undefined);
  });
  await promise;
  assert.deepEqual(commands, [
    { type: "configuration", name: "Küche 🎙" },
    { type: "start", start_message: "Grüß Gott\nund guten Tag" },
    { type: "stop" },
  ]);
  api.report({ session: "a", state: "ended" });
  api.answer("r1", false);
  api.missed("r2");
  const seen = await (await fetch(`${URL_OF_SERVER}/reported?count=5`)).json();
  const sorted = seen.sort((one, other) => (one.number ?? 9) - (other.number ?? 9));
  assert.deepEqual(sorted, [
    { stream: "s1", session: "a", state: "connecting", usage: {}, number: 1 },
    { stream: "s1", session: "a", state: "listening", number: 2 },
    { stream: "s1", session: "a", state: "ended", number: 3 },
    { stream: "s1", session: "none-r1", state: "failed", request: "r1" },
    { stream: "s1", session: "none-r2", state: "missed", request: "r2" },
  ]);
  end();
});

test("a token that is not known is sent once, and not again and again", { timeout: 30_000 }, async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const token of ["tok_gone", "tok_held_back"]) {
    /** @type {(command: object) => void} */
    let told = () => {};
    const removed = new Promise((resolve) => (told = resolve));
    const end = await tokenApi(token).subscribe(told);
    assert.deepEqual(await removed, { type: "removed", code: "not_signed_in" });
    // What would ask again does it within seconds of these minutes.
    for (let minutes = 0; minutes < 5; minutes += 1) {
      t.mock.timers.tick(60_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const asked = await (await fetch(`${URL_OF_SERVER}/asked?token=${token}`)).json();
    assert.equal(asked, 1, token);
    end();
  }
});

test("a stream behind a page to sign in is asked for slowly, until it comes", { timeout: 30_000 }, async (t) => {
  const { setTimeout: wait } = globalThis;
  const pauses = [];
  // Its pauses are over at once; how long a request may take is not.
  t.mock.method(globalThis, "setTimeout", (/** @type {() => void} */ done, /** @type {number} */ ms) => {
    if (![5_000, 60_000].includes(ms)) return wait(done, ms);
    pauses.push(ms);
    return wait(done, 0);
  });
  const api = new TokenApi(`${URL_OF_SERVER}/behind`, () => "tok_hall", { profile: "kitchen" });
  const commands = [];
  const { promise, resolve } = Promise.withResolvers();
  const end = await api.subscribe((command) => {
    commands.push(command.type);
    if (command.type === "stop") resolve(undefined);
  });
  await promise;
  assert.deepEqual(pauses, [60_000, 60_000, 60_000, 60_000]);
  assert.deepEqual(commands, ["configuration", "start", "stop"], "and nothing of it removed the display");
  end();
});

test("a stream that cannot be used is closed, and no timer is left behind", { timeout: 30_000 }, async (t) => {
  const encoder = new TextEncoder();
  const cancelled = [];
  const line = (/** @type {object} */ command) => `${JSON.stringify(command)}\n`;
  let sent = "";
  const serves = t.mock.method(globalThis, "fetch", async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode(sent)),
      cancel: () => void cancelled.push(sent),
    });
    return new Response(body, { headers: { "Content-Type": "application/x-ndjson" } });
  });
  for (sent of ["no JSON\n", line({ type: "start" })]) {
    const before = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const asked = serves.mock.callCount();
    const end = await tokenApi().subscribe(() => {
      throw new Error("of who takes the commands");
    });
    while (!cancelled.includes(sent)) await new Promise((resolve) => setImmediate(resolve));
    end();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length, before);
    assert.equal(serves.mock.callCount(), asked + 1);
  }
});

test("a person's token is no display's, and asks for no commands again", { timeout: 30_000 }, async () => {
  const api = tokenApi("tok_without");
  api.report({ session: "a", state: "listening" });
  const end = await api.subscribe(() => assert.fail("nobody commands"));
  let asked = 0;
  while (!asked) asked = await (await fetch(`${URL_OF_SERVER}/asked?token=tok_without`)).json();
  while (api._commands) await new Promise((resolve) => setTimeout(resolve, 10));
  api.report({ session: "a", state: "ended" });
  assert.equal(await (await fetch(`${URL_OF_SERVER}/asked?token=tok_without`)).json(), 1);
  end();
});

test("Home Assistant is asked over its connection, for the place", async () => {
  const asked = [];
  const answers = { "navai/client_secret": { value: "a secret" }, "navai/profiles": { profiles: [] } };
  const connection = {
    connected: true,
    sendMessagePromise: async (message) => {
      asked.push(message);
      return answers[message.type];
    },
  };
  const api = new HomeAssistantApi(() => ({ connection }), { profile: "kitchen", display: "hall" });
  await api.clientSecret();
  await api.clientSecret("bedtime");
  await api.profiles();
  api.report({ session: "a", state: "ended" });
  api.answer("r1", true);
  api.missed("r2");
  await api.displays();
  assert.deepEqual(asked, [
    { type: "navai/client_secret", profile: "kitchen", display: "hall" },
    { type: "navai/client_secret", profile: "bedtime", display: "hall" },
    { type: "navai/profiles", display: "hall" },
    { type: "navai/session/report", display: "hall", session: "a", state: "ended", number: 1 },
    { type: "navai/session/report", display: "hall", session: "none-r1", state: "ended", request: "r1" },
    { type: "navai/session/report", display: "hall", session: "none-r2", state: "missed", request: "r2" },
    { type: "navai/displays" },
  ]);
  assert.deepEqual(await api.tools(), []);
});

test("Home Assistant runs a function for the display, and its result may follow", async () => {
  const asked = [];
  const hass = {
    fetchWithAuth: (path, { headers, ...more }) => {
      asked.push([path, headers["X-Navai-Display"]]);
      const signedIn = { ...headers, Authorization: "Bearer tok_hall" };
      return fetch(URL_OF_SERVER + path.replace("/api", ""), { ...more, headers: signedIn });
    },
  };
  const api = new HomeAssistantApi(() => hass, { profile: "kitchen", display: "hall" });
  assert.deepEqual(await api.execute("set_timer", {}), { output: { profile: "kitchen" } });
  const { output, later } = await api.execute("boil", {}, "a b");
  assert.equal(output.status, "still running");
  assert.equal(await later, "boiled");
  assert.deepEqual(asked.slice(0, 3), [
    ["/api/navai/functions/execute?profile=kitchen", "hall"],
    ["/api/navai/functions/execute?profile=a%20b", "hall"],
    ["/api/navai/functions/running/run_boil", "hall"],
  ]);
});

test("Home Assistant's failures have codes, and a report that fails is no failure", async () => {
  let error;
  const connection = { connected: true, sendMessagePromise: () => Promise.reject(error) };
  let hass = { connection };
  const api = new HomeAssistantApi(() => hass, {});
  const codes = [];
  for (error of [{ code: "profile_not_allowed" }, { code: "unknown_command" }, 3, { code: 1 }, undefined]) {
    codes.push((await failureOf(api.clientSecret()))[0]);
    api.report({ state: "listening" });
  }
  connection.connected = false;
  codes.push((await failureOf(api.clientSecret()))[0]);
  hass = undefined;
  codes.push((await failureOf(api.clientSecret()))[0]);
  const gone = "home_assistant_restarting";
  assert.deepEqual(codes, ["profile_not_allowed", "not_ready", gone, gone, gone, gone, gone]);
});
