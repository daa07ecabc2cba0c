// SPDX-License-Identifier: GPL-2.0-only
// The page of drivers that do not sync: which of them lose data, under which policy.

import type { NosyncDocument, NosyncRow } from '@iommu-bounce/simulation';
import { nosyncAnswer, nosyncFigures, sizesOf } from '../../tables/nosync';
import { blockSize } from '../../show/format';
import { policyColour } from '../charts/colours';
import { isHatched, marked, planned, signsText } from '../charts/protection';
import { type Figure, chartView, series } from '../charts/view';
import { type PartsReport, type Word, tableLinks, tablesOf } from './parts-report';
import { OF_POLICIES } from './words';
import { sum } from '../../show/sum';

export function nosyncReport(document: NosyncDocument): Omit<PartsReport, 'title' | 'command'> {
  const parts = nosyncFigures(document);
  return {
    parts,
    answer: [nosyncAnswer(document)],
    figures: [{ ...lossFigure(document), table: tableLinks(tablesOf(parts).slice(-1)) }],
    words: WORDS,
  };
}

/** Of the bytes that either side wrote, the share that the other side did not find. */
function lostShare(rows: readonly NosyncRow[]): number | null {
  const transfers = rows.flatMap((row) => [row.to_device, row.from_device, row.after_unmap]);
  const bytes = sum(transfers, (one) => one.bytes);
  return bytes === 0 ? null : (100 * sum(transfers, ({ lost }) => lost)) / bytes;
}

function lossFigure({ rows }: NosyncDocument): Omit<Figure, 'table'> {
  const policies = [...new Set(rows.map(({ policy }) => policy))];
  const protections = planned(policies);
  const skips = rows.filter(({ driver }) => driver === 'skips');
  const others = rows.filter(({ driver }) => driver !== 'skips');
  const labels = sizesOf(skips);
  return {
    heading: 'Bytes lost by a driver that skips syncs',
    view: chartView({
      id: 'lost',
      kind: 'bars',
      labels,
      labelTitle: 'size of the mapping',
      valueTitle: 'lost, % of the bytes written',
      unit: '% of the bytes written',
      digits: 0,
      series: policies.map((policy) =>
        series(
          marked(policy, protections),
          policyColour(policy),
          labels.map((label) =>
            lostShare(
              skips.filter((row) => row.policy === policy && blockSize(row.bytes) === label),
            ),
          ),
          { hatched: isHatched(policy, protections) },
        ),
      ),
    }),
    says: `Of all bytes that CPU and device wrote, those that the other side did not find. The two drivers that sync around each use lose ${lostShare(others) === 0 ? 'nothing under any policy' : 'data, too: see the tables'}.`,
    signs: signsText(protections),
    published: null,
    folded: false,
  };
}

const WORDS: readonly Word[] = [
  ...OF_POLICIES.slice(0, 1),
  ['mapping size', 'Bytes that are mapped at once. The pool has no buffer above 128 KiB.'],
  [
    'device accesses',
    "Where the device's bytes go: to the driver's own pages, or to a bounce buffer that somebody has to copy.",
  ],
  ['sync', 'dma_sync_*: the call that copies between the pages of the driver and a bounce buffer.'],
  ['skips', 'A driver that sets DMA_ATTR_SKIP_CPU_SYNC at map and unmap and never syncs.'],
  ['skips-and-syncs', 'A driver that sets the attribute, and syncs around each use.'],
  ['syncs', 'A driver without the attribute that syncs around each use.'],
  ['driver', 'Which of the three.'],
  ['CPU to device', 'Bytes that the CPU wrote into the mapping and the device did not find.'],
  ['device to CPU', 'Bytes that the device wrote and the CPU did not find.'],
  ['after unmap', 'Bytes that the device wrote last and the CPU did not find after the unmap.'],
];
