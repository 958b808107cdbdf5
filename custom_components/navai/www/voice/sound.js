/**
 * The assistant's voice: an audio element that plays what comes, where the browser lets it. What the browser refused
 * once is tried again at the next touch, and so is what somebody else has paused, such as a phone call.
 */

/** How long a browser takes at most to refuse, in ms: it knows its rules at once. */
const REFUSAL_MS = 100;
/** An element that is paused again so soon after it went on is not played against the system's will. In ms. */
const AGAIN_MS = 1_000;

export class Sound {
  /** @param {() => void} changed Called when it begins or ceases to be heard. */
  constructor(changed) {
    this._changed = changed;
    this._audio = new Audio();
    this._audio.autoplay = true;
    this._audio.onpause = () => this._paused();
    /** The browser plays nothing without a tap. */
    this.needsTap = false;
    /** Whether the browser is being asked, and has not answered. */
    this._asking = false;
    /** The number of the latest attempt; what an earlier one finds out is void. */
    this._turn = 0;
    /** When somebody else paused it last, in ms of the page. */
    this._pausedAt = -Infinity;
    /** @type {AbortController | undefined} Of what is listened to while it waits for a tap. */
    this._waiting = undefined;
  }

  /** Whether what comes now is heard, as far as the browser says. */
  get audible() {
    return !this.needsTap && !this._asking;
  }

  /** Within a tap: browsers let an element sound later if it was touched in a tap, by its `play` or its `load`. */
  unlock() {
    if (!this._audio.srcObject) this._audio.load?.();
  }

  /** @param {MediaStream} stream */
  hear(stream) {
    this._audio.srcObject = stream;
    void this.play();
  }

  /** Whether the browser would let it sound now, without a tap. */
  async mayPlay() {
    if (this._audio.srcObject) return !this.needsTap;
    const nothing = new MediaStream();
    this._audio.srcObject = nothing;
    // There is nothing to play: an answer is a refusal.
    const refused = this._audio.play().then(() => false, isRefusal);
    const soon = new Promise((resolve) => setTimeout(() => resolve(false), REFUSAL_MS));
    const found = await Promise.race([refused, soon]);
    // A conversation may have begun meanwhile.
    if (this._audio.srcObject === nothing) this._audio.srcObject = null;
    return !found;
  }

  async play() {
    const turn = ++this._turn;
    this._asking = true;
    // Where the provider sends nothing yet, some browsers do not answer before it does.
    const timer = setTimeout(() => this._found(turn, false), REFUSAL_MS);
    const refused = await this._audio.play().then(() => false, isRefusal);
    clearTimeout(timer);
    this._found(turn, refused);
  }

  /** Be silent at once, or no longer. @param {boolean} silent */
  hush(silent) {
    this._audio.muted = silent;
  }

  close() {
    this._turn++;
    this._audio.pause();
    this._audio.srcObject = null;
    this._audio.muted = false;
    this._asking = this.needsTap = false;
    this._pausedAt = -Infinity;
    this._listen();
  }

  /** @param {number} turn @param {boolean} refused */
  _found(turn, refused) {
    if (turn !== this._turn || !this._audio.srcObject) return;
    const { audible, needsTap } = this;
    this._asking = false;
    this.needsTap = refused;
    this._listen();
    if (audible !== this.audible || needsTap !== refused) this._changed();
  }

  /** Not by us: what we close plays nothing any more. */
  _paused() {
    const stream = /** @type {MediaStream | null} */ (this._audio.srcObject);
    if (!stream?.active || this.needsTap) return;
    const again = performance.now() - this._pausedAt < AGAIN_MS;
    this._pausedAt = performance.now();
    if (!again) void this.play();
    else this._found(++this._turn, true);
  }

  /** While it waits for a tap: one anywhere on the page will do, and the browser may have changed its mind. */
  _listen() {
    if (this.needsTap === (this._waiting !== undefined)) return;
    this._waiting?.abort();
    this._waiting = undefined;
    if (!this.needsTap) return;
    const { signal } = (this._waiting = new AbortController());
    const again = () => void this.play();
    // After whatever is touched has done what it does.
    addEventListener("click", again, { signal });
    addEventListener("keyup", again, { signal });
    document.addEventListener("visibilitychange", again, { signal });
  }
}

/** Whether the browser lets this page sound now: an audio element, as the assistant's voice needs it. */
export async function maySound() {
  return new Sound(() => {}).mayPlay();
}

/** @param {unknown} error Closed meanwhile is no refusal. */
function isRefusal(error) {
  return error instanceof Error && error.name === "NotAllowedError";
}
