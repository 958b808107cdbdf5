// One tap, in one of three ways, and the time of each step. The page that loads it has the hub's origin.

/** @type {Record<string, number>} ms since the tap began, by step. */
let steps = {};
let tapped = 0;
/** @type {() => void} */
let begin = () => {};
/** @type {() => Promise<void> | void} */
let end = () => {};
/** @type {Promise<void>} */
let stood = Promise.resolve();
/** @type {() => void} */
let onStanding = () => {};
/** The minimum time until a microphone is open, in ms. */
let openingMs = 0;

/** @param {string} step */
function mark(step) {
  steps[step] ??= performance.now() - tapped;
  if ("session.created" in steps && "microphone" in steps) onStanding();
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The same for every way: it changes nothing and only watches. */
function watch() {
  const devices = navigator.mediaDevices;
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const [stream] = await Promise.all([getUserMedia(constraints), pause(openingMs)]);
    mark("microphone");
    return stream;
  };
  const fetched = window.fetch.bind(window);
  window.fetch = async (resource, init) => {
    const response = await fetched(resource, init);
    const path = new URL(response.url).pathname;
    if (path.endsWith("/client-secret")) mark("secret");
    if (path.endsWith("/calls")) mark("answer");
    return response;
  };
  const { createDataChannel, setLocalDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.setLocalDescription = async function (description) {
    await setLocalDescription.call(this, description);
    mark("offer");
  };
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = createDataChannel.call(this, label, options);
    this.addEventListener("connectionstatechange", () => this.connectionState === "connected" && mark("connected"));
    channel.addEventListener("message", (event) => {
      if (JSON.parse(event.data).type === "session.created") mark("session.created");
    });
    return channel;
  };
}

/**
 * The steps one after the other, as in OpenAI's guide "Realtime API with WebRTC".
 * @param {{url: string, token: string}} place
 */
async function oneAfterTheOther({ url, token }) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const tokenResponse = await fetch(url, { method: "POST", headers, body: "{}" });
  const data = await tokenResponse.json();
  const EPHEMERAL_KEY = data.value;

  const pc = new RTCPeerConnection();
  const audioElement = document.createElement("audio");
  audioElement.autoplay = true;
  pc.ontrack = (e) => (audioElement.srcObject = e.streams[0]);

  const ms = await navigator.mediaDevices.getUserMedia({ audio: true });
  pc.addTrack(ms.getTracks()[0]);
  pc.createDataChannel("oai-events");
  end = () => {
    pc.close();
    for (const track of ms.getTracks()) track.stop();
  };

  const offer = await pc.createOffer();
  await pc.setLocalDescription(offer);
  const sdpResponse = await fetch(data.url, {
    method: "POST",
    body: offer.sdp,
    headers: { Authorization: `Bearer ${EPHEMERAL_KEY}`, "Content-Type": "application/sdp" },
  });
  await pc.setRemoteDescription({ type: "answer", sdp: await sdpResponse.text() });
}

/**
 * navai's session, as in the kiosk page.
 * @param {{modules: string, token: string, profile: string}} place
 * @param {boolean} prepared Whether the person was seen before the tap.
 * @param {boolean} told Whether the hub knows that somebody is nearby.
 */
async function navai({ modules, token, profile }, prepared, told) {
  const { TokenApi } = await import(`/navai/www/${modules}/server/token-api.js`);
  const { NavaiSession } = await import(`/navai/www/${modules}/voice/session.js`);
  const api = new TokenApi("/navai", () => token, { profile });
  const session = new NavaiSession(api);
  if (told) await api.profiles();
  if (prepared) {
    const { promise, resolve } = Promise.withResolvers();
    const clientSecret = api.clientSecret.bind(api);
    api.clientSecret = async (/** @type {string | undefined} */ wanted) => {
      const secret = await clientSecret(wanted);
      resolve(undefined);
      return secret;
    };
    session.prepare();
    await promise;
  }
  begin = () => void session.start();
  end = () => session.dispose();
}

const tap = {
  /** Prepare everything that is ready before a tap. @param {any} way */
  async arm(way) {
    await end();
    steps = {};
    stood = new Promise((resolve) => (onStanding = resolve));
    if (way.navai) await navai(way, way.prepared, way.told);
    else begin = () => void oneAfterTheOther(way);
    openingMs = way.openingMs;
    // Actions before the tap are not steps.
    steps = {};
  },
  /** The times of the steps, when the session and the microphone are open; then the call ends. */
  async measured() {
    await stood;
    const result = steps;
    await end();
    end = () => {};
    return result;
  },
};

watch();
const button = document.createElement("button");
button.id = "tap";
button.textContent = "Talk";
button.addEventListener("pointerdown", (event) => (tapped = event.timeStamp));
button.addEventListener("click", () => begin());
document.body.replaceChildren(button);
Object.assign(window, { tap });
