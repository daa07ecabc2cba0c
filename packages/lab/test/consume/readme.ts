// SPDX-License-Identifier: GPL-2.0-only
// The examples of a README: blocks of JavaScript that are TypeScript too, and the text block behind one that says what it
// prints. A block without an import continues the example before it.

export interface Example {
  /** Of the page, the first is 0. */
  readonly index: number;
  /** An ES module. */
  readonly code: string;
  /** What it prints, if the README says so. */
  readonly prints: string | undefined;
  /** A suite for mocha, not a program. */
  readonly isSuite: boolean;
}

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language ?? '',
    text: text ?? '',
  }));
}

export function examples(markdown: string): Example[] {
  const found: { code: string; prints: string | undefined }[] = [];
  let last: (typeof found)[number] | undefined;
  let isBehind = false;
  for (const { language, text } of blocks(markdown)) {
    if (language === 'text' && last && isBehind) last.prints = (last.prints ?? '') + text;
    isBehind = language === 'js';
    if (!isBehind) continue;
    if (last && !/^import\b/m.test(text)) last.code += `\n${text}`;
    else found.push((last = { code: text, prints: undefined }));
  }
  return found.map(({ code, prints }, index) => ({
    index,
    code,
    prints,
    isSuite: /^describe\(/m.test(code),
  }));
}

/** The same for CommonJS: each import is a require. */
export function commonJs(code: string): string {
  return code.replaceAll(
    /^import (?:\* as (\w+)|(\{[^}]*\})) from ('[^']+');$/gm,
    (_, all: string | undefined, names: string | undefined, from: string) =>
      `const ${all ?? (names ?? '').replaceAll(' as ', ': ')} = require(${from});`,
  );
}
