// SPDX-License-Identifier: GPL-2.0-only
// Where virtual time goes: the running CPU's clock, and every nanosecond booked by phase of the I/O and by cause.

import { Step, type Timeline } from './timeline';

/** What time is spent on. */
export const CAUSES = [
  'submit',
  'complete',
  'interrupt',
  'dmaApi',
  'iova',
  'pageAlloc',
  'copy',
  'pool',
  'swiotlb',
  'vmexit',
  'vmm',
  'vfio',
  'pin',
  'unpin',
  'hostFlush',
  'pageTable',
  'invalidate',
  'lockWait',
] as const;
export type CauseName = (typeof CAUSES)[number];

export const Cause = Object.fromEntries(CAUSES.map((name, i) => [name, i])) as Readonly<
  Record<CauseName, number>
>;

/** When it is spent: within which part of an I/O's life, or beside all I/Os (eviction, flush timers). */
export const PHASES = ['submit', 'map', 'unmap', 'complete', 'background'] as const;
export type PhaseName = (typeof PHASES)[number];

export const Phase = Object.fromEntries(PHASES.map((name, i) => [name, i])) as Readonly<
  Record<PhaseName, number>
>;

export class Ledger {
  /** Virtual nanoseconds: the clock of the CPU that runs. With a timeline it does not know yet of waiting for locks. */
  now = 0;
  /** Where steps are written, to be played among those of other CPUs; null: they happen as they are booked. */
  timeline: Timeline | null = null;
  /** One of Phase. */
  phase = Phase.submit;
  private readonly booked = new Float64Array(PHASES.length * CAUSES.length);

  /** Begins anew, at time 0. */
  reset(): void {
    this.now = 0;
    this.timeline = null;
    this.phase = Phase.submit;
    this.booked.fill(0);
  }

  /** The CPU spends `ns` on a Cause. */
  charge(cause: number, ns: number): void {
    this.now += ns;
    this.book(this.phase, cause, ns);
    if (this.timeline !== null) this.timeline.push(Step.spend, ns);
  }

  /** A CPU has waited for a lock. @param phase one of Phase */
  waits(phase: number, ns: number): void {
    this.book(phase, Cause.lockWait, ns);
  }

  private book(phase: number, cause: number, ns: number): void {
    const at = phase * CAUSES.length + cause;
    this.booked[at] = (this.booked[at] as number) + ns;
  }

  /** Nanoseconds booked. */
  of(phase: PhaseName, cause: CauseName): number {
    return this.booked[Phase[phase] * CAUSES.length + Cause[cause]] ?? 0;
  }

  ofCause(cause: CauseName): number {
    return PHASES.reduce((sum, phase) => sum + this.of(phase, cause), 0);
  }

  ofPhase(phase: PhaseName): number {
    return CAUSES.reduce((sum, cause) => sum + this.of(phase, cause), 0);
  }

  total(): number {
    return this.booked.reduce((sum, ns) => sum + ns, 0);
  }
}
