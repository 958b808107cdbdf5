/**
 * What the model wants done: the server does it, and the model hears what came of it.
 */

import { Failure } from "./navai-failure.js";

/**
 * @param {import("./navai-conversation.js").Call[]} calls
 * @param {(name: string, args: Record<string, unknown>) => Promise<import("./navai-running-tool.js").Executed>} execute
 * @returns {Promise<Record<string, unknown>[]>} The events to send: an output for each call, then what asks for words.
 */
export async function runTools(calls, execute) {
  const outputs = await Promise.all(calls.map((call) => outputOf(call, execute)));
  const items = calls.map((call, index) => ({
    type: "conversation.item.create",
    item: { type: "function_call_output", call_id: call.callId, output: outputs[index] },
  }));
  return [...items, { type: "response.create" }];
}

/**
 * @param {import("./navai-conversation.js").Call} call
 * @param {(name: string, args: Record<string, unknown>) => Promise<import("./navai-running-tool.js").Executed>} execute
 */
async function outputOf(call, execute) {
  try {
    const { output } = await execute(call.name, JSON.parse(call.arguments || "{}"));
    return JSON.stringify(output ?? null);
  } catch (error) {
    // The model hears of it, and tells the person in its own words.
    return JSON.stringify({ ok: false, error: Failure.of(error, "function_failed").code });
  }
}
