// SPDX-License-Identifier: GPL-2.0-only
// Which lines belong together: those of one task, or of one interrupt on top of it.

import type { EventHead } from '../trace';

/**
 * A CPU or a task alone is not enough: an interrupt's lines come between those of the task below it. The third mark of
 * the flags tells them apart (`.` task, `s` soft, `h` hard interrupt); the idle tasks of all CPUs have pid 0.
 */
export function contextKey(event: EventHead): string {
  const level = event.flags.charAt(2).toLowerCase();
  return event.pid === 0 ? `cpu ${String(event.cpu)} ${level}` : `${String(event.pid)} ${level}`;
}

/** Whether the call ran with interrupts off, in a soft or in a hard interrupt. */
export function contextLevel(flags: string): 'task' | 'irqsOff' | 'softirq' | 'hardirq' {
  const level = flags.charAt(2).toLowerCase();
  if (level === 'h') return 'hardirq';
  if (level === 's') return 'softirq';
  const irqs = flags.charAt(0);
  return irqs === 'd' || irqs === 'D' ? 'irqsOff' : 'task';
}
