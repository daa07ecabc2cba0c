// SPDX-License-Identifier: GPL-2.0-only
// Counts the steps of a machine's virtio-iommu for the domain that each is about, which most of them do not say.

import {
  VIRTIO_IOMMU_T_MAP,
  type VirtioHooks,
  type iommu_domain,
  viommu_domain,
  type virtio_iommu,
} from '@iommu-bounce/iommu-core';
import { type VirtioCounts, countRequest, newVirtioCounts } from './virtio-counts';

/** Who keeps the counts. */
export interface VirtioListener {
  virtio(domain: iommu_domain): VirtioCounts;
  /** Pages were pinned; below 0: unpinned. */
  pinned(domain: iommu_domain, pages: number): void;
}

export class VirtioWatch {
  /** Set by who watches the driver: the domain that it was called for last. */
  caller: iommu_domain | null = null;
  listener: VirtioListener | null = null;
  /** Needed once there are mappings. */
  device: virtio_iommu | null = null;
  private readonly domains = new Map<number, iommu_domain>();
  /** Of the request that the VMM works on: not always the caller's, since the requests of others wait in the queue too. */
  private subject: iommu_domain | null = null;
  /** What happens before anybody listens: plugging in, for instance. */
  private readonly unheard = newVirtioCounts();

  /** A domain that was attached. */
  addDomain(domain: iommu_domain): void {
    if (domain instanceof viommu_domain) this.domains.set(domain.id, domain);
  }

  /** For virtio-iommu, when it is made. */
  readonly hooks: VirtioHooks = {
    kick: () => {
      this.counts(this.caller).kicks++;
    },
    vmexit: () => {
      this.counts(this.caller).vmexits++;
    },
    request: (type, id) => {
      this.subject = this.domains.get(id) ?? null;
      const counts = this.counts(this.subject);
      countRequest(counts, type);
      this.countMappings(counts);
    },
    reply: (type, status) => {
      const counts = this.counts(this.subject);
      if (status !== 0) counts.refused_requests++;
      else if (type === VIRTIO_IOMMU_T_MAP) this.countMappings(counts);
    },
    ioctlMap: () => {
      this.counts(this.subject).ioctl_maps++;
    },
    ioctlUnmap: () => {
      this.counts(this.subject).ioctl_unmaps++;
    },
    pin: (pages) => {
      this.counts(this.subject).pins += pages;
      if (this.subject) this.listener?.pinned(this.subject, pages);
    },
    unpin: (pages) => {
      this.counts(this.subject).unpins += pages;
      if (this.subject) this.listener?.pinned(this.subject, -pages);
    },
  };

  private counts(domain: iommu_domain | null): VirtioCounts {
    return domain && this.listener ? this.listener.virtio(domain) : this.unheard;
  }

  private countMappings(counts: VirtioCounts): void {
    if (!(this.subject instanceof viommu_domain)) return;
    const mappings = this.device?.vmm.state.domains.get(this.subject.id)?.mappings.size ?? 0;
    counts.peak_mappings = Math.max(counts.peak_mappings, mappings);
  }
}
