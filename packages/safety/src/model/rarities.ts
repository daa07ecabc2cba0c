// SPDX-License-Identifier: GPL-2.0-only
// What about half of the runs have besides: narrow devices, reserved addresses, and so many addresses at a time that their
// caches overflow. It is
// drawn after all else, so that a run without it is as it was.

import fc from 'fast-check';
import { type ModelCommand, Wish } from './commands';
import type { MaskBits, ModelMachine, Window } from './machine-kind';
import type { ModelRun } from './model-run';
import type { ReferenceMapping } from './reference';

export interface Rarity {
  readonly change: Partial<Pick<ModelMachine, 'masks' | 'windows'>>;
  /** Beside the commands of the run, each at its share of them, thousandths. */
  readonly extras: readonly (readonly [number, ModelCommand])[];
}

const PAGE = 4096;
const share = fc.nat(999);

/** Enough for all that a run maps, with the pool; too few for what `allocTooMuch` asks for. */
const BITS: readonly MaskBits[] = [
  { streaming: 48, coherent: 48 },
  { streaming: 48, coherent: 32 },
  { streaming: 32, coherent: 32 },
  { streaming: 32, coherent: 28 },
  { streaming: 28, coherent: 28 },
  { streaming: 32, coherent: 20 },
];
const masks = fc.array(fc.constantFrom(...BITS), { minLength: 1, maxLength: 6 });

/** Where addresses are taken from, downwards: of the aperture, of PCI devices, of those with 28 bits. */
const TOPS = [2 ** 40, 2 ** 32, 2 ** 28];
const windowBelow = (top: number): fc.Arbitrary<Window> =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 16 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom<Window['type']>('reserved', 'msi'),
    )
    .map(([below, pages, type]) => ({
      start: top - below * PAGE,
      length: Math.min(below, pages) * PAGE,
      type,
    }));
const windows = fc.tuple(...TOPS.map(windowBelow));

const tooMuch = fc.nat(1000).map(
  (at) =>
    new Wish(`too much ${String(at)}`, (run) => {
      const narrow = run.topology.usable().filter((dev) => run.isNarrow(dev));
      const dev = narrow[at % Math.max(1, narrow.length)];
      if (dev !== undefined) run.allocTooMuch(dev);
    }),
);

const doorbell = fc.tuple(fc.nat(1000), fc.nat(1000)).map(
  ([at, within]) =>
    new Wish(`doorbell ${String(at)}`, (run) => {
      const { machine, topology } = run;
      const all = machine.driver === 'table' ? machine.windows : [];
      const msi = all.find(({ type }) => type === 'msi');
      const usable = topology.usable();
      const dev = usable[at % Math.max(1, usable.length)];
      // Registers of 4 bytes.
      if (msi && dev !== undefined)
        run.prepareMsi(dev, msi.start + Math.floor(((within / 1001) * msi.length) / 4) * 4);
    }),
);

/** More ranges of one size than both magazines of a CPU hold, which are 2 x 128, so that their depot is used. */
const burst = fc.tuple(fc.nat(1000), fc.nat(5), fc.integer({ min: 257, max: 264 })).map(
  ([at, buffer, count]) =>
    new Wish(`burst ${String(count)}`, (run) => {
      mapAndUnmap(run, at, buffer, count);
    }),
);

function mapAndUnmap(run: ModelRun, at: number, buffer: number, count: number): void {
  const usable = run.topology.usable();
  const dev = usable[at % Math.max(1, usable.length)];
  const pieces = [{ buffer, offset: 0, length: 16 }];
  if (dev === undefined || !run.reference.mayMap(pieces, 'to_device')) return;
  const mine: ReferenceMapping[] = [];
  for (let i = 0; i < count; i++) mine.push(run.map(dev, 'page', pieces, 'to_device', true));
  for (const mapping of mine) run.unmap(mapping, true);
}

const none: fc.Arbitrary<Rarity> = fc.constant({ change: {}, extras: [] });
const narrow = fc
  .tuple(masks, fc.array(fc.tuple(share, tooMuch), { maxLength: 3 }))
  .map(([all, extras]): Rarity => ({ change: { masks: all }, extras }));
const reserved = fc
  .tuple(windows, fc.array(fc.tuple(share, doorbell), { maxLength: 2 }))
  .map(([all, extras]): Rarity => ({ change: { windows: all }, extras }));
const both = fc.tuple(narrow, windows).map(([{ change, extras }, all]): Rarity => ({
  change: { ...change, windows: all },
  extras,
}));
const overflow = fc
  .array(fc.tuple(share, burst), { minLength: 1, maxLength: 2 })
  .map((extras): Rarity => ({ change: {}, extras }));

/** How often of 40 each comes: a burst is of as many operations as several runs. */
export function rarities(): fc.Arbitrary<Rarity> {
  return fc.oneof(
    { weight: 21, arbitrary: none },
    { weight: 8, arbitrary: narrow },
    { weight: 6, arbitrary: reserved },
    { weight: 4, arbitrary: both },
    { weight: 1, arbitrary: overflow },
  );
}

/** The commands with those that a rarity adds. */
export function woven(commands: readonly ModelCommand[], { extras }: Rarity): ModelCommand[] {
  const all = [...commands];
  for (const [at, command] of extras)
    all.splice(Math.floor((at / 1000) * (all.length + 1)), 0, command);
  return all;
}
