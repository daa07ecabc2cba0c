// SPDX-License-Identifier: GPL-2.0-only
// What an open play page shows, and what it should show of a frame.

import type { Page } from 'puppeteer-core';
import type { Steps } from '../../src/play/contract';
import { announcement } from '../../src/play/view/announce';
import { Reach } from '../../src/play/view/reach';
import { classView } from '../../src/play/view/slot-cells';
import { grouped, hex, requestNoun, sizeText } from '../../src/words';

export interface Shown {
  readonly call: string;
  readonly happened: string;
  /** `index code`, of all cells. */
  readonly cells: readonly string[];
  /** Addresses, size, access and sentence of each range. */
  readonly ranges: readonly string[];
  readonly counts: readonly string[];
}

/** Read from the elements, as a reader sees them. */
export async function shown(page: Page): Promise<Shown> {
  return (await page.evaluate(`(() => {
    const text = (one) => one.textContent.trim();
    const all = (selector) => [...document.querySelectorAll(selector)];
    return {
      call: text(document.getElementById('call')),
      happened: text(document.getElementById('happened')),
      cells: all('.slots .slot').map((one) => text(one.children[0]) + ' ' + text(one.children[1])),
      ranges: all('#reach tbody tr:not(.domain)').map((row) => [...row.cells].map(text).join(' | ')),
      counts: all('#counts td').map(text),
    };
  })()`)) as Shown;
}

/** The same of a frame of the port, stepped in this process. */
export function expected(steps: Steps, step: number): Shown {
  const frame = steps.frame(step);
  const previous = step > 0 ? steps.frame(step - 1) : undefined;
  const cells = frame.pools.flatMap(({ domain, classes }) => {
    const before = previous?.pools.find((pool) => pool.domain === domain);
    return classes
      .flatMap((one, i) => classView(one, before?.classes[i]).parts)
      .flatMap((part) => (part.kind === 'cells' ? part.cells : []))
      .map(({ index, code }) => `${grouped(index)} ${code}`);
  });
  const ranges = new Reach((at) => steps.frame(at)).view(step, 40).rows;
  const counts = (['requests', 'exits', 'copiedBytes'] as const).flatMap((name) => {
    const both = [frame.counts[name], frame.countsWithout[name]];
    const write = name === 'copiedBytes' ? sizeText : grouped;
    return both.flatMap((value) => (value === null ? [] : [write(value)]));
  });
  return {
    call: step === 0 ? 'nothing has been called' : frame.call,
    happened: previous
      ? `${announcement(previous, frame, requestNoun(steps.requestsLabel))}.`
      : 'Before the first step.',
    cells,
    ranges: ranges.map(({ range, unwanted, text }) =>
      [
        `${hex(range.iova)} → ${hex(range.phys)}`,
        sizeText(range.size),
        range.access,
        `${unwanted ? '⚠' : '✓'} ${text}`,
      ].join(' | '),
    ),
    counts,
  };
}
