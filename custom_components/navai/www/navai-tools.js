/**
 * What the model wants done: the server does it, and the model is told what came of it.
 */

import { Failure } from "./navai-failure.js";

/**
 * @param {import("./navai-conversation.js").Call} call
 * @param {(name: string, args: Record<string, unknown>) => Promise<unknown>} execute
 * @returns {Promise<{output: string, later?: Promise<string>}>} What the model gets now, and what follows where it still runs.
 */
export async function runTool(call, execute) {
  try {
    return { output: JSON.stringify((await execute(call.name, JSON.parse(call.arguments || "{}"))) ?? null) };
  } catch (error) {
    // The model tells the person in its own words.
    return { output: JSON.stringify({ ok: false, error: Failure.of(error, "function_failed").code }) };
  }
}
