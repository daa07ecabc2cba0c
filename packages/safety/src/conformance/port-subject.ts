// SPDX-License-Identifier: GPL-2.0-only
// The port under a policy, as the kit takes it.

import {
  DMA_MAPPING_ERROR,
  GFP_KERNEL,
  NULL_ptr,
  PAGE_SIZE,
  dma_addr_t,
  type scatterlist,
  virt_addr_t,
} from '@iommu-bounce/linux-shim';
import {
  type CaptureDomain,
  IDLE_NS,
  Phase,
  type Platform,
  type Policy,
} from '@iommu-bounce/simulation';
import { FRAMES } from '../oracle/buffers';
import { DMA_DIRECTIONS, listOf, segmentsOf } from '../oracle/driver-lists';
import { DEVICES } from '../oracle/operations';
import { oracleMachine } from '../oracle/oracle-machine';
import { Reach } from '../oracle/reach';
import type { CpuRange, DmaSubject } from './subject';

/**
 * A machine that is booted for it, and the first of its devices.
 * @param buddyPages for bounce buffers and coherent memory; default: 4096
 * @throws InputError for a policy that cannot run on the platform
 */
export function portSubject(policy: Policy, platform: Platform, buddyPages?: number): DmaSubject {
  const { recorded, order, memory, hasIotlb } = oracleMachine(policy, platform, buddyPages);
  const { machine } = recorded;
  const { k, meter } = machine;
  const { dma } = k;
  const device = recorded.devices.get(DEVICES[0]);
  if (!device) throw new Error('the machine has no device');
  const { dev, domain, translate } = device.plugged;
  const reach = new Reach(translate, hasIotlb, () => undefined);
  const isOwn = ({ id }: CaptureDomain): boolean => id === device.domain.id;
  recorded.listen({
    mapped: (of, address, bytes) => {
      if (isOwn(of)) reach.mapped(address, bytes);
    },
    unmapped: (of, address, bytes) => {
      if (isOwn(of)) reach.unmapped(address, bytes);
    },
    forgotten: (of, address) => {
      if (isOwn(of)) reach.forgotten(address);
    },
  });
  const lists = new Map<number, scatterlist>();

  const call = <T>(phase: number, code: () => T): T => {
    const cpu = order.begin(0, order.now);
    recorded.calling = device;
    meter.ledger.phase = phase;
    meter.begin();
    const result = code();
    meter.end();
    recorded.calling = null;
    order.end(cpu);
    reach.callEnds();
    return result;
  };
  /** Where an access of the device goes, page by page; null: it faults. */
  const placed = (at: number, bytes: number, write: boolean): CpuRange[] | null => {
    const parts: CpuRange[] = [];
    for (let done = 0; done < bytes;) {
      const n = Math.min(PAGE_SIZE - ((at + done) % PAGE_SIZE), bytes - done);
      const address = domain ? reach.at(at + done, write) : translate(at + done, write);
      // Beyond its memory a machine has nothing that could be read or changed.
      if (address < 0 || address + n > memory.ram.length) return null;
      parts.push({ address, bytes: n });
      done += n;
    }
    return parts;
  };
  /** The address of kernel memory in RAM: coherent memory can lie in the vmalloc area. */
  const each = (address: number, bytes: number, see: (at: number, n: number) => void): void => {
    memory.for_each_piece(virt_addr_t(address), bytes, see);
  };
  return {
    pageBytes: PAGE_SIZE,
    memory: { address: k.reserved_pfn * PAGE_SIZE, bytes: FRAMES * PAGE_SIZE },
    cpuRead: (address, bytes) => {
      const data = new Uint8Array(bytes);
      let done = 0;
      each(address, bytes, (at, n) => {
        data.set(memory.ram.subarray(at, at + n), done);
        done += n;
      });
      return data;
    },
    cpuWrite: (address, data) => {
      let done = 0;
      each(address, data.length, (at, n) => {
        memory.ram.set(data.subarray(done, done + n), at);
        done += n;
      });
    },
    deviceRead: (at, bytes) => {
      const parts = placed(at, bytes, false);
      if (!parts) return null;
      const data = new Uint8Array(bytes);
      let done = 0;
      for (const { address, bytes: n } of parts) {
        data.set(memory.ram.subarray(address, address + n), done);
        done += n;
      }
      return data;
    },
    deviceWrite: (at, data) => {
      const parts = placed(at, data.length, true);
      if (!parts) return false;
      let done = 0;
      for (const { address, bytes: n } of parts) {
        memory.ram.set(data.subarray(done, done + n), address);
        done += n;
      }
      return true;
    },
    map_page: (address, bytes, direction) => {
      const page = k.mm.pfn_to_page(Math.floor(address / PAGE_SIZE));
      const at = call(Phase.map, () =>
        dma.dma_map_page_attrs(dev, page, address % PAGE_SIZE, bytes, DMA_DIRECTIONS[direction], 0),
      );
      return at === DMA_MAPPING_ERROR ? null : at;
    },
    unmap_page: (at, bytes, direction) => {
      call(Phase.unmap, () => {
        dma.dma_unmap_page_attrs(dev, dma_addr_t(at), bytes, DMA_DIRECTIONS[direction], 0);
      });
    },
    map_sg: (pieces, direction) => {
      const first = listOf(k, pieces);
      const count = call(Phase.map, () =>
        dma.dma_map_sg_attrs(dev, first, pieces.length, DMA_DIRECTIONS[direction], 0),
      );
      if (count === 0) return null;
      lists.set(first.dma_address, first);
      return segmentsOf(first, count).map(({ address, bytes }) => ({ dma: address, bytes }));
    },
    unmap_sg: (pieces, segments, direction) => {
      const at = segments[0]?.dma ?? -1;
      const first = lists.get(at);
      if (!first) throw new Error('no such list is mapped');
      lists.delete(at);
      call(Phase.unmap, () => {
        dma.dma_unmap_sg_attrs(dev, first, pieces.length, DMA_DIRECTIONS[direction], 0);
      });
    },
    sync_single_for_cpu: (at, bytes, direction) => {
      call(Phase.unmap, () => {
        dma.dma_sync_single_for_cpu(dev, dma_addr_t(at), bytes, DMA_DIRECTIONS[direction]);
      });
    },
    sync_single_for_device: (at, bytes, direction) => {
      call(Phase.map, () => {
        dma.dma_sync_single_for_device(dev, dma_addr_t(at), bytes, DMA_DIRECTIONS[direction]);
      });
    },
    alloc_coherent: (bytes) => {
      const out = { value: DMA_MAPPING_ERROR };
      const address = call(Phase.map, () => dma.dma_alloc_attrs(dev, bytes, out, GFP_KERNEL, 0));
      return address === NULL_ptr ? null : { address, dma: out.value };
    },
    free_coherent: (address, at, bytes) => {
      call(Phase.unmap, () => {
        dma.dma_free_attrs(dev, bytes, virt_addr_t(address), dma_addr_t(at), 0);
      });
    },
    settle: () => {
      order.end(order.begin(0, order.now + IDLE_NS));
    },
    held: () => k.page_alloc.pages_in_use * PAGE_SIZE + machine.swiotlbBytes(),
  };
}
