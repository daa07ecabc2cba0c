// SPDX-License-Identifier: GPL-2.0-only
// The series: its four patches in order, each with the probe that shows what it changes.

import { check_options, one_of } from '@iommu-bounce/linux-shim/options';
import type { series_state } from '@iommu-bounce/dma-iommu';
import { patch_1 } from './0001-add-kalloc-gfp-flag-to-alloc-helper';
import { patch_2 } from './0002-replace-device-arguments';
import { patch_3 } from './0003-expose-a-few-helper-functions';
import { patch_4 } from './0004-add-iommu-bounce-buffers';
import { IOMMU_DRIVERS } from '../boot-on';
import type { ProbeOptions, ProbeResult, SeriesPatch } from './probe';

export type { ProbeOptions, ProbeResult, SeriesPatch } from './probe';

export const series: readonly SeriesPatch[] = [patch_1, patch_2, patch_3, patch_4];

const STATES: readonly series_state[] = [0, 1, 2, 3, 4];

/** A probe's results, before the series and after each patch. */
export interface ProbeRun extends Omit<SeriesPatch, 'probe'> {
  /** Five: before the series, and after each patch. */
  readonly states: readonly ProbeResult[];
}

/**
 * Runs every probe in all five states; on virtio-iommu, if nothing else is said.
 * @param progress told what is going on, and how much of it is done, 0 to 1
 * @throws OptionError for another driver
 */
export function runSeries(
  options: Partial<ProbeOptions> = {},
  progress: (what: string, share: number) => void = () => undefined,
): ProbeRun[] {
  check_options('runSeries', options, { driver: one_of(...IOMMU_DRIVERS) });
  const { driver = 'virtio' } = options;
  return series.map((p, i) => ({
    patch: p.patch,
    subject: p.subject,
    messageId: p.messageId,
    files: p.files,
    name: p.name,
    states: STATES.map((state, s) => {
      const done = i * STATES.length + s;
      const all = series.length * STATES.length;
      progress(`${String(done + 1)} of ${String(all)}: ${p.name}`, done / all);
      return p.probe(state, { driver });
    }),
  }));
}
