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
