/**
 * Whether anything comes from the provider: the browser itself notices a dead network only after many seconds. What is
 * noticed here ends nothing. It is shown, and taken back as soon as something comes again.
 */

/** How often it is looked, in ms. */
export const LOOK_EVERY_MS = 500;
/** After how long without a packet it is reported, in ms: a little less than four looks. */
export const SILENCE_MS = 1_900;
/** Of how many looks in a row each has to find something new before silence is a sign. */
const STEADY_LOOKS = 4;
/** Below it nobody speaks, as the mean energy of the sound since the last look. */
const QUIET = 1e-5;

/**
 * @typedef {object} Look What the browser has counted so far.
 * @property {number} arrived Packets and answers of all kinds; it grows whenever anything comes.
 * @property {number} unanswered Checks of the way that were sent and not answered.
 * @property {number} energy Of the sound that came.
 * @property {number} seconds Of sound that was played.
 */

export class Flow {
  /**
   * @param {Pick<RTCPeerConnection, "getStats">} connection
   * @param {(flows: boolean) => void} onChange
   * @param {() => number} [now] ms that only grow.
   */
  constructor(connection, onChange, now = () => performance.now()) {
    this._connection = connection;
    this._onChange = onChange;
    this._now = now;
    this._flows = true;
    /** When something came the last time. */
    this._last = now();
    /** @type {Look | undefined} */
    this._before = undefined;
    /** How many looks in a row found something, while nobody spoke. */
    this._steady = 0;
    /** How many checks had no answer when something came the last time: those from before the connection stood. */
    this._owed = 0;
    /**
     * Whether the provider sends in silence, too: then silence of the network is noticed sooner.
     * @type {boolean | undefined}
     */
    this._sendsAlways = undefined;
    this._life = new AbortController();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this._timer = undefined;
  }

  start() {
    this._timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    addEventListener("offline", () => this.suspect(), { signal: this._life.signal });
  }

  stop() {
    clearInterval(this._timer);
    this._life.abort();
  }

  /** The browser has noticed something itself. */
  suspect() {
    // What came before does not count.
    this._before = undefined;
    this._tell(false);
  }

  async look() {
    /** @type {Look | undefined} */
    let found;
    try {
      found = read(await this._connection.getStats());
    } catch {
      // It is closed, or the browser counts nothing.
    }
    if (found && !this._life.signal.aborted) this._compare(found);
  }

  /** @param {Look} found */
  _compare(found) {
    const before = this._before;
    this._before = found;
    if (!before) return;
    const now = this._now();
    if (found.arrived !== before.arrived) {
      // A silence in which every check was answered is the provider's own.
      if (now - this._last > SILENCE_MS && before.unanswered <= this._owed) this._sendsAlways = false;
      this._last = now;
      this._owed = found.unanswered;
      const quiet = found.energy - before.energy <= QUIET * Math.max(found.seconds - before.seconds, 0.1);
      this._steady = quiet ? this._steady + 1 : 0;
      if (this._steady >= STEADY_LOOKS) this._sendsAlways ??= true;
      this._tell(true);
      return;
    }
    this._steady = 0;
    // A provider that sends nothing in silence still answers the checks of the way.
    const sign = this._sendsAlways || Math.min(before.unanswered, found.unanswered) > this._owed;
    if (sign && now - this._last >= SILENCE_MS) this._tell(false);
  }

  /** @param {boolean} flows */
  _tell(flows) {
    if (flows === this._flows) return;
    this._flows = flows;
    this._onChange(flows);
  }
}

/** @param {RTCStatsReport} report @returns {Look | undefined} Nothing where the browser does not count what comes. */
function read(report) {
  const look = { arrived: 0, unanswered: 0, energy: 0, seconds: 0 };
  let counts = false;
  for (const stat of report.values()) {
    if (stat.type === "candidate-pair" && stat.bytesReceived !== undefined) {
      counts = true;
      look.arrived += stat.bytesReceived + (stat.responsesReceived ?? 0) + (stat.requestsReceived ?? 0);
      const sent = (stat.requestsSent ?? 0) + (stat.consentRequestsSent ?? 0);
      if (stat.nominated && stat.state === "succeeded")
        look.unanswered += Math.max(0, sent - (stat.responsesReceived ?? 0));
    } else if (stat.type === "inbound-rtp" && stat.kind === "audio") {
      look.energy += stat.totalAudioEnergy ?? Infinity;
      look.seconds += stat.totalSamplesDuration ?? 0;
    }
  }
  return counts ? look : undefined;
}
