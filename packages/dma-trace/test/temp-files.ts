// SPDX-License-Identifier: GPL-2.0-only
// Small trace files for one test, removed after it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class TempFiles {
  private folder = '';

  async make(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'iommu-bounce-trace-'));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string | Buffer): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }
}

/** The error that `work` ends with. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}

/** A line of ftrace text with an iommu:map at a time in microseconds. */
export function mapLine(us: number, cpu = 0): string {
  const time = `${String(Math.floor(us / 1e6))}.${String(us % 1e6).padStart(6, '0')}`;
  return `  fio-1  [00${String(cpu)}] .....  ${time}: map: IOMMU: iova=0x1000 paddr=0x2000 size=4096\n`;
}
