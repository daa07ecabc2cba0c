// SPDX-License-Identifier: GPL-2.0-only
// What a comparison of two captures cannot know, and why.

import { are, count, plural } from '../../show/format';
import type { DiffDevices, OperationsSection, WindowsSection } from './diff-document';
import type { Pairing } from './pairing';
import type { RequestsSection } from './requests-document';

/** Captures whose numbers of operations differ by more are not of the same length. */
const SAME_LENGTH = 0.01;

export interface Sections {
  readonly devices: DiffDevices;
  readonly operations: OperationsSection;
  readonly windows: WindowsSection;
  readonly requests: RequestsSection;
}

export function diffNotes(pairing: Pairing, sections: Sections): string[] {
  const { windows, requests } = sections;
  return [
    ...lengths(pairing, sections.operations),
    ...devices(sections.devices, requests),
    ...strangers(pairing, sections.devices),
    ...reconstructed(pairing, sections.operations),
    ...partly(pairing),
    ...(windows.unknown === null ? [] : [`Windows are not compared: ${windows.unknown}.`]),
    ...unmaps(pairing),
    ...(requests.unknown_a === null
      ? []
      : [`A does not tell all requests to the IOMMU: ${requests.unknown_a}.`]),
    ...(requests.unknown_b === null
      ? []
      : [`B does not tell all requests to the IOMMU: ${requests.unknown_b}.`]),
    ...flags(pairing),
    ...backwards(pairing),
  ];
}

function lengths({ a, b }: Pairing, of: OperationsSection): string[] {
  const most = Math.max(of.a, of.b);
  if (Math.abs(of.a - of.b) <= SAME_LENGTH * most) return [];
  const [shorter, longer] = of.a < of.b ? ['A', 'B'] : ['B', 'A'];
  const more = of.a < of.b ? of.added : of.gone;
  const atEnd = of.a < of.b ? of.added_at_end : of.gone_at_end;
  // What was cut takes less time.
  const ns = ({ log }: Pairing['a']): number => log.lastNs - log.firstNs;
  const isBrief = of.a < of.b ? ns(a) < ns(b) : ns(b) < ns(a);
  return [
    `The captures are not of the same length: A has ${plural(of.a, 'operation')}, B ${count(of.b)}. ` +
      `${count(atEnd)} of the ${count(more)} that only ${longer} has come after the last one that both have` +
      `${isBrief && atEnd > more / 2 ? `, so ${shorter} may have been cut` : ''}. Compare figures per mapping, not totals.`,
  ];
}

function devices(
  { only_a: onlyA, only_b: onlyB }: DiffDevices,
  requests: RequestsSection,
): string[] {
  const said = [
    [onlyA, 'A'],
    [onlyB, 'B'],
  ] as const;
  const notes = said.flatMap(([only, name]) =>
    only.length === 0
      ? []
      : [
          `Not compared, since only ${name} has ${only.length === 1 ? 'it' : 'them'}: ${only
            .slice(0, 8)
            .map((one) => `${one.device} (${plural(one.operations, 'operation')})`)
            .join(', ')}${only.length > 8 ? ` and ${count(only.length - 8)} more` : ''}.`,
        ],
  );
  const { a: ofA, b: ofB } = requests.per_mapping;
  if (notes.length > 0 && ((ofA ?? 0) > 0 || (ofB ?? 0) > 0))
    notes.push(
      'iommu:* events do not name a device: requests per map and unmap are those of all devices, also of those that are not compared.',
    );
  const [a] = onlyA;
  const [b] = onlyB;
  if (a && b)
    notes.push(
      `If two of these are the same device, say so: --device '${a.device}=${b.device}' compares them.`,
    );
  return notes;
}

/** Equal names that may stand for different devices: nothing that one does the other does, too. */
function strangers(pairing: Pairing, { pairs, only_b: onlyB }: DiffDevices): string[] {
  const known = new Set<string | null>();
  pairing.alignment.ofA.forEach((j, i) => {
    if (j >= 0) known.add(pairing.labelOfA(i));
  });
  const names = pairs.flatMap(({ a: [name], by }) =>
    by === 'name' && name !== undefined && !known.has(name) ? [name] : [],
  );
  const [first] = names;
  const other = names[1] ?? onlyB[0]?.device;
  if (first === undefined || other === undefined) return [];
  return [
    `No operation of ${names.slice(0, 8).join(', ')} is in both captures: if a name stands for another device in B, say so: --device '${first}=${other}' compares them.`,
  ];
}

function reconstructed({ a, b }: Pairing, operations: OperationsSection): string[] {
  const known = operations.reconstructed_in_one;
  const both = a.section.reconstructed.requests > 0 && b.section.reconstructed.requests > 0;
  if (known === 0 && !both) return [];
  const which =
    known > 0
      ? `${plural(known, 'operation')} ${are(known)} known from iommu:* events only in one capture`
      : 'Both captures have requests that are known from iommu:* events only';
  return [
    `${which}: call, direction and attributes of these are not compared, sizes by whole pages, and a window begins at the last iommu:map event.`,
  ];
}

/** Of requests without a call of which only the begin or the end is shown no mapping is made. */
function partly({ a, b }: Pairing): string[] {
  return [a, b].flatMap(({ section }, i) => {
    const { requests, maps_not_unmapped: maps, unmaps_without_map: unmaps } = section.reconstructed;
    if (requests === 0 || maps + unmaps === 0) return [];
    return [
      `${i === 0 ? 'A' : 'B'} shows only the begin or the end of some requests without a call: ${plural(maps, 'iommu:map event')} and ${plural(unmaps, 'iommu:unmap event')} are of no mapping, but in its requests per map and unmap, which may be too many.`,
    ];
  });
}

/** Where some unmaps are missing, as bpftrace loses them. */
function unmaps({ a, b }: Pairing): string[] {
  return [a, b].flatMap(({ log, section }, i) => {
    const name = i === 0 ? 'A' : 'B';
    const left = section.never_unmapped.count;
    if (log.unmaps === 0 || left <= log.unmaps) return [];
    return [
      `${name} shows the unmap of ${plural(log.unmaps, 'mapping')} only, ${count(left)} have none: windows and iommu:unmap events are of the others.`,
    ];
  });
}

function flags({ a, b }: Pairing): string[] {
  const without = [a, b].flatMap(({ hasFlags }, i) => (hasFlags ? [] : [i === 0 ? 'A' : 'B']));
  if (without.length === 0) return [];
  return [
    `${without.join(' and ')} ${without.length === 1 ? 'has' : 'have'} no flags of interrupts: a few mappings there may lack their iommu:* events, and are then not compared in requests.`,
  ];
}

function backwards({ a, b }: Pairing): string[] {
  return [a, b].flatMap(({ log }, i) =>
    log.backwards === 0
      ? []
      : [
          `${i === 0 ? 'A' : 'B'} has ${plural(log.backwards, 'unmap')} with an earlier time than the map: how long these were mapped is not known.`,
        ],
  );
}
