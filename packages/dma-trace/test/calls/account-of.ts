// SPDX-License-Identifier: GPL-2.0-only
// A small capture written for a test, and its account.
import {
  Assembler,
  CaptureAccount,
  type KnownBefore,
  LineParser,
  type Step,
  type TraceEvent,
  parseLine,
} from '../../src';

const hex = (n: number): string => n.toString(16);
const wide = (n: number): string => `0x${hex(n).padStart(16, '0')}`;
const PAGE = 4096;

/** The device of calls that name none. */
export const NIC = '0000:07:00.0';
export const DISK = '0000:01:00.0';

/** Lines of a kernel of today, a millisecond between them; `lines` counts from 1. */
export class Capture {
  readonly lines: string[] = [];
  private us = 1_000_000;
  private context = 'job-7';

  in(context: string): this {
    this.context = context;
    return this;
  }

  wait(ms: number): this {
    this.us += ms * 1000;
    return this;
  }

  line(text: string): this {
    this.us += 1000;
    const time = `${String(Math.floor(this.us / 1e6))}.${String(this.us % 1e6).padStart(6, '0')}`;
    this.lines.push(` ${this.context} [000] ..... ${time}: ${text}`);
    return this;
  }

  iommuMap(iova: number, size = PAGE, paddr = 0x1_0000_0000 + iova): this {
    return this.line(
      `map: IOMMU: iova=${wide(iova)} - ${wide(iova + size)} paddr=${wide(paddr)} size=${String(size)}`,
    );
  }

  iommuUnmap(iova: number, size = PAGE, unmapped = size): this {
    return this.line(
      `unmap: IOMMU: iova=${wide(iova)} - ${wide(iova + size)} size=${String(size)} unmapped_size=${String(unmapped)}`,
    );
  }

  map(dma: number, size = PAGE, more: CallWords = {}): this {
    const { device = NIC, dir = 'FROM_DEVICE', call = 'page' } = more;
    const phys = more.phys ?? 0x1_0000_0000 + dma;
    return this.line(
      `dma_map_${call}: ${device} dir=${dir} dma_addr=${hex(dma)} size=${String(size)} phys_addr=${hex(phys)} attrs=`,
    );
  }

  unmap(dma: number, size = PAGE, more: CallWords = {}): this {
    const { device = NIC, dir = 'FROM_DEVICE', call = 'page' } = more;
    return this.line(
      `dma_unmap_${call}: ${device} dir=${dir} dma_addr=${hex(dma)} size=${String(size)} attrs=`,
    );
  }

  list(what: 'map' | 'unmap', dma: number, pages: readonly number[], dir = 'TO_DEVICE'): this {
    const all = pages.map((page) => `0x${hex(page)}`).join(',');
    const n = String(pages.length);
    const result = `nents=${n}/${n} ents=1/1 dma_addrs={0x${hex(dma)}} sizes={0x${hex(pages.length * PAGE)}}`;
    return this.line(
      `dma_${what}_sg: ${NIC} dir=${dir} ${what === 'map' ? `${result} ` : ''}phys_addrs={${all}} attrs=`,
    );
  }

  coherent(what: 'alloc' | 'free', dma: number, size: number, device = NIC): this {
    const flags = what === 'alloc' ? ' flags=GFP_KERNEL' : '';
    return this.line(
      `dma_${what}: ${device} dir=BIDIRECTIONAL dma_addr=${hex(dma)} size=${String(size)} virt_addr=00000000c0ffee00${flags} attrs=`,
    );
  }

  fault(iova: number, flags = 0, device = NIC): this {
    return this.line(
      `io_page_fault: IOMMU:drv ${device} iova=${wide(iova)} flags=0x000${String(flags)}`,
    );
  }

  /** A line of a probe on dma_iova_try_alloc, _link, _sync, _unlink, _destroy or _free. */
  probe(call: string, dma: number, fields: string, device = NIC): this {
    return this.line(
      `dma_iova_${call}: (dma_iova_${call}+0x4/0x20) name="${device}" addr=0x${hex(dma)} ${fields}`,
    );
  }

  /** Links a piece and maps it, as the kernel does. */
  piece(dma: number, offset: number, phys: number, size = PAGE, dir = 1): this {
    const fields = `phys=${String(phys)} offset=${String(offset)} size=${String(size)} dir=${String(dir)} attrs=0`;
    return this.probe('link', dma, fields).iommuMap(dma + offset, size, phys);
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`;
  }

  get events(): TraceEvent[] {
    const parser = new LineParser();
    return this.lines.map((text, i) => {
      const event = parser.parse(text, i + 1);
      if (event === null || event === 'unparsed') throw new Error(`no event: ${text}`);
      return event;
    });
  }

  /** The steps, and the assembler that made them; `batch` lines at a time. */
  read(batch = 1, known?: KnownBefore): { steps: Step[]; assembler: Assembler } {
    const assembler = new Assembler(null, known);
    assembler.beginFile('x');
    const { events } = this;
    const steps: Step[] = [];
    for (let i = 0; i < events.length; i += batch)
      steps.push(...assembler.add(events.slice(i, i + batch)));
    steps.push(...assembler.finish());
    return { steps, assembler };
  }

  /** @param history addresses that are kept of each device */
  account(history?: number): CaptureAccount {
    const account = new CaptureAccount(history);
    const assembler = new Assembler(null, undefined, account);
    assembler.beginFile('x');
    this.lines.forEach((text, i) => {
      const event = parseLine(text, i + 1);
      if (event === null || event === 'unparsed') throw new Error(`no event: ${text}`);
      assembler.add([event]);
    });
    assembler.finish();
    return account;
  }
}

interface CallWords {
  readonly device?: string;
  readonly dir?: string;
  /** As in the event's name: page, phys, resource. */
  readonly call?: string;
  readonly phys?: number;
}
