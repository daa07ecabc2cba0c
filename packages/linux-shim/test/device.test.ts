// SPDX-License-Identifier: GPL-2.0-only
// Tests of devices: their limits and defaults, and what is on PCI.

import { expect } from 'chai';
import {
  DMA_BIT_MASK,
  NUMA_NO_NODE,
  ULONG_MAX,
  bus_type,
  dev_is_dma_coherent,
  dev_is_pci,
  dev_name,
  dev_to_node,
  device,
  dma_get_mask,
  dma_get_max_seg_size,
  dma_get_min_align_mask,
  dma_get_seg_boundary,
  msi_desc,
  msi_desc_to_dev,
  msi_msg,
  pci_dev,
  pci_find_host_bridge,
  to_pci_dev,
} from '@iommu-bounce/linux-shim';
import { new_device, new_pci_dev } from '@iommu-bounce/linux-shim/testing';

describe('device', () => {
  it('begins coherent, on no node, with 32 bits of reach', () => {
    const dev = new device('eth0');
    expect([dev_name(dev), dev_to_node(dev), dev_is_dma_coherent(dev)]).to.deep.equal([
      'eth0',
      NUMA_NO_NODE,
      true,
    ]);
    expect([dma_get_mask(dev), dev.coherent_dma_mask]).to.deep.equal([2 ** 32 - 1, 2 ** 32 - 1]);
  });

  it('has the defaults of its limits where none or 0 is set', () => {
    for (const dma_parms of [null, {}]) {
      const dev = new_device();
      if (dma_parms === null) dev.dma_parms = null;
      expect([
        dma_get_max_seg_size(dev),
        dma_get_seg_boundary(dev),
        dma_get_min_align_mask(dev),
      ]).to.deep.equal([65536, ULONG_MAX, 0]);
    }
  });

  it('has the limits that are set', () => {
    const dev = new_device({
      name: 'nvme0',
      dma_mask: DMA_BIT_MASK(44),
      numa_node: 1,
      dma_parms: { max_segment_size: 4096, segment_boundary_mask: 0xffff, min_align_mask: 0xfff },
    });
    expect([
      dev_name(dev),
      dma_get_mask(dev),
      dev_to_node(dev),
      dma_get_max_seg_size(dev),
      dma_get_seg_boundary(dev),
      dma_get_min_align_mask(dev),
    ]).to.deep.equal(['nvme0', 2 ** 44 - 1, 1, 4096, 0xffff, 0xfff]);
  });

  it('has a mask of 32 bits when none is set up', () => {
    expect([null, 0].map((dma_mask) => dma_get_mask(new_device({ dma_mask })))).to.deep.equal([
      2 ** 32 - 1,
      2 ** 32 - 1,
    ]);
  });
});

describe('PCI', () => {
  it('is a matter of the bus', () => {
    expect(dev_is_pci(new_pci_dev())).to.equal(false);
    expect(dev_is_pci(new_device({ bus: new bus_type('platform') }))).to.equal(false);
    expect(dev_is_pci(new_pci_dev({ bus: new bus_type('pci') }))).to.equal(true);
  });

  it('devices are found behind the struct device, with their bridge', () => {
    const dev = new_pci_dev({ untrusted: true, name: '0000:00:02.0' });
    const pdev = to_pci_dev(dev);
    expect([pdev.untrusted, pdev.init_name]).to.deep.equal([true, '0000:00:02.0']);
    expect(pci_find_host_bridge(pdev.pci_bus)).to.equal(pdev.pci_bus.bridge);
    expect(pci_find_host_bridge(pdev.pci_bus)).to.deep.include({ windows: [], dma_ranges: [] });
    expect(new pci_dev('x').untrusted).to.equal(false);
  });

  it('devices are not made of others', () => {
    expect(() => to_pci_dev(new_device({ name: 'odd' }))).to.throw(
      TypeError,
      'odd is on the PCI bus but is no pci_dev',
    );
  });
});

describe('MSI', () => {
  it('descriptors know their device, messages begin empty', () => {
    const dev = new_device();
    expect(msi_desc_to_dev(new msi_desc(dev))).to.equal(dev);
    expect(new msi_msg()).to.deep.equal({ address_lo: 0, address_hi: 0, data: 0 });
  });
});
