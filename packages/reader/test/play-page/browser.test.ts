// SPDX-License-Identifier: GPL-2.0-only
// The play page in a real browser: what it shows at each step, by which key, link and answer.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, KeyInput, Page } from 'puppeteer-core';
import type { Steps } from '../../src/play/contract';
import { questionFor } from '../../src/play/predict';
import { randomProgram } from '../../src/play/random-program';
import { COLOURS, type Opened, PLACES, axe, chromiumFor } from '../chromium';
import { type View, open, overflow } from './chromium';
import { expected, shown } from './in-page';
import {
  hostilePage,
  pageInSite,
  pageWithC,
  programSteps,
  scenarioSteps,
  scenariosPage,
} from './play-file';
import { smallPng } from './small-png';

const LONG = process.env['TEST_LONG'] === '1';
const NOUN = 'request';

(LONG ? describe : describe.skip)('the play page in Chromium @long', function () {
  this.timeout(400_000);
  let browser: Browser;
  let folder = '';
  let file = '';
  const opened: Opened[] = [];

  before(async function () {
    browser = await chromiumFor(this);
    folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
    file = join(folder, 'play.html');
    writeFileSync(file, scenariosPage());
  });

  after(async () => {
    // Not there where it was skipped.
    await (browser as Browser | undefined)?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  afterEach(async () => {
    for (const { page, wrong } of opened.splice(0)) {
      expect(wrong).to.deep.equal([]);
      await page.close();
    }
  });

  async function show(view: View, of = file): Promise<Page> {
    const one = await open(browser, of, view);
    opened.push(one);
    // The page's data are unpacked first.
    await one.page.waitForSelector('#call');
    return one.page;
  }

  const press = async (page: Page, ...keys: readonly KeyInput[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const text = async (page: Page, id: string): Promise<string> =>
    (await page.evaluate(`document.getElementById('${id}').textContent`)) as string;

  async function expectStep(page: Page, steps: Steps, step: number): Promise<void> {
    expect(await shown(page), `step ${String(step)}`).to.deep.equal(expected(steps, step));
    expect(await text(page, 'place')).to.match(
      new RegExp(`^step ${String(step)} of ${String(steps.length)} `),
    );
  }

  for (const name of ['reuse', 'exhaustion'])
    it(`shows each frame of ${name}, forward by key and back by button`, async () => {
      const steps = scenarioSteps(name);
      const page = await show({ width: 1280, hash: `scenario=${name}` });
      await expectStep(page, steps, 0);
      for (let step = 1; step <= steps.length; step++) {
        await press(page, 'ArrowRight');
        await expectStep(page, steps, step);
      }
      await press(page, 'ArrowRight');
      await expectStep(page, steps, steps.length);
      for (let step = steps.length - 1; step >= 0; step--) {
        await page.click('#back');
        await expectStep(page, steps, step);
      }
      await page.click('#forward');
      await expectStep(page, steps, 1);
    });

  it('goes statement by statement, and marks the line that runs', async () => {
    const steps = scenarioSteps('first-map');
    const page = await show({ width: 1280, hash: 'scenario=first-map' });
    const calls = Array.from({ length: steps.length }, (_, i) => i + 1);
    const step = calls.find((one) => steps.frame(one).call.startsWith('dma_map_')) ?? 1;
    for (let i = 1; i < step; i++) await press(page, 'ArrowRight');
    const marked = async (): Promise<unknown> =>
      page.evaluate(
        `[...document.querySelectorAll('.line.present')].map((one) => one.textContent.trim())`,
      );
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      await press(page, '.');
      expect(await text(page, 'place')).to.include(`step ${String(step)} `);
      expect(await text(page, 'place')).to.include(`statement ${String(i + 1)} of`);
      await page.waitForFunction(`location.hash.includes('statement=${String(i + 1)}')`);
      // What is around the code is what was before the call.
      expect((await shown(page)).cells).to.deep.equal(expected(steps, step - 1).cells);
      const lines = (await marked()) as string[];
      expect(lines).to.have.length(1);
      seen.push(lines[0]);
    }
    expect(new Set(seen).size).to.equal(3);
    await press(page, ',');
    expect(await marked()).to.deep.equal([seen[1]]);
    await page.click('#statement-back');
    expect(await marked()).to.deep.equal([seen[0]]);
    await press(page, ',');
    await expectStep(page, steps, step - 1);
    await press(page, '.', 'ArrowRight');
    await expectStep(page, steps, step);
  });

  it('shows the line of the C beside that of the TypeScript, where it has the C', async () => {
    const one = join(folder, 'with-c.html');
    writeFileSync(one, pageWithC());
    const page = await show({ width: 1280, hash: 'scenario=first-map&step=2' }, one);
    const panes = `[...document.querySelectorAll('#source figure')].map((one) => [
      one.querySelector('b').textContent, one.querySelector('.present code').textContent])`;
    for (let i = 0; i < 100; i++) {
      await press(page, ',');
      const shownPanes = (await page.evaluate(panes)) as [string, string][];
      if (shownPanes.length < 2) continue;
      expect(shownPanes[1]).to.deep.equal(['C', 'second <line>']);
      return;
    }
    throw new Error('no statement of the pool has run');
  });

  it('goes where the slider is set, to the ends by keys, and plays', async () => {
    const steps = scenarioSteps('reuse');
    const page = await show({ width: 1280, hash: 'scenario=reuse' });
    const middle = Math.floor(steps.length / 2);
    await page.evaluate(`(() => {
      const slider = document.getElementById('slider');
      slider.value = '${String(middle)}';
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    })()`);
    await expectStep(page, steps, middle);
    await press(page, 'End');
    await expectStep(page, steps, steps.length);
    await press(page, 'Home');
    await expectStep(page, steps, 0);
    await page.focus('#slider');
    await press(page, 'ArrowRight');
    await expectStep(page, steps, 1);
    await page.select('#speed', '20');
    await page.click('#play-pause');
    await page.waitForFunction(
      `document.getElementById('place').textContent.startsWith('step ${String(steps.length)} ')`,
    );
    await expectStep(page, steps, steps.length);
    await page.waitForFunction(
      `document.getElementById('play-pause').getAttribute('aria-label') === 'play'`,
    );
  });

  it('opens a link to a step again, and follows one that is typed', async () => {
    const steps = scenarioSteps('eviction');
    const page = await show({ width: 1280, hash: 'scenario=eviction&step=3' });
    await expectStep(page, steps, 3);
    await press(page, 'ArrowRight');
    await page.waitForFunction(`location.hash.includes('step=4')`);
    const link = (await page.evaluate('location.hash')) as string;
    const other = await show({ width: 390, hash: link.slice(1) });
    await expectStep(other, steps, 4);
    await other.evaluate(`location.hash = '#scenario=reuse&step=2'`);
    await other.waitForFunction(`document.getElementById('item').value === 'reuse'`);
    await expectStep(other, scenarioSteps('reuse'), 2);
    const wrong = await show({ width: 1280, hash: 'scenario=nothing-like-it&step=999999' });
    expect(await text(wrong, 'place')).to.match(/^step 0 of /);
  });

  it('changes the scenario', async () => {
    const page = await show({ width: 1280, hash: 'scenario=reuse&step=4' });
    await page.select('#item', 'eviction');
    await expectStep(page, scenarioSteps('eviction'), 0);
    await page.waitForFunction(`location.hash === '#scenario=eviction&step=0'`);
  });

  it('says each step in one sentence to a screen reader', async () => {
    const steps = scenarioSteps('reuse');
    const page = await show({ width: 1280, hash: 'scenario=reuse' });
    await press(page, 'ArrowRight', 'ArrowRight');
    await page.waitForFunction(
      `document.getElementById('spoken').textContent === ${JSON.stringify(expected(steps, 2).happened)}`,
    );
    expect(
      await page.evaluate(`document.getElementById('spoken').getAttribute('aria-live')`),
    ).to.equal('polite');
  });

  describe('Predict', () => {
    const SEED = 7;
    const steps = programSteps(randomProgram(SEED));
    const questions = Array.from({ length: steps.length }, (_, i) =>
      questionFor(steps.frame(i), steps.frame(i + 1), SEED, NOUN),
    );
    const asked = [...questions.entries()].flatMap(([step, one]) => (one ? [{ step, one }] : []));
    const link = (step: number): string =>
      `scenario=random&step=${String(step)}&predict=1&seed=${String(SEED)}`;

    it('asks before a step, and the port grades what is answered', async () => {
      const [first] = asked;
      if (!first) throw new Error('no question');
      const { step, one } = first;
      const page = await show({ width: 1280, hash: link(step) });
      await press(page, 'ArrowRight');
      await expectStep(page, steps, step);
      expect(await text(page, 'question'))
        .to.include(one.text)
        .and.to.include(steps.frame(step + 1).call);
      const choices = await page.evaluate(
        `[...document.querySelectorAll('.choices label')].map((one) => one.textContent.trim())`,
      );
      expect(choices).to.deep.equal(one.choices);
      await press(page, String(one.right + 1) as KeyInput, 'Enter');
      await expectStep(page, steps, step + 1);
      expect(await text(page, 'verdict')).to.equal(`✓ Right. ${one.why}`);
      expect(await text(page, 'score')).to.equal('1 of 1 answer right');
    });

    it('asks at once when it is turned on, and hides what would tell the answer', async () => {
      const frames = scenarioSteps('exhaustion');
      const all = Array.from({ length: frames.length - 1 }, (_, i) => i + 1);
      const step = all.find(
        (one) =>
          frames.frame(one).caption !== '' &&
          frames.frame(one + 1).caption !== '' &&
          questionFor(frames.frame(one), frames.frame(one + 1), 1, NOUN) !== null,
      );
      const page = await show({ width: 1280, hash: `scenario=exhaustion&step=${String(step)}` });
      const seen = `['about', 'caption'].map((id) => document.getElementById(id).getClientRects().length > 0)`;
      expect(await page.evaluate(seen)).to.deep.equal([true, true]);
      await page.click('#predict-on');
      expect(await page.evaluate(`document.getElementById('ask').hidden`)).to.equal(false);
      expect(await page.evaluate(seen)).to.deep.equal([false, false]);
      await press(page, 's');
      expect(await page.evaluate(seen)).to.deep.equal([true, true]);
      await press(page, ',');
      expect(await text(page, 'place')).to.include('statement');
      expect(await page.evaluate(seen)).to.deep.equal([true, false]);
    });

    it('tells what is right after a wrong answer, by mouse', async () => {
      const { step, one } = asked[1] ?? asked[0] ?? { step: 0, one: null };
      if (!one) throw new Error('no question');
      const page = await show({ width: 390, hash: link(step) });
      await page.click('#forward');
      const wrong = (one.right + 1) % one.choices.length;
      await page.click(`.choices label:nth-child(${String(wrong + 1)})`);
      await page.click('#answer');
      await expectStep(page, steps, step + 1);
      expect(await text(page, 'verdict')).to.equal(`✗ Not so. ${one.why}`);
      expect(await text(page, 'score')).to.equal('0 of 1 answer right');
    });

    it('stops playing for a question, takes no empty answer, and can be skipped', async () => {
      const first = asked[0] ?? { step: 0 };
      const page = await show({ width: 1280, hash: link(first.step) });
      await page.select('#speed', '20');
      await page.click('#play-pause');
      await page.waitForFunction(
        `document.getElementById('play-pause').getAttribute('aria-label') === 'play'`,
      );
      expect(await page.evaluate(`document.getElementById('ask').hidden`)).to.equal(false);
      await press(page, 'Enter');
      await expectStep(page, steps, first.step);
      await press(page, 's');
      await expectStep(page, steps, first.step + 1);
      expect(await text(page, 'score')).to.equal('');
    });

    it('goes on with the next seed after the last step', async () => {
      const page = await show({
        width: 1280,
        hash: `scenario=random&step=${String(steps.length)}&seed=${String(SEED)}`,
      });
      await expectStep(page, steps, steps.length);
      await press(page, 'ArrowRight');
      await expectStep(page, programSteps(randomProgram(SEED + 1)), 0);
      expect(await page.evaluate(`document.getElementById('seed').value`)).to.equal(
        String(SEED + 1),
      );
    });
  });

  for (const hash of [
    `scenario=eviction&step=${String(scenarioSteps('eviction').length - 1)}`,
    'scenario=exhaustion&step=4&predict=1&seed=3',
    'scenario=untrusted-list&step=2&statement=2',
  ])
    it(`has nothing serious for axe, and no sideways scroll: ${hash}`, async () => {
      const page = await show({ width: 1280, hash });
      if (hash.includes('predict')) await press(page, 'ArrowRight');
      expect(await overflow(page)).to.equal(0);
      expect(await axe(page)).to.deep.equal([]);
      // The other theme differs in colours alone, a phone in where things are.
      const dark = [{ name: 'prefers-color-scheme', value: 'dark' }];
      await page.emulateMediaFeatures(dark);
      expect(await axe(page, COLOURS), 'dark').to.deep.equal([]);
      const phone = await show({ width: 390, hash });
      if (hash.includes('predict')) await press(phone, 'ArrowRight');
      expect(await overflow(phone)).to.equal(0);
      expect(await axe(phone, PLACES), 'phone').to.deep.equal([]);
    });

  it('has nothing serious for axe in the list of keys', async () => {
    const page = await show({ width: 1280, hash: 'scenario=reuse&step=2' });
    await press(page, '?');
    expect(await page.evaluate(`document.getElementById('help').open`)).to.equal(true);
    expect(await axe(page)).to.deep.equal([]);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    expect(await axe(page, COLOURS), 'dark').to.deep.equal([]);
    await page.setViewport({ width: 390, height: 900 });
    expect(await overflow(page)).to.equal(0);
    expect(await axe(page), 'phone, dark').to.deep.equal([]);
  });

  it('moves nothing for who wants no motion, and the copied bytes for others', async () => {
    const steps = scenarioSteps('first-map');
    const all = Array.from({ length: steps.length }, (_, i) => i + 1);
    const copying = all.find((step) => steps.frame(step).copies.length > 0);
    const hash = `scenario=first-map&step=${String(copying)}`;
    const running = `document.getAnimations().length`;
    const still = await show({ width: 1280, hash, motion: 'reduce' });
    expect(await still.evaluate(running)).to.equal(0);
    const moving = await show({ width: 1280, hash, motion: 'no-preference' });
    expect(await moving.evaluate(running)).to.be.above(0);
  });

  it('says that a link is wrong, until one moves on', async () => {
    const page = await show({ width: 390, hash: 'scenario=nope&step=999&seed=x' });
    expect(await text(page, 'link-fault')).to.include("there is no scenario 'nope'");
    await press(page, 'ArrowRight');
    expect(await page.evaluate(`document.getElementById('link-fault').hidden`)).to.equal(true);
  });

  it('has the bar and the places of the code where it is a page of a site, and else none', async () => {
    const one = join(folder, 'in-site.html');
    writeFileSync(one, pageInSite());
    const alone = await show({ width: 390, hash: 'scenario=first-map&step=2' });
    expect(await alone.evaluate(`document.querySelectorAll('nav, figcaption a').length`)).to.equal(
      0,
    );
    for (const width of [390, 1280]) {
      const page = await show({ width, hash: 'scenario=first-map&step=2' }, one);
      expect(
        await page.evaluate(
          `[...document.querySelectorAll('nav a')].map((a) => a.getAttribute('href'))`,
        ),
      ).to.deep.equal(['index.html', 'play.html']);
      for (let i = 0; i < 100; i++) {
        await press(page, ',');
        if ((await text(page, 'source')).includes('io-buffer-pool.ts')) break;
      }
      const [href = '', place = ''] = (await page.evaluate(
        `[...document.querySelectorAll('figcaption a')].flatMap((a) => [a.getAttribute('href'), a.textContent])`,
      )) as string[];
      const line = /:(\d+)/.exec(place)?.[1];
      expect(href).to.equal(`pool.html#f.t${String(Number(line) - 9)}`);
      expect(await overflow(page)).to.equal(0);
      expect(await axe(page, width === 390 ? undefined : PLACES)).to.deep.equal([]);
    }
  });

  it('shows what is in a transcript as text, whatever it is', async () => {
    const { html, pieces } = hostilePage();
    const one = join(folder, 'hostile.html');
    writeFileSync(one, html);
    for (const width of [390, 1280]) {
      const page = await show({ width }, one);
      expect(await page.evaluate('document.querySelectorAll("img, iframe").length')).to.equal(0);
      const all = (await page.evaluate('document.body.innerText')) as string;
      for (const piece of pieces) expect(all).to.include(piece);
      expect(all).not.to.match(/[\u202a-\u202e\u2066-\u2069]/);
      expect(await overflow(page)).to.equal(0);
    }
  });

  it('draws the picture of docs/teaching.md', async () => {
    const page = await show({
      width: 1180,
      hash: 'scenario=short-transfer&step=6&predict=1&seed=3',
    });
    await page.setViewport({ width: 1180, height: 1240 });
    await press(page, 'ArrowRight', '2', 'Enter');
    const picture = smallPng(await page.screenshot({ type: 'png' }));
    expect(picture.length).to.be.within(20_000, 150_000);
    if (process.env['DOC_PICTURES'] === '1')
      writeFileSync(join(__dirname, '../../../../docs/teaching.png'), picture);
  });

  it('would not run what got in all the same', async () => {
    const changed = join(folder, 'changed.html');
    writeFileSync(
      changed,
      scenariosPage().replace('</body>', `<script>document.title = 'in'</script></body>`),
    );
    const { page, wrong } = await open(browser, changed, { width: 1280 });
    expect(await page.title()).not.to.equal('in');
    expect(wrong.filter((line) => line.startsWith('console:'))).to.have.length.above(0);
    await page.close();
  });
});
