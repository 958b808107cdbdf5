// The npm package `@openai/agents-realtime`, unmodified: a RealtimeSession against the simulator.

import { OpenAIRealtimeWebRTC, RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { meter, silentUntil, until } from "./listening.js";

window.talk = async ({ url, secret, tool: wanted, until: last }) => {
  const speak = silentUntil();
  const outputs = [];
  const agent = new RealtimeAgent({
    name: "House",
    instructions: "You help a family.",
    tools: [
      tool({
        ...wanted,
        strict: false,
        execute: (given) => {
          outputs.push(JSON.stringify(given));
          return "18 degrees";
        },
      }),
    ],
  });
  let level;
  const player = new Audio();
  const transport = new OpenAIRealtimeWebRTC({
    baseUrl: url,
    audioElement: player,
    changePeerConnection: (connection) => {
      connection.addEventListener("track", (event) => {
        level = meter(event.streams[0]);
      });
      return connection;
    },
  });
  const session = new RealtimeSession(agent, { transport, model: "gpt-realtime-2.1" });
  const events = [];
  const errors = [];
  session.on("transport_event", (event) => events.push(event));
  session.on("error", (error) => errors.push(JSON.stringify(error)));
  await session.connect({ apiKey: secret });
  // It connects as well where that is not told in time.
  await until(() => events.some((event) => event.type === "session.updated"), "the new settings");
  await speak();
  await until(() => events.some((event) => event.type === last), last);
  const { callId, status } = transport;
  const history = session.history.map((item) => ({ type: item.type, role: item.role, status: item.status, content: item.content }));
  session.close();
  return { callId, status, outputs, peak: level.peak, history, usage: session.usage, errors, events };
};
