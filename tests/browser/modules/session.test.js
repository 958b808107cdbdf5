// A session among stand-ins for the browser, where everything happens when it is told to: starts, ends and losses that
// cross each other.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Display } from "./voice/display.js";
import { Failure } from "./server/failure.js";
import { Pulse } from "./voice/pulse.js";
import { Ring } from "./voice/ring.js";
import { NavaiSession } from "./voice/session.js";

/** @type {any[]} */
let peers = [];
/** @type {{resolve: (stream: any) => void, reject: (error: Error) => void}[]} */
let microphones = [];
/** What the provider answers to an offer. */
let answerOf = async () => new Response("v=0", { status: 201 });

class StandInPeer {
  constructor() {
    this.channel = { readyState: "connecting", sent: [], send: (text) => this.channel.sent.push(JSON.parse(text)) };
    this.channel.close = () => (this.channel.readyState = "closed");
    this.closed = false;
    /** What it was told to do, in order. @type {any[]} */
    this.steps = [];
    peers.push(this);
  }
  addTransceiver() {
    return { sender: { replaceTrack: async (track) => (this.track = track) } };
  }
  createDataChannel() {
    return this.channel;
  }
  async createOffer() {
    return { sdp: "v=0" };
  }
  setConfiguration(configuration) {
    this.steps.push(["setConfiguration", configuration]);
  }
  async setLocalDescription() {
    this.steps.push(["setLocalDescription"]);
  }
  async setRemoteDescription(description) {
    this.remoteDescription = description;
    if (description.sdp === "rubbish") throw new Error("no SDP");
  }
  getReceivers() {
    return [];
  }
  close() {
    this.closed = true;
  }
  /** Its events flow. */
  stand() {
    this.channel.readyState = "open";
    this.channel.onopen?.();
  }
  lose() {
    this.channel.onclose?.();
  }
  /** @param {...Record<string, unknown>} events */
  hear(...events) {
    for (const event of events) this.channel.onmessage?.({ data: JSON.stringify(event) });
  }
  /** What was asked for, by type. @param {string} type */
  asked(type) {
    return this.channel.sent.filter((event) => event.type === type);
  }
}

/** A stream of a microphone. */
function stream() {
  const track = { enabled: true, stopped: false, stop: () => (track.stopped = true), addEventListener: () => {} };
  return { track, getTracks: () => [track], getAudioTracks: () => [track] };
}

/** A server of ours. */
class StandInApi {
  constructor() {
    this.place = { profile: "kitchen" };
    this.minted = 0;
    /** @type {any[]} */
    this.reports = [];
    /** @type {[string, boolean][]} */
    this.answers = [];
    /** @type {Failure | undefined} */
    this.refuses = undefined;
    this.toolsOf = async () => [];
  }
  async clientSecret(profile = "kitchen") {
    this.minted++;
    if (this.refuses) throw this.refuses;
    return { value: "a secret", url: "https://provider.test", profile, model: "m", voice: "v", expires_at: 1 };
  }
  tools(profile) {
    return this.toolsOf(profile);
  }
  async execute() {
    return { output: {} };
  }
  report(report) {
    this.reports.push(report);
  }
  answer(request, accepted) {
    this.answers.push([request, accepted]);
  }
}

/** The answer that a peer was asked for last begins. @param {StandInPeer} peer */
const begun = (peer) => ({ type: "response.created", response: peer.asked("response.create").at(-1).response });

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** @type {Record<string, unknown>} */
const BROWSER = {
  RTCPeerConnection: StandInPeer,
  isSecureContext: true,
  navigator: {
    mediaDevices: {
      getUserMedia: () => new Promise((resolve, reject) => microphones.push({ resolve, reject })),
    },
  },
  document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
  Audio: class {
    async play() {}
    pause() {}
  },
  AudioContext: class {
    state = "running";
    createMediaStreamSource = () => ({ connect: () => {}, disconnect: () => {} });
    createAnalyser = () => ({ disconnect: () => {}, getFloatTimeDomainData: () => {} });
    close = async () => {};
  },
  addEventListener: () => {},
  fetch: () => answerOf(),
};
for (const [name, value] of Object.entries(BROWSER)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/** A session, and what surrounds it. */
function stage() {
  const api = new StandInApi();
  const session = new NavaiSession(/** @type {any} */ (api));
  const changes = [];
  session.addEventListener("change", () => changes.push(session.state));
  return { api, session, changes };
}

/** A session in which one may speak. @param {Record<string, string>} [opening] */
async function talking(opening) {
  const made = stage();
  void made.session.start(opening);
  microphones[0].resolve(stream());
  await settled();
  peers[0].stand();
  await settled();
  assert.equal(made.session.state, opening ? "thinking" : "listening");
  return made;
}

beforeEach(() => {
  peers = [];
  microphones = [];
  answerOf = async () => new Response("v=0", { status: 201 });
});
afterEach(() => mock.timers.reset());

test("microphone, secret and offer are asked for at once", async () => {
  const { api, session } = stage();
  void session.start();
  assert.deepEqual([microphones.length, api.minted, peers.length], [1, 1, 1]);
  session.stop();
});

test("a second tap does not begin another conversation", async () => {
  const { api, session } = stage();
  void session.start();
  void session.start();
  await settled();
  assert.deepEqual([microphones.length, api.minted], [1, 1]);
  session.stop();
});

test("stopping while it connects leaves nothing open", async () => {
  const { session, changes } = stage();
  void session.start();
  await settled();
  session.stop();
  const late = stream();
  microphones[0].resolve(late);
  peers[0].stand();
  await settled();
  assert.equal(session.state, "ended");
  assert.ok(late.track.stopped);
  assert.ok(peers[0].closed);
  assert.deepEqual(changes, ["requesting", "connecting", "ended"]);
});

test("a refusal is told at once, also while the browser asks for the microphone", async () => {
  const { api, session } = stage();
  api.refuses = new Failure("quota_exhausted");
  void session.start();
  await settled();
  assert.equal(session.failure?.code, "quota_exhausted");
  const late = stream();
  microphones[0].resolve(late);
  await settled();
  assert.ok(late.track.stopped);
});

test("it says that the browser asks, and does not wait forever", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { session } = stage();
  void session.start();
  await settled();
  peers[0].stand();
  await settled();
  assert.equal(session.asking, false);
  mock.timers.tick(2_500);
  assert.equal(session.asking, true);
  mock.timers.tick(60_000);
  assert.equal(session.failure?.code, "microphone_unanswered");
  assert.equal(session.asking, false);
  assert.ok(peers[0].closed);
});

test("who answers the browser late is heard", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { session } = stage();
  void session.start();
  await settled();
  peers[0].stand();
  await settled();
  mock.timers.tick(20_000);
  microphones[0].resolve(stream());
  await settled();
  assert.deepEqual([session.asking, session.state], [false, "listening"]);
  session.stop();
});

test("a connection that is lost while the browser asks is made again, and the opening is said once", async () => {
  const { session } = stage();
  void session.start({ line: "Welcome home." });
  await settled();
  peers[0].stand();
  await settled();
  peers[0].lose();
  await settled();
  assert.equal(peers.length, 2);
  peers[1].stand();
  await settled();
  assert.equal(session.state, "connecting");
  const heard = stream();
  microphones[0].resolve(heard);
  await settled();
  // What it is to say is on its way.
  assert.equal(session.state, "thinking");
  assert.equal(peers[1].track, heard.track);
  assert.equal(peers[1].asked("response.create").length, 1);
  assert.match(peers[1].asked("response.create")[0].response.instructions, /Welcome home\./);
  session.stop();
});

test("what was said goes along to the next connection, and the opening is not said again", async () => {
  const { session } = await talking({ line: "Welcome home." });
  peers[0].hear(
    begun(peers[0]),
    { type: "response.output_audio_transcript.done", item_id: "a", transcript: "Welcome home." },
    { type: "response.done", response: { status: "completed" } },
  );
  peers[0].lose();
  await settled();
  peers[1].stand();
  await settled();
  assert.deepEqual(
    peers[1].asked("conversation.item.create").map((event) => event.item.role),
    ["assistant"],
  );
  assert.deepEqual(peers[1].asked("response.create"), []);
  session.stop();
});

test("a token that is withdrawn is not tried again", async () => {
  const { api, session } = await talking();
  api.refuses = new Failure("not_signed_in");
  peers[0].lose();
  await settled();
  assert.equal(session.failure?.code, "not_signed_in");
  assert.equal(api.minted, 2);
});

test("a network that is gone for a moment is waited for", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { api, session } = stage();
  void session.start();
  microphones[0].resolve(stream());
  await settled();
  peers[0].stand();
  await settled();
  api.refuses = new Failure("server_gone");
  peers[0].lose();
  for (const delay of [1_000, 2_000]) {
    await settled();
    mock.timers.tick(delay);
  }
  await settled();
  assert.equal(session.state, "connecting");
  api.refuses = undefined;
  mock.timers.tick(4_000);
  await settled();
  peers.at(-1).stand();
  await settled();
  assert.equal(session.state, "listening");
  session.stop();
});

test("a stop ends the waiting for the network", async () => {
  const { api, session } = await talking();
  api.refuses = new Failure("server_gone");
  peers[0].lose();
  await settled();
  session.stop();
  await settled();
  assert.equal(session.state, "ended");
  assert.equal(session.failure, undefined);
});

test("what is to be said waits for the answer that is being made", async () => {
  const { session } = await talking();
  const [peer] = peers;
  peer.hear({ type: "response.created" });
  session.say({ line: "One." });
  session.say({ context: "Two." });
  assert.equal(peer.asked("response.create").length, 0);
  peer.hear({ type: "response.done", response: { status: "completed" } });
  assert.equal(peer.asked("response.create").length, 1);
  peer.hear(begun(peer), { type: "response.done", response: { status: "completed" } });
  assert.deepEqual(
    peer.asked("response.create").map(({ response }) => response.instructions.includes("One.")),
    [true, false],
  );
  session.stop();
});

test("a request that is refused does not hold up the next", async () => {
  const { session } = await talking();
  const [peer] = peers;
  session.say({ line: "One." });
  session.say({ line: "Two." });
  assert.equal(peer.asked("response.create").length, 1);
  peer.hear({ type: "error", error: { code: "server_error" } });
  assert.equal(peer.asked("response.create").length, 2);
  assert.equal(session.notice?.code, "response_failed");
  session.stop();
});

test("another failure than before is told", async () => {
  const { session, changes } = stage();
  session.fail(new Failure("server_gone"));
  session.fail(new Failure("not_signed_in"));
  assert.equal(session.failure?.code, "not_signed_in");
  assert.deepEqual(changes, ["failed", "failed"]);
});

test("credit that runs out within a conversation ends it", async () => {
  const { session } = await talking();
  const failed = { status: "failed", status_details: { error: { code: "insufficient_quota" } } };
  peers[0].hear({ type: "response.done", response: failed });
  assert.equal(session.failure?.code, "quota_exhausted");
});

test("the server says how long a silence may last, and a conversation", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  mock.method(performance, "now", () => now);
  const pass = (/** @type {number} */ ms) => {
    for (const ends = now + ms; now < ends;) {
      now += 500;
      mock.timers.tick(500);
    }
  };
  for (const [more, code] of [
    [{ idle_timeout: 20, session_length: 600 }, "idle"],
    [{ idle_timeout: 3_600, session_length: 20 }, "session_length"],
  ]) {
    const { api, session } = stage();
    const mint = api.clientSecret;
    api.clientSecret = async (profile) => ({ ...(await mint.call(api, profile)), ...more });
    void session.start();
    microphones.at(-1)?.resolve(stream());
    await settled();
    peers.at(-1).stand();
    await settled();
    pass(19_500);
    assert.equal(session.state, "listening");
    pass(500);
    assert.deepEqual([session.state, api.reports.at(-1).code], ["ended", code]);
    assert.equal(session.notice?.code, code === "idle" ? undefined : code);
  }
  mock.restoreAll();
});

test("what went wrong with an answer is shown, and the server is told", async () => {
  const { api, session } = await talking();
  const failed = { status: "failed", status_details: { error: { code: "server_error" } } };
  peers[0].hear({ type: "response.created" }, { type: "response.done", response: failed });
  assert.deepEqual(session.notice, { code: "response_failed", values: { reason: "server_error" } });
  const { problem, provider_code } = api.reports.find((report) => report.problem);
  assert.deepEqual([problem, provider_code], ["response_failed", "server_error"]);
  assert.equal(session.state, "listening");
  peers[0].hear({ type: "response.created" });
  assert.equal(session.notice, undefined);
  session.stop();
});

test("a notice that another one covered is shown again when that no longer holds", async () => {
  const { session } = await talking();
  session._notify("microphone_away");
  session._connectionFlows(false);
  assert.equal(session.notice?.code, "connection_weak");
  session._connectionFlows(true);
  assert.equal(session.notice?.code, "microphone_away");
  session._withdraw("microphone_away");
  assert.equal(session.notice, undefined);
  session.stop();
});

test("a tool that runs across a loss is spoken about on the next connection", async () => {
  const { api, session } = await talking();
  /** @type {(result: unknown) => void} */
  let end = () => {};
  api.execute = () => new Promise((resolve) => (end = resolve));
  const item = { type: "function_call", status: "completed", call_id: "c1", name: "open_valve", arguments: "{}" };
  peers[0].hear(
    { type: "response.created", response: { id: "r1" } },
    { type: "response.output_item.done", item },
    { type: "response.done", response: { id: "r1", status: "completed" } },
  );
  peers[0].lose();
  await settled();
  peers[1].stand();
  await settled();
  end({ output: "open" });
  await settled();
  const told = peers[1].asked("conversation.item.create").map((event) => event.item.content[0].text);
  assert.match(told[0], /open_valve.*still running/);
  assert.match(told[1], /open_valve.*Its result: "open"/);
  assert.equal(peers[1].asked("response.create").length, 1);
  session.stop();
});

test("an answer that is no SDP is the provider's mistake", async () => {
  const { session } = stage();
  answerOf = async () => new Response("rubbish", { status: 201 });
  void session.start();
  microphones[0].resolve(stream());
  await settled();
  assert.equal(session.failure?.code, "upstream_invalid_response");
});

test("what takes too long is told apart: the provider, or the way to it", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const codes = [];
  for (const answer of [() => new Promise(() => {}), async () => new Response("v=0", { status: 201 })]) {
    const { session } = stage();
    answerOf = answer;
    void session.start();
    microphones.at(-1)?.resolve(stream());
    await settled();
    mock.timers.tick(12_000);
    await settled();
    codes.push(session.failure?.code);
  }
  assert.deepEqual(codes, ["upstream_timeout", "connection_blocked"]);
});

test("a conversation begins without waiting for tools, and gets them when they are there", async () => {
  const { api, session } = stage();
  const waiting = [];
  api.toolsOf = () => new Promise((resolve) => waiting.push(resolve));
  void session.start();
  microphones[0].resolve(stream());
  await settled();
  peers[0].stand();
  await settled();
  assert.equal(session.state, "listening");
  assert.deepEqual(peers[0].asked("session.update"), []);
  waiting[0]([{ name: "late" }]);
  await settled();
  assert.deepEqual(
    peers[0].asked("session.update").map((event) => event.session.tools),
    [[{ name: "late" }]],
  );
  session.stop();
});

test("tools that are there before the microphone is are offered once", async () => {
  const { api, session } = stage();
  api.toolsOf = async () => [{ name: "early" }];
  void session.start();
  await settled();
  peers[0].stand();
  await settled();
  microphones[0].resolve(stream());
  await settled();
  assert.equal(session.state, "listening");
  assert.equal(peers[0].asked("session.update").length, 1);
  session.stop();
});

test("the secret's servers are known to a connection before it looks for ways", async () => {
  const { api, session } = stage();
  const servers = [{ urls: ["turns:turn.test:443?transport=tcp"], username: "navai", credential: "tok" }];
  const secretOf = api.clientSecret.bind(api);
  api.clientSecret = async () => ({ ...(await secretOf()), ice_servers: servers });
  void session.start();
  microphones[0].resolve(stream());
  await settled();
  assert.deepEqual(peers[0].steps, [["setConfiguration", { iceServers: servers }], ["setLocalDescription"]]);
  peers[0].stand();
  await settled();
  assert.equal(session.state, "listening");
  session.stop();
});

test("a secret without servers changes nothing of a connection", async () => {
  const { session } = await talking();
  assert.deepEqual(peers[0].steps, [["setLocalDescription"]]);
  session.stop();
});

test("a page to sign in is no failure any more when the server is heard again", async () => {
  const { session } = stage();
  const display = new Display(session, /** @type {any} */ ({ dismiss: () => {} }));
  session.fail(new Failure("server_sign_in"));
  assert.equal(session.state, "failed");
  assert.equal(session.failure?.needsToken, false);
  display.take({ type: "configuration", session: null });
  assert.deepEqual([session.state, session.failure], ["idle", undefined]);
  session.fail(new Failure("quota_exhausted"));
  display.take({ type: "configuration", session: null });
  assert.equal(session.failure?.code, "quota_exhausted");
});

test("tools of a conversation that is over do not come into the next", async () => {
  const { api, session } = stage();
  const waiting = [];
  api.toolsOf = () => new Promise((resolve) => waiting.push(resolve));
  void session.start();
  microphones[0].resolve(stream());
  await settled();
  peers[0].stand();
  session.stop();
  void session.start();
  microphones[1].resolve(stream());
  await settled();
  peers[1].stand();
  waiting[0]([{ name: "old" }]);
  waiting[1]([{ name: "new" }]);
  await settled();
  assert.deepEqual(
    peers[1].asked("session.update").map((event) => event.session.tools),
    [[{ name: "new" }]],
  );
  session.stop();
});

test("a conversation that somebody else asks for joins the one under way", async () => {
  const { api, session } = await talking();
  session.join({ profile: "kitchen", line: "Dinner is ready.", request: "r1" });
  assert.deepEqual(api.answers, [["r1", true]]);
  assert.equal(peers[0].asked("response.create").length, 1);
  session.join({ profile: "kitchen", request: "r2" });
  assert.deepEqual(api.answers.at(-1), ["r2", true]);
  assert.equal(session.state, "thinking");
  assert.equal(peers.length, 1);
  session.stop();
});

test("with another profile, another conversation takes its place", async () => {
  const { api, session } = await talking();
  session.join({ profile: "bedtime", request: "r1" });
  await settled();
  assert.equal(peers.length, 2);
  assert.ok(peers[0].closed);
  assert.equal(session.profile, "bedtime");
  assert.equal(api.reports.at(-1).request, "r1");
  session.stop();
});

test("a server that was away is told of the conversation", async () => {
  const { api, session } = await talking();
  api.reports = [];
  const voice = { dismiss() {}, call() {} };
  new Display(session, /** @type {any} */ (voice)).take({ type: "configuration" });
  assert.deepEqual(
    api.reports.map(({ state, profile }) => [state, profile]),
    [["listening", "kitchen"]],
  );
  session.stop();
  api.reports = [];
  session.reportAgain();
  assert.deepEqual(api.reports, []);
});

test("a display that is none any more says why", async () => {
  const { session } = await talking();
  const display = new Display(session, /** @type {any} */ ({ dismiss() {} }));
  display.take({ type: "removed" });
  assert.equal(session.failure?.code, "unknown_display");
  display.take({ type: "removed", code: "not_signed_in" });
  assert.equal(session.failure?.code, "not_signed_in");
  assert.ok(peers[0].closed);
});

test("it rings for half a minute, on the page only", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let changes = 0;
  let sounds = 0;
  /** @type {string[]} */
  const missed = [];
  const ring = new Ring(
    () => changes++,
    ({ request }) => missed.push(request),
    () => sounds++,
  );
  ring.resume();
  assert.deepEqual([changes, sounds], [0, 0]);
  ring.begin({ line: "Hello.", request: "r1" });
  ring.pause();
  mock.timers.tick(60_000);
  assert.equal(sounds, 1);
  ring.resume();
  for (let rings = 0; rings < 4; rings++) mock.timers.tick(5_000);
  assert.deepEqual(missed, []);
  mock.timers.tick(5_000);
  assert.deepEqual(missed, ["r1"]);
  assert.equal(sounds, 6);
  assert.equal(ring.opening, undefined);
  assert.equal(ring.end(), undefined);
});

test("answering the ring says what it was about, and misses nothing", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {string[]} */
  const missed = [];
  const ring = new Ring(
    () => {},
    ({ request }) => missed.push(request),
    () => {},
  );
  ring.begin({ line: "Hello.", request: "r1" });
  assert.deepEqual(ring.end(), { line: "Hello." });
  assert.equal(ring.opening, undefined);
  mock.timers.tick(60_000);
  ring.begin({ request: "r2" });
  ring.giveUp();
  ring.giveUp();
  assert.deepEqual(missed.splice(0), ["r2"]);
  // Another one in its place: nobody hears the first any more.
  ring.begin({ line: "Hello.", request: "r3" });
  ring.begin({ line: "Dinner.", request: "r4" });
  assert.deepEqual(missed, ["r3"]);
  assert.equal(ring.opening?.line, "Dinner.");
  ring.end();
});

test("the loudness is drawn while there is some, and in silence nothing is", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {Map<number, () => void>} */
  const frames = new Map();
  let number = 0;
  Object.assign(globalThis, {
    requestAnimationFrame: (/** @type {() => void} */ draw) => (frames.set(++number, draw), number),
    cancelAnimationFrame: (/** @type {number} */ frame) => frames.delete(frame),
  });
  const frame = () => {
    const drawn = [...frames.values()];
    frames.clear();
    for (const draw of drawn) draw();
    return drawn.length;
  };
  let level = 0.5;
  /** @type {(number | undefined)[]} */
  const drawn = [];
  const pulse = new Pulse(
    () => level,
    (now) => drawn.push(now),
  );
  pulse.run(true);
  pulse.run(true);
  assert.equal(frame(), 1);
  assert.deepEqual(drawn, [0.5]);
  level = 0.001;
  let count = 0;
  while (frame()) count++;
  assert.equal(count, 30);
  const before = drawn.length;
  assert.equal(drawn.at(-1), 0);
  for (let looks = 0; looks < 50; looks++) mock.timers.tick(100);
  assert.equal(frames.size, 0);
  assert.equal(drawn.length, before);
  level = 0.4;
  mock.timers.tick(100);
  assert.equal(drawn.at(-1), 0.4);
  assert.equal(frame(), 1);
  pulse.run(false);
  assert.equal(frames.size, 0);
  assert.equal(drawn.at(-1), undefined);
});
