// SPDX-License-Identifier: GPL-2.0-only
// What a machine looks like now, as the parts of a frame.

import { pool_of } from '@iommu-bounce/integration';
import type { io_buffer_pool } from '@iommu-bounce/io-buffer-pool';
import type { Frame, PoolFrame } from './frame';
import { type HeldMapping, type WatchedMachine, domainName } from './held-mapping';
import { MappingFrames, type PoolPlace, copyFrames } from './mapping-frames';
import { PoolFrames } from './pool-frames';
import { rangeFrames } from './range-frames';
import type { Copy } from './watched-memory';

export type Captured = Pick<Frame, 'pools' | 'ranges' | 'mappings' | 'ended' | 'copies'>;

export class Capture {
  private readonly poolFrames = new PoolFrames();
  private readonly mappingFrames = new MappingFrames();

  private before: readonly HeldMapping[] = [];

  constructor(private readonly watched: WatchedMachine) {}

  /** Called before a step: what is held now and not after it, the step has ended. */
  begin(): void {
    this.before = this.watched.held();
  }

  /**
   * @param copies those of the step
   * @param about id of the mapping that the step is about
   */
  take(copies: readonly Copy[], about: number | null): Captured {
    const { k } = this.watched.m;
    const held = this.watched.held();
    this.mappingFrames.retain(held);
    const pools: PoolFrame[] = [];
    const inside: io_buffer_pool[] = [];
    const ranges: Frame['ranges'][number][] = [];
    const mappings: Frame['mappings'][number][] = [];
    const ended: Frame['ended'][number][] = [];
    const gone = goneFrom(this.before, held);
    this.before = [];
    const domains = this.watched.domains();
    for (const domain of domains) {
      const isOwn = ({ device }: HeldMapping): boolean => domain.devices.includes(device);
      const own = domains.length === 1 ? held : held.filter(isOwn);
      const pool = pool_of(domain.domain);
      let place: PoolPlace | null = null;
      if (pool !== null) {
        const inUse = own.flatMap(({ segments }) => segments.slice(0, 1));
        const frame = this.poolFrames.frame(k, pool, domainName(domain), inUse);
        place = { frame, index: pools.length };
        pools.push(frame);
        inside.push(pool);
      }
      for (const range of rangeFrames(domain, own)) ranges.push(range);
      for (const one of this.mappingFrames.frames(k, own, place, domain.pieces, about))
        mappings.push(one);
      const ownGone = gone.filter(isOwn);
      for (const one of this.mappingFrames.frames(k, ownGone, place, domain.pieces, about))
        ended.push(one);
    }
    return { pools, ranges, mappings, ended, copies: copyFrames(k, copies, inside) };
  }
}

/** Those of a list that the list after it lacks; what is in both has the same order in both. */
function goneFrom(before: readonly HeldMapping[], now: readonly HeldMapping[]): HeldMapping[] {
  let at = 0;
  return before.filter((one) => {
    if (now[at] !== one) return true;
    at++;
    return false;
  });
}
