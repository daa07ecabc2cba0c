// SPDX-License-Identifier: GPL-2.0-only
// A site's input by hand: one C file of one function beside its port, and one patch; every text in it can be chosen.

import type { PortDefinition } from '../../src/port/port';
import { assetsOf } from '../../src/site/files';
import type { SiteInput } from '../../src/site/site';
import type { Definition, Token } from '../../src/syntax/definition';

/** What comes from outside, or could. */
export interface Texts {
  readonly cLine: string;
  readonly tsLine: string;
  readonly path: string;
  readonly subject: string;
  readonly messageId: string;
  readonly name: string;
  readonly note: string;
  readonly finding: string;
  readonly difference: string;
  readonly testName: string;
}

export const PLAIN: Texts = {
  cLine: '\treturn kick(pool, 1);',
  tsLine: '  return this.kick(pool, 1);',
  path: 'drivers/pool/pool.c',
  subject: 'pool: add a kick',
  messageId: '1-kick@example.org',
  name: 'kick',
  note: 'a mail was not used',
  finding: 'A kick is lost. See [the other](#2-other).',
  difference: 'the C calls kick, the TypeScript does not',
  testName: 'packages/pool/test/kick.test.ts',
};

const TS_PATH = 'packages/pool/src/pool.ts';

function definition(name: string, from: number, to: number): Definition {
  const steps = [{ kind: 'label' as const, name: 'out', line: from + 2 }];
  return { kind: 'function', name, from, to, owner: null, steps };
}

/** Tokens as a parser would find them: words are names. */
function tokens(line: string): Token[] {
  return [...line.matchAll(/[A-Za-z_]\w*/g)].map(({ index, 0: word }) => ({
    start: index,
    end: index + word.length,
    kind: word === 'return' || word === 'goto' ? 'keyword' : 'name',
  }));
}

export function handInput(texts: Partial<Texts> = {}): SiteInput {
  const t = { ...PLAIN, ...texts };
  const { path, name } = t;
  const cLines = ['/* pool */', '', `int ${name}(void)`, '{', t.cLine, 'out:', '\tgoto out;', '}'];
  const tsLines = ['// pool', '', `${name}() {`, t.tsLine, '}'];
  const c = definition(name, 3, 8);
  const ts: PortDefinition = {
    ...definition(name, 3, 5),
    unit: null,
    patch: 1,
    reasons: [{ line: 4, kind: 'JS', text: t.note, covers: [4, 4] }],
  };
  const hunk = cLines.map((text, i) => ({
    kind: 'added' as const,
    text,
    before: null,
    after: i + 1,
  }));
  const lines = cLines.map((text, i) => ({ text, number: i + 1, patch: 1 }));
  const patch = {
    number: 1,
    of: 1,
    subject: t.subject,
    messageId: t.messageId,
    files: [{ path, created: true, removed: false, oldId: null, newId: null, hunks: [] }],
    at: { file: 'series.mbox', line: 1 },
  };
  return {
    series: {
      version: 1,
      subject: t.subject,
      cover: { subject: t.subject, messageId: t.messageId },
      patches: [patch],
      before: [],
      notes: [t.note],
    },
    tree: {
      files: [
        { path, states: [null, { lines, whole: true }], deltas: [{ patch: 1, hunks: [hunk] }] },
      ],
      notes: [t.note],
      versions: [t.note],
      unapplied: 0,
    },
    port: {
      files: [
        {
          path: TS_PATH,
          packageName: 'pool',
          mirrors: path,
          beforePatch: null,
          lines: tsLines,
          definitions: [ts],
          tokens: tsLines.map(tokens),
        },
      ],
      patches: 1,
    },
    cSources: new Map([
      [path, { path, lines: cLines, definitions: [c], tokens: cLines.map(tokens) }],
    ]),
    beside: [
      {
        cPath: path,
        tsPath: TS_PATH,
        state: 1,
        rows: [
          { c: 1, ts: 1, matched: false },
          { c: 2, ts: 2, matched: false },
          { c: 3, ts: 3, matched: true },
          { c: 4, ts: null, matched: false },
          { c: 5, ts: 4, matched: true },
          { c: 6, ts: null, matched: false },
          { c: 7, ts: null, matched: false },
          { c: 8, ts: 5, matched: true },
        ],
        pairs: [{ name, c, ts, rows: [2, 8] }],
      },
    ],
    changed: [
      [
        {
          name,
          cPath: path,
          c: hunk.slice(2),
          whole: hunk.slice(2),
          matches: { before: [], after: [[5, 4]] },
          ts: tsLines.slice(2).map((text, i) => ({
            kind: 'added' as const,
            text,
            before: null,
            after: i + 3,
          })),
          tsBefore: null,
          tsAfter: TS_PATH,
        },
      ],
    ],
    margin: {
      findings: [
        { number: 1, title: t.note, text: t.finding, line: 1 },
        { number: 2, title: 'other', text: t.finding, line: 1 },
      ],
      deviations: [{ section: 'pool', number: 1, text: t.finding, line: 1 }],
      marks: [
        { kind: 'finding', number: 1, section: null, path: TS_PATH, line: 4, function: name },
        { kind: 'deviation', number: 1, section: 'pool', path: TS_PATH, line: 3, function: name },
      ],
      reach: new Map([
        [
          `${TS_PATH}#${name}`,
          { transcripts: [t.note], tests: [t.testName], linesHit: 1, linesFound: 2 },
        ],
      ]),
    },
    check: {
      functions: 1,
      differences: [
        {
          kind: 'call',
          name,
          state: 1,
          cPath: path,
          cLine: 5,
          tsPath: TS_PATH,
          tsLine: 4,
          text: t.difference,
          explanation: { by: 'comment', text: t.note, deviation: null },
        },
        {
          kind: 'missing',
          name,
          state: 1,
          cPath: path,
          cLine: 6,
          tsPath: null,
          tsLine: null,
          text: t.difference,
          explanation: null,
        },
      ],
    },
    play: null,
    assets: assetsOf('void 0', 'b{}'),
  };
}
