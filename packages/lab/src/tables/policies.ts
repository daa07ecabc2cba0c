// SPDX-License-Identifier: GPL-2.0-only
// A capture's calls under the policies that were asked for, as tables for the terminal and the page.

import { wrongsOf } from '@iommu-bounce/simulation';
import type { PolicySection, ReplayDocument } from '../compare';
import { count, listed, memory, micros, percent, percentDown, stale } from '../show/format';
import type { Part, TablePart } from '../show/parts';
import { bestOf, reachOf } from './answer';

type Row = PolicySection | PolicySection['devices'][number];

export const POLICIES_TITLE = 'The same calls under each policy (simulated)';

/** The answer, the tables, what is a what-if, and what is wrong; nothing if no policy was asked for. */
export function policyParts(
  { policies }: Pick<ReplayDocument, 'policies'>,
  device: (name: string) => string,
): Part[] {
  const [first] = policies;
  if (!first) return [];
  return [
    POLICIES_TITLE,
    policyAnswer(policies),
    policyTable(policies),
    ...(first.devices.length > 1 ? [deviceTable(policies, device)] : []),
    ...policyNotes(policies),
  ];
}

/** Which protects at the least CPU time. */
export function policyAnswer(policies: readonly PolicySection[]): string {
  const calls = policies[0]?.map_calls ?? 0;
  const safe = policies.filter((one) => reachOf(one.stale_max_ns) === 'mapped');
  const what = `${count(calls)} map calls under ${count(policies.length)} ${policies.length === 1 ? 'policy' : 'policies'}.`;
  if (calls === 0) return what;
  const [one] = safe;
  if (!one) return `${what} None of them protects: a device reaches more than what is mapped.`;
  const { items, best } = bestOf(safe, (row) => row.cpu_seconds / row.map_calls, 'least');
  const names = listed(items.map(({ policy }) => policy));
  const others = safe.filter((row) => !items.includes(row));
  const next = others.map((row) => `${row.policy} ${perMap(row)}`);
  const against = next.length > 0 ? `, ${listed(next)}` : '';
  return `${what} Of those under which a device reaches, beside its own bounce buffers, only what is mapped, ${names} takes the least CPU time per map and unmap: ${micros(best * 1e9)} µs${against}.`;
}

function perMap({ cpu_seconds: seconds, map_calls: maps }: Row): string {
  return maps > 0 ? `${micros((seconds * 1e9) / maps)} µs` : 'none';
}

const HEAD = [
  ...['CPU,\nµs a\nmap', 'driver\nrequests', 'VM\nexits', 'copied', 'pool\nserves', 'falls\nback'],
  ...['failed', 'bounce\npeak', 'stale\nmax', 'contents\nmax'],
];

function cells(row: Row): string[] {
  const asked = row.pool_hits + row.pool_fills + row.fallbacks;
  return [
    row.map_calls > 0 ? micros((row.cpu_seconds * 1e9) / row.map_calls) : '',
    count(row.driver_requests),
    count(row.vmexits),
    memory(row.copied_bytes),
    asked > 0 ? percentDown((row.pool_hits + row.pool_fills) / asked) : '',
    asked > 0 ? count(row.fallbacks) : '',
    count(row.failed_calls),
    memory(row.peak_bounce_bytes),
    stale(row.stale_max_ns),
    stale(row.stale_contents_max_ns),
  ];
}

/** Columns that are empty or 0 in all rows are left out. */
function table(title: string, keys: readonly string[], rows: readonly string[][]): TablePart {
  const shown = HEAD.map((_, i) =>
    rows.some((row) => !['', '0'].includes(row[i + keys.length] ?? '')),
  );
  const kept = (all: readonly string[]): string[] => [
    ...all.slice(0, keys.length),
    ...all.slice(keys.length).filter((_, i) => shown[i]),
  ];
  const head = kept([...keys, ...HEAD]);
  return { title, head, rows: rows.map(kept), numbersFrom: keys.length, keys: keys.length };
}

export function policyTable(policies: readonly PolicySection[]): TablePart {
  return table(
    '',
    ['policy'],
    policies.map((row) => [named(row), ...cells(row)]),
  );
}

export function deviceTable(
  policies: readonly PolicySection[],
  device: (name: string) => string,
): TablePart {
  const rows = policies.flatMap((policy) =>
    policy.devices.map((row) => [device(row.device), named(policy), ...cells(row)]),
  );
  return table(
    'By device: CPU time in its calls, without waits for locks; devices of one group share their memory',
    ['device', 'policy'],
    rows.sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}

function named({ policy, what_if }: PolicySection): string {
  return `${policy}${what_if === null ? '' : ' *'}`;
}

/** What a reader has to know of them, and what is wrong. */
export function policyNotes(policies: readonly PolicySection[]): string[] {
  const failed = policies.filter((one) => one.failed_calls > 0);
  const waits = policies.filter((one) => one.lock_wait_seconds > 0.01 * one.cpu_seconds);
  const reserved = policies.filter((one) => one.reserved_bounce_bytes > one.peak_bounce_bytes);
  return [
    ...(reserved.length > 0
      ? [
          `Set aside at boot, whatever the peak: ${listed(reserved.map((one) => `${one.policy} ${memory(one.reserved_bounce_bytes)}`))}`,
        ]
      : []),
    ...(waits.length > 0
      ? [
          `CPU time includes waits for locks, which the verdict does not have: ${listed(waits.map((one) => `${one.policy} ${percent(one.lock_wait_seconds / one.cpu_seconds)}`))} of it`,
        ]
      : []),
    ...policies.flatMap(({ policy, what_if }) =>
      what_if === null ? [] : [`* ${policy} is a what-if: ${what_if}`],
    ),
    ...(failed.length > 0
      ? [
          `Failed maps (${listed(failed.map((one) => `${one.policy} ${count(one.failed_calls)}`))}): no room, or more than swiotlb has in one piece; a driver that asks dma_max_mapping_size() splits what is larger`,
        ]
      : []),
    ...policies.flatMap((one) =>
      wrongsOf({ ...one, data: null }).map((wrong) => `WRONG: ${one.policy}: ${wrong}`),
    ),
  ];
}
