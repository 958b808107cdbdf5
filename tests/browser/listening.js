// What both clients' pages share: how loud the remote audio gets, and waiting for something.

/** Measures a stream. Chromium delivers silence to Web Audio unless an audio element plays the stream, too. */
export function meter(stream) {
  const player = new Audio();
  player.srcObject = stream;
  player.play();
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const seen = { peak: 0, history: [] };
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const now = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    seen.peak = Math.max(seen.peak, now);
    seen.history.push({ atMs: performance.now(), level: now });
  }, 20);
  return seen;
}

export async function until(condition, what) {
  for (let tries = 0; tries < 1500; tries += 1) {
    const found = condition();
    if (found) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain for ${what}`);
}
