// SPDX-License-Identifier: GPL-2.0-only
// The manual page, generated from the help: roff with the man macros.

import type { VerbText } from './verbs';

/** @param version of the package */
export function manPage(about: string, verbs: readonly VerbText[], version: string): string {
  return `${[
    `.TH IOMMU\\-BOUNCE 1 "" "iommu\\-bounce ${version}" "User Commands"`,
    '.SH NAME',
    `iommu\\-bounce \\- ${roff(about)}`,
    '.SH SYNOPSIS',
    '.B iommu\\-bounce',
    '.I verb',
    '[options]',
    '.SH DESCRIPTION',
    roff('Each verb is a command of its own; all take --help, most take --json.'),
    '.SH VERBS',
    ...verbs.flatMap(verb),
    '.SH EXIT STATUS',
    ...item('0', 'done; where something is compared, all of it agrees'),
    ...item('1', 'something that was compared differs'),
    ...item('2', 'bad usage or bad input, in one line on standard error'),
  ].join('\n')}\n`;
}

function verb({ name, operands, about, options }: VerbText): string[] {
  return [
    `.SS ${roff(`${name} ${operands}`.trim())}`,
    roff(about),
    ...options.flatMap(({ flag, value, about: text }) => item(`${flag} ${value}`.trim(), text)),
  ];
}

function item(term: string, text: string): string[] {
  return ['.TP', `.B ${roff(term)}`, roff(text)];
}

/** No character of a text is a request: lines begin with no dot, dashes stand for themselves, and all is ASCII. */
function roff(text: string): string {
  const line = text
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/[^\x20-\x7e]/gu, (char) => `\\[u${hex(char)}]`);
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
