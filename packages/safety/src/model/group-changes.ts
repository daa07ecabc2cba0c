// SPDX-License-Identifier: GPL-2.0-only
// What happens to whole devices and groups while mappings are live: teardown, hot plug and unplug, another domain and back.

import type { ModelDevice } from './machine-kind';
import type { ModelRun } from './model-run';
import { Violation } from './violation';

export class GroupChanges {
  /** Pages that teardowns left, by group. */
  readonly leakedPages = new Map<number, number>();
  /** Groups that have lost a device. */
  readonly shrunk = new Set<number>();

  constructor(private readonly run: ModelRun) {}

  /** The domain goes while its devices still have mappings: a removal with transfers under way. */
  tearDown(group: number): void {
    const { topology, performer, reference, addresses, coherent, live } = this.run;
    const { invariants } = performer;
    const inGroup = (dev: number): boolean => topology.groupOf(dev) === group;
    const { page_alloc, workqueue } = live.run.machine.k;
    const lost = invariants.pagesInUse(group);
    const before = page_alloc.pages_in_use - invariants.cachedPages(group);
    const lostMemory = [...coherent.values()].filter(({ device }) => inGroup(device));
    const pool = invariants.poolOf(group);
    performer.perform({ op: 'destroy', group });
    if (pool && workqueue.delayed_work_pending(pool.evict_work))
      throw new Violation('the eviction work of a pool that is gone is pending');
    const left = page_alloc.pages_in_use;
    if (left !== before)
      throw new Violation(
        `after the teardown the kernel holds ${String(left)} pages, expected ${String(before)}: ${String(lost)} of slots in use (finding 20) and what others hold`,
        { leaked_pages: before },
      );
    this.leakedPages.set(group, lost + lostMemory.reduce((sum, { pages }) => sum + pages, 0));
    topology.gone.add(group);
    for (const { id, device } of [...reference.mappings.values(), ...lostMemory])
      if (inGroup(device)) {
        addresses.forget(id);
        reference.mappings.delete(id);
        coherent.delete(id);
      }
  }

  /** A device is plugged in, and reaches what others of its group have mapped. */
  plug(device: ModelDevice): void {
    const dev = this.run.topology.plug(device);
    this.counting(() => {
      this.run.declare(dev, device);
    });
    this.run.attach(dev);
  }

  /** A device is pulled out. Its driver unmaps what it has; mappings of others stay. */
  unplug(dev: number): void {
    const { run } = this;
    for (const mapping of run.usableMappings())
      if (mapping.device === dev) run.unmap(mapping, true);
    for (const memory of run.usableCoherent()) if (memory.device === dev) run.freeCoherent(memory);
    const group = run.topology.groupOf(dev);
    run.topology.unplug(dev);
    this.shrunk.add(group);
    const given = this.counting(() => {
      run.performer.perform({ op: 'remove_device', dev });
    });
    const { ofDevice } = run.baseline;
    if (ofDevice !== null && given !== -ofDevice)
      throw run.performer.countedWrong(
        `a device that goes gives back ${String(-given)} allocations, expected ${String(ofDevice)}`,
        { allocations: run.live.run.machine.k.usage().allocations - given - ofDevice },
        group,
      );
  }

  /** The group goes to another domain, as for VFIO; what was mapped in its own stays there. */
  lend(group: number): void {
    const { topology, performer } = this.run;
    topology.lent.add(group);
    if (performer.perform({ op: 'lend_group', group })['ret'] !== 0)
      throw new Violation('a group is not attached to another domain though nothing failed', {
        ret: 0,
      });
  }

  giveBack(group: number): void {
    const { topology, performer } = this.run;
    topology.lent.delete(group);
    performer.perform({ op: 'return_group', group });
  }

  /**
   * After this a device, with its structs, is there or is not.
   * @returns allocations that it took
   */
  private counting(change: () => void): number {
    const { k } = this.run.live.run.machine;
    const before = k.usage().allocations;
    change();
    const more = k.usage().allocations - before;
    this.run.baseline.allocations += more;
    return more;
  }
}
