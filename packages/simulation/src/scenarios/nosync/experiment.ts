// SPDX-License-Identifier: GPL-2.0-only
// Drivers that sync and one that does not, through every policy: what arrives and what is lost.

import { check_options, check_value } from '@iommu-bounce/linux-shim/options';
import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { presetInfo } from '../../cost';
import { newLayout } from '../../jobs';
import { POLICIES, type Policy } from '../../policies';
import { MACHINE, POLICY_LIST } from '../../options';
import type { ScenarioMachine } from '../machine';
import { type NosyncDocument, type NosyncRow, SYNC_DRIVERS, type SyncDriver } from './document';
import { LongMapping } from './mapping';

/** One that the pool has a buffer for, and one above its largest class, which it leaves to the IOMMU. */
export const MAPPING_BYTES = [65536, 262144] as const;
export const ROUNDS = 3;
/** Pages that bounce buffers, page tables and the like may take. */
const SPARE_PAGES = 256;

/** @param policies to try, default: all */
export function nosyncExperiment(
  machine: ScenarioMachine,
  policies: readonly Policy[] = POLICIES,
): NosyncDocument {
  check_options('nosyncExperiment', machine, MACHINE);
  check_value('nosyncExperiment', 'policies', policies, POLICY_LIST);
  const { preset, layout, seed } = machine;
  return {
    scenario: 'nosync',
    simulated: true,
    preset,
    layout,
    seed,
    rounds: ROUNDS,
    rows: policies.flatMap((policy) =>
      MAPPING_BYTES.flatMap((bytes) =>
        SYNC_DRIVERS.map((driver) => rowOf(machine, policy, bytes, driver)),
      ),
    ),
  };
}

function rowOf(
  { preset, cost, cpus, layout: name, seed }: ScenarioMachine,
  policy: Policy,
  bytes: number,
  driver: SyncDriver,
): NosyncRow {
  const layout = newLayout(name, seed);
  const frames = layout.framesNeeded(1, bytes);
  const on = { iommu: presetInfo(preset).iommu, cost };
  const device = policy.boot(on, { cpus, bufferFrames: frames, bouncePages: SPARE_PAGES }, 'other');
  const [pfns] = layout.buffers(1, bytes, { firstPfn: device.k.reserved_pfn, frames });
  if (pfns?.length !== bytes / PAGE_SIZE) throw new Error('the layout gave no buffer');

  const mapping = new LongMapping(device, pfns, bytes, driver);
  let time = 0;
  mapping.cpuWrites(time);
  mapping.map();
  const direct = mapping.isDirect();
  let toDevice = 0;
  let fromDevice = 0;
  for (let round = 0; round < ROUNDS; round++) {
    mapping.cpuWrites(++time);
    toDevice += mapping.deviceMisses(time);
    mapping.deviceWrites(++time);
    fromDevice += mapping.cpuMisses(time);
  }
  mapping.unmap();
  const afterUnmap = mapping.ownMisses(time);
  return {
    policy: policy.name,
    what_if: policy.whatIf(on),
    driver,
    bytes,
    mapping: direct ? 'own pages' : 'bounce buffer',
    works: toDevice === 0 && fromDevice === 0 && afterUnmap === 0,
    to_device: { bytes: ROUNDS * bytes, lost: toDevice },
    from_device: { bytes: ROUNDS * bytes, lost: fromDevice },
    after_unmap: { bytes, lost: afterUnmap },
  };
}
