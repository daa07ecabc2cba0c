// SPDX-License-Identifier: GPL-2.0-only
// Probes (fprobe or kprobe events) on the dma_iova_* functions: `(function+0x4/0x2c0) name="…" addr=0x… size=4096`.
// The user chose the fields' names and formats: those of docs/capture.md are read, in any order.
import { DIRECTIONS, type Direction, type EventHead } from './event-head';
import type { TraceEvent } from './events';
import type { Scanner } from './scanner';

/** `(function+0x4/0x2c0)`, at a return `(caller+0x178/0x3a0 <- function)`; trace-cmd and perf print addresses alone. */
const PROBE = /^\(([^()]*)\)(?: |$)/;
const FUNCTION = /\bdma_iova_(try_alloc|link|sync|unlink|destroy|free)(?![a-z])/;
const SPACE = /\s/;

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
  const fields = fieldsOf(text, all.length);
  const isReturn = returned !== undefined || /(?:_ret|__exit|%return)$/.test(name);
  return isReturn ? result(called[1], fields, head) : call(called[1], fields, head);
}

/** `key=value` or `key="any value"`, whatever stands between; of two with one key the last. */
function fieldsOf(text: string, from: number): Fields {
  const fields = new Map<string, string>();
  for (let at = from; ;) {
    const equals = text.indexOf('=', at);
    if (equals < 0) return fields;
    let start = equals;
    while (start > at && isWord(text.charCodeAt(start - 1))) start--;
    let begin = equals + 1;
    let end = text.charCodeAt(begin) === QUOTE ? text.indexOf('"', begin + 1) : -1;
    at = end + 1;
    if (end >= 0) begin++;
    else {
      end = begin;
      while (end < text.length && !isSpace(text, end)) end++;
      at = end;
    }
    if (start < equals) fields.set(text.slice(start, equals), text.slice(begin, end));
    else at = equals + 1;
  }
}

const QUOTE = 0x22;

/** As \w of a regular expression, which takes four times as long. */
function isWord(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f
  );
}

function isSpace(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    code === 0x20 ||
    (code < 0x20 ? code >= 9 && code <= 13 : code > 0x7f && SPACE.test(text.charAt(at)))
  );
}

function result(called: string | undefined, fields: Fields, head: EventHead): TraceEvent | null {
  const ret = number(fields, 'ret', 'arg1');
  if (called !== 'try_alloc' || ret === null) return null;
  const { line, comm, pid, cpu, flags, timeNs } = head;
  const ok = (ret & 0xff) !== 0;
  return { line, comm, pid, cpu, flags, timeNs, kind: 'iovaAllocResult', ok };
}

function call(called: string | undefined, fields: Fields, head: EventHead): TraceEvent | null {
  const device = fields.get('name') ?? fields.get('device') ?? fields.get('dev');
  if (device === undefined || device === '') return null;
  const state = fields.get('state') ?? null;
  const size = number(fields, 'size', 'mapped_len');
  const phys = number(fields, 'phys');
  const { line, comm, pid, cpu, flags, timeNs } = head;
  if (called === 'try_alloc') {
    if (phys === null || size === null) return null;
    const kind = 'iovaAlloc' as const;
    return { line, comm, pid, cpu, flags, timeNs, device, state, kind, phys, size };
  }
  const dmaAddr = number(fields, 'addr');
  if (dmaAddr === null) return null;
  const dir = direction(fields);
  const attrs = number(fields, 'attrs') ?? 0;
  if (called === 'free' || called === 'destroy') {
    const kind = 'iovaDestroy' as const;
    if (called === 'free')
      return { ...head, device, state, kind, dmaAddr, size: 0, dir: null, attrs };
    if (size === null) return null;
    return { line, comm, pid, cpu, flags, timeNs, device, state, kind, dmaAddr, size, dir, attrs };
  }
  const offset = number(fields, 'offset');
  if (size === null || offset === null) return null;
  if (called === 'sync') return { ...head, device, state, kind: 'iovaSync', dmaAddr, offset, size };
  if (dir === null) return null;
  const at = { dmaAddr, offset, size };
  if (called === 'unlink')
    return { ...head, device, state, kind: 'iovaUnlink', ...at, phys: null, dir, attrs };
  if (phys === null) return null;
  return {
    line,
    comm,
    pid,
    cpu,
    flags,
    timeNs,
    device,
    state,
    kind: 'iovaLink',
    dmaAddr,
    offset,
    size,
    phys,
    dir,
    attrs,
  };
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
