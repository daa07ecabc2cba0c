// SPDX-License-Identifier: GPL-2.0-only
// What the style sheet of a page of findings adds to that of all reports.

export const LINT_STYLE = `
.finding { border-left: .4rem solid var(--faint); padding: .1rem 0 .1rem 1rem; margin: 1.2rem 0; }
.finding.error { border-color: var(--bad); } .finding.warning { border-color: var(--before); }
.finding h3 { margin: .2rem 0; } .finding p { margin: .3rem 0; }
.lines { list-style: none; margin: .6rem 0; padding: .4rem 0; border: 1px solid var(--line); border-radius: .3rem;
  font: .8rem/1.5 ui-monospace, monospace; }
.lines li { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); gap: .6rem; padding: 0 .6rem;
  white-space: pre-wrap; overflow-wrap: anywhere; scroll-margin-top: 5rem; }
.lines a { text-align: right; } .lines .named { font-weight: 600; } .lines li:target { background: var(--shade); }
@media screen and (max-width: 34rem) { .lines li { grid-template-columns: 1fr; gap: 0; } .lines a { text-align: left; } }
@media print { .finding { break-inside: avoid; } }
`;
