// What a new card gets from Home Assistant's card picker.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readOptions } from "./card/config.js";
import { suggestionFor } from "./card/devices.js";
import { newCard } from "./card/editor.js";

/** @param {string[]} displays */
const home = (...displays) => ({
  devices: Object.fromEntries([
    ["lamp", { identifiers: [["hue", "1"]], name: "Lamp" }],
    ["service", { identifiers: [["navai", "service"]], name: "navai" }],
    ...displays.map((key) => [`device_${key}`, { identifiers: [["navai", `display:${key}`]], name: key }]),
  ]),
  entities: { "sensor.hall_status": { device_id: "device_hall" }, "light.lamp": { device_id: "lamp" } },
});
const LARGE = { layout: "full", captions: true, prefetch: true };

test("it is large, with captions, and of the only display", () => {
  assert.deepEqual(newCard(home("hall")), { ...LARGE, display: "hall" });
});

test("if there are several displays, each device says which one it is", () => {
  assert.deepEqual(newCard(home("hall", "desk")), { ...LARGE, display: "ask" });
});

test("without displays, or before Home Assistant is there, it names none", () => {
  assert.deepEqual(newCard(home()), LARGE);
  assert.deepEqual(newCard(undefined), LARGE);
});

test("what it gets is valid", () => {
  for (const hass of [home(), home("hall"), home("hall", "desk")]) {
    assert.deepEqual(readOptions(newCard(hass), String), newCard(hass));
  }
});

test("a card that is suggested for an entity is the same, of the entity's display", () => {
  const { config } = suggestionFor(home("hall", "desk"), "sensor.hall_status") ?? {};
  assert.deepEqual(config, { type: "custom:navai-card", ...LARGE, display: "hall" });
  assert.equal(suggestionFor(home("hall"), "light.lamp"), null);
});

test("a card in YAML without a layout stays a button", () => {
  assert.equal(readOptions({}, String).layout, "button");
});
