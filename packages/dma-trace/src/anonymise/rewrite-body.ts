// SPDX-License-Identifier: GPL-2.0-only
// The text of an event with other names and addresses. Only what is known to be neither is copied; all else is left out.

import type { TimedEvent } from '../events';
import { FAILED } from '../raw-fields';
import type { Renaming } from './renaming';

const ADDRESS = new Set([
  'iova',
  'paddr',
  'dma_addr',
  'phys_addr',
  'phys',
  'dma',
  'addr',
  'dev_addr',
]);
const LISTS = new Set(['dma_addrs', 'phys_addrs', 'addrs']);
const NUMBER_LISTS = new Set(['sizes', 'lengths']);
const POINTER = new Set(['virt_addr', 'state', 'sgl']);
const DEVICE = new Set(['device', 'dev', 'dev_name', 'name']);
const KEPT = new Set(
  'size unmapped_size dir attrs nents ents full_nents full_ents truncated err flags offset mapped_len ret arg1 len total dmalen class class_size slot prot i from teardown force dma_mask gid groupID'.split(
    ' ',
  ),
);
/** Numbers, and the names of directions, attributes and GFP flags. */
const KEPT_VALUE = /^(?:-?(?:0x)?[\da-fA-F]+(?:\/\d+|\(\d+\))?|[A-Z_][A-Z\d_|xa-f]*|cache|empty|)$/;
const KEPT_WORDS = new Set(['IOMMU:', '-', 'FORCE', 'NORMAL', '[TRUNCATED]', FAILED]);

const PART =
  /(?<field>(?<key>\w+)=(?<value>\{[^}]*\}|(?:ARRAY)?\[[^\]]*\]|"[^"]*"|\d+(?: \d+)+(?= |$)|\S*))|\[FAILED TO PARSE\]|(?<end>(?<=- )0x[\da-f]+)| +|[^\s]+/gi;
/** A probe's function; at a return the caller, which may be any. */
const PROBED = /^\([^()]*\)/;
const PROBED_FUNCTION = /dma_iova_\w+/g;

/** In front of the fields: the event's name, with its system or with the function that printed it. */
const NAME = /^(?:\d+ +)?(?:(?:ftrace:)?b?print: *)?(?:\w+:\w+:|[\w.+$@/<>-]+(?: \[[\w-]+\])?:)? */;
const PROBE_NAME = /^\w+:(?:[^ ]*:)?\w+ */;

export function rewriteBody(
  body: string,
  event: TimedEvent,
  renaming: Renaming,
  isBpftrace: boolean,
): string {
  const named = (isBpftrace ? PROBE_NAME : NAME).exec(body)?.[0] ?? '';
  if (event.kind === 'marker') return `${named}mark`;
  let name = named;
  let fields = body.slice(named.length);
  const obs = /^obs_\w+/.exec(fields)?.[0] ?? '';
  name += obs;
  fields = fields.slice(obs.length);
  // A device may be called `(unnamed device)`.
  const probed = event.kind.startsWith('iova') ? (PROBED.exec(fields)?.[0] ?? '') : '';
  if (probed !== '') {
    const called = probed.match(PROBED_FUNCTION)?.at(-1) ?? '0';
    name += probed.includes(' <- ') ? `(0 <- ${called})` : `(${called})`;
    fields = fields.slice(probed.length);
  }
  // Bare numbers are decimal where a tool could not print the event, and in probes of ftrace.
  const isDecimal = fields.startsWith(FAILED) || (probed !== '' && !isBpftrace);
  return name + renamedFields(withDevice(fields, event, renaming), renaming, isDecimal, event);
}

/** A mark that no name holds stands for what is in its right place already. */
const DONE = '\u0001';

/** What is named without a key: the device in front of all, or behind `IOMMU:`. */
function withDevice(fields: string, event: TimedEvent, renaming: Renaming): string {
  if (!('device' in event) || event.device === '') return fields;
  const done = (name: string): string => DONE + name.replaceAll(' ', DONE);
  const device = done(renaming.device(event.device));
  if (event.kind === 'ioPageFault') {
    const front = `IOMMU:${event.driver} ${event.device} `;
    if (!fields.startsWith(front)) return fields;
    return `${done(`IOMMU:${event.driver}`)} ${device} ${fields.slice(front.length)}`;
  }
  if (fields.startsWith('dev_name: '))
    return `${done('dev_name:')} ${device}${fields.slice('dev_name: '.length + event.device.length)}`;
  return fields.startsWith(`${event.device} `)
    ? device + fields.slice(event.device.length)
    : fields;
}

function renamedFields(
  fields: string,
  renaming: Renaming,
  isDecimal: boolean,
  event: TimedEvent,
): string {
  let out = '';
  for (const match of fields.matchAll(PART)) {
    const [shown] = match;
    const { field, key = '', value = '', end } = match.groups ?? {};
    if (shown.startsWith(DONE)) out += shown.slice(1).replaceAll(DONE, ' ');
    else if (field !== undefined) out += renamedField(key, value, renaming, isDecimal, event);
    // The end of a range is exclusive: the next block may go elsewhere.
    else if (end !== undefined) out += rangeEnd(end, event, renaming);
    else if (shown.startsWith(' ') || KEPT_WORDS.has(shown)) out += shown;
  }
  return out;
}

function renamedField(
  key: string,
  value: string,
  renaming: Renaming,
  isDecimal: boolean,
  event: TimedEvent,
): string {
  if (POINTER.has(key)) return `${key}=${renaming.pointers.of(value)}`;
  if (ADDRESS.has(key)) return `${key}=${address(value, renaming, isDecimal)}`;
  if (LISTS.has(key)) return `${key}=${list(value, renaming)}`;
  if (NUMBER_LISTS.has(key)) return `${key}=${/^[\d\sa-fxARY,[\]{}]*$/.test(value) ? value : ''}`;
  const device = 'device' in event ? event.device : null;
  const isQuoted = value === `"${String(device)}"`;
  if (DEVICE.has(key) && device !== null && (value === device || isQuoted)) {
    const renamed = renaming.device(device);
    return `${key}=${isQuoted ? `"${renamed}"` : renamed}`;
  }
  if (key === 'driver') return /^[\w-]{1,32}$/.test(value) ? `${key}=${value}` : '';
  if (KEPT.has(key) && KEPT_VALUE.test(value)) return `${key}=${value}`;
  return '';
}

function address(value: string, renaming: Renaming, isDecimal: boolean): string {
  if (/^0x[\da-f]+$/i.test(value)) return `0x${renaming.hex(value.slice(2))}`;
  if (isDecimal && /^\d+$/.test(value)) return String(renaming.address(Number(value)));
  return /^[\da-f]+$/i.test(value) ? renaming.hex(value) : '0';
}

function rangeEnd(end: string, event: TimedEvent, renaming: Renaming): string {
  const width = end.length - 2;
  const iova = 'iova' in event ? event.iova : 0;
  const size = 'size' in event ? event.size : 0;
  return `0x${(renaming.address(iova) + size).toString(16).padStart(width, '0')}`;
}

/** `{0x1,0x2}`, `ARRAY[00, d0, …]` of 8 bytes each, or decimal numbers. */
function list(value: string, renaming: Renaming): string {
  if (value.startsWith('{'))
    return value.replace(/0x([\da-f]+)/gi, (_, one: string) => `0x${renaming.hex(one)}`);
  if (!value.includes('[')) return value.replace(/\d+/g, (one) => decimal(one, renaming));
  const bytes = value.match(/[\da-f]{2}(?=[\s,\]])/gi) ?? [];
  const between = value.includes(',') ? ', ' : ' ';
  const renamed: string[] = [];
  for (let i = 0; i + 8 <= bytes.length; i += 8) {
    const digits = bytes
      .slice(i, i + 8)
      .reverse()
      .join('');
    const to = renaming.hex(digits).padStart(16, '0');
    for (let at = 14; at >= 0; at -= 2) renamed.push(to.slice(at, at + 2));
  }
  const end =
    value.endsWith(`${between.trimEnd()}]`) && between === ', ' && bytes.length > 0 ? between : '';
  return `${value.slice(0, value.indexOf('[') + 1)}${renamed.join(between)}${end}]`;
}

/** All ones above 2^53 stays. */
function decimal(digits: string, renaming: Renaming): string {
  return digits.length > 16 ? digits : String(renaming.address(Number(digits)));
}
