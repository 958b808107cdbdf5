// Runs in every page before its own scripts: notes what the page holds, and what happens when. It holds on to nothing.

/** The browser's own: what measures is not counted. */
const OwnAudioContext = window.AudioContext;
/** While a call comes about, the microphone waits: its file begins when it opens, goes by once, and is not to be missed. */
let stands = Promise.resolve();
let callStands = () => {};

const probe = (window.navaiProbe = {
  /** What is open now. */
  peers: new Set(),
  tracks: new Set(),
  locks: new Set(),
  contexts: new Set(),
  /** `{at, state, muted, needsTap}` of every session, as it changes. `at` in ms of the page. */
  states: [],
  /** Up to where somebody has waited for them. */
  waited: 0,
  /** `{at, type}` of every event that came over a data channel. */
  events: [],
  /** `{at, level, shown, silenced}`: what comes in, how loud it looks, and whether the element lets it out. */
  loudness: [],
  /** Whether the microphone waits for the call. */
  patient: true,
  /** What getUserMedia waits for, as it would for a person who is asked. */
  asked: Promise.resolve(),
  answer: () => {},

  makeTheMicrophoneWait() {
    probe.asked = new Promise((resolve) => (probe.answer = resolve));
  },

  /** The first of these states that a session has been in since the last wait, or is in now. */
  passed(wanted) {
    const { states } = probe;
    const isNew = ({ state }, at) => at >= probe.waited && state !== states[at - 1]?.state && wanted.includes(state);
    let at = states.findIndex(isNew);
    if (at < 0 && wanted.includes(states[states.length - 1]?.state)) at = states.length - 1;
    if (at < 0) return undefined;
    probe.waited = at + 1;
    return states[at].state;
  },

  /** Forget what happened: it weighs something. */
  forget() {
    probe.events.length = probe.states.length = probe.waited = 0;
  },

  /** Note how loud the assistant is, every few ms, until the page is closed. */
  meter(voice) {
    let analyser;
    let of;
    const samples = new Float32Array(256);
    const context = new OwnAudioContext();
    setInterval(() => {
      const { levels, _audio: audio } = voice._session;
      const { srcObject: stream, muted, paused } = audio._sound._audio;
      // A page that nobody has touched may not even listen to itself.
      if (context.state === "suspended") void context.resume();
      // Whether it may sound is tried with nothing in it.
      if (stream?.getAudioTracks().length && stream !== of) {
        of = stream;
        analyser = context.createAnalyser();
        analyser.fftSize = samples.length;
        context.createMediaStreamSource(stream).connect(analyser);
      }
      if (!stream || !analyser) return;
      analyser.getFloatTimeDomainData(samples);
      const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      const shown = levels.of("output");
      probe.loudness.push({ at: performance.now(), level, shown, silenced: muted || paused });
    }, 5);
  },

  /** How loud the assistant was since then, once that is at least so much. */
  heard(least, since) {
    const heard = probe.loudness.filter(({ at, silenced }) => at >= since && !silenced);
    const peak = (of) => heard.reduce((most, each) => Math.max(most, each[of]), 0);
    return Math.min(peak("level"), peak("shown")) >= least ? peak("level") : 0;
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
  const begins = this.state === "requesting" && probe.states[probe.states.length - 1]?.state !== "requesting";
  if (begins && probe.patient) stands = new Promise((resolve) => (callStands = resolve));
  if (!this.active) callStands();
  keep(probe.states, { state: this.state, muted: this.muted, needsTap: this.needsTap });
});

window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) {
    super(...given);
    probe.peers.add(this);
  }
  createDataChannel(...given) {
    const channel = super.createDataChannel(...given);
    channel.addEventListener("message", ({ data }) => {
      const { type } = JSON.parse(data);
      keep(probe.events, { type });
      if (type === "session.created") callStands();
    });
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
    await stands;
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
