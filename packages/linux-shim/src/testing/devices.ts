// SPDX-License-Identifier: GPL-2.0-only
// Devices of a test, described by what is special about them.

import { device, type device_dma_parameters, pci_dev } from '../device';

export type device_fields = Partial<Omit<device, 'init_name' | 'dma_parms'>> & {
  readonly name?: string;
  /** Changes single limits of the DMA engine. */
  readonly dma_parms?: Partial<device_dma_parameters>;
};

function with_fields<T extends device>(dev: T, fields: Omit<device_fields, 'name'>): T {
  const { dma_parms, ...rest } = fields;
  Object.assign(dev, rest);
  if (dev.dma_parms) Object.assign(dev.dma_parms, dma_parms);
  return dev;
}

/** A device, by default coherent and able to reach 4 GiB: `new_device({ dma_mask: DMA_BIT_MASK(64) })`. */
export function new_device({ name = 'test-device', ...fields }: device_fields = {}): device {
  return with_fields(new device(name), fields);
}

/** The same on PCI; a bus called `pci` has to come with the fields for dev_is_pci() to agree. */
export function new_pci_dev({
  name = '0000:00:01.0',
  ...fields
}: device_fields & { readonly untrusted?: boolean } = {}): pci_dev {
  return with_fields(new pci_dev(name), fields);
}
