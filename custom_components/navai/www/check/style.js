/** The look of the device check; buttons and colours are those of the voice element. */

import { BUTTONS, EVERYWHERE } from "../voice/style.js";

export const CHECK_STYLE = `
${EVERYWHERE}
${BUTTONS}
:host { --warn: var(--warning-color, #e08600); --fine: var(--success-color, #2e9e44); text-align: start; }
dialog {
  width: min(44rem, 100vw - 16px); max-width: none; max-height: calc(100vh - 16px); max-height: calc(100dvh - 16px); padding: 0; border: 1px solid var(--soft);
  border-radius: 20px; background: var(--surface); color: var(--ink); overflow: auto; overscroll-behavior: contain;
  font-size: var(--ha-font-size-m, 1rem); line-height: 1.4;
}
dialog::backdrop { background: rgb(0 0 0 / .6); }
header, .actions, .turn, .progress, textarea { margin: 0 20px; }
header { display: flex; align-items: center; gap: 12px; padding-top: 16px; }
h2 { flex: 1; font-size: 1.25em; font-weight: 500; overflow-wrap: anywhere; }
header .small { padding: 8px; background: none; border-radius: 50%; }
.progress { padding: 4px 0 12px; min-height: 1.4em; }
.turn { display: grid; gap: 12px; padding: 16px; margin-bottom: 12px; border: 2px solid var(--accent); border-radius: 16px; }
.turn p { font-weight: 500; }
.answers { display: flex; flex-wrap: wrap; gap: 12px; }
meter { width: 100%; height: 16px; }
ol { list-style: none; }
li {
  display: grid; grid-template-columns: 1.5em 1fr auto; gap: 4px 12px; padding: 10px 20px; overflow-wrap: anywhere;
  border-top: 1px solid var(--line);
}
li svg, .close svg { width: 1.5em; height: 1.5em; }
li .head { display: flex; flex-wrap: wrap; gap: 0 12px; align-items: baseline; }
li .outcome { padding-top: 2px; }
li strong { font-weight: 500; }
li .value, li .outcome { color: var(--quiet); font-size: .875em; }
li .cure { grid-column: 2 / -1; padding: 4px 12px; border-inline-start: 4px solid var(--soft); text-wrap: pretty; }
li.waiting svg, li.skipped svg { color: var(--soft); }
li.running { background: var(--running); }
li.ok svg { color: var(--fine); }
li.warning svg { color: var(--warn); }
li .guide { grid-column: 2 / -1; padding: 12px; color: var(--accent); }
li.warning .cure { border-color: var(--warn); }
li.problem svg { color: var(--bad); }
li.problem .cure { border-color: var(--bad); }
.actions { display: flex; flex-wrap: wrap; gap: 12px; padding-bottom: 16px; }
textarea { display: block; width: calc(100% - 40px); height: 8em; margin-bottom: 16px; font: inherit; font-size: .875em; color: inherit; background: transparent; }
/* A phone, with text twice as large. */
@media (max-width: 20em) {
  li { grid-template-columns: 1.5em 1fr; }
  li .outcome { grid-column: 2; }
}
`;
