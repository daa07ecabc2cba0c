// SPDX-License-Identifier: GPL-2.0-only
// Who can read and change what, how much, for how long, beside what each policy costs.

import type {
  ColumnName,
  Exposed,
  ProtectionDocument,
  ProtectionMachine,
  ProtectionRow,
  SubPageType,
} from '@iommu-bounce/safety';
import { SUB_PAGE_TYPES } from '@iommu-bounce/safety/light';
import { type Part, type TablePart, isTable, partsMarkdown } from '../show/parts';
import { blockSize, count, listed, significant, time, wholeBytes } from '../show/format';

/** A policy of the table, with the fixes that are on. */
export function policyName({ policy, fixes, what_if }: ProtectionRow): string {
  const name = fixes.length === 0 ? policy : `pool + ${fixes.join(', ')}`;
  return what_if === null ? name : `${name} *`;
}

/** What a device can do by what mappings allow, both in bytes times their time. */
export function ratioOf(row: ProtectionRow, exposed: Exposed): number {
  return row.mapped_byte_ns > 0 ? exposed.byte_ns / row.mapped_byte_ns : 0;
}

/** Reads and writes together, as the plot has them. */
export function exposureOf(row: ProtectionRow): number {
  const { read_secrets, write_harm } = row.columns;
  return ratioOf(row, read_secrets) + ratioOf(row, write_harm);
}

export function protectionParts(document: ProtectionDocument): Part[] {
  return [...protectionAnswer(document), ...protectionFigures(document)];
}

/** For docs/protection.md: a cell has one line there, and a star is no sign. */
export function protectionMarkdown(document: ProtectionDocument): string {
  const parts = protectionFigures(document).map((part): Part => {
    if (typeof part === 'string') return part.replace(/^Note: \* /, 'What-if: ');
    if (!isTable(part)) return part;
    const head = part.head.map((text) => text.replaceAll('\n', ' '));
    const rows = part.rows.map((row) =>
      row.map((cell) => cell.replaceAll('\n', ', ').replace(/ \*$/, ' (what-if)')),
    );
    return { ...part, head, rows };
  });
  return partsMarkdown(parts).replaceAll(/^## /gm, '### ');
}

/** One paragraph for each machine. */
export function protectionAnswer({ machines }: ProtectionDocument): string[] {
  return machines.map(({ preset, rows }) => {
    const says = (does: string, name: ColumnName): string => {
      const names = rows.filter(({ columns }) => columns[name].bytes === 0).map(named);
      return names.length === 0
        ? `A hostile device ${does} what it may not under every policy.`
        : `A hostile device ${does} nothing that it may not under ${listed(names)}.`;
    };
    return `${preset}: ${says('reads', 'read_secrets')} ${says('changes', 'write_harm')}`;
  });
}

function named(row: ProtectionRow): string {
  const [size] = row.speed;
  const share = size?.of_none ?? null;
  const name = policyName(row);
  return share === null || !size ? name : `${name} (${share.toFixed(2)} of none's speed)`;
}

export function protectionFigures(document: ProtectionDocument): Part[] {
  const { seed, operations, watched_bytes: watched, speed_ios: ios, machines } = document;
  const notes = new Map(
    machines.flatMap(({ rows }) =>
      rows.flatMap((row) =>
        row.what_if === null ? [] : [[`${row.policy}: ${row.what_if}`, row.what_if] as const],
      ),
    ),
  );
  return [
    `${count(operations)} operations of seed ${String(seed)} under each policy, three devices, each in a domain of its own; ${wholeBytes(watched)} of memory of drivers and their neighbours. Speeds: ${ios === 0 ? 'not run' : `${count(ios)} reads each`}. All figures are simulated.`,
    ...machines.flatMap(machineTables),
    ...[...notes.keys()].map((note) => `Note: * ${note}`),
    ...wrongsOfProtection(document).map((wrong) => `WRONG: ${wrong}`),
  ];
}

/** What must not be, in words; empty: nothing. */
export function wrongsOfProtection({ machines }: ProtectionDocument): string[] {
  return machines.flatMap(({ preset, rows }) =>
    rows.flatMap((row) => [
      ...row.leaks.map((leak) => `${preset}, ${policyName(row)}: ${leak}`),
      ...row.invariants
        .filter(({ holds }) => !holds)
        .map(
          ({ name, found, relation, limit }) =>
            `${preset}, ${policyName(row)}: ${name}: ${String(found)}, expected ${relation} ${String(limit)}`,
        ),
    ]),
  );
}

function machineTables(machine: ProtectionMachine): TablePart[] {
  return [
    summary(machine),
    columnsTable(machine, 'what a device reads that it may not', READS),
    columnsTable(machine, 'what a device changes that it may not', WRITES),
    taxonomy(machine),
  ];
}

function summary({ preset, rows }: ProtectionMachine): TablePart {
  const sizes = rows[0]?.speed.map(({ bs }) => blockSize(bs)) ?? [];
  return {
    title: `${preset}: protection and speed`,
    head: [
      'policy',
      ...sizes.map((size) => `${size} reads,\nof none`),
      ...['read,\nbytes', 'read,\nratio', 'read,\nlongest'],
      ...['changed,\nbytes', 'changed,\nratio', 'changed,\nlongest'],
      'short transfers:\nnot kept',
    ],
    rows: rows.map((row) => {
      const { read_secrets: read, write_harm: write } = row.columns;
      return [
        policyName(row),
        ...row.speed.map(({ of_none: share }) => share?.toFixed(2) ?? ''),
        ...[amount(read), ratio(ratioOf(row, read)), time(read.longest_ns)],
        ...[amount(write), ratio(ratioOf(row, write)), time(write.longest_ns)],
        row.caller.changed_bytes === 0 ? '0' : wholeBytes(row.caller.changed_bytes),
      ];
    }),
    numbersFrom: 1,
    cuts: [1 + sizes.length, 4 + sizes.length],
  };
}

type Heads = readonly (readonly [head: string, name: ColumnName])[];

const READS: Heads = [
  ['same page', 'read_page'],
  ['same buffer', 'read_slot'],
  ['after unmap', 'read_after_unmap'],
  ['anywhere', 'read_any'],
  ['residue', 'read_residue'],
  ['private', 'read_private'],
  ['uninitialised', 'read_uninitialised'],
  ['metadata', 'read_metadata'],
  ['other domain', 'read_other_domain'],
];

const WRITES: Heads = [
  ['same page', 'write_page'],
  ['after unmap', 'write_after_unmap'],
  ['anywhere', 'write_any'],
  ['read-only', 'write_read_only'],
  ['while CPU owns', 'write_during_cpu'],
  ['metadata', 'write_metadata'],
  ['other domain', 'write_other_domain'],
];

/** Bytes, and the longest time below them. */
function columnsTable({ preset, rows }: ProtectionMachine, what: string, heads: Heads): TablePart {
  return {
    title: `${preset}: ${what}`,
    head: ['policy', ...heads.map(([head]) => head.replaceAll(' ', '\n'))],
    rows: rows.map((row) => [
      policyName(row),
      ...heads.map(([, name]) => withTime(row.columns[name])),
    ]),
    numbersFrom: 1,
    ruled: true,
  };
}

const TYPES: Readonly<Record<SubPageType, string>> = {
  driver_metadata: '(a) driver\nmetadata',
  os_metadata: '(b) OS\nmetadata',
  multiple_iova: '(c) multiple\nIOVA',
  random_colocation: '(d) random\nco-location',
};

function taxonomy({ preset, rows }: ProtectionMachine): TablePart {
  return {
    title: `${preset}: sub-page types, and attributes of code injection`,
    head: [
      'policy',
      ...SUB_PAGE_TYPES.map((type) => TYPES[type]),
      ...['kernel addresses\nread', 'callbacks\nwritten', 'window'],
    ],
    rows: rows.map((row) => [
      policyName(row),
      ...SUB_PAGE_TYPES.map((type) => {
        const both = row.sub_page?.[type];
        return both ? `${amount(both.read)} r\n${amount(both.write)} w` : 'no IOMMU';
      }),
      ...[amount(row.attributes.kernel_addresses), amount(row.attributes.callbacks)],
      time(row.attributes.window_ns),
    ]),
    numbersFrom: 1,
    ruled: true,
  };
}

function amount({ bytes }: Exposed): string {
  return bytes === 0 ? '0' : wholeBytes(bytes);
}

function withTime(exposed: Exposed): string {
  return exposed.bytes === 0 ? '0' : `${amount(exposed)}\n${time(exposed.longest_ns)}`;
}

/** With two significant digits; whole from 10 on. */
function ratio(x: number): string {
  if (x >= 10) return count(Math.round(x));
  return significant(x, 2);
}
