/**
 * How the voice becomes one of Home Assistant's cards: as high, and with the type, of those beside it.
 */

import { Look } from "../voice/sheets.js";

/** Of the card: rows of 56 px with gaps of 8, unless a theme has others. */
export const CARD_LOOK = new Look(`
:host { display: block; height: 100%; --row: var(--row-height, 56px); --between: var(--row-gap, 8px); }
ha-card { height: 100%; box-sizing: border-box; overflow: auto; display: flex; flex-direction: column; }
:host([layout="tile"]) ha-card { min-height: var(--row); }
:host([layout="button"]) ha-card { min-height: calc(3 * var(--row) + 2 * var(--between)); }
:host([layout="full"]) ha-card { min-height: calc(6 * var(--row) + 5 * var(--between)); }
navai-voice { flex: 1 0 auto; }
.chooser {
  flex: 1; display: flex; flex-wrap: wrap; align-items: end; align-content: center; gap: 12px; padding: 12px;
  color: var(--primary-text-color); font-size: var(--ha-font-size-m, 14px);
}
.chooser p { flex: 1 0 100%; margin: 0; color: var(--error-color, #b3261e); }
.chooser label { flex: 1 1 12em; min-width: 0; display: flex; flex-direction: column; gap: 6px; }
.chooser :is(select, button) { min-height: 44px; box-sizing: border-box; font: inherit; border-radius: 8px; padding: 0 12px; }
.chooser select {
  width: 100%; color: inherit; background: var(--card-background-color, canvas);
  border: 1px solid var(--secondary-text-color, currentcolor);
}
.chooser button {
  border: 0; padding: 0 24px; cursor: pointer;
  color: var(--card-background-color, canvas); background: var(--primary-text-color, canvastext);
}
.chooser :disabled { opacity: .5; cursor: default; }
.chooser :focus-visible { outline: 3px solid var(--primary-color, #0b57d0); outline-offset: 2px; }
:host([layout="full"]) navai-voice { flex: 1 1 0; min-height: 0; }
`);

/** Of the voice within. */
export const VOICE_LOOK = new Look(`
:host { display: flex; flex-direction: column; container-type: inline-size; font-size: var(--ha-font-size-m, 14px); }
:host([captions="hidden"]) .captions { display: none; }
.face { flex: 1; min-height: 0; box-sizing: border-box; font-size: inherit; }
.buttons:not(:has(> :not([hidden]))) { display: none; }

/* The border counts as a part of the row. */
:host([layout="tile"]) .face { padding: calc(10px - var(--ha-card-border-width, 1px)); }
:host([layout="tile"]) .orb { --size: 36px; }
:host([layout="tile"][state="idle"]) .orb, :host([layout="tile"][state="ended"]) .orb {
  background: var(--faint); color: var(--accent);
}
:host([layout="tile"][state="idle"]) .orb::before, :host([layout="tile"][state="ended"]) .orb::before { content: none; }
:host([layout="tile"]) .words { min-width: 0; }
:host([layout="tile"]) .name, :host([layout="tile"]) .state { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
:host([layout="tile"]) .name { font-size: var(--ha-font-size-m, 14px); line-height: calc(20 / 14); letter-spacing: .1px; }
:host([layout="tile"]) .state { font-size: var(--ha-font-size-s, 12px); line-height: calc(16 / 12); letter-spacing: .4px; color: var(--ink); }
:host([layout="tile"]) :is(.trouble, .notice, .greeting) { font-size: var(--ha-font-size-m, 14px); }
:host([layout="tile"]) .buttons { gap: 4px; }
:host([layout="tile"]) .small { min-width: 36px; min-height: 36px; padding: 6px; }
@container (max-width: 230px) { :host([layout="tile"]) .mute { display: none; } }
/* Large text, as a theme may have it: a tile grows with it. */
@container (max-width: 12em) {
  :host([layout="tile"]) .name, :host([layout="tile"]) .state { white-space: normal; overflow-wrap: anywhere; }
}

:host([layout="button"]) .face { position: relative; gap: 8px; padding: 12px; }
:host([layout="button"]) .orb { --size: 80px; margin: 4px; }
:host([layout="button"]) .name { font-size: var(--ha-font-size-l, 16px); }
:host([layout="button"]) .state { min-height: 0; }
/* Three rows are not many: what is rarely needed goes into the corner, and a message takes the place of the rest. */
:host([layout="button"]) .buttons { position: absolute; inset-block-start: 8px; inset-inline-end: 8px; gap: 4px; flex-direction: column; }
:host([layout="button"]) .small { min-width: 36px; min-height: 36px; padding: 6px; }
/* The same; narrow alone, it has room enough. */
@container (max-width: 12em) and (min-width: 170px) {
  :host([layout="button"]) .face { gap: 4px; padding: 8px; }
  :host([layout="button"]) .orb { --size: 40px; margin: 0; }
  :host([layout="button"]) .name { line-height: 1.2; }
}
:host([layout="button"][state="failed"]) .orb { --size: 44px; margin: 0; }
:host([layout="button"][state="failed"]) .words { display: none; }
:host([layout="button"]) :is(.trouble, .notice) { padding: 0; border: 0; text-align: center; line-height: 1.3; }

:host([layout="full"]) .face { padding: 20px; gap: 12px; font-size: var(--ha-font-size-l, 16px); }
:host([layout="full"]) .orb { --size: clamp(88px, 24vmin, 144px); transition: width .2s, height .2s, margin .2s; }
/* What is said needs the room. */
:host([layout="full"]) .face:has(.captions:not([hidden])) .orb { --size: clamp(72px, 16vmin, 96px); }
:host([layout="full"][captions="hidden"]) .face .orb { --size: clamp(88px, 24vmin, 144px); }
@media (prefers-reduced-motion: reduce) { .orb { transition: none !important; } }
:host([layout="full"]) .state { min-height: 0; }
:host([layout="full"]) .small { min-height: 48px; padding: 8px 24px; }
`);
