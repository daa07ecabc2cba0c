// SPDX-License-Identifier: GPL-2.0-only
// The page's scripts in a real browser give the frames that Node gives; and what a page may weigh.

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { playScripts } from '../../src/play/files';
import { type PlayPageInput, playPage } from '../../src/play/page';
import { bundledSteps } from './bundle';
import { coveringTranscripts } from './covering';
import { shippedTranscripts } from './fixtures';
import { chromiumFor } from '../chromium';

const LONG = process.env['TEST_LONG'] === '1';
const MEGABYTE = 1_000_000;

/** Longer ones are stepped in Node alone. */
const PLAYED = LONG ? coveringTranscripts(20_000) : [];

/** Of a frame's JSON: two sums, the same in both worlds, since the frames of a transcript have many megabytes. */
function hashOf(text: string): string {
  let [a, b] = [text.length, 0x811c9dc5];
  for (let i = 0; i < text.length; i++) {
    a = (Math.imul(a, 31) + text.charCodeAt(i)) | 0;
    b = Math.imul(b ^ text.charCodeAt(i), 0x01000193);
  }
  return `${String(a)} ${String(b)}`;
}

function sourceOf({ name, text }: (typeof shippedTranscripts)[number]): PlayPageInput['source'] {
  return { kind: 'transcript', name, title: name, about: '', text };
}

describe('a play page', () => {
  it('is smaller than 1 MB: the scenarios and shipped transcripts, the longest first @long-only', () => {
    expect(playPage({ source: { kind: 'scenarios' } }).length).to.be.below(MEGABYTE);
    const longest = [...shippedTranscripts].sort((a, b) => b.text.length - a.text.length);
    for (const one of longest.slice(0, LONG ? 3 : 1))
      expect(playPage({ source: sourceOf(one) }).length, one.name).to.be.below(MEGABYTE);
  }).timeout(400_000);

  it('names by hash the one script and the one style that it has', () => {
    const page = playPage({ source: { kind: 'scenarios' } });
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const text = (tag: string): string =>
      new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? '';
    const named = (what: string): string =>
      `'sha256-${createHash('sha256').update(what).digest('base64')}'`;
    expect(policy).to.equal(
      `default-src 'none'; script-src ${named(text('script'))}; style-src ${named(text('style'))}; base-uri 'none'; form-action 'none'`,
    );
    expect(page.match(/<script/g)).to.have.length(2);
  });

  it('keeps hostile text as text', () => {
    const hostile = '</title></script><script>alert(1)</script><!--\u2028\u202e&"';
    const page = playPage({
      source: {
        kind: 'transcript',
        name: hostile,
        title: hostile,
        about: hostile,
        text: shippedTranscripts[0]?.text ?? '',
      },
    });
    expect(page).not.to.include('alert(1)</script>');
    expect(page.match(/<script/g)).to.have.length(2);
    expect(page).not.to.match(/[\u2028\u202e]/);
  });
});

(LONG ? describe : describe.skip)('the play scripts in Chromium @long', function () {
  this.timeout(300_000);
  let browser: Browser | undefined;

  before(async function () {
    browser = await chromiumFor(this);
  });

  after(async () => {
    await browser?.close();
  });

  it('are tried with twenty transcripts at least', () => {
    expect(PLAYED.length).to.be.at.least(20);
  });

  for (const one of PLAYED)
    it(`give the frames that Node gives, forward and back: ${one.name}`, async () => {
      const source = sourceOf(one);
      const steps = await bundledSteps(source);
      const expected = Array.from({ length: steps.length + 1 }, (_, step) =>
        hashOf(JSON.stringify(steps.frame(step))),
      );
      const page = await browser?.newPage();
      if (!page) throw new Error('no browser');
      await page.evaluate(`${playScripts()[0]}\nglobalThis.iommuBouncePlay = iommuBouncePlay;`);
      const data = /id="play-data">([^<]*)</.exec(playPage({ source }))?.[1] ?? '';
      await page.evaluate(
        `iommuBouncePlay.contractFrom('${data}').then(({ items }) => { globalThis.steps = items[0].open(); })`,
      );
      const walk = (from: number, to: number): Promise<unknown> =>
        page.evaluate(
          `(() => { ${hashOf.toString()}
          const seen = [];
          for (let i = ${String(from)}; i !== ${String(to)}; i += ${String(Math.sign(to - from))}) seen.push(hashOf(JSON.stringify(steps.frame(i))));
          return seen; })()`,
        );
      expect(await walk(0, steps.length + 1)).to.deep.equal(expected);
      expect(await walk(steps.length, -1)).to.deep.equal(expected.toReversed());
      await page.close();
    });
});
