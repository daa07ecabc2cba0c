// SPDX-License-Identifier: GPL-2.0-only
// What `npm start` prints: what was replayed, what was learned, and what to do next, on one screen.

import type { FioComparison, FioDocument } from '@iommu-bounce/simulation';
import type { ReplayDocument } from '../compare';
import { blockSize, count, signed } from '../show/format';
import { INDENT } from '../show/parts';
import { PAPER, type Screen, narrower, wrapped } from '../show/text';
import { verdictLine } from './verdict';

/** The document of `demo --json`. */
export interface DemoDocument {
  /** An unmodified kernel's trace. */
  readonly plain: ReplayDocument;
  /** One boot of a kernel with the series; null if its traces are not there. */
  readonly series: ReplayDocument | null;
  /** The cover letter's experiment, simulated. */
  readonly experiment: FioDocument;
  /** The report that was written. */
  readonly report: string;
  /** The folder of the site that was written. */
  readonly site: string;
}

/** One screen is 80 columns wide, also where there is more room. */
const COLUMNS = 80;

export function demoText(
  { plain, series, experiment, report, site }: DemoDocument,
  given: Screen = PAPER,
): string {
  const screen = { ...given, columns: Math.min(given.columns, COLUMNS) };
  const prose = (text: string): string => wrapped(text, screen, INDENT);
  const item = (text: string): string =>
    INDENT + wrapped(text, narrower(screen, INDENT.length), INDENT);
  /** What stands beside a command or a file moves below it where there is no room. */
  const pair = (what: string, about: string, width: number): string => {
    const line = `${what.padEnd(width)}   ${about}`;
    return INDENT.length + line.length <= screen.columns
      ? INDENT + line
      : `${INDENT}${what}\n${INDENT}    ${about}`;
  };
  const { agreement: a } = plain;
  const lines = [
    prose('Replayed: Linux 6.12 with an NVMe disk behind virtio-iommu, running fio'),
    item(
      `${count(a.mappings_equal)} of ${count(a.mappings_compared)} mappings reach the IOMMU as recorded, before the series.`,
    ),
    item(verdictLine(plain)),
  ];
  if (series?.pool_agreement) {
    const { decisions_equal: equal, decisions_compared: compared } = series.pool_agreement;
    lines.push(
      '',
      prose('Replayed: one boot of a kernel with the series, which printed what its pool did'),
      item(
        `The port decides alike: ${count(equal)} of ${count(compared)} decisions, slot for slot.`,
      ),
    );
  }
  lines.push(
    '',
    prose("Simulated: the cover letter's fio reads; the costs were fitted to its figures"),
    item(
      `The pool's speed-up (simulated minus published): ${experiment.comparison.map(speedUp).join(', ')}.`,
    ),
    '',
    'Pages, which need no network:',
    ...[
      [report, 'figures, charts, histograms'],
      [`${site}/index.html`, 'the port to read, its pool to step'],
    ].map(([what = '', about = '']) => pair(what, about, `${site}/index.html`.length)),
    '',
    prose('Next, with your own machine (docs/replay.md says how to record):'),
    ...NEXT.map(([what, about]) => pair(what, about, 39)),
  );
  return `${lines.join('\n')}\n`;
}

const NEXT = [
  ['npx iommu-bounce replay my.trace.txt.gz', 'would the series help?'],
  ['npx iommu-bounce fio my-job.fio', 'would it help this workload?'],
  ['npx iommu-bounce --help', 'all that can be asked'],
] as const;

function speedUp({ bs, speedup, speedup_published: published }: FioComparison): string {
  const residual = published === null ? '' : ` (${signed(speedup - published, 2)})`;
  return `${blockSize(bs)} x${speedup.toFixed(2)}${residual}`;
}
