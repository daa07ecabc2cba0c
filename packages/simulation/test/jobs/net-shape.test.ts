// SPDX-License-Identifier: GPL-2.0-only
// The network shape beside the traces it was counted from, which are read again here.

import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { readTrace } from '@iommu-bounce/dma-trace';
import {
  NET_FIGURES,
  NET_SHAPE_NAMES,
  NetShape,
  type NetShapeName,
  RX_RING,
  TX_RING,
  netFramesNeeded,
} from '../../src/jobs';

const LONG = process.env['TEST_LONG'] === '1';
const TRACES = join(__dirname, '../../../../test-fixtures/traces');
const ARENA_START = 1003;

/** One mapping or unmapping, of a trace or of the generator. */
interface Step {
  readonly tx: boolean;
  readonly map: boolean;
  readonly bytes: number;
  /** Physical; 0 in an unmapping of a trace. */
  readonly address: number;
}

async function recorded(name: NetShapeName): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const event of readTrace(join(TRACES, `virtio.net-${name}.trace.txt.gz`))) {
    if (event.kind !== 'mapPage' && event.kind !== 'unmapPage') continue;
    const map = event.kind === 'mapPage';
    const address = event.kind === 'mapPage' ? event.phys : 0;
    steps.push({ tx: event.dir === 'TO_DEVICE', map, bytes: event.size, address });
  }
  return steps;
}

function shapeOf(name: NetShapeName, seed: number): NetShape {
  return new NetShape(name, seed, { firstPfn: ARENA_START, frames: netFramesNeeded(name) });
}

/** The generator's steps, without the ring's first filling: a trace begins later. */
function generated(name: NetShapeName, seed: number, n: number): Step[] {
  const shape = shapeOf(name, seed);
  for (let i = 0; i < RX_RING; i++) shape.next();
  return Array.from({ length: n }, () => {
    shape.next();
    const { operation, pfn, offset, bytes } = shape;
    return {
      tx: operation === 'send' || operation === 'sent',
      map: operation === 'post' || operation === 'send',
      bytes,
      address: pfn * 4096 + offset,
    };
  });
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => a + b, 0) / numbers.length;

/** Lengths of the runs of steps that are so. */
function runs(steps: readonly Step[], so: (step: Step) => boolean): number[] {
  const lengths: number[] = [];
  let before = false;
  for (const step of steps) {
    if (so(step)) {
      if (before) lengths.push((lengths.pop() ?? 0) + 1);
      else lengths.push(1);
    }
    before = so(step);
  }
  return lengths;
}

function figures(steps: readonly Step[]): Record<string, number> {
  const rx = steps.filter(({ tx, map }) => !tx && map);
  const tx = steps.filter(({ tx, map }) => tx && map);
  const crossing = rx.filter(({ address, bytes }) => (address % 4096) + bytes > 4096);
  const large = tx.filter(({ bytes }) => bytes > 1300);
  return {
    'RX buffers of 2048 bytes': mean(rx.map(({ bytes }) => Number(bytes === 2048))),
    'RX buffers in two pages': crossing.length / rx.length,
    'RX buffers posted together': mean(runs(steps, ({ tx, map }) => !tx && map)),
    'TX per RX': tx.length / rx.length,
    'bytes of a TX': mean(tx.map(({ bytes }) => bytes)),
    'TX above 1300 bytes': large.length / tx.length,
    'TX mapped together': mean(runs(steps, ({ tx, map }) => tx && map)),
  };
}

function mostInFlight(steps: readonly Step[], tx: boolean): number {
  let live = 0;
  let most = 0;
  for (const step of steps) if (step.tx === tx) most = Math.max(most, (live += step.map ? 1 : -1));
  return most;
}

describe('NetShape', function () {
  this.timeout(20_000);

  for (const name of NET_SHAPE_NAMES) {
    it(`${name}: has the proportions of the recorded trace, within 10 % @long`, async () => {
      const real = figures(await recorded(name));
      const made = figures(generated(name, 1, LONG ? 200_000 : 50_000));
      for (const [what, value] of Object.entries(real)) {
        if (value === 0) expect(made[what], what).to.equal(0);
        else expect((made[what] as number) / value, what).to.be.within(0.9, 1.1);
      }
    });

    it(`${name}: has the recorded sizes and places of receive buffers, exactly`, async () => {
      const places = (steps: readonly Step[]): string[] =>
        [
          ...new Set(
            steps
              .filter(({ tx, map }) => !tx && map)
              .map(({ address, bytes }) => `${String(address % 32768)}+${String(bytes)}`),
          ),
        ].sort();
      const real = places(await recorded(name));
      expect(real).to.have.length(21);
      expect(places(generated(name, 2, 20_000))).to.deep.equal(real);
    });

    it(`${name}: has no more in flight than was recorded`, async () => {
      const real = await recorded(name);
      const made = generated(name, 3, 50_000);
      expect(mostInFlight(made, true)).to.equal(mostInFlight(real, true));
      expect(mostInFlight(made, true)).to.be.at.most(TX_RING);
    });

    it(`${name}: its table says what the trace holds`, async () => {
      const real = await recorded(name);
      const tx = real.filter(({ tx, map }) => tx && map);
      const { txBytes, txPages, rxBlocks, txBurst } = NET_FIGURES[name];
      const total = (list: readonly (readonly [number, number])[]): number =>
        list.reduce((sum, [, times]) => sum + times, 0);
      expect(total(txBytes)).to.equal(tx.length);
      for (const [bytes, times] of txBytes.filter(([, times]) => times > 50))
        expect(
          times / tx.filter((step) => step.bytes === bytes).length,
          String(bytes),
        ).to.be.within(1, 1.05);
      expect(new Set(tx.map(({ address }) => Math.floor(address / 4096))).size).to.equal(txPages);
      const rx = real.filter(({ tx, map }) => !tx && map);
      expect(new Set(rx.map(({ address }) => Math.floor(address / 32768))).size).to.equal(rxBlocks);
      const sent = txBurst.reduce((sum, [n, times]) => sum + n * times, 0);
      expect(sent / tx.length).to.be.within(0.98, 1.02);
    });
  }

  it('maps and unmaps each slot in turn, in its arena, and no buffer over another @long-only', () => {
    const shape = fc.record({ name: fc.constantFrom(...NET_SHAPE_NAMES), seed: fc.integer() });
    fc.assert(
      fc.property(shape, ({ name, seed }) => {
        const net = shapeOf(name, seed);
        const live = new Map<string, string>();
        const queues = { rx: [] as number[], tx: [] as number[] };
        for (let i = 0; i < 5000; i++) {
          net.next();
          const { operation, slot, pfn, offset, bytes } = net;
          const side = operation === 'post' || operation === 'take' ? 'rx' : 'tx';
          const key = `${side}${String(slot)}`;
          const where = `${String(pfn)}+${String(offset)}+${String(bytes)}`;
          if (operation === 'post' || operation === 'send') {
            expect(live.has(key)).to.equal(false);
            if (side === 'rx') expect([...live.values()]).not.to.include(where);
            live.set(key, where);
            queues[side].push(slot);
          } else {
            expect(live.get(key)).to.equal(where);
            expect(queues[side].shift()).to.equal(slot);
            live.delete(key);
          }
          expect(bytes).to.be.above(0);
          expect(pfn).to.be.at.least(ARENA_START);
          const last = pfn + Math.ceil((offset + bytes) / 4096) - 1;
          expect(last).to.be.below(ARENA_START + netFramesNeeded(name));
          if (side === 'tx') expect(last).to.equal(pfn);
        }
        expect(queues.rx.length).to.be.within(1, RX_RING);
      }),
      { numRuns: LONG ? 10 : 1 },
    );
  });

  it('is the same for the same seed, another for another', () => {
    expect(generated('tx', 7, 500)).to.deep.equal(generated('tx', 7, 500));
    expect(generated('tx', 7, 500)).not.to.deep.equal(generated('tx', 8, 500));
  });

  it('refuses an arena that is too small', () => {
    const arena = { firstPfn: 1, frames: netFramesNeeded('tx') - 1 };
    expect(() => new NetShape('tx', 1, arena)).to.throw(RangeError, 'needs');
  });
});
