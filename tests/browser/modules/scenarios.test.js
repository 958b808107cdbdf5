// The rules of a conversation, as data: tests/scenarios has them, and their README the format.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { Dialogue } from "./voice/dialogue.js";

const TICK_MS = 500;
const WATCHED = ["send", "run", "activity", "notice", "problem", "fail", "reconnect", "end", "gate"];
/** What of an effect is compared. @type {Record<string, (effect: any) => unknown>} */
const SHOWN = {
  send: ({ event }) => event,
  run: ({ call }) => call,
  activity: ({ activity }) => activity,
  line: ({ line }) => ({ ...line }),
  notice: ({ code, values }) => ({ code, ...values }),
  problem: ({ code, providerCode }) => ({ code, providerCode }),
  fail: ({ failure }) => failure.code,
  reconnect: () => true,
  end: ({ code }) => code,
  gate: ({ closed }) => closed,
  hush: ({ silent }) => silent,
  withdraw: ({ codes }) => codes,
  usage: ({ usage, transcription }) => ({ usage, transcription }),
};

class Run {
  constructor({ limits = {}, watch = [], connected = true }) {
    this.now = 0;
    this.limits = { idleMs: (limits.idle ?? 60) * 1_000, lengthMs: (limits.length ?? 1_800) * 1_000 };
    this.watched = [...WATCHED, ...watch];
    this.names = new Map();
    this.effects = [];
    this.dialogue = new Dialogue(() => this.now);
    if (connected) this.note(this.dialogue.connected(this.limits));
  }

  /** What happened is shown as it is now: lines change later. */
  note(effects) {
    for (const effect of effects) {
      if (this.watched.includes(effect.do))
        this.effects.push({ [effect.do]: structuredClone(SHOWN[effect.do](effect)) });
    }
  }

  step(step) {
    const { dialogue } = this;
    const given = this.filled(step);
    const [[kind, value]] = Object.entries(given);
    switch (kind) {
      case "event":
        return this.note(dialogue.take(eventOf(value)));
      case "events":
        for (const event of value) this.note(dialogue.take(eventOf(event)));
        return undefined;
      case "say":
        return this.note(dialogue.say(value));
      case "answered":
        return this.note(dialogue.answered(value.call, value.output, value.runs));
      case "finished":
        return this.note(dialogue.finished(value.call, value.output));
      case "audible":
        return this.note(dialogue.heard(value, !value));
      case "lost":
        return this.note(dialogue.lost());
      case "connected":
        return this.note(dialogue.connected(this.limits));
      case "after":
        return this.pass(value * 1_000);
      case "expect":
        return this.compare(step.expect);
      default:
        throw new Error(`no step is called ${kind}`);
    }
  }

  pass(ms) {
    for (const ends = this.now + ms; this.now < ends;) {
      this.now = Math.min(ends, this.now + TICK_MS);
      this.note(this.dialogue.tick());
    }
  }

  compare(expected) {
    const found = this.effects.splice(0);
    assert.equal(found.length, expected.length, `expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
    expected.forEach((each, at) => this.contains(found[at], each, `effect ${at}: ${JSON.stringify(found[at])}`));
  }

  contains(found, expected, where) {
    if (typeof expected === "string" && expected.startsWith("$")) {
      if (!this.names.has(expected)) this.names.set(expected, found);
      assert.equal(found, this.names.get(expected), where);
    } else if (typeof expected === "string" && expected.startsWith("…")) {
      assert.ok(String(found).includes(expected.slice(1)), `${where}: ${expected}`);
    } else if (expected && typeof expected === "object") {
      assert.ok(found && typeof found === "object", where);
      if (Array.isArray(expected)) assert.equal(found.length, expected.length, where);
      for (const [key, value] of Object.entries(expected)) this.contains(found[key], value, `${where}, ${key}`);
    } else {
      assert.deepEqual(found, expected, where);
    }
  }

  /** The step, with what its names stand for. */
  filled(step) {
    if (typeof step === "string" && this.names.has(step)) return this.names.get(step);
    if (Array.isArray(step)) return step.map((each) => this.filled(each));
    if (!step || typeof step !== "object") return step;
    return Object.fromEntries(Object.entries(step).map(([key, value]) => [key, this.filled(value)]));
  }
}

/** An event without anything but its type is written as that. */
function eventOf(value) {
  return typeof value === "string" ? { type: value } : value;
}

const folder = new URL("./scenarios/", import.meta.url);
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const { scenarios } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  for (const scenario of scenarios) {
    test(`${file}: ${scenario.name}`, () => {
      const run = new Run(scenario);
      scenario.steps.forEach((step, at) => {
        try {
          run.step(step);
        } catch (cause) {
          throw new Error(`step ${at}: ${cause.message}`, { cause });
        }
      });
      const rest = run.effects.filter((effect) => !effect.activity);
      assert.deepEqual(rest, [], "effects that nobody expected");
    });
  }
}
