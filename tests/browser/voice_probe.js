// Runs in every page before its own scripts: notes what the page holds, and what happens when. It holds on to nothing.

const probe = (window.navaiProbe = {
  /** What is open now. */
  peers: new Set(),
  tracks: new Set(),
  locks: new Set(),
  contexts: new Set(),
  /** `{at, state, muted, needsTap}` of every session, as it changes. `at` in ms of the page. */
  states: [],
  /** `{at, type}` of every event that came over a data channel. */
  events: [],
  /** `{at, level, silenced}`: what comes in, and whether the element lets it out. */
  loudness: [],
  /** What getUserMedia waits for, as it would for a person who is asked. */
  asked: Promise.resolve(),
  answer: () => {},

  makeTheMicrophoneWait() {
    probe.asked = new Promise((resolve) => (probe.answer = resolve));
  },

  /** Note how loud the assistant is, every few ms, until the page is closed. */
  meter(session) {
    let analyser;
    let of;
    const samples = new Float32Array(256);
    const context = new AudioContext();
    setInterval(() => {
      const { srcObject: stream, muted, paused } = session._audio._sound._audio;
      if (stream && stream !== of) {
        of = stream;
        analyser = context.createAnalyser();
        analyser.fftSize = samples.length;
        context.createMediaStreamSource(stream).connect(analyser);
      }
      if (!stream || !analyser) return;
      analyser.getFloatTimeDomainData(samples);
      const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      probe.loudness.push({ at: performance.now(), level, silenced: muted || paused });
    }, 5);
  },
});

function keep(list, entry) {
  list.push({ at: performance.now(), ...entry });
  if (list.length > 5000) list.shift();
}

function follow(prototype, method, before) {
  const original = prototype[method];
  prototype[method] = function (...given) {
    before.apply(this, given);
    return original.apply(this, given);
  };
}

follow(EventTarget.prototype, "dispatchEvent", function (event) {
  if (event.type !== "change" || this.constructor.name !== "NavaiSession") return;
  keep(probe.states, { state: this.state, muted: this.muted, needsTap: this.needsTap });
});

window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    probe.peers.add(this);
  }
  createDataChannel(...given) {
    const channel = super.createDataChannel(...given);
    channel.addEventListener("message", ({ data }) => keep(probe.events, { type: JSON.parse(data).type }));
    return channel;
  }
  close() {
    probe.peers.delete(this);
    super.close();
  }
};

window.AudioContext = class extends AudioContext {
  constructor(...given) {
    super(...given);
    probe.contexts.add(this);
  }
  close() {
    probe.contexts.delete(this);
    return super.close();
  }
};

follow(MediaStreamTrack.prototype, "stop", function () {
  probe.tracks.delete(this);
});

if (navigator.mediaDevices) {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    await probe.asked;
    const stream = await open(wanted);
    for (const track of stream.getTracks()) probe.tracks.add(track);
    return stream;
  };
}

if (navigator.wakeLock) {
  const request = navigator.wakeLock.request.bind(navigator.wakeLock);
  navigator.wakeLock.request = async (kind) => {
    const lock = await request(kind);
    probe.locks.add(lock);
    lock.addEventListener("release", () => probe.locks.delete(lock), { once: true });
    return lock;
  };
}
