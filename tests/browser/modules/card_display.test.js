// Which display a browser is: by its address, by choice, by the dashboard.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ASK, OwnDisplay, withoutDisplay } from "./card/display.js";

/** What a browser keeps. */
function store() {
  const kept = new Map();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
}

/** @param {ReturnType<typeof store>} kept */
const browser = (kept = store()) => new OwnDisplay(() => kept);

test("without anything, the dashboard says it", () => {
  assert.deepEqual(browser().place("hall"), { display: "hall", asks: false, wrong: false });
  assert.deepEqual(browser().place(undefined), { asks: false, wrong: false });
});

test("the address wins over the dashboard, and is remembered", () => {
  const kept = store();
  const own = browser(kept);
  assert.equal(own.follow("?navai_display=desk"), false);
  for (const configured of ["hall", undefined, ASK]) {
    assert.deepEqual(own.place(configured), { display: "desk", asks: false, wrong: false });
    assert.deepEqual(browser(kept).place(configured), { display: "desk", asks: false, wrong: false });
  }
});

test("an address without it changes nothing, and an empty one forgets", () => {
  const kept = store();
  const own = browser(kept);
  own.follow("?navai_display=desk&other=1");
  assert.equal(own.follow("?other=1"), false);
  assert.equal(own.place("hall").display, "desk");
  assert.equal(own.follow("?navai_display="), true);
  assert.equal(own.place("hall").display, "hall");
  assert.equal(browser(kept).place("hall").display, "hall");
  assert.equal(kept.kept.size, 0);
});

test("the address is followed once, so that a choice made afterwards holds", () => {
  const own = browser();
  own.follow("?navai_display=");
  own.choose("desk");
  assert.equal(own.follow("?navai_display="), false);
  assert.equal(own.place(ASK).display, "desk");
});

test("a person is asked once, and may say none", () => {
  const kept = store();
  const own = browser(kept);
  let changes = 0;
  own.addEventListener("change", () => changes++);
  assert.deepEqual(own.place(ASK), { asks: true, wrong: false });
  own.choose("");
  assert.equal(changes, 1);
  assert.deepEqual(own.place(ASK), { asks: false, wrong: false });
  assert.deepEqual(browser(kept).place(ASK), { asks: false, wrong: false });
  // That is an answer to the question, and says nothing of dashboards that do not ask.
  assert.equal(browser(kept).place("hall").display, "hall");
  own.choose("hall");
  assert.equal(browser(kept).place(ASK).display, "hall");
});

test("what is no name of a display is not taken, nor remembered, nor shown", () => {
  const kept = store();
  const own = browser(kept);
  for (const key of ["Hall", "a b", "-hall", "hall/1", "x".repeat(65), "%3Cscript%3E", "käse"]) {
    own.follow(`?navai_display=${key}`);
    assert.deepEqual(own.place("hall"), { asks: false, wrong: true }, key);
    assert.deepEqual(own.place(ASK), { asks: true, wrong: true }, key);
  }
  assert.equal(kept.kept.size, 0);
  own.follow("");
  assert.equal(own.place("hall").wrong, false);
  own.follow(`?navai_display=${"x".repeat(64)}`);
  assert.equal(own.place("hall").display, "x".repeat(64));
  kept.setItem("navai.display", "<b>");
  assert.equal(own.place("hall").display, "hall");
});

test("a browser that keeps nothing remembers it as long as the page is open", () => {
  const own = new OwnDisplay(() => {
    throw new Error("SecurityError");
  });
  own.follow("?navai_display=desk");
  assert.equal(own.place("hall").display, "desk");
  own.follow("?navai_display=");
  assert.equal(own.place("hall").display, "hall");
});

test("an address loses the display, and nothing else", () => {
  assert.equal(
    withoutDisplay("https://home.example.org/room/0?edit=1&navai_display=#now"),
    "https://home.example.org/room/0?edit=1#now",
  );
});
