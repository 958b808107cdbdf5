// The token in the address of the kiosk page.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { takeToken } from "./kiosk/token.js";

const kept = new Map();
/** @type {string[]} */
let addresses = [];

/** @param {string} hash */
function open(hash) {
  globalThis.location = { hash, pathname: "/navai/kiosk/kitchen", search: "?a=1" };
  return takeToken();
}

beforeEach(() => {
  kept.clear();
  addresses = [];
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
  };
  globalThis.history = { state: null, replaceState: (_state, _title, address) => addresses.push(address) };
});

test("every character that a token can have arrives, typed or escaped", () => {
  const every = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join("");
  assert.equal(open(`#token=${encodeURIComponent(every)}`), every);
  const typed = every.replace("&", "").replace("%", "");
  assert.equal(open(`#token=${typed}`), typed);
  assert.equal(open("#token=tok+hall/Xq7m==&more=1"), "tok+hall/Xq7m==");
  assert.equal(open("#more=1&token=%20tok%2Bhall%20"), "tok+hall");
  assert.equal(open("#token=100%sure"), "100%sure");
});

test("it is kept, and removed from the address", () => {
  assert.equal(open("#token=tok+hall"), "tok+hall");
  assert.deepEqual(addresses, ["/navai/kiosk/kitchen?a=1"]);
  assert.equal(open(""), "tok+hall");
  assert.equal(open("#token="), "tok+hall");
  assert.equal(open("#mytoken=x"), "tok+hall");
  assert.equal(addresses.length, 1);
});
