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

const FUNCTIONS: ReadonlySet<string> = new Set([
  'dma_iova_try_alloc',
  'dma_iova_link',
  'dma_iova_sync',
  'dma_iova_unlink',
  'dma_iova_destroy',
  'dma_iova_free',
]);
const PREFIX = 'dma_iova_';

/** Of one line: so few that a search is faster than a map. */
class Fields {
  private readonly keys: string[] = [];
  private readonly values: string[] = [];

  add(key: string, value: string): void {
    this.keys.push(key);
    this.values.push(value);
  }

  /** Of two with one key the last. */
  get(key: string): string | undefined {
    return this.values[this.keys.lastIndexOf(key)];
  }
}

/** Whether the text of an event is that of a probe on one of these functions, whatever the event is called. */
export function isIovaProbe(name: string, text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 0x28) return false;
  return name.startsWith('dma_iova_') || /^\([^()]*\bdma_iova_/.test(text.slice(at, at + 120));
}

/** The call; null if a field that is needed was not probed, or the function is another. */
export function parseIovaProbe(name: string, head: EventHead, scan: Scanner): TraceEvent | null {
  const usual = usualCall(name, head, scan);
  if (usual !== undefined) return usual;
  const text = scan.text.slice(scan.pos);
  const [all = '', where = ''] = PROBE.exec(text) ?? [];
  const [caller, returned] = where.split(' <- ');
  const called = FUNCTION.exec(returned ?? caller ?? '') ?? FUNCTION.exec(name);
  if (all === '' || called === null) return null;
  const fields = fieldsOf(text, all.length);
  const isReturn = returned !== undefined || /(?:_ret|__exit|%return)$/.test(name);
  return isReturn ? result(called[1], fields, head) : call(called[1], fields, head);
}

/** A probe at the function that the event is named after, as docs/capture.md has it; undefined for any other. */
function usualCall(
  name: string,
  head: EventHead,
  { text, pos }: Scanner,
): TraceEvent | null | undefined {
  const end = pos + 1 + name.length;
  const isAt = text.startsWith(name, pos + 1) && text.charCodeAt(end) === PLUS;
  if (!isAt || !FUNCTIONS.has(name)) return undefined;
  const close = text.indexOf(')', end);
  const caller = text.indexOf('<', end);
  const inner = text.indexOf('(', end);
  if (close < 0 || (caller >= 0 && caller < close) || (inner >= 0 && inner < close))
    return undefined;
  if (close + 1 < text.length && text.charCodeAt(close + 1) !== 0x20) return undefined;
  return call(name.slice(PREFIX.length), fieldsOf(text, close + 1), head);
}

const PLUS = 0x2b;

/** `key=value` or `key="any value"`, whatever stands between. */
function fieldsOf(text: string, from: number): Fields {
  const fields = new Fields();
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
    if (start < equals) fields.add(text.slice(start, equals), text.slice(begin, end));
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
    const value = text === undefined ? NaN : numberOf(text);
    if (Number.isSafeInteger(value)) return value;
  }
  return null;
}

function direction(fields: Fields): Direction | null {
  const text = fields.get('dir') ?? '';
  const named = DIRECTIONS.find((one) => text === one || text === `DMA_${one}`);
  return named ?? DIRECTIONS[number(fields, 'dir') ?? -1] ?? null;
}

/** NaN for what is neither `0x…` nor decimal, of at most 16 digits. */
function numberOf(text: string): number {
  const isHex = text.startsWith('0x') || text.startsWith('0X');
  const from = isHex ? 2 : 0;
  if (text.length === from || text.length - from > 16) return NaN;
  let value = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    let digit = code - 0x30;
    if (digit < 0) return NaN;
    if (digit > 9) {
      digit = (code | 0x20) - 0x57;
      if (!isHex || digit < 10 || digit > 15) return NaN;
    }
    value = value * (isHex ? 16 : 10) + digit;
  }
  return value;
}
