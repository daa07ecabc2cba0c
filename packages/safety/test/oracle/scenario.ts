// SPDX-License-Identifier: GPL-2.0-only
// A few operations under a policy, and what the oracle saw.

import {
  type Access,
  type Content,
  type Exposed,
  NOT_EXPOSED,
  type Operation,
  OracleRun,
  type Place,
  type ProtectionRow,
  rowOf,
} from '@iommu-bounce/safety';
import {
  type Policy,
  type PresetName,
  poolWithFixes,
  policiesNamed,
  preset,
  presetInfo,
} from '@iommu-bounce/simulation';

export function policyNamed(name: string): Policy {
  const [, fixes] = name.split('+');
  return fixes === undefined ? (policiesNamed(name)[0] as Policy) : poolWithFixes(fixes);
}

/** Pages that are enough for a few operations. */
export const FEW_PAGES = 512;

/** @param policy a name, or `pool+` and names of fixes */
export function start(policy: string, name: PresetName = 'laptop-virtio'): OracleRun {
  const platform = { iommu: presetInfo(name).iommu, cost: preset(name) };
  const tried = policyNamed(policy);
  // swiotlb that grows takes 4 MiB at once.
  const pages = tried.plan.swiotlbDynamic === true ? undefined : FEW_PAGES;
  return new OracleRun(tried, platform, pages);
}

export class Seen {
  constructor(readonly row: ProtectionRow) {}

  cell(access: Access, place: Place, content: Content): Exposed {
    return (
      this.row.cells.find(
        (cell) => cell.access === access && cell.place === place && cell.content === content,
      ) ?? NOT_EXPOSED
    );
  }

  bytes(access: Access, place: Place, content: Content): number {
    return this.cell(access, place, content).bytes;
  }
}

/** @throws Error where an invariant of the run does not hold */
export function seen(
  policy: string,
  operations: readonly Operation[],
  name: PresetName = 'laptop-virtio',
): Seen {
  const run = start(policy, name);
  run.run(operations);
  run.finish();
  const one = policyNamed(policy);
  const row = rowOf(run, one, { iommu: presetInfo(name).iommu, cost: preset(name) });
  const broken = row.invariants.filter(({ holds }) => !holds);
  if (broken.length > 0) throw new Error(JSON.stringify([broken, row.leaks]));
  return new Seen(row);
}
