// SPDX-License-Identifier: GPL-2.0-only
// What differs between two captures, in one sentence.

import type { AddressReuse, DiffDocument } from '../compare';
import { count, plural, time } from '../show/format';
import { sum } from '../show/sum';

/** Figures per mapping that differ by less are called the same. */
const ALIKE = 0.005;
/** From this ratio on the times after which addresses come back are worth a word. */
const LATER = 2;

export function diffAnswer(document: DiffDocument): string {
  const parts = [
    operations(document),
    requests(document),
    windows(document),
    addresses(document),
  ].filter((part) => part !== '');
  const text = `${lost(document)}${parts.join('; ')}`;
  if (!document.equal) return `${text}.`;
  const ignored = document.ignored.length > 0 ? ' that counts' : '';
  return `No difference${ignored}: ${text}.`;
}

/** What is missing in a capture may be all that differs. */
function lost({ a, b, counts }: DiffDocument): string {
  if (counts.operations + counts.unmaps + counts.moved === 0) return '';
  const lacks = ({ capture: { losses } }: DiffDocument['a']): boolean =>
    losses.lost_by_cpu.length + losses.lists_without_entries + losses.lines_not_understood.count >
    0;
  const names = [lacks(a) ? 'A' : '', lacks(b) ? 'B' : ''].filter(Boolean);
  return names.length === 0 ? '' : `As far as ${names.join(' and ')} recorded it: `;
}

function operations({ operations: of, counts }: DiffDocument): string {
  const differ = of.gone + of.added + of.changed;
  const all = of.in_order + of.moved + of.reconstructed_in_one + differ;
  const alone = counts.devices;
  const others = alone > 0 ? `, beside ${count(alone)} of devices that only one has` : '';
  if (differ > 0) {
    const said = [
      [of.gone, 'gone'],
      [of.added, 'added'],
      [of.changed, 'by another call or direction'],
    ] as const;
    const words = said.flatMap(([n, word]) => (n > 0 ? [`${count(n)} ${word}`] : []));
    return `${count(differ)} of ${plural(all, 'operation')} ${differ === 1 ? 'differs' : 'differ'} (${words.join(', ')})${others}`;
  }
  const moved = of.moved > 0 ? `, ${count(of.moved)} moved` : '';
  const known =
    of.reconstructed_in_one > 0
      ? `, ${count(of.reconstructed_in_one)} of them known from iommu:* events only in one`
      : '';
  return `B does the same ${plural(all, 'operation')} as A${moved}${known}${others}`;
}

function requests({ requests: of }: DiffDocument): string {
  const { a, b } = of.per_mapping;
  if (a === null || b === null) {
    const without = [a === null ? 'A' : '', b === null ? 'B' : ''].filter(Boolean).join(' and ');
    return `requests to the IOMMU are not known of ${without}`;
  }
  if (Math.abs(a - b) <= ALIKE * Math.max(a, b))
    return a === 0
      ? 'neither makes requests to an IOMMU'
      : `both make ${b.toFixed(2)} requests per map and unmap`;
  return `B makes ${b.toFixed(2)} requests per map and unmap, A ${a.toFixed(2)}`;
}

function windows({ windows: of, counts }: DiffDocument): string {
  const [all] = of.rows;
  if (!all) return of.pairs_unknown === 0 ? '' : 'how long mappings last is not known of both';
  if (counts.windows === 0) return 'mappings last as long in both';
  const { longer, shorter } = all;
  const [a, b] = [time(all.a.median_ns), time(all.b.median_ns)];
  const lasts = a === b ? `${b} in both` : `${b} in B, ${a} in A`;
  return `a mapping lasts ${lasts} (median; ${count(longer)} longer, ${count(shorter)} shorter of ${count(all.pairs)})`;
}

/** Of the device whose addresses come back most often. */
function addresses({ requests: { addresses: rows } }: DiffDocument): string {
  const least = (row: (typeof rows)[number]): number => Math.min(row.a.again, row.b.again);
  const [most] = [...rows].sort((one, two) => least(two) - least(one));
  if (!most || !differ(most.a, most.b)) return '';
  return `an address comes back ${time(most.b.median_ns ?? 0)} after its unmap in B, ${time(most.a.median_ns ?? 0)} in A (median)`;
}

function differ({ median_ns: a }: AddressReuse, { median_ns: b }: AddressReuse): boolean {
  if (a === null || b === null) return false;
  return Math.max(a, b) >= LATER * Math.min(a, b);
}

/** What was read, in a line for each capture. */
export function capturesLines({ a, b }: DiffDocument): readonly string[] {
  const line = (name: string, of: DiffDocument['a']): string => {
    const syncs = of.operations - of.mappings;
    const failed = sum(of.capture.devices, (one) => one.failed_calls);
    return (
      `${name}: ${of.capture.files.join(', ')}: ${plural(of.mappings, 'mapping')}, ${plural(syncs, 'sync')} in ${time(of.duration_ns)}` +
      `${failed > 0 ? `, ${plural(failed, 'failed map')}` : ''}.`
    );
  };
  return [line('A', a), line('B', b)];
}
