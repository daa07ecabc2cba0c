// SPDX-License-Identifier: GPL-2.0-only
// Documents of a capture before and after it was anonymised: all but names, places and addresses has to be the same.

import { expect } from 'chai';
import { unchecked } from './run-cli';

/** Fields that hold a name, a place or an address. */
const NAMED = new Set([
  ...[
    'iova',
    'dma_addr',
    'phys',
    'paddr',
    'address',
    'recorded_iova_base',
    'port_iova_base',
    'task',
  ],
]);
/** The one section that is about addresses themselves. */
const NOT_COMPARED = new Set(['addresses']);

function masked(text: string): string {
  return text
    .replace(/\/?[\w./+-]*\.(?:txt|json)(?:\.(?:gz|zst|xz))?/g, 'FILE')
    .replace(/0x[\da-f]+/g, '0x#')
    .replace(/\b[\da-f]{4,6}:[\da-f]{2}:[\da-f]{2}\.\d\b/g, 'DEVICE')
    .replace(/(freed with|allocated as) [\da-f]{16}/g, '$1 POINTER');
}

/** Devices, also those of other buses, get numbers by their first place: two of one name have to be two of one name again. */
function figuresOf(document: unknown): unknown {
  const numbers = new Map<string, number>();
  const numberOf = (device: string): number => {
    const number = numbers.get(device) ?? numbers.size + 1;
    numbers.set(device, number);
    return number;
  };
  const of = (value: unknown, key: string): unknown => {
    if (typeof value === 'string')
      return key === 'device' && value !== '' ? numberOf(value) : masked(value);
    if (Array.isArray(value)) return value.map((one) => of(one, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !NAMED.has(name) && !NOT_COMPARED.has(name))
        .map(([name, one]) => [masked(name), of(one, name)]),
    );
  };
  return of(document, '');
}

/** @param verb with its options */
export async function expectSameFigures(
  verb: readonly string[],
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const was = await unchecked({}, ...verb, ...before, '--json');
  const is = await unchecked({}, ...verb, ...after, '--json');
  const said = `${verb.join(' ')} ${before.join(' ')}`;
  expect(is.status, `${said}: ${is.err}`).to.equal(was.status);
  if (was.out === '') expect(is.out, said).to.equal('');
  else expect(figuresOf(JSON.parse(is.out)), said).to.deep.equal(figuresOf(JSON.parse(was.out)));
}

/** Names of devices and tasks, and addresses, as the tools print them. */
export function namesIn(text: string): Set<string> {
  const devices = text.match(/\b[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.\d\b/g) ?? [];
  const tasks = [
    ...text.matchAll(/^ *(\S[^\n]{0,15}?)-\d+ +(?:\([ \d-]+\) +)?\[\d{3}\]/gm),
    ...text.matchAll(/^ *(\S+) +(?:\d+\/)?\d+ \[\d{3}\]/gm),
  ].map(([, task = '']) => task);
  return new Set([...devices, ...tasks].filter((one) => !/^(?:<idle>|swapper.*)$/.test(one)));
}
