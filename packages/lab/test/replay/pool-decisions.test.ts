// SPDX-License-Identifier: GPL-2.0-only
// Pool decisions of a model machine (another implementation than the port) replayed: every one has to be the same.

import { expect } from 'chai';
import { type PoolSection, type ReplayDocument, agrees } from '../../src/compare';
import { type Options, type Replayer, describeOnEach } from './helpers';
import { ModelMachine } from './model-machine';
import type { ModelOptions } from './model-pool';

const LONG = process.env['TEST_LONG'] === '1';
const CALLS = LONG ? 200 : 100;

const BASE: ModelOptions = {
  seed: 1,
  numSlots: 64,
  classes: [4096, 16384, 131072],
  depth: 24,
  bursts: [
    { calls: 3 * CALLS, idleMs: 3000 },
    { calls: 2 * CALLS, idleMs: 12_000 },
    { calls: 2 * CALLS, idleMs: 11_000 },
  ],
};

const params = (slots: number, classes: readonly number[]): string =>
  `io_buffer_pool.num_slots=${String(slots)} io_buffer_pool.class_sizes=${String(
    classes.reduce((mask, size) => mask | (size / 4096), 0),
  )}`;

function pool(document: ReplayDocument): PoolSection {
  if (!document.pool_agreement) throw new Error('no pool_agreement');
  return document.pool_agreement;
}

/** What the model machine does with BASE; run once. */
const baseText = new ModelMachine(BASE).run().text();

describeOnEach('pool decisions of a recorded boot', (on) => {
  // Only the state that has a pool, unless a test asks for others.
  const replayText: Replayer['replayText'] = (text, options) =>
    on.replayText(text, { patches: [4], ...options });
  const replay = (options: ModelOptions, from = 0, more: Options = {}): Promise<ReplayDocument> =>
    replayText(new ModelMachine(options).run().text(from), {
      params: params(options.numSlots, options.classes),
      ...more,
    });

  for (const seed of LONG ? [1, 2] : [1])
    it(`are all the port's own, with two CPUs and workers interleaved (seed ${String(seed)}) @long-only`, async () => {
      const document = await replay({ ...BASE, seed }, 0, { patches: [0, 4] });
      const p = pool(document);
      expect(p.differences).to.deep.equal([]);
      expect(p.decisions_equal).to.equal(p.decisions_compared);
      expect(p.decisions_compared).to.equal(p.decisions_recorded);
      expect(p.by_kind['evict take'].compared).to.be.above(10);
      expect(p.by_kind['too big'].compared).to.be.above(10);
      expect(p.worker_runs.pending).to.equal(p.worker_runs.recorded);
      expect(p.worker_runs.due_compared).to.equal(p.worker_runs.recorded);
      expect(p.worker_runs.due_agrees).to.equal(p.worker_runs.due_compared);
      expect(p.worker_runs.due_same_jiffy).to.equal(p.worker_runs.due_compared);
      expect(p.timer_wheels).to.have.length(1);
      expect(p.timer_wheels[0]).to.include({ hz: 250, bucket_us: 256_000 });
      expect(p.timer_wheels[0]?.spread_us).to.be.below(4000);
      expect(document.agreement.mappings_equal).to.equal(document.agreement.mappings_with_events);
      expect(agrees(document)).to.equal(true);
    });

  it('agree while the workers run in the middle of the traffic @long', async () => {
    // Calls go on for longer than the worker's period: some land between two of its locks.
    const document = await replay({
      ...BASE,
      seed: 4,
      bursts: Array.from({ length: 30 }, () => ({ calls: 80, idleMs: 700 })),
    });
    const p = pool(document);
    expect(p.differences).to.deep.equal([]);
    expect(p.decisions_equal).to.equal(p.decisions_recorded);
    expect(p.worker_runs.recorded).to.be.above(2);
  });

  it('of a 1,000 Hz machine fall where its wheel puts them, not where that of 250 Hz does @long-only', async () => {
    // Bursts after pauses of many lengths: they arm the worker anew at any phase.
    const bursts = Array.from({ length: 10 }, (_, i) => ({ calls: 20, idleMs: 12_000 + 97 * i }));
    const text = new ModelMachine({ ...BASE, seed: 6, hz: 1000, bursts }).run().text();
    for (const facts of [{ CONFIG_HZ: 1000 }, {}, { CONFIG_HZ: 250 }]) {
      const { worker_runs: runs, timer_wheels: wheels } = pool(
        await replayText(text, { params: params(64, BASE.classes), facts }),
      );
      expect(runs.due_compared).to.be.above(15);
      if (facts.CONFIG_HZ === 250) expect(runs.due_agrees).to.be.below(runs.due_compared);
      else {
        expect(runs.due_agrees).to.equal(runs.due_compared);
        expect(wheels[0]).to.include({
          hz: 1000,
          hz_from: facts.CONFIG_HZ === undefined ? 'runs' : 'facts',
          bucket_us: 512_000,
        });
      }
    }
  });

  it('are not due when they ran, where the recorded machine has no timer wheel @long', async () => {
    const bursts = Array.from({ length: 10 }, (_, i) => ({ calls: 20, idleMs: 12_000 + 97 * i }));
    const text = new ModelMachine({ ...BASE, seed: 6, hz: null, bursts }).run().text();
    const p = pool(await replayText(text, { params: params(64, BASE.classes) }));
    expect(p.decisions_equal).to.equal(p.decisions_recorded);
    expect(p.worker_runs.due_agrees).to.be.below(p.worker_runs.due_compared);
    expect(p.timer_wheels[0]?.spread_us).to.be.above(100_000);
  });

  it('agree with few slots, where classes run full @long-only', async () => {
    const p = pool(await replay({ ...BASE, numSlots: 4 }));
    expect(p.differences).to.deep.equal([]);
    expect(p.by_kind.full.compared).to.be.above(50);
    expect(p.decisions_equal).to.equal(p.decisions_recorded);
  });

  it('agree with six classes @long-only', async () => {
    const classes = [4096, 8192, 16384, 32768, 65536, 131072];
    const p = pool(await replay({ ...BASE, seed: 7, classes }));
    expect(p.differences).to.deep.equal([]);
    expect(p.decisions_equal).to.equal(p.decisions_recorded);
  });

  it('agree where fills failed on the recorded machine @long', async () => {
    const document = await replay({ ...BASE, failingFills: 20 });
    const p = pool(document);
    expect(p.differences).to.deep.equal([]);
    expect(p.decisions_equal).to.equal(p.decisions_recorded);
    expect(document.states[0]?.fallbacks_by_reason.fill_failed).to.be.above(5);
  });

  it('agree for two devices with a pool each @long', async () => {
    const document = await replay({ ...BASE, seed: 3, devices: ['0000:00:05.0', '0000:00:06.0'] });
    const p = pool(document);
    expect(p.differences).to.deep.equal([]);
    expect(p.decisions_equal).to.equal(p.decisions_recorded);
    expect(document.states[0]?.devices.map((one) => one.device)).to.deep.equal([
      '0000:00:05.0',
      '0000:00:06.0',
    ]);
  });

  for (const from of LONG ? [50, 777, 2222, 4000] : [50, 1000, 2000])
    it(`agree when the recording began later (${String(from)} lines left out) @long`, async () => {
      const document = await replay({ ...BASE, seed: 5, ring: 10 }, from);
      const p = pool(document);
      expect(p.differences).to.deep.equal([]);
      expect(p.decisions_equal).to.equal(p.decisions_compared);
      const left = Object.values(p.not_compared).reduce((sum, n) => sum + n, 0);
      expect(p.decisions_compared + left).to.equal(p.decisions_recorded);
      expect(left).to.be.within(1, p.decisions_recorded * 0.2);
    });

  it('do not count a class that is full of mappings from before the recording @long', async () => {
    const options = { ...BASE, numSlots: 8, ring: 8, classes: [4096] };
    const machine = new ModelMachine(options).run();
    const from = machine.lines.findIndex((line) => line.includes('obs_pool_full'));
    const p = pool(await replayText(machine.text(from), { params: params(8, [4096]) }));
    expect(p.by_kind.full.recorded).to.be.above(100);
    expect(p.by_kind.full.compared).to.equal(0);
    expect(p.decisions_equal).to.equal(p.decisions_compared);
  });

  it('differ once, and fail, where one slot number of the trace is changed @long', async () => {
    const lines = ['obs_pool_take from=cache', 'obs_pool_unmap', 'obs_pool_evict_take'];
    if (LONG) lines.push('obs_pool_map', 'obs_pool_release', 'obs_pool_fill');
    for (const line of lines) {
      const at = baseText.indexOf(line, baseText.length / 3);
      const changed =
        baseText.slice(0, at) +
        baseText.slice(at).replace(/slot=(\d+)/, (_, n) => `slot=${String(Number(n) + 1)}`);
      const document = await replayText(changed, { params: params(64, BASE.classes) });
      const p = pool(document);
      expect(p.decisions_compared - p.decisions_equal, line).to.equal(1);
      expect(p.differences, line).to.have.length(1);
      expect(agrees(document)).to.equal(false);
    }
  });

  it('differ where the recorded worker evicted a slot that was not marked @long', async () => {
    const machine = new ModelMachine(BASE).run();
    // Without its first run nothing is marked when the second one comes.
    const first = machine.lines.findIndex((line) => line.includes('obs_pool_evict_run'));
    machine.lines.splice(first, 1);
    const p = pool(await replayText(machine.text(), { params: params(64, BASE.classes) }));
    expect(p.by_kind['evict take'].equal).to.be.below(p.by_kind['evict take'].compared);
  });

  it('differ under other parameters than those of the recorded machine @long', async () => {
    const text = new ModelMachine({ ...BASE, numSlots: 4 }).run().text();
    const document = await replayText(text, { params: params(64, BASE.classes) });
    expect(agrees(document)).to.equal(false);
  });

  it('take slots and classes from the facts, and from --params over them @long-only', async () => {
    const text = new ModelMachine({ ...BASE, numSlots: 4, classes: [8192, 65536] }).run().text();
    const facts = { kernel_cmdline: `quiet ${params(4, [8192, 65536])}` };
    expect(agrees(await replayText(text, { facts }))).to.equal(true);
    const other = await replayText(text, { facts, params: params(8, [8192, 65536]) });
    expect(other.pool_agreement, 'a what-if has nothing to agree with').to.equal(undefined);
    expect(agrees(other)).to.equal(true);
    expect(other.params.join()).to.include('num_slots=8');
  });

  it('are not compared in states without the pool @long', async () => {
    const document = await replayText(baseText, { patches: [0] });
    expect(document.pool_agreement).to.equal(undefined);
    expect(document.states.map((state) => state.patches)).to.deep.equal([0]);
    expect(document.agreement.mappings_equal).to.equal(document.agreement.mappings_compared);
    expect(document.agreement.mappings_compared).to.be.above(0);
  });
});
