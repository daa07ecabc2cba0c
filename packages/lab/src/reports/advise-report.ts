// SPDX-License-Identifier: GPL-2.0-only
// The page of `advise`: the advice, what the capture lacks, the Pareto front as a plot, then all that the terminal shows.

import type { AdviseDocument, PoolChoice } from '../compare';
import { memory, plural } from '../show/format';
import { html } from '../show/html';
import { pageText } from '../show/page';
import type { TitledParts } from '../show/parts';
import { partHtml } from '../show/parts-html';
import type { Section } from '../show/sections';
import { adviseLosses, adviseParts, choiceName } from '../tables/advise';
import { otherColour } from './charts/colours';
import { figureSection } from './charts/figure';
import { chartParts } from './charts/library';
import { type ChartView, type Figure, chartView, series } from './charts/view';

const ADVISE_TITLE = 'Sizes of bounce buffers that a recorded load needs';
const KIB = 1024;
const MIB = 1024 ** 2;

/**
 * The same document gives the same page, whenever and wherever.
 * @param command what was typed
 */
export function adviseReport(document: AdviseDocument, command: string): string {
  const { files, boots } = document;
  const figures = figuresOf(document);
  const names = files.map((file) => html`<li><code>${file}</code></li>`);
  const parts = adviseParts(document);
  return pageText({
    title: ADVISE_TITLE,
    lead: html`<p class="answer">${document.advice}</p>
      ${adviseLosses(document).map(partHtml)}`,
    sections: parts.flatMap((part) =>
      part.id === 'front' && figures.length > 0 ? figures.map(figureSection) : [sectionOf(part)],
    ),
    run: {
      command,
      body: html`<p>Read: ${plural(files.length, 'file')}, ${plural(boots, 'boot')}.</p>
        <ul>
          ${names}
        </ul>`,
    },
    ...(figures.length > 0 ? chartParts(figures) : {}),
  });
}

function sectionOf({ id, title, parts }: TitledParts): Section {
  return { id, title, body: html`${parts.map(partHtml)}` };
}

/** Two views of the front: what memory saves, and what it costs. */
function figuresOf(document: AdviseDocument): Figure[] {
  const { front, no_pool: plain } = document;
  const table = adviseParts(document).find(({ id }) => id === 'front');
  if (front.length === 0 || !table) return [];
  const events = (one: Pick<PoolChoice, 'iommu_maps' | 'iommu_unmaps'>): number =>
    one.iommu_maps + one.iommu_unmaps;
  return [
    {
      heading: 'Pareto front: iommu:* events by memory',
      view: plot('front', document, {
        valueTitle: 'iommu:map and iommu:unmap',
        unit: 'events',
        digits: 0,
        valueOf: events,
        none: plain ? events(plain) : null,
      }),
      says: 'Each point is a choice of classes and slots that none beats in memory, iommu:* events and copied bytes together; the first has no pool. A point was counted by a replay with these parameters.',
      published: null,
      table: html`${table.parts.map(partHtml)}`,
      folded: false,
    },
    {
      heading: 'Pareto front: copied bytes by memory',
      view: plot('front-copies', document, {
        valueTitle: 'copied, MiB',
        unit: 'MiB',
        digits: 1,
        valueOf: (one) => one.copied_bytes / MIB,
        none: plain ? 0 : null,
      }),
      says: 'The same points: what goes through buffers is copied.',
      published: null,
      table: html`<p>The numbers are in <a href="#section-front">the table above</a>.</p>`,
      folded: false,
    },
  ];
}

interface Axis {
  readonly valueTitle: string;
  readonly unit: string;
  readonly digits: number;
  readonly valueOf: (choice: PoolChoice) => number;
  /** Of the machine without a pool. */
  readonly none: number | null;
}

function plot(
  id: string,
  { front, recommendation, usual }: AdviseDocument,
  { valueOf, none, ...axis }: Axis,
): ChartView {
  const point = (choice: PoolChoice): { x: number; y: number; text: string } => ({
    x: choice.memory_bytes / KIB,
    y: valueOf(choice),
    text: `${choiceName(choice)}, ${memory(choice.memory_bytes)}`,
  });
  const start = none === null ? [] : [{ x: 0, y: none, text: 'no pool' }];
  return chartView({
    ...{ id, kind: 'points', labelTitle: 'memory, KiB', ...axis },
    // The first is drawn over the others.
    series: [
      ...(recommendation
        ? [series('recommended', otherColour(3), [], { steps: [point(recommendation.choice)] })]
        : []),
      ...(usual ? [series('as it is', otherColour(1), [], { steps: [point(usual)] })] : []),
      series('front', otherColour(0), [], { steps: [...start, ...front.map(point)] }),
    ],
  });
}
