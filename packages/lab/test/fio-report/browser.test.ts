// SPDX-License-Identifier: GPL-2.0-only
// The reports in a real browser: what is drawn, what the switches do, and that nothing gets in or out.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser } from 'puppeteer-core';
import { type FioDocument } from '@iommu-bounce/simulation';
import { fioPage } from '../../src/reports/fio/fio-report';
import { pageText } from '../../src/show/page';
import { replayPart, report } from '../../src/reports/replay-report';
import { policyColour, timeColour } from '../../src/reports/charts/colours';
import { TIME_GROUPS, timeIn } from '../../src/tables/fio-figures';
import { cli, withFolder } from '../commands/run-cli';
import { TraceWriter, replayText } from '../replay/helpers';
import { chromiumFor } from '../../../reader/test/chromium';
import { open, overflow } from './chromium';
import { chart, chartIds, rgb } from './in-page';
import { table } from './in-page';

const HOSTILE = `<img src=x onerror="alert(document.title='in')">`;
const LONG = process.env['TEST_LONG'] === '1';
const FEW = ['--number-ios', '400'];

/** Runs fio once: the report in `file`, its figures from the JSON. */
async function makeReport(file: string, ...args: readonly string[]): Promise<FioDocument> {
  const { status, out, err } = await cli('fio', ...args, '--json', '--report', file);
  expect(err).to.match(/^(?:warning: [^\n]*\n)*$/);
  expect(status).to.equal(0);
  return JSON.parse(out) as FioDocument;
}

(LONG ? describe : describe.skip)('the reports in Chromium @long', function () {
  this.timeout(400_000);
  let browser: Browser;
  /** One report for all tests that only look at it. */
  let folder = '';
  let file = '';
  let document: FioDocument;

  before(async function () {
    browser = await chromiumFor(this);
    folder = mkdtempSync(join(tmpdir(), 'iommu-bounce-'));
    file = join(folder, 'fio.html');
    document = await makeReport(file, '--policy', 'strict,lazy,swiotlb-force,pool', ...FEW);
  });

  after(async () => {
    // Not there where it was skipped.
    await (browser as Browser | undefined)?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  for (const [width, scheme] of [
    [1200, 'light'],
    [390, 'dark'],
  ] as const)
    it(`draw every chart at ${String(width)} pixels, ${scheme}, and nothing goes wrong`, async () => {
      const { page, wrong } = await open(browser, file, width, scheme);
      expect(await overflow(page)).to.equal(0);
      const ids = await chartIds(page);
      expect(ids).to.deep.equal([
        ...['speedup', 'unmap', 'residuals', 'throughput', 'time', 'occupancy'],
        ...['pairs', 'sensitivity'],
      ]);
      for (const id of ids) {
        const { canvas, area, series, colours } = await chart(page, id);
        expect(canvas.right, id).to.be.at.most(width);
        expect(area.bottom - area.top, id).to.be.above(120);
        expect(area.right - area.left, id).to.be.above(width / 2);
        expect(colours.length, id).to.be.above(2);
        const inside = series
          .flatMap(({ at }) => at)
          .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
        expect(inside.length, id).to.be.above(3);
        for (const { x, y } of inside) {
          expect(x, id).to.be.within(area.left - 1, area.right + 1);
          expect(y, id).to.be.within(area.top - 1, area.bottom + 1);
        }
      }
      expect(wrong).to.deep.equal([]);
      await page.close();
    });

  it('show the numbers of the JSON in charts and tables', async () => {
    const { runs, comparison } = document;
    const { page } = await open(browser, file, 1200);

    const speedups = comparison.map(({ speedup }) => speedup);
    const speedup = await chart(page, 'speedup');
    expect(speedup.series.map(({ label }) => label)).to.deep.equal([
      'pool, simulated',
      'published',
      'predicted from 4k and 128k',
    ]);
    expect(speedup.series[0]?.data).to.deep.equal(speedups);
    expect(speedup.series[1]?.data).to.deep.equal([2.8, 4.7, 3.6, 3.6]);
    expect(speedup.series[2]?.data).to.deep.equal(
      comparison.map((row) => row.predicted_from_two?.speedup ?? null),
    );
    // A bar twice as high stands for twice as much.
    const [a, b] = speedup.series[0]?.at ?? [];
    if (!a || !b) throw new Error('no bars');
    expect((b.base - b.y) / (a.base - a.y)).to.be.closeTo(
      (speedups[1] ?? 0) / (speedups[0] ?? 1),
      0.05,
    );
    expect((await table(page, 'speedup')).map((row) => row[1])).to.deep.equal(speedups);
    expect((await table(page, 'unmap')).map((row) => row[2])).to.deep.equal(
      comparison.map((row) => row.unmap_reduction),
    );
    const residuals = await table(page, 'residuals');
    expect(residuals).to.have.length(8);
    for (const [, , simulated, published, residual] of residuals)
      expect(residual).to.equal(Number(simulated) - Number(published));

    const throughput = await table(page, 'throughput');
    expect(throughput.map((row) => [row[0], row[2], row[3], row[8]])).to.deep.equal(
      runs.map((r) => [r.policy, r.bandwidth_bytes_per_s, r.iops, r.peak_bounce_bytes]),
    );
    const time = await chart(page, 'time');
    for (const [name, causes] of TIME_GROUPS) {
      const shown = time.series.find(({ label }) => label === name);
      const ns = runs.map((run) => timeIn(run, causes));
      if (ns.every((one) => one === 0)) expect(shown).to.equal(undefined);
      else {
        expect(shown?.data).to.deep.equal(ns.map((one) => one / 1000));
        // Where the bar is wide enough to be seen, it is.
        if (shown?.at.some(({ x, base }) => x - base > 10))
          expect(time.colours).to.include(rgb(timeColour(name)));
      }
    }
    expect((await table(page, 'time')).map((row) => row[2])).to.deep.equal(
      runs.map((run) => run.cpu_ns_per_io.total),
    );
    const occupancy = await table(page, 'occupancy');
    expect(occupancy.map((row) => [row[0], row[2]])).to.deep.equal(
      runs
        .filter((run) => run.peak_bounce_bytes > 0)
        .map((run) => [run.policy, run.peak_bounce_bytes]),
    );
    await page.close();
  });

  it('follow what is clicked', async () => {
    const { runs } = document;
    const { page, wrong } = await open(browser, file, 1200);

    const all = await chart(page, 'throughput');
    expect(all.series.map(({ label }) => label)).to.deep.equal([
      'strict',
      'lazy ‡',
      'swiotlb-force †',
      'pool',
    ]);
    expect(all.colours).to.include(rgb(policyColour('lazy')));
    await page.click('input[data-choose=policy][value=lazy]');
    await page.click('input[data-choose=group][value="2"]');
    const fewer = await chart(page, 'throughput');
    expect(fewer.series.map(({ label }) => label)).not.to.include('lazy ‡');
    expect(fewer.labels).to.deep.equal(['4k', '16k', '128k']);
    expect(fewer.colours).not.to.include(rgb(policyColour('lazy')));
    const left = runs.filter(({ policy, bs }) => policy !== 'lazy' && bs !== 65536);
    expect((await table(page, 'throughput')).map((row) => [row[0], row[2]])).to.deep.equal(
      left.map((run) => [run.policy, run.bandwidth_bytes_per_s]),
    );
    expect((await chart(page, 'time')).labels).to.have.length(9);
    expect(await page.evaluate('document.getElementById("chosen").textContent')).to.include(
      'what is chosen',
    );
    await page.click('input[data-choose=policy][value=lazy]');
    await page.click('input[data-choose=group][value="2"]');
    expect((await chart(page, 'throughput')).series).to.deep.equal(all.series);

    const button = 'button[data-chart=throughput]';
    const pressed = `document.querySelector('${button}').getAttribute('aria-pressed')`;
    expect([all.scales.y, await page.evaluate(pressed)]).to.deep.equal(['linear', 'false']);
    await page.click(button);
    const log = await chart(page, 'throughput');
    expect([log.scales.y, await page.evaluate(pressed)]).to.deep.equal(['logarithmic', 'true']);
    expect(log.series[0]?.at[0]?.y).to.be.below(all.series[0]?.at[0]?.y ?? 0);
    await page.click('button[data-chart=occupancy][data-switch=logTime]');
    expect((await chart(page, 'occupancy')).scales.x).to.equal('logarithmic');

    await page.click('button[data-chart=time]');
    const shares = await chart(page, 'time');
    const sum = shares.series.reduce((s, { data }) => s + Number(data[0]), 0);
    expect(sum).to.be.closeTo(100, 1e-9);

    expect(await page.evaluate(`document.querySelector('#section-time details').open`)).to.equal(
      false,
    );
    await page.click('#section-time summary');
    expect(await page.evaluate(`document.querySelector('#section-time details').open`)).to.equal(
      true,
    );
    expect(await overflow(page)).to.equal(0);
    expect(wrong).to.deep.equal([]);
    await page.close();
  });

  it('say so in place of a chart of which nothing is chosen', async () => {
    const { page, wrong } = await open(browser, file, 1200);
    const boxes = 'input[data-choose=policy]';
    const turnAll = `document.querySelectorAll('${boxes}').forEach((box) => box.click())`;
    await page.evaluate(turnAll);
    const shown = `['throughput', 'occupancy', 'speedup'].map((id) => [
      document.getElementById(id).parentElement.hidden,
      document.getElementById(id + '-empty').textContent,
    ])`;
    const nothing =
      'Nothing is chosen here: tick a policy and a group of jobs that this chart has.';
    // The speed-up is of two policies, whatever is chosen.
    expect(await page.evaluate(shown)).to.deep.equal([
      [true, nothing],
      [true, nothing],
      [false, ''],
    ]);
    expect(await page.evaluate('document.getElementById("chosen").textContent')).to.match(
      /^No policy is chosen/,
    );
    await page.evaluate(turnAll);
    expect(await page.evaluate(shown)).to.deep.equal([
      [false, ''],
      [false, ''],
      [false, ''],
    ]);
    expect((await chart(page, 'throughput')).series).to.have.length(4);
    expect(wrong).to.deep.equal([]);
    await page.close();
  });

  it('draw scenarios and traffic, wide and narrow', async () => {
    await withFolder(async (folder) => {
      const net = join(folder, 'net.html');
      const nosync = join(folder, 'nosync.html');
      for (const args of [
        ['net', 'rx', '--packets', '1000', '--report', net],
        ['scenario', 'nosync', '--report', nosync],
      ])
        expect((await cli(...args)).status).to.equal(0);
      for (const [file, ids] of [
        [net, ['rate', 'time', 'memory']],
        [nosync, ['lost']],
      ] as const)
        for (const width of [390, 1200]) {
          const { page, wrong } = await open(browser, file, width, 'dark');
          expect(await overflow(page)).to.equal(0);
          expect(await chartIds(page)).to.deep.equal(ids);
          for (const id of ids) {
            const { canvas, series, colours } = await chart(page, id);
            expect(canvas.right, id).to.be.at.most(width);
            expect(series.length, id).to.be.above(2);
            expect(colours.length, id).to.be.above(4);
          }
          expect(wrong).to.deep.equal([]);
          await page.close();
        }
    });
  });

  it('run nothing of the names that they show', async () => {
    await withFolder(async (folder) => {
      const job = join(folder, `${HOSTILE.replaceAll('/', '')}.fio`);
      writeFileSync(
        job,
        `[global]\niodepth=4\nnumber_ios=200\nbs=4k\n[${HOSTILE}]\nrw=read\n[</script><script>alert(2)</script>]\nstonewall\nrw=read\n`,
      );
      const file = join(folder, 'fio.html');
      const { runs } = await makeReport(file, job);
      expect(runs[0]?.jobs).to.deep.equal([HOSTILE]);
      const { page, wrong } = await open(browser, file, 390);
      expect(await page.evaluate('document.querySelectorAll("img").length')).to.equal(0);
      expect(await page.evaluate('document.title')).to.equal('fio behind an IOMMU, simulated');
      const text = (await page.evaluate('document.body.textContent')) as string;
      for (const name of [HOSTILE, '</script><script>alert(2)</script>'])
        expect(text).to.include(name);
      expect(text).to.match(/Warning: \S*<img src=x [^\n]*direct is not set/);
      expect((await chart(page, 'throughput')).labels[0]).to.include(HOSTILE);
      expect(await overflow(page)).to.equal(0);
      expect(wrong).to.deep.equal([]);
      await page.close();
    });
  });

  it('would not run what got in all the same', async () => {
    const text = readFileSync(file, 'utf8');
    const changed = join(folder, 'changed.html');
    writeFileSync(
      changed,
      text.replace('</main>', `${HOSTILE}<script>document.title = 'in'</script></main>`),
    );
    const { page, wrong } = await open(browser, changed, 1200);
    expect(await page.evaluate('document.title')).to.equal('fio behind an IOMMU, simulated');
    expect(wrong.filter((one) => one.startsWith('console:'))).to.have.length.above(1);
    expect(wrong.filter((one) => one.startsWith('dialog:'))).to.deep.equal([]);
    await page.close();
  });

  it('show a replay without errors, without scrolling sideways, with names that do nothing', async () => {
    await withFolder(async (folder) => {
      // A task's name has 15 characters at most.
      const trace = new TraceWriter('<img src=x>-9').mapPage(
        0xfff00000,
        0x1000,
        4096,
        HOSTILE,
      ).text;
      const replayed = await replayText(trace);
      const file = join(folder, 'replay.html');
      writeFileSync(file, report([{ heading: HOSTILE, document: replayed }], HOSTILE));
      for (const width of [390, 1200]) {
        const { page, wrong } = await open(browser, file, width);
        expect(await overflow(page)).to.equal(0);
        expect(await page.evaluate('document.querySelectorAll("img").length')).to.equal(0);
        expect(await page.evaluate('document.querySelectorAll("svg rect").length')).to.be.above(3);
        expect(await page.evaluate('document.querySelector(".command").textContent')).to.equal(
          HOSTILE,
        );
        expect(wrong).to.deep.equal([]);
        await page.close();
      }
    });
  });

  it('stand on one page, as npm start puts them', async () => {
    await withFolder(async (folder) => {
      const trace = new TraceWriter().mapPage(0xfff00000, 0x1000).text;
      const others = replayPart({ heading: 'A trace', document: await replayText(trace) });
      const report = {
        document,
        command: 'iommu-bounce fio',
        warnings: [],
      };
      const file = join(folder, 'both.html');
      const fio = fioPage(report);
      writeFileSync(
        file,
        pageText({ ...fio, title: 'Both', sections: [...fio.sections, ...others] }),
      );
      const { page, wrong } = await open(browser, file, 390);
      expect(await overflow(page)).to.equal(0);
      expect((await chart(page, 'speedup')).colours).to.include(rgb('#0f9d75'));
      const headings = `[...document.querySelectorAll('h2')].map((h) => h.textContent)`;
      expect(await page.evaluate(headings)).to.include.members([
        'A trace',
        'What was run',
        'Licences',
      ]);
      expect(wrong).to.deep.equal([]);
      await page.close();
    });
  });
});
