// SPDX-License-Identifier: GPL-2.0-only
// The page of `npm start`: the cover letter's experiment, and the recorded machines that come with the repository.

import type { FioDocument } from '@iommu-bounce/simulation';
import type { ReplayDocument } from '../compare';
import { html } from '../show/html';
import { pageText } from '../show/page';
import { verdictLine } from '../tables/verdict';
import { type FioReport, fioPage } from './fio';
import { type ReportPart, limitsSection, replayPart, replayRun } from './replay-report';

export interface DemoReport extends Pick<FioReport, 'models'> {
  readonly experiment: FioDocument;
  /** An unmodified kernel's trace. */
  readonly plain: ReplayDocument;
  /** One boot of a kernel with the series, if its traces are there. */
  readonly series: ReplayDocument | null;
  /** What was typed. */
  readonly command: string;
  /** The pages of the port to read, from where this one is. */
  readonly site: string;
}

export function demoReport({ experiment, command, site, ...rest }: DemoReport): string {
  const { plain, series, models } = rest;
  const fio = fioPage({
    document: experiment,
    command,
    warnings: [],
    ...(models ? { models } : {}),
  });
  const replays: readonly (ReportPart & { readonly id: string })[] = [
    {
      id: 'plain',
      heading: 'Linux 6.12, NVMe behind virtio-iommu, fio with mixed sizes',
      document: plain,
    },
    ...(series
      ? [
          {
            id: 'series',
            heading: 'Linux 5.14 with the series: what its pool decided',
            document: series,
          },
        ]
      : []),
  ];
  const answers = replays.map(
    ({ id, heading, document }) =>
      html`<li><a href="#${id}">${heading}</a>: ${verdictLine(document)}</li>`,
  );
  return pageText({
    ...fio,
    title: "The bounce buffer series: the cover letter's experiment, and recorded machines",
    lead: html`${fio.lead}
      <p class="caption">Recorded machines, replayed</p>
      <ul>
        ${answers}
      </ul>
      <p><a href="${site}">The port to read, and its pool to step</a></p>`,
    sections: [...fio.sections, ...replays.flatMap(replayPart), limitsSection()],
    run: {
      command,
      hasReport: false,
      body: html`${fio.run.body ?? html``} ${replays.map(({ document }) => replayRun(document))}`,
    },
  });
}
