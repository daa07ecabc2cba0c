// SPDX-License-Identifier: GPL-2.0-only
// Lines of the kernel log between the events, by what they are about.

import type { KernelLog, LogTopic } from '../../events';
import { suppressedLines } from '../../suppressed-lines';
import { SmmuFaults } from '../../smmu-faults';
import { printable } from '../../trace-error';
import type { Place } from '../step';
import { LISTED } from './seen';

export interface LogLine extends Pick<
  KernelLog,
  'topic' | 'timeNs' | 'device' | 'address' | 'write' | 'swiotlb'
> {
  readonly place: Place;
  /** Escaped and cut. */
  readonly text: string;
}

export class LogAccount {
  readonly byTopic: Record<LogTopic, number> = {
    fault: 0,
    swiotlbFull: 0,
    outOfReach: 0,
    swiotlb: 0,
    dmaDebug: 0,
    iommu: 0,
    other: 0,
  };
  /** Calls of the kernel's rate limit that printed no such line. */
  readonly suppressed = { fault: 0, swiotlbFull: 0 };
  /** The first lines about faults, a full swiotlb, and misuse of the DMA API. */
  readonly first: LogLine[] = [];
  private readonly smmuFaults = new SmmuFaults(({ line, device, address, write }) => {
    const shown = this.first.find(({ place }) => place.line === line);
    if (shown) Object.assign(shown, { device, address, write });
  });

  get count(): number {
    return Object.values(this.byTopic).reduce((sum, one) => sum + one, 0);
  }

  add(event: KernelLog, file: string): void {
    const { timeNs, device, address, write, swiotlb, line, text } = event;
    // Only its first line counts.
    const topic = this.smmuFaults.add(event) === 'more' ? 'iommu' : event.topic;
    this.byTopic[topic]++;
    const left = suppressedLines(event);
    if (left !== null) this.suppressed[left.topic] += left.calls;
    const isTrouble = topic === 'fault' || topic === 'swiotlbFull' || topic === 'dmaDebug';
    if (!isTrouble || this.first.length >= LISTED) return;
    this.first.push({
      ...{ topic, timeNs, device, address, write, swiotlb },
      place: { file, line },
      text: printable(text),
    });
  }
  /** No line follows. */
  finish(): void {
    this.smmuFaults.finish();
  }
}
