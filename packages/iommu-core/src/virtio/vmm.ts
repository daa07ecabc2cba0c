// SPDX-License-Identifier: GPL-2.0-only
// The virtio-iommu device in a virtual machine monitor: takes requests, answers them, reports faults.
// Virtio 1.2, section 5.13; where that leaves a choice, as QEMU has it. Fault site `vmm_nomem`: the device runs out of
// memory over a request.

import type { fault_inject_c } from '@iommu-bounce/linux-shim';
import type { VmmDomains } from './domains';
import type { VirtioEvents } from './events';
import type { Chain, Virtqueue } from './virtqueue';
import {
  VIRTIO_IOMMU_FAULT_F_ADDRESS,
  VIRTIO_IOMMU_PROBE_T_RESV_MEM,
  VIRTIO_IOMMU_S_INVAL,
  VIRTIO_IOMMU_S_NOENT,
  VIRTIO_IOMMU_S_NOMEM,
  VIRTIO_IOMMU_S_OK,
  VIRTIO_IOMMU_S_UNSUPP,
  VIRTIO_IOMMU_T_ATTACH,
  VIRTIO_IOMMU_T_DETACH,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_PROBE,
  VIRTIO_IOMMU_T_UNMAP,
  get_le64,
  put_le64,
  virtio_iommu_fault,
  virtio_iommu_probe_property,
  virtio_iommu_probe_resv_mem,
  virtio_iommu_req_attach,
  virtio_iommu_req_head,
  virtio_iommu_req_map,
  virtio_iommu_req_probe,
  virtio_iommu_req_tail,
  virtio_iommu_req_unmap,
} from './virtio_iommu.h';

/** Bytes to read of each request type; the status follows, after the properties of PROBE. */
const READABLE: Readonly<Record<number, number>> = {
  [VIRTIO_IOMMU_T_ATTACH]: virtio_iommu_req_attach.tail,
  [VIRTIO_IOMMU_T_DETACH]: virtio_iommu_req_attach.tail,
  [VIRTIO_IOMMU_T_MAP]: virtio_iommu_req_map.tail,
  [VIRTIO_IOMMU_T_UNMAP]: virtio_iommu_req_unmap.tail,
  [VIRTIO_IOMMU_T_PROBE]: virtio_iommu_req_probe.sizeof,
};

export class Vmm {
  /** A VMM that hangs: nothing is answered any more. */
  stopped = false;
  /** A VMM that refuses requests: asked for each, of a VIRTIO_IOMMU_T_ type, it gives a VIRTIO_IOMMU_S_ code, or null. */
  refuse: ((type: number) => number | null) | null = null;
  /** Faults that the guest had no buffer for. */
  lostFaults = 0;
  private readonly fault = new Uint8Array(virtio_iommu_fault.sizeof);

  constructor(
    readonly state: VmmDomains,
    private readonly faults: fault_inject_c,
    private readonly events: VirtioEvents,
  ) {}

  /** Answers every request that waits; false if it can do nothing. */
  process(queue: Virtqueue): boolean {
    if (this.stopped || queue.waiting() === 0) return false;
    for (let chain = queue.pop(); chain !== null; chain = queue.pop())
      queue.push(chain, this.answer(chain));
    queue.interrupt();
    return true;
  }

  /** Bytes written; 0 for what is not even a request. */
  private answer(chain: Chain): number {
    const tail = chain.inLen - virtio_iommu_req_tail.sizeof;
    if (chain.outLen < virtio_iommu_req_head.sizeof || tail < 0) return 0;
    const request = chain.readable(0, virtio_iommu_req_head.sizeof);
    const type = request.getUint8(virtio_iommu_req_head.type);
    this.events.request(type, domainOf(type, request, chain.outLen));
    const status =
      this.refuse?.(type) ??
      (this.faults.should_fail('vmm_nomem')
        ? VIRTIO_IOMMU_S_NOMEM
        : this.handle(type, request, chain, tail));
    chain.writeLe32(tail, status);
    this.events.reply(type, status);
    return chain.inLen;
  }

  /** @param request the bytes to read */
  private handle(type: number, request: DataView, chain: Chain, tail: number): number {
    const { probeSize } = this.state.config;
    const readable = READABLE[type];
    const probe = type === VIRTIO_IOMMU_T_PROBE;
    if (readable === undefined || (probe && probeSize === 0)) return VIRTIO_IOMMU_S_UNSUPP;
    if (chain.outLen !== readable || tail !== (probe ? probeSize : 0)) return VIRTIO_IOMMU_S_INVAL;
    switch (type) {
      case VIRTIO_IOMMU_T_ATTACH:
      case VIRTIO_IOMMU_T_DETACH:
        return this.attach(type, request);
      case VIRTIO_IOMMU_T_MAP:
        return this.state.map(
          request.getUint32(virtio_iommu_req_map.domain, true),
          get_le64(request, virtio_iommu_req_map.virt_start),
          get_le64(request, virtio_iommu_req_map.virt_end),
          get_le64(request, virtio_iommu_req_map.phys_start),
          request.getUint32(virtio_iommu_req_map.flags, true),
        );
      case VIRTIO_IOMMU_T_UNMAP:
        return this.state.unmap(
          request.getUint32(virtio_iommu_req_unmap.domain, true),
          get_le64(request, virtio_iommu_req_unmap.virt_start),
          get_le64(request, virtio_iommu_req_unmap.virt_end),
        );
      default:
        return this.probe(request.getUint32(virtio_iommu_req_probe.endpoint, true), chain);
    }
  }

  /** Or detaches. */
  private attach(type: number, request: DataView): number {
    const domain = request.getUint32(virtio_iommu_req_attach.domain, true);
    const endpoint = request.getUint32(virtio_iommu_req_attach.endpoint, true);
    if (request.getBigUint64(virtio_iommu_req_attach.reserved, true) !== 0n)
      return VIRTIO_IOMMU_S_INVAL;
    return type === VIRTIO_IOMMU_T_ATTACH
      ? this.state.attach(domain, endpoint)
      : this.state.detach(domain, endpoint);
  }

  private probe(id: number, chain: Chain): number {
    const endpoint = this.state.endpoints.get(id);
    if (!endpoint) return VIRTIO_IOMMU_S_NOENT;
    const properties = new Uint8Array(this.state.config.probeSize);
    const { sizeof } = virtio_iommu_probe_resv_mem;
    if (endpoint.regions.length * sizeof > properties.length) return VIRTIO_IOMMU_S_INVAL;
    endpoint.regions.forEach((region, i) => {
      const property = new DataView(properties.buffer, i * sizeof, sizeof);
      const length = sizeof - virtio_iommu_probe_property.sizeof;
      property.setUint16(virtio_iommu_probe_property.type, VIRTIO_IOMMU_PROBE_T_RESV_MEM, true);
      property.setUint16(virtio_iommu_probe_property.length, length, true);
      property.setUint8(virtio_iommu_probe_resv_mem.subtype, region.subtype);
      put_le64(property, virtio_iommu_probe_resv_mem.start, region.start);
      put_le64(property, virtio_iommu_probe_resv_mem.end, region.last);
    });
    chain.write(0, properties);
    return VIRTIO_IOMMU_S_OK;
  }

  /** Tells the guest of an access that found nothing, if it has a buffer for that. */
  reportFault(
    queue: Virtqueue,
    endpoint: number,
    reason: number,
    flags: number,
    address: number,
  ): void {
    this.events.fault(endpoint, address);
    const chain = this.stopped ? null : queue.pop();
    if (chain === null || chain.inLen < this.fault.length) {
      this.lostFaults++;
      if (chain !== null) queue.push(chain, 0);
      return;
    }
    const fault = new DataView(this.fault.buffer);
    fault.setUint8(virtio_iommu_fault.reason, reason);
    fault.setUint32(virtio_iommu_fault.flags, flags | VIRTIO_IOMMU_FAULT_F_ADDRESS, true);
    fault.setUint32(virtio_iommu_fault.endpoint, endpoint, true);
    put_le64(fault, virtio_iommu_fault.address, address);
    chain.write(0, this.fault);
    queue.push(chain, this.fault.length);
    queue.interrupt();
  }
}

/** The domain that a request is about, at the same place in each that has one; -1 for none, or a request cut short. */
function domainOf(type: number, request: DataView, bytes: number): number {
  const hasNone = type < VIRTIO_IOMMU_T_ATTACH || type > VIRTIO_IOMMU_T_UNMAP;
  if (hasNone || bytes < virtio_iommu_req_attach.endpoint) return -1;
  return request.getUint32(virtio_iommu_req_attach.domain, true);
}
