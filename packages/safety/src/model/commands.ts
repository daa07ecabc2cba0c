// SPDX-License-Identifier: GPL-2.0-only
// What may happen next: one command is a wish that the state of the run turns into an operation. Left out is what the
// findings say goes wrong, so that whatever fails is news.

import fc from 'fast-check';
import type { ModelDevice, ModelMachine } from './machine-kind';
import type { GroupChanges } from './group-changes';
import { BUFFER_BYTES, type ModelRun } from './model-run';
import type { Direction, Piece, ReferenceMapping } from './reference';

/** The model has no state besides the run's own. */
export type Model = Record<string, never>;

/** A run, and what happens to its devices and groups. */
export interface Subject {
  readonly run: ModelRun;
  readonly changes: GroupChanges;
}

export type ModelCommand = fc.Command<Model, Subject>;

const DIRECTIONS: readonly Direction[] = ['to_device', 'from_device', 'bidirectional'];
/** Mappings that live at a time: fewer than fill swiotlb. */
const MOST_LIVE = 24;
const MOST_COHERENT = 6;
/** What a device with few addresses allocates, bytes: they never run out, see finding 45. */
const LITTLE = 2 * 4096;

/** A command; `run` does nothing where the wish fits nothing. */
export class Wish implements ModelCommand {
  constructor(
    private readonly name: string,
    private readonly act: (run: ModelRun, changes: GroupChanges) => void,
  ) {}

  check(): boolean {
    return true;
  }

  run(_: Model, { run, changes }: Subject): void {
    this.act(run, changes);
  }

  toString(): string {
    return this.name;
  }
}

/** Bytes of a mapping: most of them small, since each is compared. */
const bytes = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 600 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 5000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(4096, 8192, 16_384, 65_536) },
);
const piece: fc.Arbitrary<Piece> = fc
  .tuple(
    fc.nat(5),
    fc.oneof(
      fc.nat(BUFFER_BYTES - 1),
      fc.nat(23).map((page) => page * 4096),
    ),
    bytes,
  )
  .map(([buffer, offset, wanted]) => ({
    buffer,
    offset,
    length: Math.min(wanted, BUFFER_BYTES - offset),
  }));
const pick = fc.nat(1000);
const seed = fc.nat(255);
const share = fc.nat(999);

function chosen<T>(all: Iterable<T>, at: number): T | undefined {
  const list = [...all];
  return list[at % Math.max(1, list.length)];
}

function part(length: number, from: number, size: number): readonly [number, number] {
  const offset = Math.floor((from / 1000) * length);
  return [offset, 1 + Math.floor((size / 1000) * (length - offset))];
}

/** Whether patch 4 can map the list of such a device: findings 8 to 12. */
function takesLists(machine: ModelMachine, { untrusted }: ModelDevice): boolean {
  return !untrusted || machine.stage < 4;
}

const withMapping = (
  name: string,
  at: number,
  act: (run: ModelRun, mapping: ReferenceMapping) => void,
): Wish =>
  new Wish(name, (run) => {
    const mapping = chosen(run.usableMappings(), at);
    if (mapping) act(run, mapping);
  });

const map = fc
  .tuple(
    pick,
    fc.constantFrom(...DIRECTIONS),
    fc.array(piece, { minLength: 1, maxLength: 4 }),
    fc.boolean(),
    fc.nat(9),
  )
  .map(
    ([at, direction, pieces, list, skip]) =>
      new Wish(`map ${direction} ${JSON.stringify(pieces)}`, (run) => {
        const device = chosen(run.topology.usable(), at);
        if (device === undefined || run.reference.mappings.size >= MOST_LIVE) return;
        const kind = run.topology.device(device);
        const asList = list && takesLists(run.machine, kind);
        // An entry longer than a segment kills the machine: finding 29.
        const fit = (asList ? pieces : pieces.slice(0, 1)).map((one) => ({
          ...one,
          length: Math.min(one.length, kind.maxSegSize),
        }));
        if (!run.reference.mayMap(fit, direction)) return;
        run.map(device, asList ? 'list' : 'page', fit, direction, skip > 0);
      }),
  );

const unmap = fc.tuple(pick, fc.nat(9)).map(([at, skip]) =>
  withMapping(`unmap ${String(at)}`, at, (run, mapping) => {
    run.unmap(mapping, skip > 0);
  }),
);

const sync = fc.tuple(pick, fc.boolean(), share, share).map(([at, forCpu, from, size]) =>
  withMapping(`sync ${String(at)} for ${forCpu ? 'CPU' : 'device'}`, at, (run, mapping) => {
    run.sync(mapping, forCpu, ...part(mapping.seen.length, from, size));
  }),
);

const deviceWrites = fc.tuple(pick, share, share, seed).map(([at, from, size, bySeed]) =>
  withMapping(`device writes ${String(at)}`, at, (run, mapping) => {
    run.deviceWrites(mapping, ...part(mapping.seen.length, from, size), bySeed);
  }),
);

const deviceReads = fc.tuple(pick, share, share).map(([at, from, size]) =>
  withMapping(`device reads ${String(at)}`, at, (run, mapping) => {
    run.deviceReads(mapping, ...part(mapping.seen.length, from, size));
  }),
);

const cpuWrites = fc.tuple(piece, seed).map(
  ([{ buffer, offset, length }, bySeed]) =>
    new Wish(`CPU writes ${JSON.stringify({ buffer, offset, length })}`, (run) => {
      run.cpuWrites(buffer, offset, length, bySeed);
    }),
);

/** Under lazy mode, which the table has, a device may reach what it has unmapped, CPU buffers too, until the flush: no writes there. */
const probe = fc.tuple(pick, fc.boolean()).map(
  ([at, write]) =>
    new Wish(`device probes ${String(at)}`, (run) => {
      const dead = chosen(run.addresses.probes(), at);
      if (dead && (run.machine.strict || run.machine.driver === 'virtio')) run.probe(dead, write);
    }),
);

/** Ranges that no cache of addresses takes come from the tree, and go back there. */
const coherentBytes = fc.oneof(
  { weight: 9, arbitrary: bytes },
  { weight: 1, arbitrary: fc.constantFrom(33 * 4096, 64 * 4096) },
);

const coherent = fc.tuple(pick, pick, coherentBytes, fc.boolean(), share, share, seed).map(
  ([at, device, length, flag, from, size, bySeed]) =>
    new Wish(`coherent memory ${String(at)}`, (run) => {
      const dev = chosen(run.topology.usable(), device);
      const memory = chosen(run.usableCoherent(), at);
      if (at % 3 === 0 && dev !== undefined && run.coherent.size < MOST_COHERENT)
        run.allocCoherent(dev, run.isNarrow(dev) ? Math.min(length, LITTLE) : length, flag);
      else if (memory && at % 3 === 1) run.freeCoherent(memory);
      else if (memory) run.useCoherent(memory, flag, ...part(memory.length, from, size), bySeed);
    }),
);

const advance = fc.oneof(fc.nat(20), fc.nat(6000)).map(
  (ms) =>
    new Wish(`${String(ms)} ms`, (run) => {
      run.advance(ms);
    }),
);

const cpu = fc.nat(3).map(
  (n) =>
    new Wish(`CPU ${String(n)}`, (run) => {
      run.performer.runOn(n);
    }),
);

/** Each of these changes what all others do: carried out once in `every` times that it is drawn. */
const rarely = (
  name: string,
  every: number,
  act: (run: ModelRun, changes: GroupChanges, at: number) => void,
): fc.Arbitrary<Wish> =>
  fc.tuple(pick, fc.nat(every - 1)).map(
    ([at, rare]) =>
      new Wish(`${name} ${String(at)}`, (run, changes) => {
        if (rare === 0) act(run, changes, at);
      }),
  );

const tearDown = rarely('teardown', 30, ({ topology }, changes, at) => {
  const left = topology.kept();
  const group = chosen(left, at);
  if (group !== undefined && left.length > 1 && !topology.lent.has(group)) changes.tearDown(group);
});

const MOST_DEVICES = 6;

const plug = fc.tuple(fc.nat(9), deviceKind()).map(
  ([rare, kind]) =>
    new Wish(`plug into ${String(kind.group)}`, ({ topology }, changes) => {
      const members = topology.members(kind.group);
      const first = members[0];
      if (rare !== 0 || first === undefined || !topology.isUsable(first)) return;
      if (members.length < MOST_DEVICES) changes.plug(kind);
    }),
);

const unplug = rarely('unplug', 8, ({ topology }, changes, at) => {
  const dev = chosen(topology.usable(), at);
  // With the last one the group would go, and its domain.
  if (dev !== undefined && topology.members(topology.groupOf(dev)).length > 1) changes.unplug(dev);
});

/** Away for a few commands: sooner back than away. */
const lend = fc.tuple(pick, fc.nat(9)).map(
  ([at, rare]) =>
    new Wish(`lend or return ${String(at)}`, ({ topology, machine }, changes) => {
      const group = chosen(topology.kept(), at);
      if (group === undefined) return;
      if (topology.lent.has(group)) changes.giveBack(group);
      // One that has lost a device comes back without its mappings: finding 80.
      else if (rare === 0 && (machine.driver === 'table' || !changes.shrunk.has(group)))
        changes.lend(group);
    }),
);

/** How often each is wished for. */
const WISHES = [
  ...Array.from({ length: 4 }, () => map),
  ...Array.from({ length: 3 }, () => unmap),
  ...Array.from({ length: 2 }, () => sync),
  ...Array.from({ length: 2 }, () => deviceWrites),
  deviceReads,
  cpuWrites,
  cpu,
  coherent,
  probe,
  advance,
  tearDown,
  plug,
  unplug,
  lend,
];

/** @param most commands of a run */
export function commandsOf(most: number): fc.Arbitrary<Iterable<ModelCommand>> {
  return fc.commands<Model, Subject>(WISHES, { maxCommands: most, size: 'max' });
}

function deviceKind(): fc.Arbitrary<ModelDevice> {
  return fc.record({
    group: fc.nat(1),
    coherent: fc.boolean(),
    untrusted: fc.nat(5).map((n) => n === 0),
    maxSegSize: fc.constantFrom(4096, 16_384, 65_536),
  });
}

/** As a VMM offers them: a request is as long as its address allows. */
const ALL_SIZES = Array.from({ length: 19 }, (_, i) => 4096 * 2 ** i);

/** What is chosen beforehand; absent: any. */
export type MachineChoice = Partial<Pick<ModelMachine, 'stage' | 'driver'>>;

export function machineOf({ stage, driver }: MachineChoice): fc.Arbitrary<ModelMachine> {
  return fc.record({
    stage:
      stage === undefined
        ? fc.constantFrom<ModelMachine['stage']>(4, 4, 4, 0, 1, 2, 3)
        : fc.constant(stage),
    pool: fc.nat(9).map((n) => n > 0),
    numSlots: fc.integer({ min: 1, max: 6 }),
    classSizes: fc.constantFrom(1 | 4 | 32, 1 | 4 | 32, 1, 1 | 4, 2 | 8),
    strict: fc.nat(3).map((n) => n > 0),
    cpus: fc.integer({ min: 1, max: 3 }),
    pageSizes: fc.constantFrom([4096], [4096, 2 ** 21], [4096, 2 ** 21, 2 ** 30], ALL_SIZES),
    devices: fc.array(deviceKind(), { minLength: 1, maxLength: 4 }),
    driver:
      driver === undefined
        ? fc.constantFrom<ModelMachine['driver']>('table', 'virtio')
        : fc.constant(driver),
    masks: fc.constant([]),
    windows: fc.constant([]),
  });
}
