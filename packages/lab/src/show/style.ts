// SPDX-License-Identifier: GPL-2.0-only
// The report's style sheet: follows the reader's light or dark scheme, and fits a phone.

import { Html } from './html';

export const STYLE = new Html(`
:root { color-scheme: light dark; --ink: #1c2024; --page: #fff; --soft: #f1f3f5; --line: #d5dae0;
  --before: #8a5a00; --after: #0b6e4f; --bad: #a5231c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --page: #15181b; --soft: #20252a; --line: #3a424a;
  --before: #e0a63a; --after: #4cc38a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; }
h2 { font-size: 1.35rem; margin: 2.6rem 0 .6rem; padding-top: .6rem; border-top: 2px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1.1rem; margin: 1.8rem 0 .5rem; overflow-wrap: anywhere; }
h4 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
.verdict { border-left: .4rem solid var(--after); background: var(--soft); padding: .2rem 1rem; }
.verdict.bad { border-color: var(--bad); }
.verdict h3 { margin-top: .6rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .3rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-top: 1px solid var(--line); vertical-align: top; }
thead th { background: var(--soft); border-top: 0; }
th.text, td.text { text-align: left; } th.number, td.number { text-align: right; white-space: nowrap; }
tbody th { font-weight: normal; }
figure { margin: .6rem 0; } figcaption { font-size: .9rem; margin-bottom: .2rem; }
.bar { display: grid; grid-template-columns: 9.5rem 1fr 6rem; gap: .6rem; align-items: center; font-size: .85rem; }
.bar svg { width: 100%; height: .9rem; } .bar .value { text-align: right; font-variant-numeric: tabular-nums; }
.all { fill: var(--soft); } .state0 { fill: var(--before); }
.state1, .state2, .state3, .state4 { fill: var(--after); }
.tag { font-size: .75rem; font-weight: normal; padding: .1rem .5rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--soft); vertical-align: middle; white-space: nowrap; }
.self { margin-left: .4rem; color: inherit; text-decoration: none; opacity: 0; }
.self::before { content: "#"; }
:is(h2, h3, h4):hover > .self, .self:focus { opacity: .7; }
.command { white-space: pre-wrap; user-select: all; }
code, li { overflow-wrap: anywhere; }
@media (max-width: 34rem) { .bar { grid-template-columns: 6rem 1fr 4.5rem; } main { padding: .7rem; } }
`);
