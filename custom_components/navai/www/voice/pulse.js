/**
 * Draws the loudness frame by frame while there is sound; in silence it only checks now and then.
 */

/** Below this nobody sees it move (0 to 1). */
const SILENT = 0.02;
/** After how many silent frames it stops to draw: half a second of a usual screen. */
const SILENT_FRAMES = 30;
/** How often it checks then, in ms: the delay is not noticeable. */
const LOOK_MS = 100;

export class Pulse {
  /**
   * @param {() => number} level From 0 to 1.
   * @param {(level: number | undefined) => void} draw Undefined when there is nothing to draw any more.
   */
  constructor(level, draw) {
    this._level = level;
    this._draw = draw;
    this._running = false;
    this._silent = 0;
    this._frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
  }

  /** @param {boolean} lively Whether there is sound and it is visible. */
  run(lively) {
    if (lively === this._running) return;
    this._running = lively;
    this._silent = 0;
    if (lively) {
      this._next();
      return;
    }
    cancelAnimationFrame(this._frame);
    clearTimeout(this._timer);
    this._draw(undefined);
  }

  _next() {
    if (this._silent < SILENT_FRAMES) this._frame = requestAnimationFrame(() => this._look());
    else this._timer = setTimeout(() => this._look(), LOOK_MS);
  }

  _look() {
    const level = this._level();
    const silent = level < SILENT;
    if (!silent || this._silent < SILENT_FRAMES) this._draw(silent ? 0 : level);
    this._silent = silent ? Math.min(this._silent + 1, SILENT_FRAMES) : 0;
    this._next();
  }
}
