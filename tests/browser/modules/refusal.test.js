// What the provider answers to an offer, or says in the middle of a conversation: our code for it, and what goes further.

import assert from "node:assert/strict";
import { test } from "node:test";

import { callFailure, codeIn, requestIdIn, spentFailure } from "./voice/refusal.js";

const ASKED = { model: "gpt-x", profile: "kitchen" };
const ID = "req_0123456789abcdef0123456789abcdef";
const SIGN_IN = "<!doctype html><title>Wi-Fi</title><form><input type=password></form>";

const failure = (status, body, headers = {}) =>
  callFailure(
    { status, headers: new Headers(headers) },
    typeof body === "string" ? body : JSON.stringify({ error: body }),
    ASKED,
  );

const REFUSALS = [
  [404, { code: "model_not_found" }, "model_not_found"],
  [403, { code: "model_not_found" }, "model_not_found"],
  [400, { code: "invalid_model", param: "model" }, "invalid_model"],
  [404, { code: "DeploymentNotFound" }, "deployment_not_found"],
  [403, { code: "unsupported_country_region_territory", type: "request_forbidden" }, "country_not_supported"],
  [403, { code: "missing_scope" }, "missing_scope"],
  [401, { code: "missing_scope" }, "missing_scope"],
  [400, { code: "beta_api_shape_disabled" }, "beta_api_retired"],
  [429, { code: "insufficient_quota" }, "quota_exhausted"],
  [429, { code: "credit_balance_exhausted", type: "insufficient_quota" }, "quota_exhausted"],
  [429, { code: null, type: "insufficient_quota" }, "quota_exhausted"],
  [429, { code: "rate_limit_exceeded" }, "upstream_rate_limited"],
  [429, "", "upstream_rate_limited"],
  [401, { code: "invalid_api_key" }, "api_key_refused"],
  [401, { code: "expired_client_secret" }, "secret_expired"],
  [401, { code: null }, "secret_expired"],
  [401, "", "secret_expired"],
  [400, { code: "invalid_offer" }, "provider_refused"],
  [404, "<html><h1>404 Not Found</h1></html>", "provider_refused"],
  [418, "", "provider_refused"],
  [500, { type: "server_error" }, "upstream_unavailable"],
  [503, "", "upstream_unavailable"],
  [502, `${SIGN_IN} <a>Log in</a>`, "upstream_unavailable"],
  [403, SIGN_IN, "network_sign_in"],
  [201, SIGN_IN, "network_sign_in"],
  [200, "\n<html>Please sign in to the guest network", "network_sign_in"],
  [407, "", "network_sign_in"],
  [511, "anything", "network_sign_in"],
  [0, "", "network_sign_in"],
  ...[200, 400, 401, 403].map((status) => [status, "<!doctype html><title>A dashboard</title>", "network_sign_in"]),
  [404, SIGN_IN, "network_sign_in"],
  [200, "no SDP", "upstream_invalid_response"],
];

test("each refusal of a call has its code", () => {
  const found = REFUSALS.map(([status, body]) => failure(status, body).code);
  assert.deepEqual(
    found,
    REFUSALS.map(([, , code]) => code),
  );
});

test("a model that is refused is named with its profile", () => {
  const { text, values } = failure(404, { code: "model_not_found" });
  assert.equal(text, "model_not_found_named");
  assert.deepEqual([values.model, values.profile], ["gpt-x", "kitchen"]);
  assert.equal(spentFailure("invalid_model", ASKED)?.text, "invalid_model_named");
  assert.equal(spentFailure("invalid_model", {})?.text, "invalid_model");
});

test("the provider's code and the id of its request go further", () => {
  const known = failure(400, { code: "invalid_offer" }, { "x-request-id": ID });
  assert.deepEqual(known.report, { provider_code: "invalid_offer", request_id: ID });
  assert.equal(known.values.reason, `invalid_offer, ${ID}`);
  const azure = failure(
    404,
    { code: "DeploymentNotFound" },
    { "x-request-id": "5b1f6c1e-0f3a-4e0e-9a53-0c4d6a7b8c9d" },
  );
  assert.equal(azure.report.provider_code, "deployment_not_found");
  assert.equal(azure.report.request_id, "5b1f6c1e-0f3a-4e0e-9a53-0c4d6a7b8c9d");
  const bare = failure(418, "");
  assert.deepEqual([bare.report, bare.values.reason], [{}, "HTTP 418"]);
  assert.equal(failure(429, "", { "Retry-After": "7" }).retryAfter, 7);
});

test("nothing that may be a key goes further", () => {
  const keys = [
    "sk-proj-abcdef",
    "sk_live_abcdef",
    "ek_68af296e8e408191",
    "vcst_abc",
    "xai_abc",
    "0123456789abcdef0123456789abcdef",
    "a sentence with sk-1234",
    "x".repeat(65),
    "",
    7,
    null,
    undefined,
    { code: "x" },
  ];
  assert.deepEqual(
    keys.map((key) => codeIn(key)),
    keys.map(() => undefined),
  );
  const ids = [
    "sk-proj-0123456789",
    "ek_0123456789abcdef",
    "0123456789abcdef0123456789abcdef",
    "req_a b",
    "req_x",
    "",
    null,
  ];
  assert.deepEqual(
    ids.map((id) => requestIdIn(id)),
    ids.map(() => undefined),
  );
  const told = failure(400, { message: "sk-1", code: "sk-proj-1", type: "ek_1" }, { "x-request-id": "sk-proj-123456" });
  assert.deepEqual([told.report, told.values.reason, told.message], [{}, "HTTP 400", "provider_refused"]);
});

test("any body can be read", () => {
  for (const body of [
    "null",
    "[]",
    "1",
    '"x"',
    '{"error":null}',
    '{"error":"x"}',
    '{"error":[1]}',
    "{",
    "[".repeat(1e5),
  ]) {
    assert.equal(failure(400, body).code, "provider_refused");
  }
});

test("in the middle of a conversation the same codes end it, and others do not", () => {
  const final = ["insufficient_quota", "model_not_found", "invalid_api_key", "missing_scope"];
  assert.deepEqual(
    final.map((code) => spentFailure(code)?.code),
    ["quota_exhausted", "model_not_found", "api_key_refused", "missing_scope"],
  );
  assert.deepEqual(spentFailure("insufficient_quota")?.report, { provider_code: "insufficient_quota" });
  for (const code of [
    "server_error",
    "rate_limit_exceeded",
    "conversation_already_has_active_response",
    "constructor",
    "__proto__",
    undefined,
  ]) {
    assert.equal(spentFailure(code), undefined);
  }
});
