// SPDX-License-Identifier: GPL-2.0-only
// The job that comes of its settings, if the simulation can do what they ask for.

import { DEFAULT_BLOCK_BYTES, type FioJob, bufferBytes, usedBlocks } from './job';
import { ENGINE_NAMES, isSynchronous, whyNot } from './engines';
import type { Place } from './place';
import type { JobHead, Settings, Sizes } from './settings';
import { directionOf, paceOf, verifyOf } from './settings-later';
import { aboveZero, ends } from './settings-ends';

/** Direct I/O to a disk with sectors of 512 bytes. */
const SECTOR = 512;
/** Twice or more what Linux makes one request of, so that splitting shows; larger blocks would only repeat that. */
export const LARGEST_BLOCK = 4 * 2 ** 20;
/** What all buffers of a job may hold together; the recorded guests had 2 GiB. An assumption of this lab. */
export const LARGEST_BUFFERS = 2 ** 30;

/**
 * @throws JobError where settings contradict each other or the simulation cannot do what they ask for
 */
export function finish(s: Settings, head: JobHead, warn: (text: string) => void): FioJob {
  checkPath(s, head, warn);
  const rw = directionOf(s);
  const bs = { read: sizes(s, 'Read'), write: sizes(s, 'Write') };
  const limits = ends(s, { rw, bs }, head, warn);
  const job: FioJob = {
    name: s.name?.value ?? head.name,
    rw,
    rwmixread: s.rwmixread?.value ?? 50,
    bs,
    iodepth: depth(s, warn),
    numjobs: s.numjobs?.value ?? 1,
    ...limits,
    stonewall: s.stonewall?.value ?? false,
    seed: s.seed?.value ?? null,
    pace: paceOf(s, bs),
    startDelayNs: s.startDelayNs?.value ?? [0, 0],
    waitFor: s.waitFor?.value ?? null,
    verify: verifyOf(s, rw, limits.pass, warn),
  };
  checkBlocks(s, job, head);
  return job;
}

function depth({ ioengine, iodepth }: Settings, warn: (text: string) => void): number {
  const asked = iodepth?.value ?? 1;
  if (ioengine === null || isSynchronous(ioengine.value) !== true) return asked;
  if (iodepth !== null && asked > 1)
    warn(iodepth.at.warning(`ignored, as fio does: ${ioengine.value} has one I/O out at a time`));
  return 1;
}

/** fio's precedence: a split, else a range, else the plain size. */
function sizes(s: Settings, direction: 'Read' | 'Write'): Sizes {
  const said = s[`split${direction}`] ?? s[`range${direction}`] ?? s[`bs${direction}`];
  return said?.value ?? [{ bytes: DEFAULT_BLOCK_BYTES, weight: 1 }];
}

/** Only direct I/O is simulated, through engines that map the job's own pages. */
function checkPath(s: Settings, head: JobHead, warn: (text: string) => void): void {
  const { value: engine = 'libaio', at = head.at } = s.ioengine ?? {};
  if (isSynchronous(engine) === null)
    throw at.error(`this engine ${whyNot(engine)}; expected ${ENGINE_NAMES.join(', ')}`);
  if (s.direct?.value === false)
    throw s.direct.at.error('buffered I/O maps the page cache; expected direct=1');
  if (s.direct === null && head.tellDefaults)
    warn(head.at.warning('direct is not set; simulated as direct=1, where fio would buffer'));
  if (s.ioengine === null && head.tellDefaults)
    warn(head.at.warning('ioengine is not set; simulated as libaio, where fio would use psync'));
  for (const [split, range] of [
    [s.splitRead, s.rangeRead],
    [s.splitWrite, s.rangeWrite],
  ])
    if (range && range.section === split?.section)
      throw range.at.error('contradicts bssplit in the same section; expected one of the two');
  const { rwmixread: r, rwmixwrite: w } = s;
  if (w !== null && r?.section === w.section && r.value + w.value !== 100)
    throw w.at.error(
      `with rwmixread=${String(r.value)}; expected the two to sum to 100, got ${String(r.value + w.value)}`,
    );
}

function checkBlocks(s: Settings, job: FioJob, head: JobHead): void {
  const said = (direction: 'Read' | 'Write'): Place =>
    (s[`split${direction}`] ?? s[`range${direction}`] ?? s[`bs${direction}`])?.at ?? head.at;
  for (const [list, at] of [
    [job.bs.read, said('Read')],
    [job.bs.write, said('Write')],
  ] as const)
    for (const { bytes } of list) {
      if (bytes % SECTOR !== 0)
        throw at.error(
          `a block of ${String(bytes)} bytes; expected a multiple of ${String(SECTOR)}, as direct=1 needs${s.kbBase === 1024 ? ' (to fio 4kib is 4000 bytes, 4k is 4096)' : ''}`,
        );
      if (bytes > LARGEST_BLOCK)
        throw at.error(
          `a block of ${String(bytes)} bytes; expected at most ${String(LARGEST_BLOCK)} (4 MiB), the largest that is simulated`,
        );
    }
  const least = Math.min(...usedBlocks(job).map(({ bytes }) => bytes));
  const room = Math.min(job.pass?.fileBytes ?? Infinity, aboveZero(s.size) ?? Infinity);
  if (room < least)
    throw (s.size ?? s.fileSize ?? head).at.error(
      `smaller than a block; expected at least ${String(least)} bytes, got ${String(room)}`,
    );
  const held = job.iodepth * job.numjobs * bufferBytes(job);
  if (held > LARGEST_BUFFERS)
    throw (s.iodepth?.at ?? s.numjobs?.at ?? head.at).error(
      `iodepth x numjobs x block size is ${String(held)} bytes of buffers; expected at most ${String(LARGEST_BUFFERS)}`,
    );
}
