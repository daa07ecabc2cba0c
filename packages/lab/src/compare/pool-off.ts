// SPDX-License-Identifier: GPL-2.0-only
// Why a kernel with the whole series has no pool: its options, or its command line.

import type { KernelParams } from '@iommu-bounce/kconfig-options';
import type { Lane } from '../drive/lane';

/** A replayed machine. */
interface Replayed {
  readonly lanes: readonly { readonly patches: number; readonly lane: Lane }[];
  readonly kernelParams: KernelParams;
}

/**
 * Null if a device has a pool with slots, or nothing was mapped.
 * @param option what Kconfig says of IOMMU_IO_BUFFER, where a .config was given
 */
export function poolOff(session: Replayed, option: string | null): string | null {
  const lane = session.lanes.find(({ patches }) => patches === 4)?.lane;
  if (!lane || hasPool(lane)) return null;
  if (!lane.port.m.io_buffer_pool) return option ?? 'IOMMU_IO_BUFFER is not set in its options';
  const { numSlots, classSizes } = session.kernelParams;
  if (numSlots === 0) return 'io_buffer_pool.num_slots=0';
  if (classSizes === 0) return 'io_buffer_pool.class_sizes=0';
  return 'no device got a pool; the messages of the kernel say why';
}

/** Whether a device has a pool with slots; without devices none is missing. */
export function hasPool({ port: { devices } }: Lane): boolean {
  const classes = [...devices.values()].flatMap(({ pool }) => pool?.classes ?? []);
  return devices.size === 0 || classes.some(({ slots }) => slots.length > 0);
}
