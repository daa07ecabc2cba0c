// SPDX-License-Identifier: GPL-2.0-only
// The end of a run: everything is unmapped, and all is as it was.

import type { GroupChanges } from './group-changes';
import type { ModelRun } from './model-run';
import { Violation } from './violation';

/** Two rounds of the eviction worker and what a timer is late by, ms. */
const UNTIL_ALL_IS_EVICTED = 16_000;

export function endRun(run: ModelRun, changes: GroupChanges): void {
  for (const group of [...run.topology.lent]) changes.giveBack(group);
  for (const mapping of [...run.reference.mappings.values()]) run.unmap(mapping, true);
  for (const memory of [...run.coherent.values()]) run.freeCoherent(memory);
  run.advance(UNTIL_ALL_IS_EVICTED);
  nothingIsCached(run);
  pagesAreBack(run, changes);
  addressesAreBack(run);
  for (const group of run.topology.kept()) {
    const { mapped_pages } = run.performer.perform({ op: 'destroy', group });
    if (mapped_pages !== 0)
      throw new Violation('pages are mapped when all is unmapped', { mapped_pages: 0 });
  }
  run.bytes.ofAllBuffers();
  structsAreBack(run);
}

function nothingIsCached({ topology, performer }: ModelRun): void {
  for (const group of topology.kept()) {
    const classes = performer.invariants.poolOf(group)?.classes ?? [];
    if (classes.some((klass) => klass.cached_slots.some((c) => c.next !== c)))
      throw performer.countedWrong(
        'buffers are cached 16 s after their last use',
        { classes: [] },
        group,
        true,
      );
  }
}

function pagesAreBack({ live, performer }: ModelRun, { leakedPages }: GroupChanges): void {
  const held = [...leakedPages.values()].reduce((sum, n) => sum + n, 0);
  const { pages_in_use } = live.run.machine.k.page_alloc;
  if (pages_in_use !== held)
    throw performer.countedWrong(
      `${String(pages_in_use)} pages are in use at the end, expected ${String(held)}`,
      { pages_held: held },
    );
}

function addressesAreBack({ topology, performer, baseline }: ModelRun): void {
  for (const group of topology.kept()) {
    const expected = baseline.addresses.get(group) ?? 0;
    const used = performer.invariants.addresses(group);
    if (used !== expected)
      throw performer.countedWrong(
        `${String(used)} ranges of addresses are in use at the end, expected ${String(expected)}, as before the first mapping`,
        { iovas_in_use: expected },
        group,
        true,
      );
  }
}

function structsAreBack({ live, topology, baseline }: ModelRun): void {
  const after = live.run.machine.k.usage();
  const cookies = topology.groups().length;
  const expected = baseline.allocations - cookies;
  // The last operation is the end of a group.
  if (topology.gone.size === 0 && after.allocations !== expected)
    throw new Violation(`${String(after.allocations - expected)} allocations are left at the end`, {
      allocations: expected,
    });
  if (after.workqueues !== 0 || after.timers !== 0)
    throw new Violation(
      `${String(after.workqueues)} workqueues and ${String(after.timers)} timers are left at the end`,
    );
}
