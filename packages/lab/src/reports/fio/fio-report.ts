// SPDX-License-Identifier: GPL-2.0-only
// The report of an experiment: one HTML file with charts that needs nothing else.

import type { FioDocument } from '@iommu-bounce/simulation';
import { type Page, pageText } from '../../show/page';
import { BreakEvenModels, breakEvenFigures } from './breakeven';
import { choice } from '../charts/choice';
import { figureSection } from '../charts/figure';
import { chartParts } from '../charts/library';
import { lead } from './lead';
import { occupancyFigure } from './occupancy';
import { settings } from './settings';
import { comparisonFigures } from './speedup';
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
    throughputFigure(document),
    timeFigure(document),
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
    ...chartParts(all),
  };
}
