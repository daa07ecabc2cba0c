// SPDX-License-Identifier: GPL-2.0-only
// What a rewritten line has to be read as: the check of each line, field by field.

import type { TraceEvent } from '../events';
import type { Parsed } from '../parse-line';
import { suppressedLines } from '../suppressed-lines';
import { messageDevice } from './message';
import type { Renaming } from './renaming';

type Fields = Readonly<Record<string, unknown>>;

/** Text that only readers look at. */
const NOT_COMPARED = new Set(['text', 'line']);
const ADDRESSES = new Set(['iova', 'paddr', 'dmaAddr', 'phys', 'devAddr', 'physAddrs', 'dmaAddrs']);
const POINTERS = new Set(['virtAddr', 'state', 'sgl']);

/** Whether the rewritten line says the same as the line, with other names and addresses. */
export function saysTheSame(was: Parsed, is: Parsed, renaming: Renaming): boolean {
  if (was === null || was === 'unparsed' || is === null || is === 'unparsed') return was === is;
  if (was.kind === 'kernelLog') return sameLog(was, is, renaming);
  const found = is as unknown as Fields;
  for (const [key, value] of Object.entries(was)) {
    if (NOT_COMPARED.has(key)) continue;
    const wanted = renamed(key, value as unknown, renaming);
    if (Array.isArray(wanted) ? !sameList(wanted, found[key]) : wanted !== found[key]) return false;
  }
  return true;
}

function sameLog(was: TraceEvent, is: TraceEvent, renaming: Renaming): boolean {
  if (was.kind !== 'kernelLog' || is.kind !== 'kernelLog') return false;
  const device = messageDevice(was);
  const named = device === null ? null : renaming.device(device);
  return (
    is.topic === was.topic &&
    is.timeNs === was.timeNs &&
    is.write === was.write &&
    is.pasid === was.pasid &&
    JSON.stringify(suppressedLines(is)) === JSON.stringify(suppressedLines(was)) &&
    JSON.stringify(is.swiotlb) === JSON.stringify(was.swiotlb) &&
    is.address === (was.address === null ? null : renaming.address(was.address)) &&
    messageDevice(is) === named
  );
}

function renamed(key: string, value: unknown, renaming: Renaming): unknown {
  if (key === 'comm') return renaming.tasks.comm(value as string);
  if (key === 'pid') return renaming.tasks.pid(value as number);
  if (key === 'device') return renaming.device(value as string);
  if (value === null) return null;
  if (POINTERS.has(key)) return renaming.pointers.of(value as string);
  if (!ADDRESSES.has(key)) return value;
  if (Array.isArray(value)) return value.map((one: number) => renaming.address(one));
  return renaming.address(value as number);
}

function sameList(a: readonly unknown[], b: unknown): boolean {
  return Array.isArray(b) && a.length === b.length && a.every((one, i) => one === b[i]);
}
