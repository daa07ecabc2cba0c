// SPDX-License-Identifier: GPL-2.0-only
// The context in which a recorded call was made: a task, a task with interrupts off, or an interrupt.

import type { machine } from '@iommu-bounce/linux-shim';
import type { contextLevel } from '@iommu-bounce/dma-trace/parse';

type ContextLevel = ReturnType<typeof contextLevel>;

/** Puts the current CPU into the context. @returns what leaveContext() restores; null if interrupts stay on */
export function enterContext({ context }: machine, level: ContextLevel): number | null {
  if (isInterrupt(level)) context.preempt_disable();
  return level === 'hardirq' || level === 'irqsOff' ? context.local_irq_save() : null;
}

/** @param irqs what enterContext() returned for the level */
export function leaveContext({ context }: machine, level: ContextLevel, irqs: number | null): void {
  if (irqs !== null) context.local_irq_restore(irqs);
  if (isInterrupt(level)) context.preempt_enable();
}

function isInterrupt(level: ContextLevel): boolean {
  return level === 'hardirq' || level === 'softirq';
}
