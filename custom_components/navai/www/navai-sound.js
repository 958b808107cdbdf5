/**
 * The assistant's voice: an audio element that plays what comes, where the browser lets it.
 */

export class Sound {
  /** @param {() => void} changed Called when it begins or ceases to wait for a tap. */
  constructor(changed) {
    this._changed = changed;
    this._audio = new Audio();
    this._audio.autoplay = true;
    /** The browser plays nothing without a tap. */
    this.needsTap = false;
  }

  /** @param {MediaStream} stream */
  hear(stream) {
    this._audio.srcObject = stream;
    void this.play();
  }

  async play() {
    let needsTap = false;
    try {
      await this._audio.play();
    } catch (error) {
      // Closed meanwhile is no reason to ask for a tap.
      needsTap = error instanceof Error && error.name === "NotAllowedError" && this._audio.srcObject !== null;
    }
    if (needsTap === this.needsTap) return;
    this.needsTap = needsTap;
    this._changed();
  }

  /** Be silent at once, or no longer. @param {boolean} silent */
  hush(silent) {
    this._audio.muted = silent;
  }

  close() {
    this._audio.pause();
    this._audio.srcObject = null;
    this._audio.muted = false;
    this.needsTap = false;
  }
}
