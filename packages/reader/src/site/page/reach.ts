// SPDX-License-Identifier: GPL-2.0-only
// The tests and transcripts that reach a function: their names are written out when somebody asks for them.

import { numbersIn } from '../../ranges';

interface ReachData {
  readonly t: readonly (readonly [number, string])[];
  readonly s: readonly (readonly [number, string])[];
}

export function startReach(): void {
  const text = document.getElementById('-reach')?.textContent;
  if (!text) return;
  const data = JSON.parse(text) as ReachData;
  const [transcripts, tests] = [written(data.t), written(data.s)];
  for (const details of document.querySelectorAll<HTMLDetailsElement>('details.r'))
    details.addEventListener('toggle', () => {
      if (!details.open || details.querySelector('div')) return;
      const box = document.createElement('div');
      box.tabIndex = 0;
      box.append(
        ...list('Test files', names(details.dataset['s'] ?? '', tests)),
        ...list('Transcripts', names(details.dataset['t'] ?? '', transcripts)),
      );
      details.append(box);
    });
}

/** The names of which each has only what the one before does not begin with. */
function written(coded: ReachData['t']): string[] {
  let before = '';
  return coded.map(([shared, rest]) => (before = before.slice(0, shared) + rest));
}

/** 0-3,7 as the names with these numbers. */
function names(ranges: string, all: readonly string[]): string[] {
  return numbersIn(ranges).flatMap((n) => all[n] ?? []);
}

function list(title: string, items: readonly string[]): HTMLElement[] {
  if (items.length === 0) return [];
  const heading = document.createElement('strong');
  heading.textContent = title;
  const lines = items.map((text) => {
    const line = document.createElement('li');
    line.textContent = text;
    return line;
  });
  const box = document.createElement('ul');
  box.append(...lines);
  return [heading, box];
}
