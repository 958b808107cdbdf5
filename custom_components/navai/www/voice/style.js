/** The look of the voice element. Colours are Home Assistant's, with others where there are none. */

export const EVERYWHERE = `
:host {
  display: block;
  --accent: var(--navai-color, var(--primary-color, #0b6bcb));
  --on-accent: var(--text-primary-color, #fff);
  --surface: var(--ha-card-background, var(--card-background-color, #fff));
  --ink: var(--primary-text-color, #1b1b1f);
  --soft: var(--secondary-text-color, #55575f);
  --bad: var(--error-color, #b3261e);
  /* Where the browser mixes no colours (Chromium before 111, Safari before 16.2): greys that fit any theme. */
  --quiet: var(--soft);
  --bubble: rgba(128, 128, 128, .14);
  --own-bubble: rgba(128, 128, 128, .26);
  --key: rgba(128, 128, 128, .16);
  --end-key: rgba(128, 128, 128, .26);
  --running: rgba(128, 128, 128, .16);
  --line: rgba(128, 128, 128, .3);
  --faint: rgba(128, 128, 128, .22);
  --ball: var(--accent);
  color: var(--ink);
  font: inherit;
}
@supports (color: color-mix(in srgb, red, blue)) {
  :host {
    --quiet: color-mix(in srgb, var(--ink) 80%, var(--surface));
    --bubble: color-mix(in srgb, var(--ink) 8%, var(--surface));
    --own-bubble: color-mix(in srgb, var(--accent) 18%, var(--surface));
    --key: color-mix(in srgb, var(--ink) 9%, var(--surface));
    --end-key: color-mix(in srgb, var(--bad) 18%, var(--surface));
    --running: color-mix(in srgb, var(--accent) 12%, var(--surface));
    --line: color-mix(in srgb, var(--ink) 12%, var(--surface));
    --faint: color-mix(in srgb, var(--accent) 20%, transparent);
    --ball: radial-gradient(circle at 32% 28%, color-mix(in srgb, var(--accent) 62%, #fff), var(--accent) 62%, color-mix(in srgb, var(--accent) 80%, #000));
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
p, h2, ol { margin: 0; padding: 0; }
p, h2, span { unicode-bidi: plaintext; }
button { font: inherit; color: inherit; cursor: pointer; -webkit-tap-highlight-color: transparent; touch-action: manipulation; }
button:focus-visible, .captions:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
svg { width: 24px; height: 24px; fill: currentColor; flex: none; }
.face { display: flex; flex-direction: column; align-items: center; gap: 12px; padding: 16px; text-align: center; min-height: 100%; }
.name { font-size: 1em; font-weight: 500; overflow-wrap: anywhere; }
.state { min-height: 1.4em; color: var(--soft); }
.trouble {
  max-width: 36em; padding-inline-start: 12px; border-inline-start: 4px solid var(--bad); text-align: start; text-wrap: pretty; overflow-wrap: anywhere;
}
.guide { color: var(--accent); min-height: 48px; padding: 12px; box-sizing: border-box; }
.notice {
  max-width: 36em; padding-inline-start: 12px; border-inline-start: 4px solid var(--accent); text-align: start; text-wrap: pretty; overflow-wrap: anywhere;
}
.missed {
  display: flex; align-items: flex-start; gap: 8px; max-width: 36em; padding-inline-start: 12px; border-inline-start: 4px solid var(--accent);
  text-align: start; overflow-wrap: anywhere; cursor: pointer;
}
.missed ul { list-style: none; margin: 0; padding: 0; flex: 1; align-self: center; }
.missed button { display: grid; place-items: center; flex: none; width: 48px; height: 48px; padding: 0; border: 0; border-radius: 50%; background: none; }
.greeting { font-size: 1.2em; max-width: 30em; }
`;

const ORB = `
.orb {
  --size: 88px; position: relative; display: grid; place-items: center; width: var(--size); height: var(--size); padding: 0; border: 0;
  border-radius: 50%; background: var(--accent); color: var(--on-accent); flex: none; isolation: isolate;
}
.orb svg { width: 42%; height: 42%; }
.orb::before, .orb::after { content: ""; position: absolute; inset: 0; z-index: -1; border-radius: 50%; pointer-events: none; }
.orb::before { background: var(--accent); opacity: .28; transform: scale(var(--level, 1)); will-change: transform; }
.orb::after { border: 3px solid transparent; inset: -8px; }
:host([state="failed"]) .orb { background: var(--bad); color: var(--surface); }
:host([state="failed"]) .orb::before { background: none; }
:host([state="requesting"]) .orb::after, :host([state="connecting"]) .orb::after, :host([state="thinking"]) .orb::after {
  border-color: var(--accent) transparent transparent; animation: turn 1.1s linear infinite;
}
:host([ringing]) .orb { animation: beat 1.2s ease-in-out infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
@keyframes beat { 50% { transform: scale(1.08); } }
@media (prefers-reduced-motion: reduce) {
  .orb::before { transform: none; }
  .orb::after, :host([ringing]) .orb { animation: none !important; }
}
@media (forced-colors: active) { .orb { border: 2px solid ButtonText; } }
`;

const CAPTIONS = `
.captions {
  width: 100%; max-width: 44rem; overflow-y: auto; overscroll-behavior: contain; max-height: 12em; text-align: start;
  scrollbar-width: thin; padding: 4px;
}
.captions ol { list-style: none; display: flex; flex-direction: column; gap: 8px; }
.captions li {
  overflow-wrap: anywhere; padding: 8px 14px; border-radius: 18px; max-width: 85%; width: fit-content; line-height: 1.4;
  background: var(--bubble);
}
.captions li.person { align-self: flex-end; background: var(--own-bubble); }
.captions li[data-cut]::after { content: attr(data-cut); display: block; color: var(--quiet); font-size: .75em; font-style: italic; }
.captions .who { display: block; unicode-bidi: normal; color: var(--quiet); font-size: .75em; }
`;

export const BUTTONS = `
.buttons { display: flex; gap: 12px; flex-wrap: wrap; justify-content: center; }
.small {
  display: inline-flex; align-items: center; justify-content: center; gap: 8px; min-width: 48px; min-height: 48px; padding: 8px 20px;
  border-radius: 24px; border: 0; background: var(--key);
}
.small.on { background: var(--ink); color: var(--surface); }
.small.stop { background: var(--end-key); }
.small.stop svg { color: var(--bad); }
@media (forced-colors: active) { .small { border: 2px solid ButtonText; } }
`;

const ASK = `
.ask {
  width: min(28rem, 100vw - 32px); max-width: none; padding: 20px; border: 1px solid var(--soft); border-radius: 20px; background: var(--surface);
  color: var(--ink); font-size: var(--ha-font-size-m, 1rem); line-height: 1.4; text-align: start; overflow-wrap: anywhere;
}
.ask::backdrop { background: rgb(0 0 0 / .6); }
.ask h2 { font-size: 1.25em; font-weight: 500; }
.ask p { margin: 12px 0 20px; }
.ask .buttons { justify-content: flex-end; }
.ask .yes { background: color-mix(in srgb, var(--bad) 18%, var(--surface)); }
`;

const TILE = `
:host([layout="tile"]) .face { flex-direction: row; flex-wrap: wrap; gap: 10px; text-align: start; padding: 10px; align-items: center; }
:host([layout="tile"]) .orb { --size: 40px; }
:host([layout="tile"]) .orb svg { width: 24px; height: 24px; }
:host([layout="tile"]) .orb::after { inset: -4px; border-width: 2px; }
:host([layout="tile"]) .words { flex: 1; min-width: 6em; line-height: 1.3; }
:host([layout="tile"]) .name { font-size: .875rem; }
:host([layout="tile"]) .state { font-size: .75rem; min-height: 0; }
:host([layout="tile"]) .small { min-width: 40px; min-height: 40px; padding: 8px; border-radius: 50%; }
:host([layout="tile"]) .small span, :host([layout="button"]) .small span {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
:host([layout="tile"]) .buttons { flex-wrap: nowrap; gap: 8px; }
:host([layout="tile"]) :is(.trouble, .guide, .notice, .missed, .greeting) { flex-basis: 100%; font-size: .875rem; order: 9; }
:host([layout="button"]) .captions, :host([layout="tile"]) .captions { display: none; }
:host([layout="button"]) .face { justify-content: center; }
:host([layout="button"]) .small { padding: 8px; border-radius: 50%; }
:host([layout="button"]) .stop { display: none; }
`;

const FULL = `
:host([layout="full"]) .face { position: relative; justify-content: center; gap: 20px; padding: 24px; font-size: clamp(1rem, 2.2vmin, 1.4rem); }
:host([layout="full"]) .name { font-size: 1.25em; }
:host([layout="full"]) .state { font-size: 1.05em; }
:host([layout="full"]) .orb {
  --size: clamp(120px, 32vmin, 240px); margin: calc(var(--size) * .18);
  background: var(--ball);
}
:host([layout="full"][state="failed"]) .orb { background: var(--bad); }
:host([layout="full"]) .orb svg { width: 34%; height: 34%; }
:host([layout="full"]) .orb::after { inset: calc(var(--size) * -.09); border-width: 4px; }
/* All that is left: up to a page of it, so that the buttons below hold still while it fills. */
:host([layout="full"]) .captions { flex: 1 1 0; contain: size; min-height: 4em; max-height: 24em; }
:host([layout="full"]) .small { min-height: 56px; padding: 8px 28px; border-radius: 28px; }
:host([layout="full"]) .small.device-check:not(.wanted) { position: absolute; top: 12px; inset-inline-end: 12px; padding: 8px; background: none; color: var(--soft); }
:host([layout="full"]) .small.device-check:not(.wanted) span {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
/* A phone that lies on its side: the captions and the buttons have room, too. */
@media (max-height: 500px) {
  :host([layout="full"]) .face { gap: 8px; padding: 8px 16px; }
  :host([layout="full"]) .orb { --size: clamp(56px, 18vmin, 88px); }
}
`;

export const STYLE = EVERYWHERE + ORB + CAPTIONS + BUTTONS + ASK + TILE + FULL;
