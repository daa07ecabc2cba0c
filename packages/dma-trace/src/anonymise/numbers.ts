// SPDX-License-Identifier: GPL-2.0-only
// What a number in a message about DMA is. Messages name their addresses, sizes and flags: a long number that none of these
// shapes has could hold an address, and is blanked.

/** `frame` is an address without its last 12 bits; `blank` may hold an address, and more. */
export type NumberKind = 'same' | 'address' | 'frame' | 'stream' | 'blank';

export interface MessageNumber {
  /** Hexadecimal or decimal digits: only the message says which. */
  readonly digits: string;
  readonly isMarkedHex: boolean;
  /** The message up to the digits, and behind them. */
  readonly before: string;
  readonly after: string;
}

/** Characters in front of a number that tell what it is. */
const MOST_BEFORE = 64;
/** Below this an address is in no page that is used. */
const FIRST_PAGE = 4096;
/** Below this a number is an id, a count, a flag or an event; addresses there do not move either. */
const FIRST_UNKNOWN = 65_536;
/** A number of so few digits without 0x is decimal, unless the message calls it an address. */
const MOST_DECIMAL_DIGITS = 7;
/** Digits of 52 bits: an entry of a page table with bits above them holds more than address and permission. */
const ENTRY_DIGITS = 13;
/** Flags and registers of faults are no wider. */
const REGISTER_DIGITS = 8;

/** Cache lines are numbers of their own. */
const CACHE_LINE = /(?:cacheline |\bcln=)(?:0x)?$/;
/** Pieces of an address: together they say the whole of it. */
const PIECE = /(?:te_index|page_offset)[:=]? ?(?:0x)?$/i;
const FRAME = /(?:\bv?pfn(?:_\w+)?[\s=:([]*|\bN=)(?:0x)?$/i;
const ENTRY = /(?:already set \((?:to [\da-f]+ not |to )|\bpte value: )(?:0x)?$/i;
const ADDRESS =
  /(?:addr(?:ess)?|iova|iotval2?|page fault for|\bipa|\bg?pa|\bspa|phys|\bmem|base|overflow|start|end|\bat|\b[PD])[\s=:([]*(?:0x)?$/i;
/** A fault record of an SMMU: one of its words is the address. */
const RECORD = /arm-smmu-v3 \S+: (?:\s|#011)*0x$/;
const RANGE_BEFORE = /(?:^|[^\w])(?:0x)?[\da-f]{6,16} ?- ?(?:0x)?$/i;
const RANGE_AFTER = /^ ?- ?(?:0x)?[\da-f]{6,16}\b/i;
const SIZE = /(?:(?:\bsz|size|len|length|pagesz|bitmap|\bL)[=:]? ?|(?<=[\da-f])\+)(?:0x)?$/i;
const COUNT = /(?:(?:total|used|count|entries|nents|slots)[=:]? ?|\bmax=)$/i;
const COUNTED =
  /^ ?(?:bytes\b|\(slots\)|slots\b|(?:debug )?entries\b|pages\b|[KMGT]i?B\b|%|\(\d+%\))/;
const LIMIT = /(?:mask|limit|boundary)[=:]? ?(?:0x)?$/i;
/** A limit is the last byte of a page, or none is given. */
const IS_LIMIT = /^(?:0+|[\da-f]*fff)$/i;
const REGISTER = /(?:flags?|flags_rmp|fsr|fsynr\d?|cbfrsynra)\s*[=:]?\s*(?:0x)?$/i;
/** AMD prints one as `domain=`. */
const PASID = /(?:pasid|ssid|domain)[=:]? ?(?:0x)?$/i;
/** All ones, where a device used none. */
const IS_PASID = /^0*(?:[\da-f]{1,5}|f{8})$/i;

export function numberKind({ digits, isMarkedHex, before, after }: MessageNumber): NumberKind {
  const near = before.slice(-MOST_BEFORE);
  const significant = digits.replace(/^0+/, '').length;
  const value = parseInt(digits, 16);
  if (CACHE_LINE.test(near)) return 'stream';
  if (PIECE.test(near)) return 'blank';
  if (FRAME.test(near)) return significant <= ENTRY_DIGITS ? 'frame' : 'blank';
  if (value < FIRST_PAGE) return 'same';
  if (ENTRY.test(near)) return significant <= ENTRY_DIGITS ? 'address' : 'blank';
  if (ADDRESS.test(near) || RECORD.test(before)) return 'address';
  if (RANGE_BEFORE.test(near) || RANGE_AFTER.test(after)) return 'address';
  if (SIZE.test(near) || COUNTED.test(after)) return 'same';
  if (LIMIT.test(near)) return IS_LIMIT.test(digits) ? 'same' : 'blank';
  if (REGISTER.test(near)) return significant <= REGISTER_DIGITS ? 'same' : 'blank';
  if (PASID.test(near)) return IS_PASID.test(digits) ? 'same' : 'blank';
  const isDecimal = !isMarkedHex && /^\d+$/.test(digits);
  if (isDecimal && (COUNT.test(near) || digits.length <= MOST_DECIMAL_DIGITS)) return 'same';
  return value < FIRST_UNKNOWN ? 'same' : 'blank';
}
