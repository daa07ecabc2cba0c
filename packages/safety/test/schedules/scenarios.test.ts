// SPDX-License-Identifier: GPL-2.0-only
// Tests of the scenarios: what the code as it is does in all its schedules, certificates, replay, and that a run leaves
// nothing behind for the next.

import { expect } from 'chai';
import sinon from 'sinon';
import { list_for_each_entry } from '@iommu-bounce/linux-shim';
import {
  Brute,
  DERIVED,
  Dpor,
  Executor,
  Pct,
  type PoolMachine,
  type PoolProgram,
  SCENARIOS,
  checkCertificate,
  exploreSchedules,
  foataHash,
  poolProgram,
  replaySchedule,
  scheduleOf,
} from '@iommu-bounce/safety';

const LONG = process.env['TEST_LONG'] === '1';
/** A second and more of two cores. */
const LARGE = new Set(['three', 'lazy', 'virtio-direct']);
/** Classes, as docs/schedules.md has them; and schedules that were broken off. */
const CLASSES: Readonly<Record<string, readonly [number, number]>> = {
  ...{ 'map-unmap': [18, 0], 'same-permission': [234, 0], 'last-slot': [8, 0], evict: [5, 0] },
  ...{ 'evict-two': [76, 0], 'evict-two-rounds': [28, 0], 'late-device': [20, 0], sync: [18, 0] },
  ...{ interrupt: [6, 0], teardown: [4, 0], list: [18, 0], three: [1566, 33], lazy: [1015, 0] },
  ...{ virtio: [74, 0], 'virtio-teardown': [4, 0], 'virtio-direct': [1760, 0] },
  ...{ 'virtio-return': [68, 0] },
};

/** What the port and the parts of a run remember for themselves; nothing depends on it. */
const REMEMBERED =
  /\.(recent_slot|recent_group|recent_cookie|adj_phys|consecutive_pages|last|last_index|runs|moved)$/;

describe('all schedules of the code as it is @long', () => {
  for (const [name, { title, finds, small }] of Object.entries(SCENARIOS))
    if (LONG || !LARGE.has(name))
      it(`${name}: ${finds.length === 0 ? 'no failure' : finds.join()} where ${title}`, () => {
        const explored = exploreSchedules({ scenario: name, certificate: true });
        expect([...new Set(explored.failures.map(({ kind }) => kind))]).to.eql(finds);
        expect(explored.complete).to.equal(!finds.includes('data-race'));
        const { schedules, redundant, certificate } = explored;
        if (explored.complete) expect([schedules, redundant]).to.eql(CLASSES[name]);
        expect(certificate?.redundant).to.equal(redundant);
        expect(explored.classes).to.equal(schedules);
        if (!small || explored.certificate === undefined) return;
        const checked = checkCertificate(explored.certificate);
        expect(checked.problems).to.eql([]);
        expect([checked.holds, checked.classes]).to.eql([true, explored.classes]);
      });
});

describe('plain functions in place of generators', () => {
  /** Classes without plain forms: what runs is generators alone. */
  const GENERATORS = {
    ...DERIVED,
    iommu_c: class extends (DERIVED.iommu_c as new () => object) {},
  };

  for (const scenario of ['same-permission', 'evict-two', 'interrupt', 'sync', 'virtio'])
    for (const algorithm of ['dpor', 'brute', 'pct'] as const)
      it(`run the same schedules: ${algorithm} of ${scenario}`, () => {
        const options = { scenario, algorithm, limit: 300, certificate: true } as const;
        const plain = exploreSchedules(options);
        expect(plain).to.eql(exploreSchedules({ ...options, derived: GENERATORS }));
        expect(plain.schedules).to.be.greaterThan(5);
      });

  it('are called, also while a thread waits in one', () => {
    const rt = new Executor(SCENARIOS['same-permission']?.program() ?? expect.fail());
    const search = new Dpor(rt);
    rt.setStrategy(search);
    const called = sinon.spy(rt, 'callsNow');
    const waited = sinon.spy(rt, 'wait');
    while (search.next() !== null);
    const answers = called.returnValues;
    expect(answers.filter((one) => one).length).to.be.greaterThan(answers.length / 2);
    expect(waited.callCount).to.be.greaterThan(100);
  });
});

describe('accesses of a beginning that was run before', () => {
  for (const [name, kinds] of [
    ['list-again', ['data-race']],
    ['lazy-teardown', ['data-race', 'use-after-free', 'oops']],
    ['virtio-detach', ['data-race']],
    ['lazy', []],
  ] as const)
    it(`are reported as in a run from nothing: ${name}${name === 'list-again' ? '' : ' @long-only'}`, () => {
      const rt = new Executor(SCENARIOS[name]?.program() ?? expect.fail());
      const search = new Brute(rt, 3);
      rt.setStrategy(search);
      const seen = new Set<string>();
      for (let n = 0; n < 120 && search.next() !== null; n++) {
        const schedule = scheduleOf(rt);
        expect(replaySchedule(`${name}:${schedule}`).failures, schedule).to.eql(rt.failures);
        for (const { kind } of rt.failures) seen.add(kind);
      }
      expect([...seen].sort()).to.eql([...kinds].sort());
    });
});

describe('schedules of one class @long', () => {
  const tasks = {
    'two CPUs': [
      { does: 'map-unmap', dir: 'to' },
      { does: 'map-unmap', dir: 'to' },
    ],
    'a CPU and the eviction work': [{ does: 'map-unmap', dir: 'to', times: 2 }, { does: 'evict' }],
    'two CPUs and the eviction work': [
      { does: 'map-unmap', dir: 'from' },
      { does: 'map-unmap', dir: 'from' },
      { does: 'evict' },
    ],
  } as const;
  for (const [title, some] of Object.entries(tasks))
    it(`end in the same state: ${title}`, () => {
      const rt = new Executor(poolProgram({ tasks: some, slots: 1 }));
      const { machine } = rt.program as PoolProgram;
      const search = new Brute(rt, LONG ? 4 : 3);
      rt.setStrategy(search);
      const states = new Map<string, string>();
      let schedules = 0;
      for (let outcome = search.next(); outcome !== null; outcome = search.next()) {
        schedules++;
        const hash = foataHash(rt, search.clocks);
        const state = stateOf(machine);
        const known = states.get(hash);
        if (known !== undefined) expect(state, scheduleOf(rt)).to.equal(known);
        states.set(hash, state);
      }
      expect(schedules).to.be.greaterThan(states.size);
      expect(new Set(states.values()).size).to.be.greaterThan(1);
    });
});

/** Where each slot is, with which page, and what is mapped. */
function stateOf(machine: PoolMachine): string {
  const lists = machine.classes.flatMap((klass) =>
    [...klass.cached_slots, klass.empty_slots].map((list) =>
      [...list_for_each_entry(list)].map((slot) => [
        slot.index,
        slot.prot,
        slot.old_cache_entry,
        slot.bounce_buffer?.map((p) => p?.pfn),
      ]),
    ),
  );
  return JSON.stringify([
    lists,
    machine.mapped(),
    machine.k.usage(),
    machine.pool?.evict_work.work.pending,
  ]);
}

describe('virtio-iommu in schedules', () => {
  it('serves both CPUs from the pool in each run, and pins what is mapped', () => {
    const { program } = SCENARIOS['virtio'] ?? {};
    const rt = new Executor(program?.() ?? expect.fail());
    const { machine } = rt.program as PoolProgram;
    const search = new Brute(rt, 2);
    rt.setStrategy(search);
    let runs = 0;
    while (search.next() !== null) {
      runs++;
      expect(machine.mapped(), scheduleOf(rt)).to.be.greaterThan(0);
      expect(machine.pinned(), scheduleOf(rt)).to.equal(machine.mapped());
    }
    expect(runs).to.be.greaterThan(100);
  });

  it('keeps the requests of two threads apart', () => {
    // One has written its UNMAP and not sent it when the other writes one.
    expect(replaySchedule('virtio-direct:a8b15a').failures).to.eql([]);
  });

  it('finding: frees a page that a device still reaches while it leaves its domain', () => {
    const explored = exploreSchedules({ scenario: 'virtio-detach' });
    const found = explored.failures.find(({ kind }) => kind === 'device-sees-freed');
    const { steps } = replaySchedule(found?.schedule ?? '');
    const words = steps.map(({ thread, operation }) => `${operation} by ${thread}`);
    // The count of endpoints is lowered, the request that detaches the device is not made yet.
    expect(words.indexOf('device by device')).to.be.lessThan(words.lastIndexOf('lock by CPU 0'));
    expect(words.indexOf('device by device')).to.be.greaterThan(
      words.findIndex((one) => one.startsWith('free by evict')),
    );
  });
});

describe('a certificate', () => {
  const { certificate } = exploreSchedules({ scenario: 'evict', certificate: true });
  if (certificate === undefined) throw new Error('no certificate');

  it('does not hold without one of its classes', () => {
    const classes = certificate.classes.slice(1);
    const { holds, problems } = checkCertificate({ ...certificate, classes });
    expect(holds).to.equal(false);
    expect(problems.join()).to.match(/a class is missing/);
  });

  it('does not hold with one class twice', () => {
    const classes = [...certificate.classes, ...certificate.classes.slice(0, 1)];
    const { holds, problems } = checkCertificate({ ...certificate, classes });
    expect(holds).to.equal(false);
    expect(problems.join()).to.match(/are of one class/);
  });

  it('does not hold for another scenario', () => {
    expect(checkCertificate({ ...certificate, scenario: 'map-unmap' }).holds).to.equal(false);
  });
});

describe('exploreSchedules', () => {
  it('finds the same classes by every schedule', () => {
    const { classes } = exploreSchedules({ scenario: 'map-unmap' });
    const brute = exploreSchedules({ scenario: 'map-unmap', algorithm: 'brute' });
    expect(brute.classes).to.equal(classes);
    expect(brute.schedules).to.be.greaterThan(classes);
  });

  it('finds no more classes with more preemptions, and few with none', () => {
    const found = [0, 1, 2, 3].map(
      (preemptions) =>
        exploreSchedules({ scenario: 'map-unmap', algorithm: 'brute', preemptions }).classes,
    );
    expect(found[0]).to.equal(2); // one CPU after the other
    expect([...found].sort((a, b) => a - b)).to.eql(found);
  });

  it('adds up in parts', () => {
    const { schedules } = exploreSchedules({ scenario: 'same-permission' });
    const parts = [0, 1, 2, 3].map(
      (index) =>
        exploreSchedules({ scenario: 'same-permission', part: { index, of: 4 } }).schedules,
    );
    expect(parts.reduce((a, b) => a + b)).to.equal(schedules);
    expect(Math.max(...parts)).to.be.lessThan(schedules);
  });

  it('draws the same schedules from the same seed', () => {
    const draw = (seed: number): unknown => {
      const options = {
        scenario: 'three',
        algorithm: 'pct',
        limit: 50,
        certificate: true,
      } as const;
      return exploreSchedules({ ...options, seed }).certificate?.classes;
    };
    expect(draw(7)).to.eql(draw(7));
    expect(draw(7)).not.to.eql(draw(8));
  });

  it('says which scenarios there are', () => {
    expect(() => exploreSchedules({ scenario: 'none' })).to.throw(/expected one of map-unmap, /);
  });

  it('brings everything back before each run', () => {
    for (const lazy of [false, true]) {
      const rt = new Executor(
        poolProgram({
          slots: 1,
          lazy,
          tasks: [
            { does: 'map-unmap', dir: 'to', times: 3 },
            { does: 'map-sync-unmap' },
            { does: 'evict' },
          ],
        }),
      );
      const { machine, reset } = rt.program as PoolProgram;
      rt.run();
      reset();
      const before = machine.copy();
      const search = new Pct(rt, 3, 40);
      rt.setStrategy(search);
      while (search.next() !== null) {
        reset();
        const left = before.differences().filter((name) => !REMEMBERED.test(name));
        expect([...new Set(left)]).to.eql([]);
      }
    }
  });
});

describe('replaySchedule', () => {
  it('tells the steps of a schedule: thread, operation, object, line', () => {
    const { steps, outcome, failures } = replaySchedule('map-unmap:a3b2a');
    expect([outcome, failures]).to.eql(['complete', []]);
    expect(steps.slice(0, 6).map(({ thread, operation }) => `${thread} ${operation}`)).to.eql([
      'CPU 0 lock',
      'CPU 0 unlock',
      'CPU 0 alloc',
      'CPU 1 lock',
      'CPU 1 unlock',
      'CPU 0 iommu',
    ]);
    expect(steps[0]?.object).to.equal('io_buffer_class.lock 0');
    expect(steps[0]?.place).to.match(/^io-buffer-pool\.ts:\d+$/);
    expect(steps.map(({ preempts }, i) => (preempts ? i : -1)).filter((i) => i >= 0)).to.eql([
      3, 5,
    ]);
  });

  it('shows what a timer does that nobody waited for: the C of v5.14 too', () => {
    const brute = exploreSchedules({ scenario: 'lazy-teardown', algorithm: 'brute' });
    const found = brute.failures.find(({ kind }) => kind === 'oops');
    const { outcome, failures } = replaySchedule(found?.schedule ?? '');
    expect(outcome).to.equal('oops');
    expect(failures.map(({ what }) => what)).to.include(found?.what);
  });

  for (const [text, reason] of [
    ['map-unmap:a3z', /cannot go on/],
    ['map-unmap:3a', /expected letters of threads/],
    ['map-unmap:a900', /cannot go on/],
    ['nothing:a', /expected one of/],
  ] as const)
    it(`refuses ${text}`, () => {
      expect(() => replaySchedule(text)).to.throw(reason);
    });
});
