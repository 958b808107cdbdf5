// What both clients' pages share: how loud the remote audio gets, a microphone, and waiting for something.

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

/**
 * Give `getUserMedia` a silent microphone until the returned function is called. Its sound file starts only then and plays
 * once, so a call that is still connecting does not miss it.
 */
export function silentUntil() {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  const context = new AudioContext();
  const quiet = context.createMediaStreamDestination();
  mediaDevices.getUserMedia = async () => quiet.stream;
  return async () => context.createMediaStreamSource(await open({ audio: true })).connect(quiet);
}

export async function until(condition, what) {
  const ends = performance.now() + 60_000;
  while (performance.now() < ends) {
    const found = condition();
    if (found) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain for ${what}`);
}
