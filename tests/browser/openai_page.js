// The npm package `openai`, unmodified: its WebRTC client against the simulator.

import { OpenAIRealtimeWebRTC } from "openai/realtime/webrtc";
import { meter, silentUntil, until } from "./listening.js";

window.talk = async ({ url, secret, tool, until: last, timeoutMs }) => {
  const speak = silentUntil();
  const connection = new OpenAIRealtimeWebRTC();
  const events = [];
  const outputs = [];
  let level;
  connection.peerConnection.addEventListener("track", (event) => {
    level = meter(event.streams[0]);
  });
  connection.onEvent((event) => events.push({ ...event, atMs: performance.now() }));
  connection.on("session.created", () => connection.send({ type: "session.update", session: { type: "realtime", tools: [tool] } }));
  connection.on("response.output_item.done", ({ item }) => {
    if (item.type === "function_call") {
      outputs.push(item.arguments);
      const output = { type: "function_call_output", call_id: item.call_id, output: "18 degrees" };
      connection.send({ type: "conversation.item.create", item: output });
    }
  });
  connection.on("response.done", ({ response }) => {
    if (response.output.some((item) => item.type === "function_call")) {
      connection.send({ type: "response.create" });
    }
  });
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  connection.peerConnection.addTrack(microphone.getAudioTracks()[0], microphone);
  let location = "";
  let refusal;
  const failure = await connection.connect({
    timeoutMs,
    exchangeSdp: async (sdp, { signal }) => {
      const headers = { Authorization: `Bearer ${secret}`, "Content-Type": "application/sdp" };
      const answer = await fetch(url, { method: "POST", body: sdp, headers, signal });
      location = answer.headers.get("Location");
      if (!answer.ok) {
        refusal = { status: answer.status, ...(await answer.json()).error };
        throw new Error("refused");
      }
      return answer.text();
    },
  }).then(() => undefined, (error) => ({ code: error.code, phase: error.phase }));
  if (failure) {
    microphone.getTracks().forEach((track) => track.stop());
    return { failure, refusal };
  }
  await until(() => events.some((event) => event.type === "session.created"), "the call");
  await speak();
  await until(() => events.some((event) => event.type === last), last);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { state } = connection;
  connection.close();
  microphone.getTracks().forEach((track) => track.stop());
  return { location, outputs, ...level, state, events };
};
