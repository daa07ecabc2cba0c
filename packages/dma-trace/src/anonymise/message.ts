// SPDX-License-Identifier: GPL-2.0-only
// A message of the kernel log, part by part: what names something, what is an address, and what is only a word.

import type { KernelLog } from '../events';
import { type NumberKind, numberKind } from './numbers';
import { isKnownWord } from './vocabulary';

/** `text` of a number is its digits, of a device its whole name; `shown` is what the line has. */
export interface MessagePart {
  readonly kind: NumberKind | 'device' | 'word';
  readonly text: string;
  readonly shown: string;
}

/** Hexadecimal without 0x: it has a digit, or stands where only a number can. */
const BARE =
  /(?:(?=[\da-f]*\d)[\da-f]{6,16}|(?<=(?:addr|address|mask|limit|boundary|pasid)[ =])[\da-f]{4,16}|(?<=\b[PDNL]=|pfn |already set \((?:to [\da-f]+ not |to ))[\da-f]{1,16})/;
const PART = new RegExp(
  [
    String.raw`(?<full>\b[\da-f]{4,6}:[\da-f]{2}:[\da-f]{2}\.[0-7]\b)`,
    String.raw`(?<short>\b(?:0x)?[\da-f]{2}:(?:0x)?[\da-f]{2}\.[0-7](?![\d:]))`,
    String.raw`(?<endpoint>\bEP \d+)`,
    String.raw`(?<sid>\bsid: (?:0x)?[\da-f]+)`,
    String.raw`0x(?<hex>[\da-f]{1,16})\b`,
    String.raw`(?<bare>\b${BARE.source}\b(?!\.\w))`,
    String.raw`(?<number>\b\d+(?![\w.-]))`,
    String.raw`(?<word>[A-Za-z_\d][\w.,+-]*[\w+]|[A-Za-z_\d])`,
    String.raw`(?<rest>[^\w])`,
  ].join('|'),
  'giu',
);

/** A word of so few hexadecimal digits may be a name. */
const MOST_NAME_DIGITS = 7;
/** `driver device: message`, behind what begins a report of dma-debug. */
const DEBUG_DEVICE = /DMA-API: \S+ (\S+): /;

/** The device that a message is about, where a figure names it. */
export function messageDevice({ topic, text, device }: KernelLog): string | null {
  if (topic === 'dmaDebug')
    return DEBUG_DEVICE.exec(text)?.[1] ?? (device === 'DMA-API' ? null : device);
  return topic === 'fault' || topic === 'swiotlbFull' || topic === 'outOfReach' ? device : null;
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
  if (short !== undefined) {
    const plain = short.replaceAll('0x', '');
    return { kind: 'device', text: `0000:${plain}`, shown: plain };
  }
  if (endpoint !== undefined) return part('device', endpoint);
  if (sid !== undefined) return part('stream', sid.slice('sid: '.length));
  const digits = hex ?? bare ?? number;
  if (digits !== undefined) {
    const end = match.index + shown.length;
    const before = text.slice(0, end - digits.length);
    const isMarkedHex = hex !== undefined;
    const kind = numberKind({ digits, isMarkedHex, before, after: text.slice(end) });
    // `e1000e` is a driver.
    const isName = kind === 'blank' && !isMarkedHex && digits.length <= MOST_NAME_DIGITS;
    return part(isName ? 'word' : kind, digits);
  }
  if (word === undefined) return part('same', shown);
  return part(isKnownWord(word) ? 'same' : 'word', word);
}
