// SPDX-License-Identifier: GPL-2.0-only
// Probes (fprobe or kprobe events) on the dma_iova_* functions: `(function+0x4/0x2c0) name="…" addr=0x… size=4096`.
// The user chose the fields' names and formats: those of docs/capture.md are read, in any order.
import { DIRECTIONS, type Direction, type EventHead } from './event-head';
import type { TraceEvent } from './events';
import type { Scanner } from './scanner';

/** `(function+0x4/0x2c0)`, at a return `(caller+0x178/0x3a0 <- function)`; trace-cmd and perf print addresses alone. */
const PROBE = /^\(([^()]*)\)(?: |$)/;
const FUNCTION = /\bdma_iova_(try_alloc|link|sync|unlink|destroy|free)(?![a-z])/;
const FIELD = /(\w+)=(?:"([^"]*)"|(\S*))/g;

type Fields = ReadonlyMap<string, string>;

/** Whether the text of an event is that of a probe on one of these functions, whatever the event is called. */
export function isIovaProbe(name: string, text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 0x28) return false;
  return name.startsWith('dma_iova_') || /^\([^()]*\bdma_iova_/.test(text.slice(at, at + 120));
}

/** The call; null if a field that is needed was not probed, or the function is another. */
export function parseIovaProbe(name: string, head: EventHead, scan: Scanner): TraceEvent | null {
  const text = scan.text.slice(scan.pos);
  const [all = '', where = ''] = PROBE.exec(text) ?? [];
  const [caller, returned] = where.split(' <- ');
  const called = FUNCTION.exec(returned ?? caller ?? '') ?? FUNCTION.exec(name);
  if (all === '' || called === null) return null;
  const fields: Fields = new Map(
    [...text.slice(all.length).matchAll(FIELD)].map(([, key = '', quoted, bare]) => [
      key,
      quoted ?? bare ?? '',
    ]),
  );
  const isReturn = returned !== undefined || /(?:_ret|__exit|%return)$/.test(name);
  return isReturn ? result(called[1], fields, head) : call(called[1], fields, head);
}

function result(called: string | undefined, fields: Fields, head: EventHead): TraceEvent | null {
  const ret = number(fields, 'ret', 'arg1');
  if (called !== 'try_alloc' || ret === null) return null;
  return { ...head, kind: 'iovaAllocResult', ok: (ret & 0xff) !== 0 };
}

function call(called: string | undefined, fields: Fields, head: EventHead): TraceEvent | null {
  const device = fields.get('name') ?? fields.get('device') ?? fields.get('dev');
  if (device === undefined || device === '') return null;
  const common = { ...head, device, state: fields.get('state') ?? null };
  const size = number(fields, 'size', 'mapped_len');
  const dmaAddr = number(fields, 'addr');
  const phys = number(fields, 'phys');
  if (called === 'try_alloc')
    return phys === null || size === null ? null : { ...common, kind: 'iovaAlloc', phys, size };
  if (dmaAddr === null) return null;
  const dir = direction(fields);
  const attrs = number(fields, 'attrs') ?? 0;
  if (called === 'free')
    return { ...common, kind: 'iovaDestroy', dmaAddr, size: 0, dir: null, attrs };
  if (size === null) return null;
  if (called === 'destroy') return { ...common, kind: 'iovaDestroy', dmaAddr, size, dir, attrs };
  const offset = number(fields, 'offset');
  if (offset === null) return null;
  const piece = { dmaAddr, offset, size };
  if (called === 'sync') return { ...common, kind: 'iovaSync', ...piece };
  if (dir === null) return null;
  if (called === 'unlink')
    return { ...common, kind: 'iovaUnlink', ...piece, phys: null, dir, attrs };
  return phys === null ? null : { ...common, kind: 'iovaLink', ...piece, phys, dir, attrs };
}

/** The first of these fields that is a number below 2^53, decimal or `0x…`. */
function number(fields: Fields, ...names: readonly string[]): number | null {
  for (const name of names) {
    const text = fields.get(name);
    if (text === undefined || !/^(?:0x[\da-f]{1,16}|\d{1,16})$/i.test(text)) continue;
    const value = Number(text);
    if (Number.isSafeInteger(value)) return value;
  }
  return null;
}

function direction(fields: Fields): Direction | null {
  const text = fields.get('dir') ?? '';
  const named = DIRECTIONS.find((one) => text === one || text === `DMA_${one}`);
  return named ?? DIRECTIONS[number(fields, 'dir') ?? -1] ?? null;
}
