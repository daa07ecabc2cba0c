// SPDX-License-Identifier: GPL-2.0-only
// The reports of scenarios: what the terminal shows, cell by cell, as a page that fetches nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  devicesExperiment,
  netExperiment,
  nicParameters,
  nosyncExperiment,
  policiesNamed,
} from '@iommu-bounce/simulation';
import { MACHINE } from '@iommu-bounce/simulation/testing';
import {
  type PartsReport,
  devicesReport,
  netReport,
  nosyncReport,
  partsReport,
} from '../../src/reports/scenarios';
import { isTable } from '../../src/show/parts';
import { devicesParts } from '../../src/tables/devices';
import { netParts } from '../../src/tables/net';
import { nosyncParts } from '../../src/tables/nosync';
import { cli, withFolder } from '../commands/run-cli';
import { expectValid } from '../schema';
import { expectDevices } from './printed';

const LONG = process.env['TEST_LONG'] === '1';

/** Cells of the tables in a terminal or on a page, in order. */
function cellsOfText(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .flatMap((line) => line.slice(1, -1).split('│'))
    .map((cell) => cell.trim());
}

function cellsOfPage(page: string): string[] {
  return [...page.matchAll(/<t[hd][^>]*>([^<]*)<\/t[hd]>/g)].map((m) =>
    (m[1] ?? '').replaceAll('&#39;', "'").trim(),
  );
}

describe('fio --scenario … --report', function () {
  this.timeout(60_000);

  if (LONG)
    it('has the tables of the terminal @long', async () => {
      await withFolder(async (folder) => {
        const file = join(folder, 'nosync.html');
        const { status, out } = await cli('fio', '--scenario', 'nosync', '--report', file);
        expect(status).to.equal(0);
        const page = readFileSync(file, 'utf8');
        expect(cellsOfPage(page)).to.deep.equal(cellsOfText(out));
        expect(cellsOfText(out)).to.include('loses data');
        expect(page).to.include('default-src &#39;none&#39;');
        expect(page).to.include('<code class="command">iommu-bounce fio --scenario nosync</code>');
      });
    });

  it('replaces no file that is not a report', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'mine.html');
      writeFileSync(file, 'mine');
      const { status, err } = await cli('fio', '--scenario', 'nosync', '--report', file);
      expect([status, err.split('\n').length]).to.deep.equal([2, 2]);
      expect(readFileSync(file, 'utf8')).to.equal('mine');
    });
  });
});

describe('partsReport', () => {
  it('escapes what it is given', () => {
    const evil = '<img src=x onerror=alert(1)>';
    const page = partsReport({
      title: evil,
      command: evil,
      parts: [evil, [evil], { title: evil, head: [evil], rows: [[evil]], numbersFrom: 1 }],
    });
    expect(page).to.not.include('<img');
    expect(page.split('&lt;img')).to.have.length(13);
  });
});

/** Each word on its own: `map µs, unmap µs` says two. */
function defined(report: Pick<PartsReport, 'words'>): Set<string> {
  return new Set((report.words ?? []).flatMap(([word]) => [word, ...word.split(', ')]));
}

/** Heads of the tables, as the page has them. */
function headsOf({ parts }: Pick<PartsReport, 'parts'>): string[] {
  return [
    ...new Set(
      parts.filter(isTable).flatMap(({ head }) => head.map((text) => text.replaceAll('\n', ' '))),
    ),
  ];
}

/** Heads that no word explains; times and the two names of `latency rx p50` are explained together. */
function unexplained(report: Pick<PartsReport, 'parts' | 'words'>): string[] {
  const words = defined(report);
  return headsOf(report).filter(
    (head) =>
      !words.has(head) && !words.has(head.replace(/ p\d+$/, '')) && !/^[\d.]+( s)?$/.test(head),
  );
}

describe('pages of scenarios', function () {
  this.timeout(60_000);

  it('say for a network card which policy wins, draw the figures of the document, explain each column', () => {
    const { preset, cost, seed } = MACHINE;
    const document = netExperiment({
      ...{ preset, cost, seed, moveData: false, shape: 'rx', packets: 1000 },
      policies: policiesNamed('none,strict,swiotlb-force,pool'),
      nic: nicParameters([]),
    });
    const report = netReport(document);
    expect(report.answer?.[0]).to.match(
      /^Simulated: pool has the highest throughput: \d+\.\d\d times that of strict/,
    );
    expect(report.answer?.[0]).to.equal(netParts(document)[0]);
    const [rate, time, memory] = (report.figures ?? []).map(({ view }) => view);
    expect(rate?.series.map(({ name, marks, hatched }) => [name, marks[0], hatched])).to.deep.equal(
      document.runs.map(({ policy, packets_per_s }) => {
        const open = policy === 'none' || policy === 'swiotlb-force';
        return [open ? `${policy} †` : policy, packets_per_s, open];
      }),
    );
    document.runs.forEach(({ cpu_ns_per_packet: { total } }, i) => {
      const sum = time?.series.reduce((us, { marks }) => us + Number(marks[i]), 0);
      expect(sum).to.be.closeTo(total / 1000, 1e-9);
    });
    expect(memory?.lines.map(({ value }) => value)).to.deep.equal([65536]);
    expect(unexplained(report)).to.deep.equal([]);
  });

  it('say which drivers lose data, draw what they lose, explain each column @long-only', () => {
    const document = nosyncExperiment(MACHINE, policiesNamed('strict,swiotlb-force,pool'));
    const report = nosyncReport(document);
    expect(report.answer?.[0]).to.include('under swiotlb-force, pool (mappings of 64k).');
    expect(report.answer?.[0]).to.equal(nosyncParts(document)[0]);
    const [lost] = report.figures ?? [];
    expect(lost?.view.labels).to.deep.equal(['64k', '256k']);
    expect(lost?.view.series.map(({ name, marks }) => [name, ...marks])).to.deep.equal([
      ['strict', 0, 0],
      ['swiotlb-force †', 100, 100],
      ['pool', 100, 0],
    ]);
    expect(lost?.says).to.include('lose nothing under any policy');
    expect(unexplained(report)).to.deep.equal([]);
  });

  it('say what many devices take, draw it by its kind, explain each column @long-only', () => {
    const document = devicesExperiment({ ...MACHINE, moveData: false }, undefined, [1]);
    expectValid('scenario', document);
    expectDevices(document, '1 device');
    const report = devicesReport(document);
    expect(report.answer?.[0]).to.match(/^With 1 device the pool holds [\d.]+ [KM]iB at its peak/);
    expect(report.answer?.[0]).to.equal(devicesParts(document)[0]);
    const [memory, time, setup] = (report.figures ?? []).map(({ view }) => view);
    const approaches = document.counts[0]?.approaches ?? [];
    const [boot, needed, arrays] = memory?.series ?? [];
    expect([boot?.name, needed?.name]).to.deep.equal([
      ...['set aside at boot', 'allocated while needed'],
    ]);
    approaches.forEach(({ approach, memory: m }, i) => {
      const [a, b, c] = [boot, needed, arrays].map((one) => Number(one?.marks[i]) * 2 ** 20);
      expect([a, b]).to.deep.equal(approach === 'pool' ? [0, m.peak_bytes] : [m.peak_bytes, 0]);
      expect(c).to.be.closeTo(m.array_bytes, 1e-6);
    });
    expect(time?.lines.map(({ value }) => value)).to.deep.equal([65536]);
    expect(setup?.series.map(({ marks }) => marks)).to.deep.equal([
      approaches.map(({ setup: one }) => one.request_ns / 1000),
      approaches.map(({ setup: one }) => one.array_ns / 1000),
      approaches.map(({ setup: one }) => one.boot_ns / 1000),
    ]);
    expect(unexplained(report)).to.deep.equal([]);
  });
});
