// SPDX-License-Identifier: GPL-2.0-only
// What a first reading of a capture learns beside its calls: the recorded IOMMU, and what lines of a kernel log are about.

import type { LogTopic, TraceEvent } from '@iommu-bounce/dma-trace';
import { plural } from '../show/format';
import { type RecordedIommu, signOf } from './recorded-on';

/** The first sign of the recorded IOMMU. */
export class Signs {
  found: RecordedIommu | null = null;

  add(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (this.found !== null) return;
      this.found = signOf(event);
    }
  }
}

/** What lines of a kernel log are about, if a capture has no others. */
export class LogTopics {
  private readonly counts = new Map<LogTopic, number>();
  private lines = 0;

  add(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.kind !== 'kernelLog') continue;
      this.lines++;
      this.counts.set(event.topic, (this.counts.get(event.topic) ?? 0) + 1);
    }
  }

  /** @param doing what there would be to do with calls */
  refusalTo(doing: string): string {
    const names = [
      ['fault', 'about faults'],
      ['swiotlbFull', 'about a full swiotlb'],
      ['dmaDebug', 'of DMA-API debugging'],
    ] as const;
    const said = names.map(([topic, of]) => `${String(this.counts.get(topic) ?? 0)} ${of}`);
    return `is a kernel log, ${said.join(', ')} in ${plural(this.lines, 'line')}; it has no DMA calls, so there is nothing to ${doing}; iommu-bounce lint reads it`;
  }
}
