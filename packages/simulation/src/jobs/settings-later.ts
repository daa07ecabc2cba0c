// SPDX-License-Identifier: GPL-2.0-only
// What settings say of a job's pace, and of reading back what it wrote.

import type { FioJob, Pace, Pass, Rates, ReadWrite, Verify } from './job';
import { aboveZero } from './settings-ends';
import type { Settings } from './settings';

/** With verify_only a job reads what it would write. */
export function directionOf(s: Settings): ReadWrite {
  const rw = s.rw?.value ?? 'read';
  if (s.verifyOnly?.value !== true || s.verifies?.value !== true) return rw;
  return rw === 'write' ? 'read' : rw === 'randwrite' ? 'randread' : rw;
}

/** rate_iops counts blocks of the smallest size, as fio 3.33's init.c __setup_rate does. */
export function paceOf(s: Settings, bs: FioJob['bs']): Pace | null {
  const times = (rate: number | null, sizes: FioJob['bs']['read']): number | null =>
    rate === null ? null : rate * Math.min(...sizes.map(({ bytes }) => bytes));
  const iops = s.rateIops?.value;
  const bytes = s.rate?.value;
  const both: Rates = {
    read: bytes?.read ?? times(iops?.read ?? null, bs.read),
    write: bytes?.write ?? times(iops?.write ?? null, bs.write),
  };
  const rates = both.read === null && both.write === null ? null : both;
  const thinkNs = s.thinkNs?.value ?? 0;
  if (rates === null && thinkNs === 0) return null;
  return { rates, thinkNs, thinkBlocks: Math.max(1, s.thinkBlocks?.value ?? 1) };
}

export function verifyOf(
  s: Settings,
  rw: ReadWrite,
  pass: Pass | null,
  warn: (text: string) => void,
): Verify | null {
  const { verifies } = s;
  if (verifies?.value !== true || s.doVerify?.value === false || rw.endsWith('read')) return null;
  if (pass?.count === Infinity) {
    warn(verifies.at.warning('ignored, as fio does: time_based leaves no time to read back'));
    return null;
  }
  if (pass?.freely === true)
    warn(verifies.at.warning('blocks that are written twice are read back twice, in fio once'));
  return { backlog: aboveZero(s.backlog), batch: aboveZero(s.batch) };
}
