// SPDX-License-Identifier: GPL-2.0-only
// No transcript has virtio-iommu: its fixes are held against the driver without them, on correct drivers.

import { expect } from 'chai';
import {
  DMA_BIDIRECTIONAL,
  DMA_TO_DEVICE,
  deref,
  type dma_addr_t,
  type dma_data_direction,
} from '@iommu-bounce/linux-shim';
import { FIXES, type Fix, fixesNamed, mendsPartly } from '@iommu-bounce/simulation';
import {
  VIRTIO_IOMMU_S_NOMEM,
  VIRTIO_IOMMU_T_ATTACH,
  VIRTIO_IOMMU_T_MAP,
  VIRTIO_IOMMU_T_UNMAP,
  to_viommu_domain,
} from '@iommu-bounce/iommu-core';
import { FINDINGS, VirtioMachine, observe } from '../../src/findings';

/** Numbers below `n`, the same for each seed. */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % n;
  };
}

/** What two devices of correct drivers bring about, operation by operation. */
function run(pool: boolean, fixes: readonly Fix[], seed: number): string[] {
  const m = new VirtioMachine({ pool, fixes });
  const next = numbers(seed);
  const devices = [m.plug(), m.plug()] as const;
  const live: [number, dma_addr_t, number, dma_data_direction][] = [];
  const seen: string[] = [];
  for (let i = 0; i < 120; i++) {
    const which = next(2);
    if (live.length < 10 && next(5) < 3) {
      const size = 100 + next(4000);
      const dir = next(2) === 0 ? DMA_TO_DEVICE : DMA_BIDIRECTIONAL;
      live.push([which, m.map(devices[which === 0 ? 0 : 1], m.page(i), size, dir), size, dir]);
    } else {
      const [one] = live.splice(next(live.length || 1), 1);
      if (one) m.unmap(devices[one[0] === 0 ? 0 : 1], one[1], one[2], one[3]);
    }
    if (next(20) === 0) m.k.timers.advance(6000);
    seen.push(
      `${m.virtio.counters.requests.join()} ${devices.map((dev) => `${m.held(dev)} | ${m.known(m.domain(dev))}`).join('; ')}`,
    );
  }
  seen.push(`${String(m.k.log.warnings)} warnings`);
  return seen;
}

describe('the fixes of virtio-iommu', () => {
  const own = FIXES.filter(({ overlays }) => overlays.virtio_iommu);

  it('are there', () => {
    expect(own.map(({ findings }) => findings).flat()).to.have.members([
      53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 75, 80,
    ]);
  });

  it('unmap-first holds mappings_lock from its request until what was unmapped is forgotten', () => {
    const m = new VirtioMachine({ pool: false, fixes: fixesNamed('unmap-first,read-replies') });
    const dev = m.plug();
    const domain = m.domain(dev);
    const seen: string[] = [];
    m.virtio.vmm.refuse = (type) => {
      if (type === VIRTIO_IOMMU_T_UNMAP)
        seen.push(`${m.known(domain)}, ${String(m.k.usage().locks_held)} locks`);
      return null;
    };
    const p = m.page(0x11);
    m.unmap(dev, m.map(dev, p, 4096, DMA_TO_DEVICE), 4096, DMA_TO_DEVICE);
    // The second is request_lock.
    expect(seen).to.deep.equal(['0xfffff000, 2 locks']);
    expect(m.known(domain)).to.equal('none');
  });

  it('count-answered counts an endpoint out when the device has answered, and once', () => {
    const m = new VirtioMachine({ pool: false, fixes: fixesNamed('count-answered') });
    const dev = m.plug();
    const { iommu } = m.on.m;
    const own = m.domain(dev);
    m.map(dev, m.page(0x11), 4096, DMA_TO_DEVICE);
    const other = to_viommu_domain(deref(iommu.iommu_domain_alloc(m.bus)));
    const counts = (): number[] => [own.nr_endpoints, other.nr_endpoints];
    const refuse = (what: number | null): void => {
      m.virtio.vmm.refuse = (type) => (type === what ? VIRTIO_IOMMU_S_NOMEM : null);
    };
    refuse(VIRTIO_IOMMU_T_ATTACH);
    expect(iommu.iommu_attach_device(other, dev)).to.be.below(0);
    expect(counts(), 'the device did not leave').to.deep.equal([1, 0]);
    refuse(null);
    expect(iommu.iommu_attach_device(other, dev)).to.equal(0);
    expect(counts()).to.deep.equal([0, 1]);
    // It leaves, and what was mapped in its old domain cannot be mapped again.
    refuse(VIRTIO_IOMMU_T_MAP);
    iommu.iommu_detach_device(other, dev);
    expect(counts(), 'it is in neither').to.deep.equal([0, 0]);
    refuse(null);
    iommu.iommu_detach_device(other, dev);
    expect(counts()).to.deep.equal([1, 0]);
    expect(m.held(dev)).to.equal(m.known(own));
  });

  for (const names of [
    'read-replies',
    'count-answered,read-replies',
    'count-answered,read-replies,unmap-first,replay-at-once,detach',
  ])
    it(`free a buffer that is evicted while the device leaves: ${names}`, () => {
      const fixes = fixesNamed(names);
      const m = new VirtioMachine({ pool: true, fixes });
      const dev = m.plug();
      const { iommu } = m.on.m;
      const own = m.domain(dev);
      m.unmap(dev, m.map(dev, m.page(0x11), 4096, DMA_TO_DEVICE), 4096, DMA_TO_DEVICE);
      const buffer = m.known(own);
      const other = to_viommu_domain(deref(iommu.iommu_domain_alloc(m.bus)));
      // As if the count were lowered a moment later: each UNMAP comes after the ATTACH, and finds no domain.
      m.virtio.vmm.refuse = (type) => {
        if (type === VIRTIO_IOMMU_T_ATTACH) own.nr_endpoints++;
        return null;
      };
      expect(iommu.iommu_attach_device(other, dev)).to.equal(0);
      expect(own.nr_endpoints).to.equal(1);
      m.k.timers.advance(16_000);
      expect(buffer).not.to.equal('none');
      expect(m.known(own)).to.equal('none');
      expect(m.k.log.lines.map(({ text }) => text).join()).not.to.match(/leaking buffer/);
    });

  it('say that they mend 55 and 57 in part: without the pool the page is free and open', () => {
    for (const id of [55, 57]) {
      const finding = FINDINGS.find((one) => one.id === id);
      const fixes = fixesNamed(finding?.fix ?? '');
      expect(fixes.every((fix) => mendsPartly(fix, id))).to.equal(true);
      expect(() => fixesNamed(String(id))).to.throw(`fix '${String(id)}' is unknown`);
      const sights = finding ? observe(finding, { pool: false, fixes }) : [];
      expect(sights.find(({ what }) => what === 'the page is free')?.wrong).to.equal(true);
    }
    expect(fixesNamed('54').map(({ name }) => name)).to.deep.equal(['unmap-first']);
  });

  for (const pool of [false, true])
    for (const fixes of [...own.map((fix) => [fix]), own])
      it(`change no request of correct drivers${pool ? ' with the pool' : ''}: ${fixes.map(({ name }) => name).join(', ')}`, () => {
        for (const seed of [1, 2, 3])
          expect(run(pool, fixes, seed), `seed ${String(seed)}`).to.deep.equal(run(pool, [], seed));
      });
});
