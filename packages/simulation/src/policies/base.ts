// SPDX-License-Identifier: GPL-2.0-only
// Which kernel's IOMMU code a policy runs on. Policies can be compared on one base only.

import type { boot_options } from '@iommu-bounce/integration';
import type { IommuKind } from '../cost';
import { InputError } from '../errors';
import { virtio_iommu_deferred_flush_6_8 } from '../what-ifs/deferred-flush-6-8';
import { iova_c_depot_6_7 } from '../what-ifs/iova-depot-6-7';
import { iova_c_single_queue_6_7 } from '../what-ifs/single-queue-6-7';
import { BASES, type Base, type MachinePlan } from './plan';

/** @throws InputError for a name that is none */
export function baseNamed(name: string): Base {
  const found = BASES.find((base) => base === name);
  if (found === undefined)
    throw new InputError(`base '${name}' is unknown, expected ${BASES.join(' or ')}`);
  return found;
}

/** The bases that a plan can have, the usual one first. */
export function basesOf(plan: MachinePlan, iommu: IommuKind): readonly [Base, ...Base[]] {
  // 6.8 has another swiotlb than 5.13; swiotlbDynamic brings its own.
  const has513Swiotlb = plan.swiotlbSlabs !== undefined && plan.swiotlbDynamic !== true;
  if (has513Swiotlb) return ['5.13'];
  const flushesLazily = plan.lazy === true && iommu === 'virtio-iommu';
  return plan.singleQueue === true || flushesLazily ? ['6.8'] : BASES;
}

/** The base that it has. */
export function baseOf(plan: MachinePlan, iommu: IommuKind): Base {
  return plan.base ?? basesOf(plan, iommu)[0];
}

/** What a base and a plan lay over the port. */
export function baseOverlays(
  plan: MachinePlan,
  iommu: IommuKind,
): NonNullable<boot_options['overlays']> {
  if (baseOf(plan, iommu) === '5.13') return {};
  return {
    iova: plan.singleQueue === true ? iova_c_single_queue_6_7 : iova_c_depot_6_7,
    ...(iommu === 'virtio-iommu' ? { virtio_iommu: virtio_iommu_deferred_flush_6_8 } : {}),
  };
}

/** What a plan has that 5.13 does not, in words; null: nothing. */
export function laterParts(plan: MachinePlan, iommu: IommuKind): string | null {
  if (!plan.translated || baseOf(plan, iommu) === '5.13') return null;
  return [
    ...(plan.singleQueue === true ? ['the single queue that v6.7 has for shadowed IOMMUs'] : []),
    'the IOVA cache of v6.7 (its depot has no limit)',
    ...(iommu === 'virtio-iommu'
      ? ["virtio-iommu of v6.8 (flush_iotlb_all, iotlb_sync_map); 5.13's cannot flush lazily"]
      : []),
  ].join(', ');
}
