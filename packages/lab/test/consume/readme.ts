// SPDX-License-Identifier: GPL-2.0-only
// The example of a README: its first block of JavaScript, and the text block behind it that says what it prints.

export interface Example {
  readonly code: string;
  /** By its syntax: ES modules import, CommonJS requires. */
  readonly extension: 'mjs' | 'cjs';
  /** What it prints, if the README says so. */
  readonly prints: string | undefined;
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

export function firstExample(markdown: string): Example | undefined {
  const all = blocks(markdown);
  const at = all.findIndex(({ language }) => language === 'js');
  const code = all[at]?.text;
  if (code === undefined) return undefined;
  const next = all[at + 1];
  return {
    code,
    extension: /^import\b/m.test(code) ? 'mjs' : 'cjs',
    prints: next?.language === 'text' ? next.text : undefined,
  };
}
