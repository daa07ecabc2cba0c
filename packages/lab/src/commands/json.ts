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

/** The text of a document. Each is of a type that a schema is made of. */
export function jsonText(document: Documents[DocumentVerb]): string {
  return `${JSON.stringify(document, null, 2)}\n`;
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
