// SPDX-License-Identifier: GPL-2.0-only
// What the style sheet of a page of a sweep adds to that of pages with charts.

export const SWEEP_STYLE = `
.controls { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: end; margin: .6rem 0; }
.controls label { min-width: 0; max-width: 100%; flex-wrap: wrap; font-size: .9rem; gap: .2rem .4rem; }
select, input[type="number"] { font: inherit; font-size: .9rem; color: inherit; background: var(--page);
  border: 1px solid var(--line); border-radius: .3rem; padding: .3rem .4rem; max-width: min(100%, 14rem); min-width: 0; text-overflow: ellipsis; }
input[type="number"] { width: 6.5rem; }
.filters { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); gap: 0 1rem; align-items: start; }
.filters fieldset { max-height: 14rem; overflow-y: auto; }
.shown { font-weight: 600; }
.says { min-height: 3em; margin: .3rem 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.maps { display: grid; gap: 0 1.2rem; }
.maps.several { grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
.maps > div { min-width: 0; }
.map { width: auto; font-size: .8rem; }
.map caption { text-align: left; font-weight: 600; padding: .3rem .6rem; }
.map :is(th, td) { border: 1px solid var(--page); padding: .25rem .35rem; text-align: right; white-space: nowrap; min-width: 2.6rem; }
.map thead th { vertical-align: bottom; background: none; font-weight: normal; }
.map :is(tbody th, .axis) { white-space: normal; max-width: 12rem; overflow-wrap: anywhere; }
.map thead th:not(.axis) { max-width: 8rem; white-space: normal; overflow-wrap: anywhere; }
.map .axis { text-align: left; color: var(--faint); }
.map td[data-cell] { cursor: pointer; }
.map td:focus-visible { outline-offset: -3px; }
.map td.none { background: repeating-linear-gradient(45deg, var(--soft) 0 3px, transparent 3px 6px); cursor: default; }
.ramp { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; font-size: .85rem; }
.ramp span.scale { width: 10rem; height: .8rem; border-radius: .2rem; }
.small-charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(17rem, 100%), 1fr)); gap: .4rem 1.2rem; }
.small-charts figure, .front-chart { min-width: 0; break-inside: avoid; }
.small-charts .canvas { height: 12rem; } .front-chart .canvas { height: 26rem; }
.small-charts figcaption { font-weight: 600; overflow-wrap: anywhere; }
.key { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .3rem 0; padding: 0; list-style: none; font-size: .85rem; }
.key li { overflow-wrap: anywhere; } .key svg { width: 1.4rem; height: .7rem; margin-right: .4rem; vertical-align: middle; }
th button { width: 100%; text-align: inherit; font-weight: 600; white-space: nowrap; }
.pages { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; margin: .4rem 0; font-size: .9rem; }
.copy { display: flex; flex-wrap: wrap; gap: .4rem; align-items: start; margin: .2rem 0; }
.copy code { flex: 1 1 14rem; min-width: 0; } .copy .command { padding: .3rem .5rem; font-size: .85rem; }
button:disabled { opacity: .5; cursor: default; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media screen and (max-width: 34rem) { .folds th > button { min-height: 2rem; }
  .front-chart .canvas { height: 20rem; } .folds tbody td.detail { display: block; } }
@media print { .controls, .filters, .pages, select, input { display: none !important; }
  .says { display: none; } .map td, .map th { min-width: 0 !important; } .maps > div { break-inside: avoid; } }
`;
