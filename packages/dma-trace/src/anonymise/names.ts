// SPDX-License-Identifier: GPL-2.0-only
// New names for devices, tasks, pointers and words. Names of devices keep their order as strings: figures are sorted by it.

import type { Draw } from './random';

const PCI = /^([\da-f]{4,8}):([\da-f]{2}):([\da-f]{2})\.([0-7])$/;
/** How messages of virtio-iommu call a device. */
const ENDPOINT = /^EP \d+$/;
const FIRST_ENDPOINT = 'EP ';
/** What the reader calls a device that no line names: names that are behind it stay behind it. */
const DOMAIN = 'domain ';
/** The domain that PCI names in messages leave out. */
const USUAL_DOMAIN = '0000';
const MOST_BUSES = 256;
const MOST_SLOTS = 32;

/** PCI names keep their shape, their function and who shares a bus with whom. */
export function newDeviceNames(names: Iterable<string>, draw: Draw): Map<string, string> {
  const sorted = [...new Set(names)].filter((name) => name !== '').sort();
  const pci = newPciNames(
    sorted.filter((name) => PCI.test(name)),
    draw,
  );
  const digits = String(sorted.length).length;
  const renamed = new Map<string, string>();
  let before = '';
  let last = '';
  for (const name of sorted) if (PCI.test(name)) last = name;
  sorted.forEach((name, i) => {
    const number = String(i + 1).padStart(digits, '0');
    const given = pci.get(name);
    if (given !== undefined) before = given;
    const isBehind = last === '' || name > last;
    const stem = isBehind ? stemOf(name) : `${before}-dev`;
    renamed.set(
      name,
      given ?? (ENDPOINT.test(name) ? `EP ${String(10 ** digits + i)}` : `${stem}${number}`),
    );
  });
  return renamed;
}

/** Of a name behind all PCI names. */
function stemOf(name: string): string {
  if (name < FIRST_ENDPOINT) return 'Dev';
  return name < DOMAIN ? 'dev' : 'platform';
}

function newPciNames(names: readonly string[], draw: Draw): Map<string, string> {
  const renamed = new Map<string, string>();
  const parts = names.map((name) => (PCI.exec(name) ?? []).slice(1));
  const domains = distinct(parts.map(([domain = '']) => domain));
  domains.forEach((domain, d) => {
    const newDomain =
      domain === USUAL_DOMAIN ? domain : (0x10000 + d * 0x10).toString(16).slice(5 - domain.length);
    const inDomain = parts.filter((one) => one[0] === domain);
    const buses = distinct(inDomain.map(([, bus = '']) => bus));
    const newBuses = drawOrdered(buses.length, MOST_BUSES, draw);
    buses.forEach((bus, b) => {
      const onBus = inDomain.filter((one) => one[1] === bus);
      const slots = distinct(onBus.map(([, , slot = '']) => slot));
      const newSlots = drawOrdered(slots.length, Math.max(MOST_SLOTS, slots.length), draw);
      for (const [, , slot = '', fn = ''] of onBus)
        renamed.set(
          `${domain}:${bus}:${slot}.${fn}`,
          `${newDomain}:${hex2(newBuses[b] ?? 0)}:${hex2(newSlots[slots.indexOf(slot)] ?? 0)}.${fn}`,
        );
    });
  });
  return renamed;
}

const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort();

const hex2 = (value: number): string => value.toString(16).padStart(2, '0');

/** So many different numbers below `below`, in order. */
function drawOrdered(count: number, below: number, draw: Draw): number[] {
  const slack = below - count;
  return Array.from({ length: count }, () => draw(slack + 1))
    .sort((a, b) => a - b)
    .map((at, i) => at + i);
}

/** Tasks in the order in which they appear; the idle tasks stay. */
export class TaskNames {
  private readonly names = new Map<string, string>();
  private readonly pids = new Map<number, number>([[0, 0]]);

  comm(comm: string): string {
    if (comm === '' || comm === '<idle>' || /^swapper(?:\/\d{1,4})?$/.test(comm)) return comm;
    const known = this.names.get(comm);
    if (known !== undefined) return known;
    // A colon tells how the tools lay out a line: it stays.
    const number = String(this.names.size + 1);
    const kind = comm.startsWith('kworker/') ? 'kworker/' : 'task';
    const name = comm.includes(':') ? `${kind}${number}:0` : `${kind}${number}`;
    this.names.set(comm, name);
    return name;
  }

  pid(pid: number): number {
    const known = this.pids.get(pid);
    if (known !== undefined) return known;
    const next = 100 + this.pids.size;
    this.pids.set(pid, next);
    return next;
  }

  get counts(): { tasks: number; pids: number } {
    return { tasks: this.names.size, pids: this.pids.size - 1 };
  }
}

/** Values that are only compared: numbers in the order in which they appear, as wide as before. */
export class Pointers {
  private readonly known = new Map<string, string>();

  of(text: string): string {
    const prefix = text.startsWith('0x') ? '0x' : '';
    const digits = text.slice(prefix.length);
    // NULL, and an error's number, are no addresses.
    if (/^0+$/.test(digits) || !/^[\da-f]+$/i.test(digits)) return /^0+$/.test(digits) ? text : '0';
    const found = this.known.get(digits);
    if (found !== undefined) return prefix + found;
    const next = (this.known.size + 1).toString(16);
    const padded = `${next}0`.padStart(digits.length, '0');
    this.known.set(digits, padded);
    return prefix + padded;
  }

  get count(): number {
    return this.known.size;
  }
}

/** Words of messages that may name something: letters only, since readers take digits for figures. */
export class Words {
  private readonly known = new Map<string, string>();

  of(word: string): string {
    const found = this.known.get(word);
    if (found !== undefined) return found;
    let name = '';
    for (let n = this.known.size; n >= 0; n = Math.floor(n / 26) - 1)
      name = String.fromCharCode(0x61 + (n % 26)) + name;
    this.known.set(word, `x${name}`);
    return `x${name}`;
  }

  get count(): number {
    return this.known.size;
  }
}
