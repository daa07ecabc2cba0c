// SPDX-License-Identifier: GPL-2.0-only
// What the style sheet of pages with charts adds to that of all reports.

import { Html } from '../../show/html';

export const CHART_STYLE = new Html(`
[hidden] { display: none !important; }
.canvas { position: relative; width: 100%; height: 20rem; }
.canvas canvas { display: block; }
.chart figcaption { font-size: .85rem; }
.empty { border: 1px dashed var(--line); border-radius: .3rem; padding: 1.5rem 1rem; text-align: center; }
.switches { display: flex; flex-wrap: wrap; gap: .4rem; justify-content: flex-end; }
button { font: inherit; font-size: .85rem; color: inherit; background: var(--page); border: 1px solid var(--line);
  border-radius: .3rem; padding: .35rem .7rem; cursor: pointer; }
button[aria-pressed="true"] { background: var(--after); border-color: var(--after); color: var(--page); }
.choice { margin: 1rem 0 0; }
fieldset { border: 1px solid var(--line); border-radius: .3rem; margin: .5rem 0; padding: .3rem .8rem .5rem;
  display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; min-width: 0; }
legend { font-size: .9rem; padding: 0 .3rem; }
label { display: inline-flex; align-items: center; gap: .4rem; min-height: 2rem; overflow-wrap: anywhere; }
input[type="checkbox"] { width: 1.1rem; height: 1.1rem; accent-color: var(--after); flex: none; }
.source { font-size: .85rem; margin: .4rem 0 .6rem; }
.words { display: grid; grid-template-columns: 12rem 1fr; gap: .3rem 1rem; font-size: .9rem; }
.words dt { font-weight: 600; overflow-wrap: anywhere; } .words dd { margin: 0; }
@media (max-width: 34rem) { .words { display: block; } .words dd { margin: 0 0 .4rem 1rem; } }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; }
.wide td.text { min-width: 13rem; }
@media print { .choice { display: none; } .chart { break-inside: avoid; } }
`);
