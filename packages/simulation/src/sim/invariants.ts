// SPDX-License-Identifier: GPL-2.0-only
// What must hold of every run, whatever its costs: conservation, exclusivity, Little's law, nothing busy for over 100 %.

import type { Engine } from './engine';
import type { Meter } from './meter';
import type { SimDevice } from './sim-device';

/** How much rounding may make of a sum of millions of times. */
const ROUNDING = 1e-6;

export interface Invariant {
  /** What is compared, with its unit. */
  readonly name: string;
  /** What it says of the two. */
  readonly relation: '=' | '<=';
  /** What the run has. */
  readonly found: number;
  /** What it must be, or be at most. */
  readonly limit: number;
  /** False: the simulation is wrong. */
  readonly holds: boolean;
}

export function invariants(engine: Engine, device: SimDevice): Invariant[] {
  const { meter } = device;
  const { ledger, cost } = meter;
  const { io, order, cpus, idler } = engine;
  const { seen, nvme } = io;
  const all = [...cpus, idler];
  const until = Math.max(order.now, seen.endedAt, ...all.map(({ now }) => now));
  const share = (ns: number): number => (until > 0 ? ns / until : 0);
  return [
    same('steps before an earlier one', order.backwards, 0),
    ...lockInvariants(meter, until),
    atMost('busiest CPU, share of time', most(all.map(({ busyNs }) => share(busyNs))), 1),
    equal('time of all CPUs, ns', sum(all.map(({ busyNs }) => busyNs)), ledger.total()),
    same('I/Os completed', io.completed, io.submitted - io.putBack),
    same('requests completed', io.done, io.tried - io.mapFailures),
    same('I/Os reaped', seen.reaped, io.completed),
    same('I/Os not reaped', seen.inFlight, 0),
    equal("I/Os in flight by Little's law, ns", seen.inFlightNs, seen.latencyNs + seen.putOffNs),
    ...jobInvariants(engine),
    atMost('drive at work, share of time', share(nvme.busyNs), 1),
    atMost('bytes/s of the drive', share(io.bytes) * 1e9, cost.nvmeBytesPerS),
    atMost('I/Os/s of the drive', share(io.done) * 1e9, cost.nvmeIops),
  ];
}

/** What must hold of the jobs' order: rates, what is read back, who waits for whom. */
function jobInvariants({ jobs, io }: Engine): Invariant[] {
  const plans = jobs.map(({ plan }) => plan);
  return [
    same(
      "I/Os of the jobs' plans",
      sum(plans.map(({ begun }) => begun)),
      io.submitted - io.putBack,
    ),
    atMost(
      'I/Os read back, of those written',
      sum(plans.map(({ readBack }) => readBack)),
      sum(plans.map(({ writes }) => writes)),
    ),
    same('bytes ahead of a rate', most(plans.map(({ pacer }) => pacer?.ahead ?? 0)), 0),
    same('jobs begun before their turn', sum(jobs.map(({ beganEarly }) => beganEarly)), 0),
  ];
}

/** What must hold of the locks. @param until ns at which all is over */
export function lockInvariants({ locks, ledger }: Meter, until: number): Invariant[] {
  const waitNs = sum(locks.map((lock) => lock.waitNs));
  const taken = sum(locks.map((lock) => lock.taken));
  return [
    same('locks granted while held', sum(locks.map(({ overlaps }) => overlaps)), 0),
    same('locks free while a CPU waits', sum(locks.map((lock) => lock.idleWhileWanted)), 0),
    same('locks still held', locks.filter((lock) => lock.isHeld()).length, 0),
    same('locks given back by another CPU', sum(locks.map((lock) => lock.foreignReleases)), 0),
    same('grants of locks', sum(locks.map(({ grants }) => grants)), taken),
    same('releases of locks', sum(locks.map(({ releases }) => releases)), taken),
    atMost(
      'work under locks, ns, in the time they are held',
      sum(locks.map(({ workNs }) => workNs)),
      sum(locks.map(({ heldNs }) => heldNs)),
    ),
    same('negative waits', sum(locks.map(({ negativeWaits }) => negativeWaits)), 0),
    atMost(
      'lock that is held most, share of time',
      until > 0 ? most(locks.map(({ heldNs }) => heldNs)) / until : 0,
      1,
    ),
    equal("queues of locks by Little's law, ns", sum(locks.map((lock) => lock.queuedNs)), waitNs),
    equal('waits booked, ns', ledger.ofCause('lockWait'), waitNs),
  ];
}

/** Counts: no rounding. */
export function same(name: string, found: number, limit: number): Invariant {
  return { name, relation: '=', found, limit, holds: found === limit };
}

export function equal(name: string, found: number, limit: number): Invariant {
  const holds = Math.abs(found - limit) <= ROUNDING * Math.abs(limit);
  return { name, relation: '=', found, limit, holds };
}

export function atMost(name: string, found: number, limit: number): Invariant {
  return { name, relation: '<=', found, limit, holds: found <= limit * (1 + ROUNDING) };
}

function sum(of: readonly number[]): number {
  return of.reduce((a, b) => a + b, 0);
}

function most(of: readonly number[]): number {
  return of.reduce((a, b) => Math.max(a, b), 0);
}
