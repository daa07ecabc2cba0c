// SPDX-License-Identifier: GPL-2.0-only
// Recorded calls without files, and their run under a policy.

import { type MapStep, type UnmapStep, newMapping } from '@iommu-bounce/dma-trace/parse';
import { DMA_FROM_DEVICE } from '@iommu-bounce/linux-shim';
import {
  type CapturePolicyRow,
  CaptureRun,
  type IommuKind,
  policiesNamed,
  captureFigures,
  wrongsOf,
} from '@iommu-bounce/simulation';
import { expect } from 'chai';
import { COSTS } from '../../src/testing';

export const [A, B] = ['0000:00:05.0', '0000:00:06.0'] as const;
export const MS = 1e6;

interface Call {
  readonly atNs?: number;
  readonly cpu?: number;
  readonly device?: string;
  /** Bytes. */
  readonly size?: number;
  readonly phys?: number;
}

/** dma_map_page in a task. */
export function map({
  atNs = 0,
  cpu = 0,
  device = A,
  size = 4096,
  phys = 0x10000,
}: Call = {}): MapStep {
  const mapping = newMapping({
    place: { file: 'test', line: 1 },
    ...{ device, size, phys, form: 'page', dir: DMA_FROM_DEVICE, dmaAddr: 0xfff00000 },
  });
  return { ...base(atNs, cpu), kind: 'map', mapping, decision: null };
}

/** dma_unmap_page of what a step maps, on its CPU. */
export function unmap({ mapping, cpu }: MapStep, atNs = 0): UnmapStep {
  if (!mapping) throw new Error('a step without a mapping');
  const { device, dir, size, dmaAddr } = mapping;
  return {
    ...base(atNs, cpu),
    ...{ kind: 'unmap', mapping, device, dir, size, dmaAddr, attrs: 0 },
    ...{ recorded: [], decision: null, implied: false },
  };
}

function base(
  timeNs: number,
  cpu: number,
): Pick<MapStep, 'place' | 'timeNs' | 'cpu' | 'flags' | 'ready'> {
  return { place: { file: 'test', line: 1 }, timeNs, cpu, flags: '.....', ready: true };
}

/** The figures of the steps on a machine with two CPUs and 1,000 jiffies a second; nothing must be wrong with them. */
export function under(
  name: string,
  iommu: IommuKind,
  steps: readonly (MapStep | UnmapStep)[],
  cpus = 2,
): CapturePolicyRow {
  const [policy] = policiesNamed(name);
  if (!policy) throw new Error(name);
  const platform = { iommu, cost: COSTS };
  const run = new CaptureRun(
    policy,
    platform,
    {
      ...{ cpus, hz: 1000, jiffies: 5000, windowFrames: 1024, buddyPages: 4096 },
      threePageSizes: false,
      devices: [A, B].map((device) => ({ name: device, coherent: true, longestSegment: 0 })),
      groups: [],
    },
    { index: 0, startNs: 0, timing: 'recorded' },
  );
  run.run(steps);
  const figures = captureFigures(run, platform);
  expect(wrongsOf({ ...figures, data: null })).to.deep.equal([]);
  return figures;
}
