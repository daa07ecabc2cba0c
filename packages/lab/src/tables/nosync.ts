// SPDX-License-Identifier: GPL-2.0-only
// The scenario of drivers that do not sync as tables for a terminal.

import {
  type NosyncDocument,
  type NosyncRow,
  SYNC_DRIVERS,
  type Transfer,
} from '@iommu-bounce/simulation';
import { type Part, type TablePart } from '../show/parts';
import { blockSize, count } from '../show/format';

const DRIVERS: Readonly<Record<NosyncRow['driver'], string>> = {
  skips: 'skips: DMA_ATTR_SKIP_CPU_SYNC at map and unmap, never syncs, as i915 does',
  'skips-and-syncs': 'skips-and-syncs: the same attribute, and a dma_sync_* around each use',
  syncs: 'syncs: no attribute, and a dma_sync_* around each use',
};

/** The answer, and what it rests on. */
export function nosyncParts(document: NosyncDocument): Part[] {
  return [nosyncAnswer(document), ...nosyncFigures(document)];
}

export function nosyncAnswer({ rows }: NosyncDocument): string {
  const losing = rows.filter(({ works }) => !works);
  const drivers = new Set(losing.map(({ driver }) => driver));
  if (losing.length === 0) return 'No driver loses data under any of these policies.';
  const policies = [...new Set(losing.map(({ policy }) => policy))];
  const each = policies.map((policy) => {
    const all = sizesOf(rows.filter((row) => row.policy === policy));
    const lost = sizesOf(losing.filter((row) => row.policy === policy));
    return lost.length < all.length ? `${policy} (mappings of ${lost.join(', ')})` : policy;
  });
  return `A driver that ${[...drivers].map((one) => DOES[one]).join(', or ')} loses data under ${each.join(', ')}. All other combinations work.`;
}

const DOES: Readonly<Record<NosyncRow['driver'], string>> = {
  skips: 'skips the syncs of a mapping that it keeps, as i915 does,',
  'skips-and-syncs': 'skips the syncs at map and unmap but syncs around each use',
  syncs: 'syncs around each use',
};

export function sizesOf(rows: readonly NosyncRow[]): string[] {
  return [...new Set(rows.map(({ bytes }) => blockSize(bytes)))];
}

export function nosyncFigures(document: NosyncDocument): Part[] {
  const { rows, rounds, layout, seed } = document;
  const losing = rows.filter(({ works }) => !works);
  const whatIfs = new Map(
    rows.flatMap(({ policy, what_if }) => (what_if === null ? [] : [[policy, what_if] as const])),
  );
  return [
    `A driver keeps one mapping for ${String(rounds)} rounds: CPU writes, device reads, device writes, CPU reads. Real bytes through the ported code, without time; memory layout ${layout}, seed ${String(seed)}.`,
    SYNC_DRIVERS.map((driver) => DRIVERS[driver]),
    overview('', rows),
    losing.length > 0 ? losses('Bytes lost, out of the bytes written', losing) : 'Nothing is lost.',
    ...[...whatIfs].map(([policy, what]) => `Note: * ${policy} is a what-if: ${what}`),
  ];
}

function overview(title: string, rows: readonly NosyncRow[]): TablePart {
  const cases = rows.filter(({ driver }) => driver === SYNC_DRIVERS[0]);
  return {
    title,
    head: ['policy', 'mapping size', 'device accesses', ...SYNC_DRIVERS],
    rows: cases.map((row) => [
      name(row),
      blockSize(row.bytes),
      row.mapping === 'own pages' ? "the driver's pages" : 'a bounce buffer',
      ...SYNC_DRIVERS.map((driver) => {
        const found = rows.find(
          (r) => r.policy === row.policy && r.bytes === row.bytes && r.driver === driver,
        );
        return found?.works === true ? 'works' : 'loses data';
      }),
    ]),
    numbersFrom: 6,
    keys: 2,
  };
}

function losses(title: string, rows: readonly NosyncRow[]): TablePart {
  return {
    title,
    head: ['policy', 'mapping size', 'driver', 'CPU to device', 'device to CPU', 'after unmap'],
    rows: rows.map((row) => [
      name(row),
      blockSize(row.bytes),
      row.driver,
      lost(row.to_device),
      lost(row.from_device),
      lost(row.after_unmap),
    ]),
    numbersFrom: 3,
  };
}

function lost({ lost: n, bytes }: Transfer): string {
  return n === bytes ? `all ${count(n)}` : `${count(n)} of ${count(bytes)}`;
}

function name({ policy, what_if }: NosyncRow): string {
  return `${policy}${what_if === null ? '' : ' *'}`;
}
