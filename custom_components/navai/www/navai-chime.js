/** Two soft tones, where the browser lets them sound: somebody is called. */
export function chime() {
  const context = new AudioContext();
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
