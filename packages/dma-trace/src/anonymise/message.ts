// SPDX-License-Identifier: GPL-2.0-only
// A message of the kernel log, part by part: what names something, what is an address, and what is only a word.

import type { KernelLog } from '../events';
import { isKnownWord } from './vocabulary';

/** `text` of an address is its hexadecimal digits, of a device its whole name; `shown` is what the line has. */
export interface MessagePart {
  readonly kind: 'same' | 'device' | 'address' | 'stream' | 'word';
  readonly text: string;
  readonly shown: string;
}

const PART =
  /(?<full>\b[\da-f]{4,6}:[\da-f]{2}:[\da-f]{2}\.[0-7]\b)|(?<short>\b[\da-f]{2}:[\da-f]{2}\.[0-7](?![\d:]))|(?<endpoint>\bEP \d+)|(?<sid>\bsid: (?:0x)?[\da-f]+)|0x(?<hex>[\da-f]{1,16})\b|(?<bare>\b(?:(?=[\da-f]*\d)[\da-f]{6,16}|(?<=addr )[\da-f]{4,16})\b(?!\.\w))|(?<number>\b\d+(?![\w.-]))|(?<word>[A-Za-z_\d][\w.,+-]*[\w+]|[A-Za-z_\d])|(?<rest>[^\w])/giu;

/** Below this a number is a count, a flag or an event, and no address. */
const FIRST_PAGE = 4096;
/** Numbers after these are none, however large. */
const NO_ADDRESS = /(?:flags?|mask|fsr|fsynr\d?|cbfrsynra|event|stag|ssid|overflow) ?[=:]? ?$/i;

/** Cache lines are numbers of their own. */
const CACHE_LINE = 'cacheline ';
/** `driver device: message`, behind what begins a report of dma-debug. */
const DEBUG_DEVICE = /DMA-API: \S+ (\S+): /;

/** The device that a message is about, where a figure names it. */
export function messageDevice({ topic, text, device }: KernelLog): string | null {
  if (topic === 'dmaDebug')
    return DEBUG_DEVICE.exec(text)?.[1] ?? (device === 'DMA-API' ? null : device);
  return topic === 'fault' || topic === 'swiotlbFull' ? device : null;
}

/** Of a message about something else there are none: nothing of it is kept. */
export function messageParts(log: KernelLog): MessagePart[] {
  const { topic, text } = log;
  if (topic === 'other') return [];
  const device = messageDevice(log);
  const parts: MessagePart[] = [];
  // A name may hold what looks like a number or an address.
  const pieces = device === null || isPci(device) ? [text] : text.split(wordOf(device));
  pieces.forEach((piece, i) => {
    if (i > 0 && device !== null) parts.push({ kind: 'device', text: device, shown: device });
    for (const match of piece.matchAll(PART)) parts.push(partOf(match, piece));
  });
  return parts;
}

const isPci = (name: string): boolean => /^[\da-f]{4,6}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/i.test(name);

function wordOf(name: string): RegExp {
  return new RegExp(`(?<![\\w.:-])${name.replace(/[^\w]/g, '\\$&')}(?![\\w.-])`);
}

function partOf(match: RegExpExecArray, text: string): MessagePart {
  const [shown] = match;
  const { full, short, endpoint, sid, hex, bare, number, word } = match.groups ?? {};
  const part = (kind: MessagePart['kind'], of: string): MessagePart => ({ kind, text: of, shown });
  if (full !== undefined) return part('device', full);
  if (short !== undefined) return part('device', `0000:${short}`);
  if (endpoint !== undefined) return part('device', endpoint);
  if (sid !== undefined) return part('stream', sid.slice('sid: '.length));
  const digits = hex ?? bare;
  if (digits !== undefined) {
    const before = text.slice(Math.max(0, match.index - 16), match.index);
    if (before.endsWith(CACHE_LINE)) return part('stream', digits);
    const isSmall = parseInt(digits, 16) < FIRST_PAGE;
    const isOther = NO_ADDRESS.test(before);
    // A long number without 0x may be decimal: it is an address only where the message says so.
    const isDecimal =
      bare !== undefined && /^\d+$/.test(bare) && !/addr/i.test(text.slice(0, match.index));
    return part(isSmall || isOther || isDecimal ? 'same' : 'address', digits);
  }
  if (number !== undefined) return part('same', number);
  if (word === undefined) return part('same', shown);
  return part(isKnownWord(word) ? 'same' : 'word', word);
}
