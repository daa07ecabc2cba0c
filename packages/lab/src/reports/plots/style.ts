// SPDX-License-Identifier: GPL-2.0-only
// What the style sheet of pages with plots adds to that of all reports, beside the sheet of uPlot.

export const PLOT_STYLE = `
[hidden] { display: none !important; }
.plot { min-width: 0; margin: 1.2rem 0; } .plot figcaption { font-weight: 600; }
.plot-legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: 0; padding: 0; list-style: none; font-size: .85rem; }
.plot-legend li { overflow-wrap: anywhere; }
.plot-legend svg { width: 1.4rem; height: .7rem; margin-right: .4rem; vertical-align: middle; }
.plot-box { height: 15rem; overflow: hidden; touch-action: pan-y; } .small .plot-box { height: 9.5rem; }
.plot-box .u-over { touch-action: pan-y; }
.uplot { font-family: inherit; line-height: normal; }
.uplot .u-select { background: var(--shade); }
.u-hz .u-cursor-x { border-right: 1px solid var(--ink); }
.plot-foot { display: flex; flex-wrap: wrap; gap: .2rem 1rem; justify-content: space-between; align-items: start;
  font-size: .85rem; }
.plot-says { flex: 1 1 14rem; margin: .2rem 0; min-height: 1.5em; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.small .plot-says { font-size: .8rem; }
.small .plot-legend ~ .plot-foot .plot-says { min-height: 3em; }
.plot-zoom { display: flex; gap: .4rem; }
.plot button { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: .3rem;
  min-width: 2.2rem; min-height: 2rem; padding: .1rem .6rem; cursor: pointer; }
.plot-row { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: 0 1.2rem; }
.plot-row .plot { margin: .6rem 0; }
kbd { border: 1px solid var(--line); border-radius: .2rem; padding: 0 .3rem; font: inherit; font-size: .85em; white-space: nowrap; }
@media screen and (max-width: 34rem) { .plot-says { flex-basis: 100%; } .plot-legend ~ .plot-foot .plot-says { min-height: 4.5em; } }
@media print { .plot { break-inside: avoid; } .plot-says, .plot-zoom, .plot-keys { display: none !important; } }
`;
