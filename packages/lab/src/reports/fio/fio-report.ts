// SPDX-License-Identifier: GPL-2.0-only
// The report of an experiment: one HTML file with charts that needs nothing else.

import { type FioDocument, wrongsOf } from '@iommu-bounce/simulation';
import { heading, notesOf } from '../../tables/fio-figures';
import { type Html, html } from '../../show/html';
import { type Page, pageText } from '../../show/page';
import { BreakEvenModels, breakEvenFigures } from './breakeven';
import { choice } from '../charts/choice';
import { figureSection } from '../charts/figure';
import { chartLicence, pageScripts } from '../charts/library';
import { occupancyFigure } from './occupancy';
import { settings } from './settings';
import { comparisonFigures, isWithin, residualsOf } from './speedup';
import { CHART_STYLE } from '../charts/style';
import { throughputFigure } from './throughput';
import { timeFigure } from './time';

export interface FioReport {
  readonly document: FioDocument;
  /** What to type for the same figures. */
  readonly command: string;
  /** What the jobs' reader had to say. */
  readonly warnings: readonly string[];
  /** Shared by several reports: what one has counted, the next need not. */
  readonly models?: BreakEvenModels;
}

/** The same experiment gives the same text, whenever and wherever. */
export function fioReport(report: FioReport): string {
  return pageText({ title: 'fio behind an IOMMU, simulated', ...fioPage(report) });
}

/** All of a page but its title. */
export function fioPage(report: FioReport): Omit<Page, 'title'> {
  const { document } = report;
  const compared = comparisonFigures(document);
  const occupancy = occupancyFigure(document);
  const chosen = [
    timeFigure(document),
    throughputFigure(document),
    ...(occupancy ? [occupancy] : []),
  ];
  const even = breakEvenFigures(document, report.models ?? new BreakEvenModels());
  const all = [...compared, ...chosen, ...even];
  return {
    lead: lead(report),
    sections: [
      ...compared.map(figureSection),
      { id: 'by-policy', title: 'Charts by policy and block size', body: choice(document) },
      ...chosen.map(figureSection),
      ...even.map(figureSection),
    ],
    run: { command: report.command, body: settings(document) },
    licences: licence(),
    style: CHART_STYLE,
    data: { charts: all.map(({ view }) => view) },
    scripts: pageScripts(),
  };
}

function lead({ document, warnings }: FioReport): Html {
  const wrong = document.runs.flatMap((run) =>
    wrongsOf(run).map((what) => `${run.policy}, ${run.jobs.join(', ')}: ${what}`),
  );
  const residuals = residualsOf(document.comparison);
  const within = residuals.filter(isWithin).length;
  const good = wrong.length === 0 && within === residuals.length;
  const notes = [...wrong, ...warnings.map((text) => `Warning: ${text}`), ...notesOf(document)];
  return html`<p class="lead">${heading(document)}</p>
    <noscript><p>Charts need JavaScript; the tables have the same numbers.</p></noscript>
    <section class="verdict ${good ? 'good' : 'bad'}">
      <h3>
        ${
          residuals.length === 0
            ? 'The cover letter has no figures for these jobs on this machine'
            : `${String(within)} of the cover letter's ${String(residuals.length)} figures are met`
        }
      </h3>
      <p>
        Met: within half a printed unit plus 10 %. No figure of this experiment was measured. The
        only published figures here are the ratios of the cover letter (message-id
        20210707075505.2896824-1-stevensd@google.com).
      </p>
      <ul>
        ${notes.map((note) => html`<li>${note}</li>`)}
      </ul>
    </section>`;
}

function licence(): Html {
  return html`<p>Charts are drawn by Chart.js, which is in this file, under the MIT licence.</p>
    <details>
      <summary>Licence of Chart.js</summary>
      ${chartLicence()
        .split(/\n\s*\n/)
        .map((paragraph) => html`<p>${paragraph.replace(/\s+/g, ' ')}</p>`)}
    </details>`;
}
