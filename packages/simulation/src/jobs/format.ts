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
    ...ends(job),
    ...(job.runtimeNs === null ? [] : [`runtime=${String(micros(job.runtimeNs))}us`]),
    ...(job.stonewall ? ['stonewall'] : []),
    ...(job.seed === null ? [] : [`randseed=${String(job.seed)}`]),
    ...pace(job),
    ...(job.waitFor === null ? [] : [`wait_for=${job.waitFor}`]),
    ...verify(job),
  ];
}

function ends({ numberIos, size, pass }: FioJob): string[] {
  const option = (name: string, value: number | null): string[] =>
    value === null ? [] : [`${name}=${String(value)}`];
  if (pass === null) return [...option('number_ios', numberIos), ...option('io_size', size)];
  const { fileBytes, files, bytes, count, until, freely } = pass;
  const loops = count === Infinity ? 1 : count;
  return [
    `size=${String(bytes)}`,
    `filesize=${String(fileBytes)}`,
    `nrfiles=${String(files)}`,
    ...(count === Infinity ? ['time_based'] : [`loops=${String(count)}`]),
    ...option('io_size', until),
    ...option('number_ios', numberIos === null ? null : numberIos / loops),
    ...(freely ? ['norandommap'] : []),
  ];
}

function pace({ pace: said, startDelayNs: [least, most] }: FioJob): string[] {
  const delay = [least, most].map((ns) => `${String(micros(ns))}us`).join('-');
  const { rates = null, thinkNs = 0, thinkBlocks = 1 } = said ?? {};
  return [
    ...(rates === null ? [] : [`rate=${String(rates.read ?? 0)},${String(rates.write ?? 0)}`]),
    ...(thinkNs === 0
      ? []
      : [`thinktime=${String(micros(thinkNs))}`, `thinktime_blocks=${String(thinkBlocks)}`]),
    ...(most === 0 ? [] : [`startdelay=${delay}`]),
  ];
}

function verify({ verify: said }: FioJob): string[] {
  if (said === null) return [];
  return [
    'verify=crc32c',
    ...(said.backlog === null ? [] : [`verify_backlog=${String(said.backlog)}`]),
    ...(said.batch === null ? [] : [`verify_backlog_batch=${String(said.batch)}`]),
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
