/**
 * The tools that the model calls: the server runs them, and the model gets the result.
 */

import { Failure } from "../server/failure.js";

/**
 * @param {import("./conversation.js").Call} call
 * @param {(name: string, args: Record<string, unknown>) => Promise<import("../server/running-tool.js").Executed>} execute
 * @returns {Promise<{output: string, later?: Promise<string | undefined>}>} What the model gets now, and what follows where it still runs.
 */
export async function runTool(call, execute) {
  try {
    const { output, later } = await execute(call.name, JSON.parse(call.arguments || "{}"));
    return { output: json(output), later: later?.then((result) => (result === undefined ? result : json(result))) };
  } catch (error) {
    // The model tells the person in its own words.
    return { output: JSON.stringify({ ok: false, error: Failure.of(error, "function_failed").code }) };
  }
}

/** @param {unknown} value */
function json(value) {
  return JSON.stringify(value ?? null);
}
