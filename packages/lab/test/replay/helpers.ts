// SPDX-License-Identifier: GPL-2.0-only
// Traces written for a test, and a replay of them.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IOMMU_DRIVERS, type IommuDriver } from '@iommu-bounce/integration';
import { preset } from '@iommu-bounce/simulation';
import { type ReplayDocument, type SeriesState, replayTraces } from '../../src/compare';
import { withFolder } from '../commands/run-cli';

export interface Options {
  /** Default: what replayTraces takes. */
  readonly driver?: IommuDriver;
  readonly patches?: readonly SeriesState[];
  readonly params?: string;
  readonly facts?: object;
  /** Whether there is a verdict, by the costs of laptop-virtio. */
  readonly costs?: boolean;
}

/** Replays a text as a file. */
export async function replayText(text: string, options: Options = {}): Promise<ReplayDocument> {
  return withFolder((folder) => {
    const file = join(folder, 'x.trace.txt');
    writeFileSync(file, text);
    if (options.facts) writeFileSync(join(folder, 'x.json'), JSON.stringify(options.facts));
    return replayFiles([file], options);
  });
}

export function replayFiles(
  files: readonly string[],
  options: Options = {},
): Promise<ReplayDocument> {
  return replayTraces(files, {
    ...(options.driver ? { driver: options.driver } : {}),
    patches: options.patches ?? [0, 4],
    config: null,
    params: options.params ?? null,
    mostDifferences: 10,
    ...(options.costs === true
      ? { costs: () => ({ preset: 'laptop-virtio', costs: preset('laptop-virtio') }) }
      : {}),
    progress: () => undefined,
  });
}

/** The two above on one driver. */
export interface Replayer {
  readonly driver: IommuDriver;
  readonly replayText: typeof replayText;
  readonly replayFiles: typeof replayFiles;
}

const LONG = process.env['TEST_LONG'] === '1';
/** The one that the command takes; the table has the transcripts of the C. */
const DRIVERS_OF_USERS: readonly IommuDriver[] = ['virtio'];

/** The same tests on each driver: what they say is true of both. On the other one with TEST_LONG=1 only. */
export function describeOnEach(title: string, body: (on: Replayer) => void): void {
  for (const driver of LONG ? IOMMU_DRIVERS : DRIVERS_OF_USERS) {
    const tag = DRIVERS_OF_USERS.includes(driver) ? '' : ' @long';
    describe(`${title}, on ${driver}${tag}`, function () {
      this.timeout(400_000);
      body({
        driver,
        replayText: (text, options) => replayText(text, { driver, ...options }),
        replayFiles: (files, options) => replayFiles(files, { driver, ...options }),
      });
    });
  }
}

/** Writes lines of an unmodified kernel, each a few microseconds after the one before. */
export class TraceWriter {
  private readonly lines: string[] = ['# tracer: nop'];
  private us = 5_000_000;

  constructor(
    private context = 'fio-77',
    private flags = '.....',
    private cpu = 0,
  ) {}

  /** Goes on in another task or interrupt. */
  in(context: string, flags = '.....', cpu = 0): this {
    [this.context, this.flags, this.cpu] = [context, flags, cpu];
    return this;
  }

  wait(ms: number): this {
    this.us += ms * 1000;
    return this;
  }

  line(text: string): this {
    this.us += 7;
    const time = `${String(Math.floor(this.us / 1e6))}.${String(this.us % 1e6).padStart(6, '0')}`;
    this.lines.push(`  ${this.context} [00${String(this.cpu)}] ${this.flags} ${time}: ${text}`);
    return this;
  }

  iommuMap(iova: number, paddr: number, size: number): this {
    return this.line(
      `map: IOMMU: iova=${x16(iova)} - ${x16(iova + size)} paddr=${x16(paddr)} size=${String(size)}`,
    );
  }

  iommuUnmap(iova: number, size: number): this {
    return this.line(
      `unmap: IOMMU: iova=${x16(iova)} - ${x16(iova + size)} size=${String(size)} unmapped_size=${String(size)}`,
    );
  }

  /** A page with the iommu:map in front of it. */
  mapPage(
    dma: number,
    phys: number,
    size = 4096,
    device = '0000:00:05.0',
    dir = 'FROM_DEVICE',
  ): this {
    const start = dma - (dma % 4096);
    const length = Math.ceil((dma + size - start) / 4096) * 4096;
    return this.iommuMap(start, phys - (phys % 4096), length).line(
      `dma_map_page: ${device} dir=${dir} dma_addr=${hex(dma)} size=${String(size)} phys_addr=${hex(phys)} attrs=`,
    );
  }

  /** A page with the iommu:unmap in front of it. */
  unmapPage(dma: number, size = 4096, device = '0000:00:05.0', dir = 'FROM_DEVICE'): this {
    const start = dma - (dma % 4096);
    const length = Math.ceil((dma + size - start) / 4096) * 4096;
    return this.iommuUnmap(start, length).line(
      `dma_unmap_page: ${device} dir=${dir} dma_addr=${hex(dma)} size=${String(size)} attrs=`,
    );
  }

  /** A list of entries [address, length], merged to one DMA segment; adjacent ones share an iommu:map. */
  mapSg(
    dma: number,
    entries: readonly (readonly [number, number])[],
    device = '0000:00:05.0',
  ): this {
    let at = dma;
    let run: [number, number] | null = null;
    const runs: [number, number][] = [];
    for (const [phys, length] of entries) {
      if (run?.[0] !== undefined && run[0] + run[1] === phys) run[1] += length;
      else runs.push((run = [phys, length]));
    }
    for (const [phys, length] of runs) {
      this.iommuMap(at, phys, length);
      at += length;
    }
    const phys = entries.map(([one]) => `0x${hex(one)}`).join(',');
    const n = String(entries.length);
    return this.line(
      `dma_map_sg: ${device} dir=TO_DEVICE nents=${n}/${n} ents=1/1 dma_addrs={0x${hex(dma)}} sizes={0x${hex(at - dma)}} phys_addrs={${phys}} attrs=`,
    );
  }

  /** A list with its iommu:unmap behind it. */
  unmapSg(
    dma: number,
    entries: readonly (readonly [number, number])[],
    device = '0000:00:05.0',
  ): this {
    const phys = entries.map(([one]) => `0x${hex(one)}`).join(',');
    const length = entries.reduce((sum, [, one]) => sum + one, 0);
    return this.line(
      `dma_unmap_sg: ${device} dir=TO_DEVICE phys_addrs={${phys}} attrs=`,
    ).iommuUnmap(dma, length);
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

function hex(n: number): string {
  return n.toString(16);
}

function x16(n: number): string {
  return `0x${hex(n).padStart(16, '0')}`;
}
