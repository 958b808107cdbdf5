// Runs the published client of NAVAI, unmodified, against a hub. Reads {baseUrl, token, calls} from stdin, each call
// [method, input] with null for no input; prints one JSON line: what each call gave, or the message of the error that it threw.

import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/package.json`);
const { createNavaiBackendClient } = await import(pathToFileURL(resolveModule("@navai/voice-frontend")).href);

/** The package's ES module: its `require` entry stands beside its `import` entry. */
function resolveModule(name) {
  return require.resolve(name).replace(/\.cjs$/, ".js");
}

let text = "";
for await (const chunk of process.stdin) {
  text += chunk;
}
const { baseUrl, token, calls } = JSON.parse(text);

const client = createNavaiBackendClient({
  apiBaseUrl: baseUrl,
  fetchImpl: (url, init = {}) =>
    fetch(url, { ...init, headers: { ...init.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) } }),
});

const results = [];
for (const [method, input] of calls) {
  try {
    results.push({ value: await client[method](input ?? undefined) });
  } catch (error) {
    results.push({ error: error.message });
  }
}
process.stdout.write(`${JSON.stringify(results)}\n`);
