// SPDX-License-Identifier: GPL-2.0-only
// Lazy mode of v5.13 for the unmaps of a capture: how full its flush queues get, and how long unmapped memory stays reachable.
//
// Each domain has a queue of 256 for each CPU (one place stays free) and one timer of 10 ms. A full queue and the timer flush
// the whole domain: then nothing of it is reachable any more. Entries leave a queue when its own CPU looks at it again.

import { timerDue } from './pool-model';

/** Places of a queue; one is always free. C: IOVA_FQ_SIZE */
const FQ_SIZE = 256;
/** Milliseconds. C: IOVA_FQ_TIMEOUT */
const FQ_TIMEOUT = 10;

/** The queue of a domain on one CPU. */
export interface FlushQueueFigures {
  readonly domain: number;
  readonly cpu: number;
  readonly unmaps: number;
  /** Entries in the queue at most, of 255. */
  readonly mostEntries: number;
  /** Flushes of the domain because this queue was full. */
  readonly fullFlushes: number;
  /** Nanoseconds from an unmap until the domain was flushed, at most. */
  readonly longestNs: number;
}

class Queue {
  unmaps = 0;
  mostEntries = 0;
  fullFlushes = 0;
  longestNs = 0;
  /** Unmapped since the last flush of the domain: what was before leaves the queue when its CPU looks at it. */
  waiting = 0;
  /** Time of the first that waits. */
  oldestNs = 0;
}

class Domain {
  readonly queues = new Map<number, Queue>();
  /** The jiffy at which the timer runs; infinite: it is not armed. */
  due = Infinity;
}

export class FlushQueues {
  private readonly domains = new Map<number, Domain>();

  /**
   * @param hz ticks per second
   * @param nsOf when a jiffy begins
   */
  constructor(
    private readonly hz: number,
    private readonly nsOf: (jiffies: number) => number,
  ) {}

  /** An unmap. @param timeNs not before that of the last one */
  unmap(domainId: number, cpu: number, jiffies: number, timeNs: number): void {
    this.runTimers(jiffies);
    let domain = this.domains.get(domainId);
    if (!domain) this.domains.set(domainId, (domain = new Domain()));
    let queue = domain.queues.get(cpu);
    if (!queue) domain.queues.set(cpu, (queue = new Queue()));
    if (queue.waiting === FQ_SIZE - 1) {
      queue.fullFlushes++;
      flush(domain, timeNs);
    }
    if (queue.waiting === 0) queue.oldestNs = timeNs;
    queue.waiting++;
    queue.unmaps++;
    queue.mostEntries = Math.max(queue.mostEntries, queue.waiting);
    if (domain.due === Infinity)
      domain.due = timerDue(jiffies, Math.ceil((FQ_TIMEOUT * this.hz) / 1000));
  }

  /** The capture is at its end: timers that are armed still run. */
  finish(): void {
    this.runTimers(Number.MAX_SAFE_INTEGER);
  }

  figures(): FlushQueueFigures[] {
    return [...this.domains]
      .flatMap(([domain, { queues }]) =>
        [...queues].map(([cpu, queue]) => ({
          ...{ domain, cpu, unmaps: queue.unmaps, mostEntries: queue.mostEntries },
          ...{ fullFlushes: queue.fullFlushes, longestNs: queue.longestNs },
        })),
      )
      .sort((a, b) => a.domain - b.domain || a.cpu - b.cpu);
  }

  private runTimers(jiffies: number): void {
    for (const domain of this.domains.values()) {
      if (domain.due > jiffies) continue;
      flush(domain, this.nsOf(domain.due));
      domain.due = Infinity;
    }
  }
}

function flush({ queues }: Domain, timeNs: number): void {
  for (const queue of queues.values()) {
    if (queue.waiting === 0) continue;
    queue.longestNs = Math.max(queue.longestNs, timeNs - queue.oldestNs);
    queue.waiting = 0;
  }
}
