// SPDX-License-Identifier: GPL-2.0-only
// Jobs written as a fio job file, which fio itself and readJobFile() read back to the same jobs.

import type { BlockSize, FioJob } from './job';

/**
 * Weights become whole percent, as bssplit has it.
 * @throws RangeError for a weight that is no whole percent, for a runtime that is no whole number of microseconds, and
 *   for a name that no section can have
 */
export function formatJobFile(jobs: readonly FioJob[]): string {
  const common = ['[global]', 'ioengine=libaio', 'direct=1'];
  return [common, ...jobs.map(section)].map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function section(job: FioJob): string[] {
  if (/[\n\r;#]|^\s|\s$|^global/.test(job.name))
    throw new RangeError(`no section can have the name ${JSON.stringify(job.name)}`);
  return [
    `[${job.name}]`,
    `rw=${job.rw}`,
    ...(job.rw.endsWith('rw') || job.rwmixread !== 50
      ? [`rwmixread=${String(job.rwmixread)}`]
      : []),
    blocks(job),
    `iodepth=${String(job.iodepth)}`,
    `numjobs=${String(job.numjobs)}`,
    ...(job.numberIos === null ? [] : [`number_ios=${String(job.numberIos)}`]),
    ...(job.size === null ? [] : [`io_size=${String(job.size)}`]),
    ...(job.runtimeNs === null ? [] : [`runtime=${String(micros(job.runtimeNs))}us`]),
    ...(job.stonewall ? ['stonewall'] : []),
    ...(job.seed === null ? [] : [`randseed=${String(job.seed)}`]),
  ];
}

function blocks({ bs: { read, write } }: FioJob): string {
  const [r, w] = [read[0], write[0]];
  if (read.length === 1 && write.length === 1 && r !== undefined && w !== undefined)
    return `bs=${String(r.bytes)},${String(w.bytes)}`;
  return `bssplit=${split(read)},${split(write)}`;
}

function split(sizes: readonly BlockSize[]): string {
  return sizes
    .map(({ bytes, weight }) => {
      const percent = Math.round(weight * 100);
      if (percent < 1 || Math.abs(percent / 100 - weight) > 1e-9)
        throw new RangeError(`a weight of ${String(weight)} is no whole percent`);
      return `${String(bytes)}/${String(percent)}`;
    })
    .join(':');
}

function micros(ns: number): number {
  if (ns % 1000 !== 0) throw new RangeError(`${String(ns)} ns is no whole number of microseconds`);
  return ns / 1000;
}
