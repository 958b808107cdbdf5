/**
 * A client secret in reserve: minted when a person is near, so that a tap does not wait for it.
 */

/** @typedef {{value: string, url: string, profile: string, model: string, voice: string, expires_at: number,
 *   idle_timeout?: number, session_length?: number, tool_timeout?: number, ready_for?: number,
 *   ice_servers?: RTCIceServer[]}} ClientSecret The four numbers at the end in seconds. */

/**
 * How long one in reserve is used, in ms from its arrival. Far less than its life: the clock of a tablet may be wrong,
 * so that `expires_at` means nothing to it.
 */
export const FRESH_MS = 60_000;

export class Reserve {
  /**
   * @param {() => Promise<ClientSecret>} mint
   * @param {() => number} [now] ms that only grow.
   * @param {(secret: ClientSecret) => void} [arrived] Called with each secret that is ready.
   */
  constructor(mint, now = () => performance.now(), arrived = () => {}) {
    this._mint = mint;
    this._now = now;
    this._arrived = arrived;
    /** @type {{secret: Promise<ClientSecret>, since: number, fresh: number} | undefined} `fresh` in ms. */
    this._kept = undefined;
  }

  /** Someone is nearby: get a secret ready. A failure is ignored here; the tap shows it. */
  prepare() {
    if (this._kept && this._now() - this._kept.since < this._kept.fresh) return;
    const kept = { secret: this._mint(), since: this._now(), fresh: FRESH_MS };
    this._kept = kept;
    kept.secret.then(
      (secret) => {
        kept.since = this._now();
        // The instructions of some tell the state of the home, which gets old.
        if (secret.ready_for) kept.fresh = Math.min(FRESH_MS, secret.ready_for * 1000);
        this._arrived(secret);
      },
      () => {
        if (this._kept === kept) this._kept = undefined;
      },
    );
  }

  /**
   * Hand one out, once: the one in reserve, or a new one.
   * @returns {Promise<ClientSecret>}
   */
  async take() {
    const kept = this._kept;
    this._kept = undefined;
    if (kept && this._now() - kept.since < kept.fresh) {
      try {
        return await kept.secret;
      } catch {
        // It was minted in advance, perhaps without a network; now it counts.
      }
    }
    return this._mint();
  }

  /** Nobody is nearby anymore. */
  discard() {
    this._kept = undefined;
  }
}
