// SPDX-License-Identifier: GPL-2.0-only
// The site in a real browser: alignment, links, search, keys, sides, print, accessibility, and that nothing gets out.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'puppeteer-core';
import { pageAssets, writeSite } from '../../src/site/files';
import { type SiteInput, buildSite } from '../../src/site/site';
import type { Margin } from '../../src/margin/margin';
import { COLOURS, type Opened, PLACES, axe, chromiumFor } from '../chromium';
import { type Look, ask, open, settled } from './chromium';
import { handInput } from './hand-input';
import { OUR_SERIES, makeInput, withoutSeries } from './make-input';

const LONG = process.env['TEST_LONG'] === '1';
const WIDE: Look = { width: 1280 };
const PHONE: Look = { width: 390, touch: true };
const TALLY = 'drivers-tally-tally.c.html';
const POOL = 'drivers-tally-tally-pool.c.html';

const MARKED = "[...document.querySelector('tr.k')?.cells ?? []].map((cell) => cell.textContent)";
const HASH = 'location.hash.slice(1)';

(LONG ? describe : describe.skip)('the site in Chromium @long', function () {
  this.timeout(400_000);
  let browser: Browser;
  let folder = '';
  const opened: Opened[] = [];

  before(async function () {
    browser = await chromiumFor(this);
    folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-site-'));
    const assets = pageAssets();
    const read = await makeInput(OUR_SERIES);
    const input = { ...read, margin: withMarks(read), assets };
    writeSite(join(folder, 'both'), buildSite(input), false);
    writeSite(join(folder, 'ours'), buildSite(withoutSeries(input)), false);
    const hostile = handInput({
      cLine: '</td><script>document.title = "in"</script><img src=x onerror=alert(1)>',
      tsLine: `"${'wide '.repeat(200_000)}"`,
      subject: '<script>document.title = "in"</script>',
      finding: '<script>document.title = "in"</script> [x](javascript:alert(1))',
    });
    writeSite(join(folder, 'hostile'), buildSite({ ...hostile, assets }), false);
  });

  after(async () => {
    // Not there where it was skipped.
    await (browser as Browser | undefined)?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  afterEach(async () => {
    const wrong = opened.flatMap((one) => one.wrong);
    for (const { page } of opened.splice(0)) await page.close();
    expect(wrong).to.deep.equal([]);
  });

  async function show(page: string, look: Look, anchor = '', site = 'both'): Promise<Page> {
    const one = await open(browser, join(folder, site, page), look, anchor);
    opened.push(one);
    return one.page;
  }

  async function press(page: Page, ...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await page.keyboard.type(key);
      await settled(page);
    }
  }

  /** The file name of the page and what it is at. */
  async function address(page: Page): Promise<string> {
    return basename(await ask<string>(page, 'location.href'));
  }

  it('puts a call beside its counterpart, at the same height', async () => {
    const page = await show(POOL, WIDE, 'tally_pool_fill_class');
    const [c, ts] = await ask<[number, number]>(
      page,
      `[...document.getElementById('tally_pool_fill_class').querySelectorAll('tr')]
        .filter((row) => row.textContent.includes('__tally_free_mark('))
        .flatMap((row) => [row.cells[1], row.cells[3]].map((cell) => {
          if (!cell?.textContent.includes('__tally_free_mark(')) return -1;
          const { top, height, width } = cell.getBoundingClientRect();
          return height > 0 && width > 400 ? top : -1;
        }))`,
    );
    expect(c).to.be.above(0).and.to.equal(ts);
  });

  it('marks a line and its counterpart on a click, and the address is the link of that line', async () => {
    const page = await show(POOL, WIDE, 'tally_pool_fill_class');
    const cell = await page.evaluateHandle(
      "[...document.querySelectorAll('#tally_pool_fill_class td')].find((cell) => cell.textContent.includes('return -ENOMEM'))",
    );
    const { x, y } = await ask<{ x: number; y: number }>(
      page,
      "(() => { const b = [...document.querySelectorAll('#tally_pool_fill_class td')].find((cell) => cell.textContent.includes('return -ENOMEM')).getBoundingClientRect(); return { x: b.right - 20, y: b.top + 5 }; })()",
    );
    await cell.dispose();
    await page.mouse.click(x, y);
    const marked = await ask<string[]>(page, MARKED);
    expect(marked.filter((text) => text.includes('-ENOMEM'))).to.have.length.above(0);
    const link = await ask<string>(page, HASH);
    expect(link).to.match(/^tally_pool_fill_class\.[ct]\d+$/);
    const again = await show(POOL, WIDE, link);
    expect(await ask(again, MARKED)).to.deep.equal(marked);
    const top = await ask<number>(
      again,
      "document.querySelector('tr.k').getBoundingClientRect().top",
    );
    expect(top).to.be.within(80, 780);
  });

  it('marks as counterparts what is one, not what only stands beside it', async () => {
    const page = await show(TALLY, WIDE);
    const yellow = `(() => {
      const paint = document.querySelector('tr.k').closest('section').querySelectorAll('td:nth-child(even)');
      const of = (cell) => getComputedStyle(cell).backgroundColor;
      return [...paint].filter((cell) => of(cell) === 'rgb(255, 243, 196)').map((cell) => cell.textContent.trim());
    })()`;
    const click = async (row: string): Promise<string[]> => {
      await page.evaluate(`${row}.cells[0].click()`);
      return ask(page, yellow);
    };
    const joined = "document.querySelector('#tally_weigh tr.c.j, section tr.c.j')";
    const own = await ask<string>(page, `${joined}.cells[1].textContent.trim()`);
    const marked = await click(joined);
    expect(marked).to.include(own);
    expect(marked).to.have.length.above(2);
    const beside = "document.querySelector('section tr.u')";
    expect(await click(beside)).to.deep.equal([
      await ask(page, `${beside}.cells[1].textContent.trim()`),
    ]);
    await page.evaluate(`${beside}.cells[2].click()`);
    expect(await ask(page, yellow)).to.deep.equal([
      await ask(page, `${beside}.cells[3].textContent.trim()`),
    ]);
  });

  it('counts the lines of a link from the first line of the function, on either side', async () => {
    const page = await show(TALLY, WIDE, 'tally_weigh.c1');
    expect((await ask<string[]>(page, MARKED))[1]).to.include('static int tally_weigh(');
    const other = await show(TALLY, WIDE, 'tally_weigh.t1');
    expect((await ask<string[]>(other, MARKED)).at(-1)).to.include('tally_weigh(');
  });

  it('leads from a name to its definition, in the same file and in another', async () => {
    const page = await show(TALLY, WIDE, 'tally_put_mark');
    const follow = async (section: string, name: string): Promise<string> => {
      const link = `[...document.querySelectorAll('#${section} td a')].find((a) => a.textContent === '${name}')`;
      await page.evaluate(`${link}.scrollIntoView({ block: 'center' })`);
      const loads = (await ask<string>(page, `${link}.getAttribute('href')`)).startsWith('#')
        ? Promise.resolve(null)
        : page.waitForNavigation();
      await page.evaluate(`${link}.click()`);
      await loads;
      await settled(page);
      return address(page);
    };
    expect(await follow('tally_put_mark', '__tally_insert')).to.equal(`${TALLY}#__tally_insert`);
    expect(await follow('tally_put_mark', 'TALLY_WEIGHT_MAX')).to.match(
      /^drivers-tally-tally\.c\.html#/,
    );
    expect(await follow('tally_put_mark', 'out_unlock')).to.match(/#tally_put_mark\.[ct]\d+$/);
    expect(await follow('tally_put_mark', 'tally_pool_get')).to.equal(`${POOL}#tally_pool_get`);
    expect(
      await ask(page, "document.getElementById('tally_pool_get').getBoundingClientRect().top"),
    ).to.be.below(300);
  });

  it('gives each link of the code a target', async () => {
    for (const name of [TALLY, POOL, 'patch-4.html', 'index.html']) {
      const page = await show(name, WIDE);
      const links = await ask<(string | null)[]>(
        page,
        "[...document.querySelectorAll('section td a, section h2 a, .names a')].map((a) => a.getAttribute('href'))",
      );
      expect(links.length, name).to.be.above(20);
      expect(links, name).not.to.include(null);
      for (const href of new Set(links)) {
        const [to = '', anchor = ''] = (href ?? '').split('#');
        const text = readFileSync(join(folder, 'both', to === '' ? name : to), 'utf8');
        const id = anchor.replace(/\.[ct]-?\d+$/, '');
        expect(
          new RegExp(`id="?${id.replace(/[.$~]/g, '\\$&')}[" >]`).test(text),
          `${name}: ${String(href)}`,
        ).to.equal(true);
      }
    }
  });

  it('finds names of both languages', async () => {
    const page = await show(TALLY, WIDE);
    await press(page, '/');
    await page.keyboard.type('tally_we');
    expect(
      await ask(
        page,
        "[...document.querySelectorAll('[role=option] b')].map((b) => b.textContent)",
      ),
    ).to.include('tally_weigh');
    await page.keyboard.press('Enter');
    await settled(page);
    expect(await address(page)).to.equal(`${TALLY}#tally_weigh`);
    expect(await ask(page, "document.querySelector('dialog[open]')")).to.equal(null);
  });

  it('looks in all files when asked, from the first page', async () => {
    const page = await show('drivers-tally-Kconfig.html', WIDE);
    await press(page, '/');
    await page.keyboard.type('pool_of_work');
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    await settled(page);
    const first = "document.querySelector('[role=option]')?.textContent";
    expect(await ask<string>(page, first)).to.match(/^pool_of_work .*tally-pool\.c$/);
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
    await settled(page);
    expect(await address(page)).to.match(new RegExp(`^${POOL}#pool_of_work`));
  });

  it('goes from function to function, change to change and finding to finding by keys', async () => {
    const page = await show(TALLY, WIDE);
    const ids = await ask<string[]>(
      page,
      "[...document.querySelectorAll('section')].map(({ id }) => id)",
    );
    await press(page, 'j', 'j', 'j');
    expect(await ask(page, HASH)).to.equal(ids[2]);
    await press(page, 'k');
    expect(await ask(page, HASH)).to.equal(ids[1]);
    await press(page, 'n');
    const first = await ask<string>(page, HASH);
    await press(page, 'n');
    const second = await ask<string>(page, HASH);
    expect(second).not.to.equal(first);
    await press(page, 'p');
    expect(await ask(page, HASH)).to.equal(first);
  });

  it('goes from finding to finding and from line to line by keys', async () => {
    const page = await show(TALLY, WIDE);
    await press(page, 'f');
    expect((await ask<string[]>(page, MARKED)).join()).to.match(/[FD]\d/);
    const marked = await ask<string[]>(page, MARKED);
    await press(page, '.');
    expect(await ask(page, MARKED)).not.to.deep.equal(marked);
    await press(page, ',');
    expect(await ask(page, MARKED)).to.deep.equal(marked);
  });

  it('switches to what a patch did to a function, and back to the whole file', async () => {
    const page = await show(TALLY, WIDE, 'tally_put_mark');
    const go = async (key: string): Promise<string> => {
      await Promise.all([page.waitForNavigation(), page.keyboard.type(key)]);
      await settled(page);
      return address(page);
    };
    expect(await go('4')).to.equal('patch-4.html#tally_put_mark');
    const added = await ask<string[]>(
      page,
      "[...document.querySelectorAll('#tally_put_mark .a')].map((cell) => cell.textContent)",
    );
    expect(added.some((text) => text.includes('tally_pool_get(tally->pool'))).to.equal(true);
    expect(added.some((text) => text.includes('tally_pool_get(tally.pool'))).to.equal(true);
    expect(await go('0')).to.equal(`${TALLY}#tally_put_mark`);
    expect(await go('1')).to.match(/^patch-1\.html/);
  });

  it('keeps the function on the page of a patch that did not change it', async () => {
    const page = await show(TALLY, WIDE, 'tally_weigh');
    const go = async (key: string): Promise<string> => {
      await Promise.all([page.waitForNavigation(), page.keyboard.type(key)]);
      await settled(page);
      return address(page);
    };
    expect(await go('1')).to.equal(`patch-1.html#from=${TALLY},tally_weigh`);
    expect(await ask(page, "document.getElementById('-from').textContent")).to.include(
      'This patch did not change tally_weigh',
    );
    expect(await go('2')).to.match(/^patch-2\.html#from=.*,tally_weigh$/);
    expect(await go('0')).to.equal(`${TALLY}#tally_weigh`);
    // The next patch did change it: there it is.
    const other = await show('patch-4.html', WIDE, `from=${TALLY},tally_put_mark`);
    expect(await ask(other, HASH)).to.equal('tally_put_mark');
  });

  it('tells the definition of a function from its prototype or stub, and lines from functions', async () => {
    const notes = "[...document.querySelectorAll('[role=option]')].map((one) => one.textContent)";
    const page = await show('index.html', WIDE);
    await press(page, '/');
    await page.keyboard.type('tally_pool_get');
    const found = (await ask<string[]>(page, notes)).filter((one) =>
      one.startsWith('tally_pool_get '),
    );
    expect(found[0]).to.match(/function · .*tally-pool\.c$/);
    for (const one of found.slice(1)) expect(one).to.match(/prototype or stub · .*\.h$/);
    const own = await show(TALLY, WIDE);
    await press(own, '/');
    const all = await ask<string[]>(own, notes);
    expect(all).to.include('tally_weigh function · on this page');
    expect(all).to.include('head lines without a name · on this page');
  });

  it('has one line of bar on a phone, with the file, its state and a menu of the pages', async () => {
    const page = await show(TALLY, PHONE, 'tally_weigh');
    const height = "document.querySelector('header').getBoundingClientRect().height";
    expect(await ask<number>(page, height)).to.be.below(60);
    for (const selector of ['h1', '.note']) {
      const [inside, all] = await ask<[number, number]>(
        page,
        `[document.querySelector('${selector}')].flatMap((one) => [one.clientWidth, one.scrollWidth])`,
      );
      expect(inside, selector).to.be.above(30).and.to.be.at.least(all);
    }
    const links = "document.querySelectorAll('header nav a')[1].getClientRects().length";
    expect(await ask(page, links)).to.equal(0);
    await page.click('#-menu');
    expect(await ask(page, links)).to.equal(1);
    const right =
      "Math.max(...[...document.querySelectorAll('header nav a')].map((a) => a.getBoundingClientRect().right))";
    expect(await ask<number>(page, right)).to.be.at.most(390);
  });

  it('says to a screen reader which lines a patch added and removed', async () => {
    const page = await show('patch-4.html', WIDE, 'tally_put_mark');
    const tree = await page.accessibility.snapshot({ interestingOnly: false });
    const text = JSON.stringify(tree);
    expect(text).to.include('added: ').and.to.include('removed: ');
  });

  it('shows both sides, the C alone, the TypeScript alone, by key and by button', async () => {
    const page = await show(TALLY, WIDE, 'tally_weigh');
    const widths = `[1, 3].map((i) => [...document.querySelectorAll('#tally_weigh tr')]
      .find((row) => row.cells.length === 4 && row.className === '').cells[i].getBoundingClientRect().width)`;
    const [c, ts] = await ask<[number, number]>(page, widths);
    expect(c).to.be.above(500);
    expect(ts).to.be.closeTo(c, 2);
    await press(page, 's');
    const alone = await ask<[number, number]>(page, widths);
    expect(alone[0]).to.be.above(1100);
    expect(alone[1]).to.equal(0);
    await page.click('.sides [data-side="t"]');
    const other = await ask<[number, number]>(page, widths);
    expect(other[0]).to.equal(0);
    expect(other[1]).to.be.above(1100);
    expect(
      await ask(page, "document.querySelector('.sides [aria-pressed=true]').textContent"),
    ).to.equal('TypeScript');
  });

  it('shows one side on a phone; a swipe and the buttons change it, and the line stays in view', async () => {
    const page = await show(TALLY, PHONE, 'tally_weigh.c1');
    const shown =
      "[...document.querySelector('tr.k').cells].map((cell) => cell.getClientRects().length > 0)";
    expect(await ask(page, shown)).to.deep.equal([true, true, false, false]);
    const swipe = async (from: number, to: number): Promise<void> => {
      await page.touchscreen.touchStart(from, 400);
      await page.touchscreen.touchMove((from + to) / 2, 402);
      await page.touchscreen.touchMove(to, 404);
      await page.touchscreen.touchEnd();
      await settled(page);
    };
    await swipe(300, 100);
    expect(await ask(page, shown)).to.deep.equal([false, false, true, true]);
    expect(
      await ask(page, "document.querySelector('tr.k').getBoundingClientRect().top"),
    ).to.be.within(0, 800);
    await swipe(100, 300);
    expect(await ask(page, shown)).to.deep.equal([true, true, false, false]);
    // The browser takes a tap right behind a swipe for its end.
    await new Promise((done) => setTimeout(done, 500));
    await page.tap('.sides [data-side="t"]');
    await page.waitForFunction("document.documentElement.dataset.side === 't'", { timeout: 5000 });
    expect(await ask(page, shown)).to.deep.equal([false, false, true, true]);
  });

  it('names the tests and transcripts that reach a function when asked', async () => {
    const page = await show(TALLY, WIDE, 'tally_put_mark');
    expect(await ask(page, "document.querySelector('.r').textContent")).to.equal(
      '17/18 lines run by 1 test file, 2 transcripts',
    );
    await page.click('.r summary');
    await settled(page);
    expect(
      await ask(page, "[...document.querySelectorAll('.r li')].map((li) => li.textContent)"),
    ).to.deep.equal(['packages/tally/test/tally.test.ts', 'put.jsonl', 'trim.jsonl']);
  });

  it('lists in its help every key that it obeys', async () => {
    const page = await show('index.html', WIDE);
    await press(page, '?');
    const keys = await ask<string[]>(
      page,
      "[...document.querySelectorAll('#-keys[open] th kbd')].map((k) => k.textContent)",
    );
    expect(keys).to.deep.equal([
      'j',
      'k',
      'n',
      'p',
      'f',
      'F',
      '.',
      ',',
      's',
      '1',
      '9',
      '0',
      '/',
      '?',
    ]);
    await page.keyboard.press('Escape');
    expect(await ask(page, "document.querySelector('dialog[open]')")).to.equal(null);
  });

  it('runs nothing that a patch brings, and breaks at no line of a megabyte', async () => {
    for (const name of [
      'index.html',
      'drivers-pool-pool.c.html',
      'patch-1.html',
      'findings.html',
      'check.html',
    ]) {
      const page = await show(name, WIDE, '', 'hostile');
      expect(await page.title(), name).not.to.equal('in');
      expect(await ask(page, "document.querySelectorAll('img').length")).to.equal(0);
      expect(await ask(page, 'document.documentElement.scrollWidth')).to.be.at.most(1280);
    }
    const page = await show('drivers-pool-pool.c.html', WIDE, '', 'hostile');
    expect(
      await ask(page, "document.querySelector('.l').getBoundingClientRect().height"),
    ).to.be.within(20, 260);
  });

  it('lets its policy stop a script and a style that are not its own', async () => {
    const one = await open(browser, join(folder, 'both', TALLY), WIDE);
    await one.page.evaluate(
      "document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\" id=-x>x</p>'); const s = document.createElement('script'); s.textContent = 'document.title = \"in\"'; document.body.append(s); fetch('https://example.invalid/').catch(() => 0)",
    );
    await settled(one.page);
    expect(await one.page.title()).not.to.equal('in');
    expect(
      one.wrong.filter((text) => text.includes('Content Security Policy')),
    ).to.have.length.above(2);
    await one.page.close();
  });

  it('prints the code without bar and buttons', async () => {
    const page = await show(TALLY, { width: 1280, scheme: 'dark' });
    await page.emulateMediaType('print');
    expect(await ask(page, "document.querySelector('header').getClientRects().length")).to.equal(0);
    expect(
      await ask(page, "getComputedStyle(document.querySelector('section > div')).position"),
    ).to.equal('static');
    expect(
      await ask(page, "getComputedStyle(document.querySelector('section')).contentVisibility"),
    ).to.equal('visible');
    expect(await ask(page, 'getComputedStyle(document.body).backgroundColor')).to.equal(
      'rgb(255, 255, 255)',
    );
    expect((await page.pdf()).length).to.be.above(20_000);
  });

  it('uses no ligatures in code', async () => {
    const page = await show(TALLY, WIDE);
    expect(
      await ask(
        page,
        "getComputedStyle(document.querySelector('section td')).fontVariantLigatures",
      ),
    ).to.equal('none');
  });

  describe('axe finds nothing serious or critical in', () => {
    for (const [site, name] of [
      ['both', 'index.html'],
      ['both', TALLY],
      ['both', 'patch-4.html'],
      ['both', 'findings.html'],
      ['hostile', 'check.html'],
      ['hostile', 'drivers-pool-pool.c.html'],
      ['ours', 'tally.html'],
    ] as const)
      it(`${site}/${name}`, async () => {
        const page = await show(name, WIDE, '', site);
        const width = 'document.documentElement.scrollWidth';
        expect(await ask(page, width)).to.be.at.most(WIDE.width);
        expect(await axe(page), 'light').to.deep.equal([]);
        // The other theme differs in colours alone, a phone in where things are. A file of ours alone has no other parts.
        if (site !== 'ours') {
          await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
          expect(await axe(page, COLOURS), 'dark').to.deep.equal([]);
        }
        const phone = await show(name, PHONE, '', site);
        expect(await ask(phone, width)).to.be.at.most(PHONE.width);
        expect(await axe(phone, PLACES), 'phone').to.deep.equal([]);
      });

    it('a phone, with its menu and each dialog', async () => {
      const page = await show('drivers-tally-Kconfig.html', PHONE);
      expect(await axe(page)).to.deep.equal([]);
      await page.click('#-menu');
      expect(await axe(page), 'menu').to.deep.equal([]);
      for (const button of ['-search', '-help']) {
        await page.evaluate(`document.getElementById('${button}').click()`);
        expect(await ask(page, "document.querySelectorAll('dialog[open]').length")).to.equal(1);
        expect(await axe(page), button).to.deep.equal([]);
        await page.keyboard.press('Escape');
      }
    });
  });

  it('makes the picture of docs/reading.md', async () => {
    const page = await show(TALLY, WIDE, 'tally_put_mark.c12');
    await page.setViewport({ width: 1280, height: 640 });
    await settled(page);
    const picture = await page.screenshot({ type: 'png' });
    expect(picture.length).to.be.within(10_000, 150_000);
    if (process.env['DOC_PICTURES'] === '1')
      writeFileSync(join(__dirname, '../../../../docs/reading.png'), picture);
  });
});

/** The margin with a finding and a deviation at lines of a function, and who reaches it. */
function withMarks({ margin, port }: SiteInput): Margin {
  const file = port.files.find(({ path }) => path.endsWith('/tally.ts'));
  const own = file?.definitions.find(({ name }) => name === 'tally_put_mark');
  const [deviation] = margin.deviations;
  if (!file || !own || !deviation) throw new Error('the port of our series has another text');
  const place = { path: file.path, function: own.name };
  return {
    ...margin,
    marks: [
      { ...place, kind: 'finding', number: 1, section: null, line: own.from + 6 },
      {
        ...place,
        kind: 'deviation',
        number: deviation.number,
        section: deviation.section,
        line: own.from + 9,
      },
    ],
    reach: new Map([
      [
        `${file.path}#${own.name}`,
        {
          transcripts: ['put.jsonl', 'trim.jsonl'],
          tests: ['packages/tally/test/tally.test.ts'],
          linesHit: 17,
          linesFound: 18,
        },
      ],
    ]),
  };
}
