// SPDX-License-Identifier: GPL-2.0-only
// What `lint` found as one HTML file: what the capture lacks, findings with links to their lines, what was not checked.

import { SEVERITIES, type Severity, escaped } from '@iommu-bounce/dma-trace';
import { count, plural } from '../../show/format';
import { Html, html, htmlTable } from '../../show/html';
import { pageText } from '../../show/page';
import { type Section, sectionWith } from '../../show/sections';
import { sum } from '../../show/sum';
import { lineLosses } from '../../tables/capture-losses';
import { unseenText } from '../../tables/lint';
import {
  type FindingRow,
  type LintCapture,
  type LintDocument,
  type LintPlace,
  suppressedText,
  timesOf,
} from '../../tables/lint-document';
import { plotFigure, plotKeys } from '../plots/figure';
import { plotParts } from '../plots/library';
import { type PlotColour, type PlotView, isEmpty, plotSeries, timeView } from '../plots/view';
import type { Excerpt } from './excerpts';
import type { FindingFigures } from './findings-over-time';
import { LINT_STYLE } from './style';

/** What the page has of a capture beside the document. */
export interface LintedLines {
  readonly excerpts: readonly Excerpt[];
  readonly overTime: FindingFigures;
}

const WORDS: Readonly<Record<Severity, readonly [title: string, says: string]>> = {
  error: ['Errors', 'Wrong on every machine.'],
  warning: ['Warnings', 'Wrong on some machines or with bounce buffers, or worth a second look.'],
  note: ['Notes', 'Worth knowing, or unsure.'],
};
const COLOURS: Readonly<Record<Severity, PlotColour>> = {
  error: '--bad',
  warning: '--before',
  note: '--link',
};

/**
 * @param lines of each capture of the document
 * @param command what was typed
 */
export function lintReport(
  { captures, findings }: LintDocument,
  lines: readonly LintedLines[],
  command: string,
): string {
  const parts: CapturePart[] = [];
  for (const [i, capture] of captures.entries()) {
    const isFirst = parts.every(({ view }) => view === null);
    parts.push(new CapturePart(capture, lines[i], String(i), isFirst));
  }
  const [only, ...others] = parts;
  const views = parts.flatMap(({ view }) => view ?? []);
  const plots = plotParts(views);
  const sections =
    only && others.length === 0
      ? only.sections
      : parts.flatMap((part, i) => {
          const id = `capture-${String(i + 1)}`;
          const first = { id, title: names(part.capture), body: summary(part.capture) };
          return sectionWith(first, part.sections, `${id}-`);
        });
  return pageText({
    title: 'Use of the DMA API in a capture',
    lead: html`<p class="answer">${severities(findings)}</p>
      ${only && others.length === 0 ? summary(only.capture) : html``}`,
    sections,
    run: { command },
    ...plots,
    style: new Html(`${plots.style?.text ?? ''}${LINT_STYLE}`),
  });
}

function names({ files }: LintCapture): string {
  return files.map(escaped).join(', ');
}

function severities(of: Readonly<Record<Severity, number>>): string {
  return SEVERITIES.map((severity) => plural(of[severity], severity)).join(', ');
}

function summary({ files, lines, maps, findings }: LintCapture): Html {
  const of = (severity: Severity): number =>
    findings.filter((one) => one.severity === severity).length;
  const all = { error: of('error'), warning: of('warning'), note: of('note') };
  return html`<p>
    ${files.map((file) => html`<code>${escaped(file)}</code> `)}: ${plural(lines, 'line')},
    ${plural(maps, 'map call')}; ${severities(all)}.
  </p>`;
}

class CapturePart {
  readonly sections: readonly Section[];
  readonly view: PlotView | null;

  constructor(
    readonly capture: LintCapture,
    private readonly lines: LintedLines | undefined,
    private readonly id: string,
    isFirst: boolean,
  ) {
    const view = lines ? overTimeView(lines.overTime, id) : null;
    this.view = view && !isEmpty(view) ? view : null;
    this.sections = [
      losses(capture),
      ...byDevice(capture),
      ...(this.view ? [overTime(this.view, isFirst)] : []),
      ...SEVERITIES.flatMap((severity) => this.findings(severity)),
      notChecked(capture),
      ...this.excerpts(),
    ];
  }

  private findings(severity: Severity): Section[] {
    const own = this.capture.findings.filter((one) => one.severity === severity);
    if (own.length === 0) return [];
    const [title, says] = WORDS[severity];
    const body = html`<p>${says}</p>
      ${own.map((one) => this.finding(one))}`;
    return [{ id: `${severity}s`, title, tag: count(own.length), body }];
  }

  private finding(finding: FindingRow): Html {
    const { rule, severity, device, message, first, last, why, fix, doubt } = finding;
    const of = device === null ? '' : `, ${device}`;
    const one = first.line === last.line && first.file === last.file;
    const left = suppressedText(finding);
    const unsure =
      finding.uncertain < finding.count ? `${count(finding.uncertain)} unsure` : 'Unsure';
    return html`<article class="finding ${severity}">
      <h3>${rule}${of}, ${timesOf(finding)}</h3>
      <p>${message}</p>
      <p>${one ? this.place(first) : html`First ${this.place(first)}, last ${this.place(last)}`}</p>
      ${left === null ? html`` : html`<p>${left}</p>`}
      ${doubt === null ? html`` : html`<p><b>${unsure}:</b> ${doubt}.</p>`}
      <p><b>Why:</b> ${why}</p>
      <p><b>Fix:</b> ${fix}</p>
    </article>`;
  }

  /** With a link, where the page has the line. */
  private place({ file, line }: LintPlace): Html {
    const id = this.lineId(file, line);
    const text = `${escaped(file)}:${String(line)}`;
    return id === null
      ? html`<code>${text}</code>`
      : html`<a href="#${id}"><code>${text}</code></a>`;
  }

  private lineId(file: string, line: number): string | null {
    const excerpts = this.lines?.excerpts ?? [];
    const at = excerpts.findIndex((one) => one.file === file);
    return excerpts[at]?.lines.has(line) === true
      ? `line-${this.id}-${String(at)}-${String(line)}`
      : null;
  }

  /** Lines that follow each other are one list. */
  private excerpts(): Section[] {
    const { excerpts = [] } = this.lines ?? {};
    if (excerpts.length === 0) return [];
    const named = new Set(
      this.capture.findings.flatMap(({ first, last }) => [key(first), key(last)]),
    );
    const body = html`<p>Those that findings name, in bold, and two before and behind each.</p>
      ${excerpts.map(
        ({ file, lines }) =>
          html`<p class="caption"><code>${escaped(file)}</code></p>
            ${runsOf(lines).map((run) => this.run(file, run, named))}`,
      )}`;
    return [{ id: 'lines', title: 'Lines of the capture', body }];
  }

  private run(file: string, run: readonly Line[], named: ReadonlySet<string>): Html {
    const items = run.map(([line, text]) => {
      const id = this.lineId(file, line) ?? '';
      const kind = named.has(key({ file, line })) ? 'named' : 'around';
      return html`<li id="${id}" class="${kind}">
        <a href="#${id}">${String(line)}</a><span>${text}</span>
      </li>`;
    });
    return html`<ol class="lines">
      ${items}
    </ol>`;
  }
}

type Line = readonly [line: number, text: string];

function runsOf(lines: ReadonlyMap<number, string>): Line[][] {
  const runs: Line[][] = [];
  let before = -1;
  for (const line of lines) {
    if (line[0] === before + 1) runs.at(-1)?.push(line);
    else runs.push([line]);
    before = line[0];
  }
  return runs;
}

function key({ file, line }: LintPlace): string {
  return `${String(line)} ${file}`;
}

/** Before any finding: what the capture lacks, findings may lack. */
function losses(capture: LintCapture): Section {
  const { doubt } = capture;
  const unseen = unseenText(capture);
  // The first says that there are none, or is a heading.
  const [first = '', ...lost] = lineLosses(capture);
  const lines = [
    ...lost.map((line) => html`<li>${line}</li>`),
    ...(unseen === null ? [] : [html`<li>${unseen}</li>`]),
    ...(doubt === null
      ? []
      : [html`<li>Unsure: ${doubt}. Rules that join several lines give only notes.</li>`]),
  ];
  const body =
    lines.length === 0
      ? html`<p>${first}</p>`
      : html`<ul>
          ${lines}
        </ul>`;
  return { id: 'losses', title: 'What the capture lacks', body };
}

/** One row for each device. */
function byDevice({ findings }: LintCapture): Section[] {
  if (findings.length === 0) return [];
  const devices = [...new Set(findings.map(({ device }) => device))];
  const rows = devices.map((device) => {
    const own = findings.filter((one) => one.device === device);
    const of = (severity: Severity): string =>
      count(own.filter((one) => one.severity === severity).length);
    return [
      device ?? 'not said',
      [...new Set(own.map(({ rule }) => rule))].join(', '),
      ...SEVERITIES.map(of),
      count(sum(own, (one) => one.count)),
    ];
  });
  const head = ['device', 'rules', 'errors', 'warnings', 'notes', 'occurrences'];
  return [{ id: 'devices', title: 'By device', body: htmlTable(head, rows, 2) }];
}

/** @param withKeys the first one says how plots are walked */
function overTime(view: PlotView, withKeys: boolean): Section {
  const body = html`${withKeys ? plotKeys() : html``}
    <p>An occurrence counts where it is noticed: a mapping that is left, at the end.</p>
    ${plotFigure(view)}`;
  return { id: 'over-time', title: 'Over time', body };
}

function overTimeView({ widthNs, occurrences }: FindingFigures, id: string): PlotView {
  const series = SEVERITIES.filter((one) => occurrences[one].some((n) => n > 0)).map((one) =>
    plotSeries(`${one}s`, COLOURS[one], occurrences[one]),
  );
  return timeView({
    ...{ id: `plot-${id}-findings`, group: id, title: 'Occurrences of findings' },
    ...{ unit: 'count', noun: 'occurrences', widthNs, series },
  });
}

function notChecked({ rules, findings }: LintCapture): Section {
  const reasons = new Map<string, string[]>();
  for (const { id, not_checked_because: why } of rules)
    if (why !== null) reasons.set(why, [...(reasons.get(why) ?? []), id]);
  const found = new Set(findings.map(({ rule }) => rule));
  const clean = rules.filter(({ id, checked }) => checked && !found.has(id)).map(({ id }) => id);
  const others = rules.filter((one) => one.others > 0);
  const body = html`${
    reasons.size === 0
      ? html`<p>Nothing: all ${plural(rules.length, 'rule')} were checked.</p>`
      : htmlTable(
          ['rules', 'not checked because'],
          [...reasons].map(([why, ids]) => [ids.join(', '), why]),
          2,
        )
  }
  ${others.map(({ id, others: n }) => html`<p>${id}: ${count(n)} more, of other kinds.</p>`)}
  ${clean.length === 0 ? html`` : html`<p>Checked, nothing found: ${clean.join(', ')}.</p>`}`;
  return { id: 'not-checked', title: 'What was not checked', body };
}
