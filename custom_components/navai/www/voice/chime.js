import { newAudioContext } from "./audio-context.js";

/** How long a browser takes at most to let sound out, in ms. */
const SOUND_MS = 250;

/** Two soft tones, where the browser lets them sound: somebody is called. */
export async function chime() {
  const context = newAudioContext();
  if (!context) return;
  // Firefox and Safari let it run only after a moment, even where they allow it.
  const soon = new Promise((resolve) => setTimeout(resolve, SOUND_MS));
  await Promise.race([context.resume().catch(() => {}), soon]);
  if (context.state !== "running") {
    void context.close();
    return;
  }
  [660, 880].forEach((frequency, index) => {
    const tone = new OscillatorNode(context, { frequency });
    const volume = new GainNode(context, { gain: 0 });
    const begin = context.currentTime + index * 0.2;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.15, begin + 0.03);
    volume.gain.linearRampToValueAtTime(0, begin + 0.35);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 0.4);
    if (index) tone.onended = () => void context.close();
  });
}
