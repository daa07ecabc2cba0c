// SPDX-License-Identifier: GPL-2.0-only
// Few transcripts that between them do all that any does.

import { type ShippedTranscript, shippedTranscripts } from './fixtures';

type Fields = Readonly<Record<string, unknown>>;

/** Kinds of what an operation can return: where it fails, and in which way. */
function kindOf(ret: unknown): string {
  if (typeof ret === 'number') return ret === 0 ? 'none' : 'an address';
  return Array.isArray(ret) ? 'a list' : String(ret);
}

/** What a transcript does: its operations, where to and with what end; and the switches of its machine. */
function doings(text: string): Set<string> {
  const [header = {}, ...ops] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Fields);
  const done = new Set([`stage ${String(header['stage'])}`]);
  for (const part of ['config', 'params', 'domain', 'device'])
    for (const [name, value] of Object.entries((header[part] ?? {}) as Fields))
      if (typeof value === 'boolean') done.add(`${name} ${String(value)}`);
  if (Number(header['nr_cpus']) > 1) done.add('CPUs');
  for (const { op, dir, attrs, ret, dev, ...rest } of ops) {
    const death = ['oops', 'crash', 'hang', 'bug'].filter((name) => name in rest).join();
    const other = Number(dev ?? 0) > 0 ? 'another device' : '';
    done.add([op, dir, JSON.stringify(attrs), kindOf(ret), death, other].join(' '));
  }
  return done;
}

/** Bytes: what it takes to boot a machine is as much as that many of a transcript. */
const BOOT = 3000;

/** @param below bytes that the transcripts have at most; what only longer ones do is left out */
export function coveringTranscripts(below: number): ShippedTranscript[] {
  const all = shippedTranscripts
    .filter(({ text }) => text.length < below)
    .map((one) => ({ one, does: doings(one.text), cost: one.text.length + BOOT }));
  const left = new Set(all.flatMap(({ does }) => [...does]));
  const chosen: ShippedTranscript[] = [];
  while (left.size > 0) {
    const worth = ({ does, cost }: (typeof all)[number]): number =>
      [...does].filter((one) => left.has(one)).length / cost;
    const best = all.reduce((a, b) => (worth(b) > worth(a) ? b : a));
    chosen.push(best.one);
    for (const one of best.does) left.delete(one);
  }
  return chosen;
}
