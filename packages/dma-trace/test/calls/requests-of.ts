// SPDX-License-Identifier: GPL-2.0-only
// Mappings of one kind among the steps, as tests compare them.

import type { Mapping, Step } from '../../src';
import { PAGE } from '../../src/calls/step';

export const A = 0xfff00000;
export { PAGE };

export interface Request {
  readonly device: string;
  readonly dmaAddr: number;
  readonly size: number;
  readonly pieces: readonly { phys: number; length: number }[];
  readonly end: number;
}

/** What is mapped by these calls, and the line of the iommu:unmap or destroy that ends it. */
export function requests(steps: readonly Step[], form: Mapping['form']): Request[] {
  const ends = new Map<Mapping, number>();
  for (const step of steps)
    if (step.kind === 'unmap' && step.mapping) ends.set(step.mapping, step.timeNs);
  return steps.flatMap((step) => {
    if (step.kind !== 'map' || step.mapping?.form !== form) return [];
    const { device, dmaAddr, size, entries } = step.mapping;
    return [{ device, dmaAddr, size, pieces: entries, end: ends.get(step.mapping) ?? 0 }];
  });
}

export const shape = ({ device, dmaAddr, size, pieces }: Request): string =>
  `${device} ${String((dmaAddr - A) / PAGE)}+${String(size / PAGE)} in ${String(pieces.length)}`;

export const kinds = (steps: readonly Step[]): string[] =>
  steps.map((step) => `${step.kind} ${'mapping' in step ? (step.mapping?.form ?? '') : ''}`);
