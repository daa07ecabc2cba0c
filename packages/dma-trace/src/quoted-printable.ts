// SPDX-License-Identifier: GPL-2.0-only
// The raw text of a mail: `=3D` for each `=`, and lines that end with `=` and go on below.

import { endsEarly } from './ends-early';
import { type Parsed, parseLine } from './parse-line';

const SIGN = /\w=3D/;
/** No message about DMA ends so. */
const SOFT_BREAK = /[^=\s]=$/;

/** Whether a line is part of a capture, as such a mail has it. */
export function isQuotedPrintable(given: string, parsed: Parsed): boolean {
  const text = given.trimEnd();
  if (parsed === null) return false;
  if (parsed !== 'unparsed')
    return parsed.kind === 'kernelLog' && parsed.topic !== 'other' && SOFT_BREAK.test(text);
  if (!SIGN.test(text)) return false;
  const plain = text
    .replace(/=$/, '')
    .replace(/=([\dA-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return parseLine(plain, 0) !== 'unparsed' || endsEarly(plain);
}
