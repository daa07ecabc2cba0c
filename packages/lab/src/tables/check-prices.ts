// SPDX-License-Identifier: GPL-2.0-only
// `check --prices` on a terminal: what each fix changes, size by size, and how to read it.

import { blockSize, count } from '../show/format';
import { type Part, type TablePart, partsText } from '../show/parts';
import type { Screen } from '../show/text';
import type { CheckPricesDocument, PricedSize } from './check-document';

type Price = CheckPricesDocument['prices'][number];
type Figure = 'throughput' | 'cpu';

export function checkPricesText(document: CheckPricesDocument, screen: Screen): string {
  return partsText(priceParts(document), screen);
}

function priceParts({ ios, prices }: CheckPricesDocument): Part[] {
  const priced = prices.filter(
    (one) => changes(one.sizes, 'throughput') || changes(one.sizes, 'cpu'),
  );
  const free = prices.filter((one) => !priced.includes(one)).map(({ fix }) => fix);
  return [
    `What each fix costs, simulated with the calibrated cost model, not measured: the pool with this fix alone, compared to the pool of the series without fixes. For each size ${count(ios)} sequential reads or writes, queue depth 64.`,
    ...(priced.length > 0 ? pricedParts(priced) : []),
    ...(free.length > 0
      ? [`No change here, where the I/Os may not run their code: ${free.join(', ')}.`]
      : []),
    'The model charges copies, clears, locks, allocations and requests, not single instructions.',
  ];
}

function pricedParts(prices: readonly Price[]): Part[] {
  const saved = prices.flatMap(({ fix, sizes }) =>
    sizes
      .filter(({ interrupts }) => Math.abs(interrupts) >= LEAST)
      .map(({ rw, bs, interrupts: n }) => `${fix} ${signed(n, 2)} at ${rw} ${blockSize(bs)}`),
  );
  return [
    priceTable('Throughput, change in %: −5.0 is 5 % slower.', prices, 'throughput'),
    priceTable('CPU time per I/O, change in %: +5.0 is 5 % more.', prices, 'cpu'),
    'A fix or direction without a row: no change. 0: less than 0.05 %. At 64k and 128k the drive limits throughput, so more CPU time does not lower it.',
    ...(saved.length > 0
      ? [
          `Interrupts per I/O, change: ${saved.join(', ')}. A completion that takes longer can go on until the next one is there, and saves its interrupt: so more work can take less time.`,
        ]
      : []),
    prices.map(({ fix, what }) => `${fix}: ${what}`),
  ];
}

function priceTable(title: string, prices: readonly Price[], figure: Figure): TablePart {
  const blockSizes = [...new Set(prices.flatMap(({ sizes }) => sizes.map(({ bs }) => bs)))];
  const rows = prices.flatMap(({ fix, findings, sizes }) =>
    (['read', 'write'] as const).flatMap((rw) => {
      const own = sizes.filter((one) => one.rw === rw);
      const cells = own.map((one) => percent(one[figure]));
      return changes(own, figure) ? [[fix, findings.join(', '), rw, ...cells]] : [];
    }),
  );
  const head = ['fix', 'findings', 'I/O', ...blockSizes.map(blockSize)];
  return { title, head, rows, numbersFrom: 3, keys: 1 };
}

function changes(sizes: readonly PricedSize[], figure: Figure): boolean {
  return sizes.some((one) => percent(one[figure]) !== '0');
}

/** Changes below this are shown as none: %, or interrupts per I/O. */
const LEAST = 0.05;

function percent(share: number): string {
  const value = 100 * share;
  if (Math.abs(value) < LEAST) return '0';
  return signed(value, 1);
}

function signed(value: number, decimals: number): string {
  return `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(decimals)}`;
}
