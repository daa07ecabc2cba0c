// SPDX-License-Identifier: GPL-2.0-only
// The tests and transcripts that reach a function: their names are written out when somebody asks for them.

interface ReachData {
  readonly t: readonly string[];
  readonly s: readonly string[];
}

export function startReach(): void {
  const text = document.getElementById('-reach')?.textContent;
  if (!text) return;
  const data = JSON.parse(text) as ReachData;
  for (const details of document.querySelectorAll<HTMLDetailsElement>('details.r'))
    details.addEventListener('toggle', () => {
      if (!details.open || details.querySelector('div')) return;
      const box = document.createElement('div');
      box.tabIndex = 0;
      box.append(
        ...list('Test files', names(details.dataset['s'] ?? '', data.s)),
        ...list('Transcripts', names(details.dataset['t'] ?? '', data.t)),
      );
      details.append(box);
    });
}

/** 0-3,7 as the names with these numbers. */
function names(ranges: string, all: readonly string[]): string[] {
  return ranges
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [from = 0, to = from] = range.split('-').map(Number);
      return all.slice(from, to + 1);
    });
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
