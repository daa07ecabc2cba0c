// SPDX-License-Identifier: GPL-2.0-only
// The style sheet of every page: the reader's light or dark scheme, a phone, paper.

import { Html } from './html';

const SCREEN = `
:root { color-scheme: light dark; --ink: #1c2024; --faint: #565e66; --page: #fff; --soft: #f1f3f5; --line: #d5dae0;
  --link: #0b57a4; --shade: #0003; --before: #8a5a00; --after: #0b6e4f; --bad: #a5231c; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --faint: #a4adb6; --page: #15181b; --soft: #20252a;
  --line: #3a424a; --link: #8ab8f5; --shade: #fff3; --before: #e0a63a; --after: #4cc38a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
html { scroll-padding-top: .5rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: .2rem; }
h1 { font-size: 1.35rem; line-height: 1.25; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 .6rem; padding-top: .6rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.8rem 0 .5rem; }
h4 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
h1, h2, h3, h4, p, li, code, .answer { overflow-wrap: anywhere; }
.answer { font-size: 1.3rem; line-height: 1.4; font-weight: 600; margin: .8rem 0; border-left: .4rem solid var(--faint);
  background: var(--soft); padding: .6rem 1rem; }
.verdict { border-left: .4rem solid var(--after); background: var(--soft); padding: .2rem 1rem; }
.verdict.bad { border-color: var(--bad); }
.verdict h3 { margin-top: .6rem; }
.caption { font-weight: 600; margin: 1rem 0 .3rem; }
.contents { border: 1px solid var(--line); border-radius: .3rem; padding: .5rem 1rem; margin: 1.2rem 0; font-size: .95rem; }
.contents > p { margin: 0 0 .2rem; font-weight: 600; }
.contents ul { list-style: none; margin: 0; padding: 0; } .contents ul ul { padding-left: 1rem; }
.contents > ul { columns: 2 20rem; column-gap: 2rem; }
.contents li:has(> details:not([open])) { break-inside: avoid; } .contents details { margin: 0; }
.contents a { display: inline-block; padding: .1rem 0; text-decoration-thickness: 1px; }
.tag { font-size: .75rem; font-weight: normal; padding: .1rem .5rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--soft); vertical-align: middle; white-space: nowrap; }
.self { margin-left: .4rem; text-decoration: none; opacity: 0; } .self::before { content: "#"; }
:is(h2, h3, h4):hover > .self, .self:focus { opacity: 1; }
@media (hover: none) { .self { opacity: .6; } }
.command { display: block; white-space: pre-wrap; user-select: all; background: var(--soft); border: 1px solid var(--line);
  border-radius: .3rem; padding: .5rem .7rem; }
details { margin: .5rem 0; } summary { cursor: pointer; padding: .3rem 0; }
figure { margin: .6rem 0; } figcaption { font-size: .9rem; margin-bottom: .2rem; }
.bar { display: grid; grid-template-columns: 9.5rem 1fr; gap: 0 .6rem; font-size: .85rem; margin: .2rem 0; }
.bar .value { display: flex; align-items: center; gap: .5rem; padding-right: 10rem; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.bar svg { flex: none; min-width: 2px; height: .9rem; }
td svg { display: block; width: 100%; height: .3rem; margin-top: .15rem; }
.state0 { fill: var(--before); } .state1, .state2, .state3, .state4 { fill: var(--after); } .recorded { fill: var(--faint); }
`;

/** The shadows lie under the cells and scroll away from the ends, so they are seen only where there is more. */
const TABLES = `
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .3rem; margin: .4rem 0; background:
  linear-gradient(to right, var(--page) 30%, #0000) left / 3rem 100% no-repeat local,
  linear-gradient(to left, var(--page) 30%, #0000) right / 3rem 100% no-repeat local,
  linear-gradient(to right, var(--shade), #0000) left / .9rem 100% no-repeat scroll,
  linear-gradient(to left, var(--shade), #0000) right / .9rem 100% no-repeat scroll, var(--page); }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-top: 1px solid var(--line); vertical-align: top; }
thead th { background: #8a94a020; border-top: 0; vertical-align: bottom; }
th.text, td.text { text-align: left; } th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
tbody th { font-weight: normal; }
@media screen and (min-width: 34.01rem) {
  .scroll :is(thead th:first-child, tbody th) { position: sticky; left: 0; background: var(--page); }
  .scroll thead th:first-child { background: linear-gradient(#8a94a020 0 0), var(--page); }
}
@media screen and (min-width: 34.01rem) { @supports (container-type: scroll-state) {
  .scroll { container-type: scroll-state; }
  @container scroll-state(scrollable: left) { .scroll :is(thead th:first-child, tbody th) {
    box-shadow: .4rem 0 .4rem -.2rem var(--shade); clip-path: inset(0 -.6rem 0 0); } }
  @container scroll-state(scrollable: x) { .scroll::after { content: "scroll \\2194" / ""; position: sticky; left: 0;
    display: block; padding: .1rem .6rem; text-align: right; font-size: .8rem; color: var(--faint); } }
} }
@media screen and (max-width: 34rem) {
  main { padding: .7rem; } .answer { font-size: 1.1rem; padding: .5rem .8rem; }
  .bar { grid-template-columns: 1fr; } .bar .value { padding-right: 8rem; }
  .scroll.folds { overflow: visible; border: 0; background: none; }
  .folds table, .folds tbody { display: block; }
  .folds tr { display: block; border: 1px solid var(--line); border-radius: .3rem; margin: .5rem 0; }
  .folds tr[hidden], .folds :is(th, td):empty { display: none; }
  .folds thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .folds tbody :is(th, td) { display: flow-root; border-top: 0; padding: .2rem .6rem; white-space: normal;
    overflow-wrap: anywhere; min-width: 0; }
  .folds tbody :is(th, td)[data-label]::before { content: attr(data-label) ":"; float: left; max-width: 60%;
    margin-right: .5rem; color: var(--faint); font-weight: normal; text-align: left; }
  .folds tbody th { font-weight: 600; background: var(--soft); }
  .folds td > svg { display: none; }
}
`;

const PRINT = `
@media print {
  @page { margin: 14mm 12mm; }
  :root { color-scheme: light; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  button, fieldset, .switches, .self { display: none !important; }
  .scroll { overflow: visible; border: 0; background: none; }
  table { font-size: 7.5pt; } thead { display: table-header-group; }
  table:has(thead th:nth-child(11)) { font-size: 6.5pt; }
  th, td { padding: .15rem .3rem; white-space: normal !important; overflow-wrap: anywhere; min-width: 5ch !important; }
  td.text { min-width: 14ch !important; }
  tbody th { min-width: min(18ch, 25vw) !important; }
  tr, figure, .bar, .answer, .verdict, .command { break-inside: avoid; }
  h1, h2, h3, h4, summary, figcaption, .caption { break-after: avoid; }
  h2 { margin-top: 1.4rem; }
  p:has(+ .scroll), p:has(+ figure), p:has(+ .wide) { break-after: avoid; break-inside: avoid; }
  p, li { orphans: 3; widows: 3; }
  summary { list-style: none; }
  details::details-content { content-visibility: visible !important; display: block !important; height: auto !important; }
}
`;

export const STYLE = new Html(SCREEN + TABLES + PRINT);
