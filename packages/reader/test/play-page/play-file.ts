// SPDX-License-Identifier: GPL-2.0-only
// Play pages for the tests, and the same recordings stepped in this process.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlayProgram } from '../../src/play/calls';
import { callRecording } from '../../src/play/call-recording';
import { playPage } from '../../src/play/page';
import type { Steps } from '../../src/play/contract';
import { Playback } from '../../src/play/playback';
import { scenarios } from '../../src/play/scenarios';

const TRANSCRIPTS = join(__dirname, '../../../../test-fixtures/transcripts/unit');

export function scenariosPage(): string {
  return playPage({ source: { kind: 'scenarios' } });
}

/** With a C file of three lines: all that the pool's file does, its second line does. */
export function pageWithC(): string {
  const path = 'packages/io-buffer-pool/src/io-buffer-pool.ts';
  const c = { path: 'drivers/pool.c', line: 2 };
  const lines = Array.from({ length: 2000 }, (_, i) => [`${path}:${String(i + 1)}`, c] as const);
  return playPage({
    source: { kind: 'scenarios' },
    c: {
      texts: [{ path: c.path, text: 'first\nsecond <line>\nthird\n' }],
      lines: Object.fromEntries(lines),
    },
  });
}

/** As one page of a site: its bar, and a place for the lines of the pool's file. */
export function pageInSite(): string {
  const path = 'packages/io-buffer-pool/src/io-buffer-pool.ts';
  return playPage({
    source: { kind: 'scenarios' },
    site: {
      nav: [
        { href: 'index.html', text: 'Contents', title: 'all' },
        { href: 'play.html', text: 'Play', title: 'The pool at work' },
      ],
      links: { [path]: [{ from: 1, to: 9999, href: 'pool.html#f.t', base: 10 }] },
    },
  });
}

export function scenarioSteps(name: string): Steps {
  const found = scenarios.find((one) => one.name === name);
  if (!found) throw new Error(`no scenario ${name}`);
  return programSteps(found);
}

export function programSteps(program: PlayProgram): Steps {
  return new Playback(callRecording(program));
}

/** What must stay text; a control character is shown as its number. */
const HOSTILE = [
  `<img src=x onerror="alert(1)">`,
  `</script><script>document.title = 'in'</script>`,
  `<!--`,
  `turned: [U+202E]`,
] as const;

/** A page of a transcript whose comment and title are hostile, and the pieces that it has to show. */
export function hostilePage(): { readonly html: string; readonly pieces: readonly string[] } {
  const name = '02-reuse-from-cache-maps-nothing.jsonl';
  const [first = '', ...rest] = readFileSync(join(TRANSCRIPTS, name), 'utf8').split('\n');
  const about = HOSTILE.join(' ').replace('[U+202E]', '\u202e');
  const header = { ...(JSON.parse(first) as object), comment: about };
  const text = [JSON.stringify(header), ...rest].join('\n');
  const html = playPage({ source: { kind: 'transcript', name: about, title: about, about, text } });
  return { html, pieces: HOSTILE };
}
