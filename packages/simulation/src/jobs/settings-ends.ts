// SPDX-License-Identifier: GPL-2.0-only
// When a job ends: what size, io_size, filesize, number_ios, loops and runtime say together.

import type { FioJob, Pass } from './job';
import type { JobHead, Maybe, Said, Settings } from './settings';

/**
 * As fio 3.33: `size`, or the files' size, is what a pass goes through, `loops` passes are done, and `io_size` limits all
 * of them or asks for more of them. time_based leaves none of these and no number of I/Os.
 * @throws JobError where nothing says when to end
 */
export function ends(
  s: Settings,
  { rw, bs }: Pick<FioJob, 'rw' | 'bs'>,
  head: JobHead,
  warn: (text: string) => void,
): Pick<FioJob, 'numberIos' | 'size' | 'runtimeNs' | 'pass'> {
  const runtimeNs = aboveZero(s.runtimeNs);
  let timeBased = s.timeBased?.value ?? false;
  if (timeBased && runtimeNs === null) {
    if (s.timeBased) warn(s.timeBased.at.warning('ignored, as fio does, without a runtime'));
    timeBased = false;
  }
  const loops = s.loops?.value ?? 1;
  const files = s.fileNames?.value ?? s.files?.value ?? 1;
  const fileSize = partOfFile(s, bs);
  const all = aboveZero(s.size) ?? (fileSize === null ? null : fileSize * files);
  const until = aboveZero(s.ioSize) ?? shareOf(all, s.ioSizePercent);
  const asked = until ?? all;
  const ios = timeBased ? null : aboveZero(s.numberIos);
  let numberIos = ios === null ? null : ios * loops;
  if (asked === null && numberIos === null && runtimeNs === null) {
    if (head.defaultIos === null)
      throw head.at.error(
        'nothing says when to end; expected size, filesize, io_size, number_ios or runtime',
      );
    numberIos = head.defaultIos;
  }
  const pass: Pass | null =
    all === null
      ? null
      : {
          fileBytes: fileSize ?? Math.floor(all / files),
          files,
          bytes: all,
          count: timeBased ? Infinity : loops,
          until: timeBased ? null : until,
          freely: isFree(s, { rw, bs }, head, warn),
        };
  return { numberIos, size: timeBased || asked === null ? null : asked * loops, runtimeNs, pass };
}

/** What a job goes through of each file: all of it, or with `size=50%` whole smallest blocks; null: no filesize is said. */
function partOfFile(s: Settings, bs: FioJob['bs']): number | null {
  const whole = aboveZero(s.fileSize);
  const percent = aboveZero(s.sizePercent);
  if (percent === null || percent === 100) return whole;
  if (whole === null)
    throw (s.sizePercent as Said<number>).at.error(
      'a percentage of the device, whose size the simulation does not model; expected bytes, or a filesize',
    );
  const least = Math.min(...[...bs.read, ...bs.write].map(({ bytes }) => bytes));
  const part = Math.floor((whole * percent) / 100);
  return part - (part % least);
}

function shareOf(all: number | null, share: Maybe<number>): number | null {
  const percent = aboveZero(share);
  if (percent === null) return null;
  if (all === null)
    throw (share as Said<number>).at.error(
      'a percentage of size, which is not said; expected bytes, or a size',
    );
  return Math.floor((all * percent) / 100);
}

/** Without a random map, blocks lie anywhere. With one, fio shortens a block that meets one already done. */
function isFree(
  s: Settings,
  { rw, bs }: Pick<FioJob, 'rw' | 'bs'>,
  head: JobHead,
  warn: (text: string) => void,
): boolean {
  if (!rw.startsWith('rand')) return false;
  if (s.noRandomMap?.value === true) return true;
  const several = bs.read.length > 1 || bs.write.length > 1;
  if (several && head.tellDefaults)
    warn(
      head.at.warning(
        'blocks of several sizes are simulated as with norandommap, where fio would shorten those that meet others',
      ),
    );
  return several;
}

/** To fio a limit of 0 is none. */
export function aboveZero(said: Maybe<number>): number | null {
  return said === null || said.value === 0 ? null : said.value;
}
