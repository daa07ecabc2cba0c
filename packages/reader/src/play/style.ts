// SPDX-License-Identifier: GPL-2.0-only
// The style of the play page: light and dark, from a phone's width on. Colour is never the only sign.

/** For one style element; the page's policy names its hash. */
export const PLAY_STYLE = `
:root { color-scheme: light dark; --ink: #1b2129; --dim: #55606c; --page: #fbfbf9; --card: #fff; --soft: #eef1f4;
  --line: #d3d9df; --accent: #0b5cad; --ro: #0b63b5; --ro-tint: #dcebfa; --wo: #9a4f00; --wo-tint: #fbe7d0;
  --rw: #6d3bb8; --rw-tint: #eae0fa; --bad: #b3261e; --bad-tint: #fde7e4; --good: #0b6e4f; --good-tint: #dff3ea;
  --mark: #fff0b8; --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebee; --dim: #a6b0ba; --page: #13171b; --card: #1a2026;
  --soft: #242c34; --line: #3a444e; --accent: #7ab8ff; --ro: #6cb2f7; --ro-tint: #17324d; --wo: #f0a75a; --wo-tint: #46300f;
  --rw: #bb98f5; --rw-tint: #352553; --bad: #ff9389; --bad-tint: #4a1f1c; --good: #58cf9c; --good-tint: #123a2b;
  --mark: #4a4014; --on: #10151a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
#site { display: flex; flex-wrap: wrap; gap: .1rem .15rem; padding: .4rem .5rem; border-bottom: 1px solid var(--line); font-size: .87rem; }
#site a { padding: .1rem .55rem; border-radius: 1rem; color: var(--dim); text-decoration: none; }
#site a:hover { text-decoration: underline; }
#site a[aria-current] { color: var(--ink); background: var(--soft); font-weight: 600; }
.source figcaption a { color: var(--accent); }
/* An open question: what would tell the answer. */
.asking #about, .asking #caption, .predicting .call.inside #caption { display: none; }
#play { max-width: 90rem; margin: 0 auto; padding: .8rem 1rem 2rem; }
code, kbd { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .92em; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.05rem; margin: 0 0 .3rem; }
h3 { font-size: .95rem; margin: .9rem 0 .3rem; overflow-wrap: anywhere; }
h3 small { font-weight: normal; color: var(--dim); }
p { margin: .3rem 0; overflow-wrap: anywhere; }
.note, #about { color: var(--dim); font-size: .92rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
button, select, input[type=number] { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .35rem; padding: .3rem .65rem; min-height: 2.3rem; max-width: 100%; }
button { cursor: pointer; }
button:hover { background: var(--soft); }
button[aria-disabled=true] { color: var(--dim); opacity: .6; cursor: default; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
.settings { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center; }
#seed { width: 7.5rem; }
.settings .settings { min-width: 0; max-width: 100%; }
.settings select { min-width: 0; flex: 1 1 auto; }
#about { max-width: 62rem; }

.controls { position: sticky; top: 0; z-index: 2; display: grid; grid-template-columns: auto auto 1fr auto auto; gap: .5rem .8rem;
  align-items: center; background: var(--page); border-block: 1px solid var(--line); padding: .45rem 0; margin: .5rem 0; }
.controls .buttons { display: flex; gap: .25rem; align-items: center; }
.controls .buttons button { min-width: 2.6rem; padding: .3rem .4rem; }
.icon { width: 1.05rem; height: 1.05rem; fill: currentColor; display: block; margin: auto; }
.controls #forward { background: var(--accent); border-color: var(--accent); color: var(--on); }
.statements span { font-size: .85rem; color: var(--dim); }
.controls input[type=range] { width: 100%; min-width: 4rem; accent-color: var(--accent); height: 2rem; margin: 0; }
.controls .place { font-size: .88rem; font-variant-numeric: tabular-nums; min-width: 11rem; }

.call { border-left: .35rem solid var(--accent); background: var(--card); padding: .5rem .9rem; border-radius: 0 .35rem .35rem 0; }
.call .code { font-size: 1.1rem; font-weight: 600; }
#result { color: var(--accent); }
#caption { color: var(--dim); font-style: italic; }
p.unwanted { color: var(--bad); }

.panel { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem .9rem; min-width: 0; }
#predict { margin: .6rem 0; }
#predict.idle { border: 0; padding: 0; margin: 0; height: 0; }
#predict:has(#ask[hidden]) { border: 0; padding: 0; background: none; }
#verdict:empty { display: block; border: 0; padding: 0; margin: 0; }
.switch { font-weight: 600; display: flex; gap: .5rem; align-items: center; }
input[type=checkbox], .choices input { width: 1.1rem; height: 1.1rem; accent-color: var(--accent); flex: none; margin: 0; }
fieldset { border: 0; margin: .4rem 0 0; padding: 0; min-width: 0; }
legend { padding: 0; overflow-wrap: anywhere; }
.asked { display: block; font-weight: 600; font-size: 1.05rem; margin: .3rem 0; }
.choices { display: grid; gap: .3rem; grid-template-columns: repeat(auto-fit, minmax(min(19rem, 100%), 1fr)); }
.choices label { display: flex; gap: .5rem; align-items: center; border: 1px solid var(--line); border-radius: .35rem; padding: .45rem .6rem; cursor: pointer; }
.choices label:has(:checked) { border-color: var(--accent); background: var(--soft); }
#ask .buttons { display: flex; gap: .5rem; }
#answer { background: var(--accent); border-color: var(--accent); color: var(--on); }
#verdict { padding: .4rem .7rem; border-radius: .35rem; border-left: .3rem solid; }
#verdict.right { background: var(--good-tint); border-color: var(--good); }
#verdict.wrong { background: var(--bad-tint); border-color: var(--bad); }

.panels { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: .7rem; margin-top: .7rem; align-items: start; }
.panels > div { display: grid; gap: .7rem; min-width: 0; }
#iova { grid-column: 1 / -1; }

.cells { display: flex; flex-wrap: wrap; gap: 3px; }
.slot { display: inline-grid; place-items: center; align-content: center; width: 2.5rem; height: 2.35rem; border: 1.5px solid var(--line);
  border-radius: .25rem; line-height: 1.05; font-variant-numeric: tabular-nums; }
.slot small { font-size: .66rem; color: var(--dim); }
.slot b { font-size: .82rem; font-weight: 600; }
.slot.ro { --c: var(--ro); --t: var(--ro-tint); } .slot.wo { --c: var(--wo); --t: var(--wo-tint); } .slot.rw { --c: var(--rw); --t: var(--rw-tint); }
.slot.empty b { color: var(--dim); } .slot.empty { border-style: dotted; }
.slot.in-use { background: var(--c); border-color: var(--c); color: var(--on); }
.slot.in-use small { color: inherit; }
.slot.young { background: var(--t); border-color: var(--c); color: var(--ink); }
.slot.young small, .slot.old small { color: var(--ink); }
.slot.old { border: 1.5px dashed var(--c);
  background: repeating-linear-gradient(135deg, var(--t) 0 4px, var(--card) 4px 8px); }
.slot.lost { border-color: var(--bad); color: var(--bad); background: var(--bad-tint); }
.slot.changed { outline: 3px solid var(--accent); outline-offset: 1px; z-index: 1; }
.run { font-size: .84rem; color: var(--dim); margin: .25rem 0; }
.lists { display: grid; grid-template-columns: max-content 1fr; gap: 0 .8rem; margin: .4rem 0 0; font-size: .86rem; }
.lists dt { color: var(--dim); } .lists dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.lists small { color: var(--dim); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem .9rem; padding: .6rem 0 0; margin: .9rem 0 0; font-size: .82rem;
  border-top: 1px solid var(--line); }
.legend li { display: flex; gap: .4rem; align-items: center; }
.legend .slot { width: 2rem; height: 1.5rem; }

.panes { display: grid; gap: .6rem; }
.source { margin: 0; min-width: 0; }
.source figcaption { font-size: .86rem; color: var(--dim); overflow-wrap: anywhere; }
.lines { overflow-x: auto; border: 1px solid var(--line); border-radius: .3rem; background: var(--page); padding: .25rem 0; }
.line { display: grid; grid-template-columns: 4.6rem max-content; min-width: max-content; padding-right: .6rem; }
.line code { white-space: pre; tab-size: 4; font-size: .82rem; line-height: 1.55; }
.gutter { font: .74rem/1.72 ui-monospace, monospace; color: var(--dim); text-align: right; padding-right: .6rem; white-space: pre; }
.line.executed .gutter { color: var(--ink); }
.line.present { background: var(--mark); } .line.present .gutter { color: var(--ink); font-weight: 700; }
.line.other code { color: var(--dim); }

.sides { display: grid; grid-template-columns: minmax(0, max-content) 2rem minmax(0, max-content); align-items: center; gap: .3rem; }
.sides figure { margin: 0; }
.sides figcaption { font-size: .82rem; color: var(--dim); }
.hex { display: grid; grid-template-columns: repeat(8, minmax(0, 1.4rem)) auto; border: 1px solid var(--line); border-radius: .3rem;
  padding: .2rem; font-size: .82rem; line-height: 1.45; text-align: center; min-width: 9.4rem; min-height: 1.6rem; }
.hex i { grid-column: 9; font-style: normal; white-space: pre; padding-left: .5rem; color: var(--dim); }
.hex .differs { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px; text-decoration-color: var(--bad); }
.hex .changed { background: var(--mark); font-weight: 700; }
#bytes .body { container-type: inline-size; }
@container (max-width: 33rem) { .hex { grid-template-columns: repeat(8, minmax(0, 1.4rem)); } .hex i { display: none; } }
.arrow { text-align: center; font-size: 1.5rem; font-weight: 700; color: var(--dim); }
.arrow.to-bounce, .arrow.to-original, .arrow.both { color: var(--accent); }
@media (prefers-reduced-motion: no-preference) {
  .hex.arrives span { animation: arrive .35s ease-out both; animation-delay: calc(var(--at) * 9ms); }
  .arrow.to-bounce { animation: right .6s ease-in-out; } .arrow.to-original { animation: left .6s ease-in-out; }
  @keyframes arrive { from { background: var(--accent); color: var(--on); transform: scale(1.25); } }
  @keyframes right { 0% { transform: translateX(-.7rem); } 60% { transform: translateX(.5rem); } }
  @keyframes left { 0% { transform: translateX(.7rem); } 60% { transform: translateX(-.5rem); } }
}

table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-top: 0; color: var(--dim); font-weight: 600; font-size: .84rem; }
tbody th { font-weight: normal; }
#counts td { width: 34%; }
.meter { display: block; width: 100%; height: .5rem; margin-top: .15rem; }
.meter .ground { fill: var(--soft); } .meter .with { fill: var(--good); } .meter .without { fill: var(--wo); }
.scroll { overflow-x: auto; }
.ends code:last-child { text-align: right; }
#reach td:last-child { min-width: 8rem; }
#reach td { overflow-wrap: anywhere; } #reach td:nth-child(2) { white-space: nowrap; }
.phys { color: var(--dim); white-space: nowrap; }
#reach .number { white-space: nowrap; }
tr.domain th { color: var(--dim); font-size: .84rem; padding-top: .5rem; }
tr.unwanted { background: var(--bad-tint); } tr.unwanted td:last-child { color: var(--bad); font-weight: 600; }
tr.changed td:first-child { box-shadow: inset .25rem 0 var(--accent); }
.access { border: 1.5px solid; border-radius: .25rem; padding: 0 .35rem; font-size: .82rem; font-weight: 600; }
.access.ro { color: var(--ro); } .access.wo { color: var(--wo); } .access.rw { color: var(--rw); }

.bar { margin-top: .3rem; }
.bar svg { display: block; width: 100%; height: 2.6rem; } .bar.whole svg { height: 1.7rem; }
.bar .ground { fill: var(--soft); stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.bar .wedge { fill: var(--line); opacity: .55; }
.mark.class { fill: var(--line); stroke: var(--dim); stroke-width: 1; vector-effect: non-scaling-stroke; }
.mark.mapped.ro { fill: var(--ro); } .mark.mapped.wo { fill: var(--wo); } .mark.mapped.rw { fill: var(--rw); }
.mark.mapped.unwanted { fill: url(#unwanted); stroke: var(--bad); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.hatch-ground { fill: var(--bad-tint); } .hatch-line { fill: var(--bad); }
.tags { position: relative; height: 0; font-size: .74rem; }
.tags span { position: absolute; bottom: 1.66rem; text-align: center; pointer-events: none; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.tags .inside { bottom: .42rem; } .tags b { background: var(--card); color: var(--ink); border-radius: .2rem; padding: 0 .25rem; font-size: .68rem; }
.ends { display: grid; grid-template-columns: 1fr auto 1fr; gap: 0 .8rem; font-size: .78rem; color: var(--dim); margin: 0; }

dialog { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); color: var(--ink); max-width: min(30rem, 92vw); }
.keys { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
.keys dd { margin: 0; }
kbd { border: 1px solid var(--line); border-bottom-width: 2px; border-radius: .25rem; padding: 0 .4rem; background: var(--soft); }

@media (max-width: 60rem) {
  .panels { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 44rem) {
  #play { padding: .6rem .6rem 2rem; }
  .controls { grid-template-columns: 1fr auto; gap: .35rem; }
  .controls .buttons button { min-width: 2.7rem; min-height: 2.75rem; }
  .controls input[type=range] { order: 3; } .controls #speed { order: 4; }
  .controls .place { order: 5; grid-column: 1 / -1; line-height: 1.1; }
  .statements span { display: none; }
  .panel { padding: .6rem .65rem; }
  .hex {  font-size: .74rem; min-width: 0; padding: .15rem; }
  .sides { grid-template-columns: minmax(0, 1fr) 1.4rem minmax(0, 1fr); gap: .15rem; }
  .slot { width: 2.3rem; }
  .line { grid-template-columns: 3.7rem max-content; }
  th, td { padding: .25rem .35rem; }
  .phys { display: block; }
  #reach code { font-size: .76rem; white-space: nowrap; }
  .tags .inside { bottom: .42rem; } .tags b { background: var(--card); color: var(--ink); border-radius: .2rem; padding: 0 .25rem; font-size: .68rem; }
.ends { grid-template-columns: 1fr 1fr; } .ends span { grid-row: 1; grid-column: 1 / -1; }
}
`;
