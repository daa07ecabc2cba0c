// SPDX-License-Identifier: GPL-2.0-only
// --json: the option, and the document that it prints.

import { Option } from 'commander';
import type { DocumentVerb, Documents } from '../documents';
import { type CommandIo, print, screenOf } from '../io';
import type { Screen } from '../show/text';

/** @param only the condition, if the verb has documents for some of its uses only */
export function jsonOption(verb: DocumentVerb, only = ''): Option {
  return new Option(
    '--json',
    `${only}one JSON document on stdout; its schema: iommu-bounce schema ${verb}`,
  );
}

/** What a terminal obeys beyond the control characters that JSON escapes: C1 controls, and marks of writing direction. */
const TERMINAL_CONTROLS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text of a document. Each is of a type that a schema is made of. */
export function jsonText(document: Documents[DocumentVerb]): string {
  const text = JSON.stringify(document, null, 2).replace(
    TERMINAL_CONTROLS,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}

/** One document with --json, else text. */
export function printResult(
  io: CommandIo,
  json: boolean | undefined,
  document: Documents[DocumentVerb],
  text: (screen: Screen) => string,
): void {
  if (json === true) io.out(jsonText(document));
  else print(io, text(screenOf(io)));
}
