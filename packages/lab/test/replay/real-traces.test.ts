// SPDX-License-Identifier: GPL-2.0-only
// The recorded traces of test-fixtures/traces through the port: every one with TEST_LONG=1, else one of each shape. The whole boot
// of the patched kernel is replayed by the demo, in readme.test.ts.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { factsPaths } from '@iommu-bounce/dma-trace';
import { type ReplayDocument, agrees } from '../../src/compare';
import { withFolder } from '../commands/run-cli';
import { describeOnEach, replayFiles, replayText } from './helpers';

const TRACES = join(__dirname, '../../../../test-fixtures/traces');
const SERIES = join(TRACES, 'series');
const LONG = process.env['TEST_LONG'] === '1';
/** Pages and lists of an unmodified kernel; hits, evictions and sizes that are too large of the patched one. */
const FEW =
  /net-rx|nvme-read-128k|iobuf-def\.(read-128k|bursts|randrw-1m)|plain-io-buffer-n\.read-4k/;
const traces = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.trace.txt.gz') && (LONG || FEW.test(name)))
    .sort()
    .map((name) => join(folder, name));

const documents = new Map<string, Promise<ReplayDocument>>();

/** A trace on the driver that the command takes; replayed once, its document is only read. */
function replayed(file: string): Promise<ReplayDocument> {
  const document = documents.get(file) ?? replayFiles([file]);
  documents.set(file, document);
  return document;
}

describeOnEach('the recorded traces, replayed', ({ driver, replayFiles }) => {
  for (const file of traces(TRACES))
    it(`agree with the plain path: ${file.slice(TRACES.length + 1)} @long`, async () => {
      const document = await (driver === 'virtio' ? replayed(file) : replayFiles([file]));
      const { agreement, trace, states, recorded } = document;
      expect(trace).to.include({ unparsed: 0, dropped: 0, failed_calls: 0 });
      expect(agreement.differences).to.deep.equal([]);
      expect(agreement.mappings_compared).to.equal(agreement.mappings_recorded);
      expect(agreement.mappings_equal).to.equal(agreement.mappings_compared);
      expect(agreement.unmaps.equal).to.equal(agreement.unmaps.compared);
      expect(agreement.unmaps.compared).to.equal(trace.unmap_calls - trace.unpaired_unmaps);
      // Coherent memory lies where the port's page allocator puts it, so its iommu:map events may be others.
      expect(states[0]?.iommu_maps).to.be.within(
        recorded.iommu_maps - 16,
        recorded.iommu_maps + 16,
      );
      expect(states[1]?.iommu_maps).to.be.below(recorded.iommu_maps / 4);
      for (const state of states)
        expect(state).to.include({ oops: null, kernel_warnings: 0, sleeping_in_atomic: 0 });
    });
});

describe('the recorded traces, replayed', function () {
  this.timeout(400_000);

  for (const file of traces(SERIES).filter((one) => one.includes('iobuf-def.')))
    it(`agree from the middle of the boot on: ${file.slice(SERIES.length + 1)} ${file.includes('bursts') ? '@long-only' : '@long'}`, async () => {
      const document = await replayed(file);
      expect(document.pool_agreement?.differences).to.deep.equal([]);
      expect(document.agreement.differences).to.deep.equal([]);
      const { decisions_compared = 0, decisions_recorded = 1 } = document.pool_agreement ?? {};
      expect(decisions_compared / decisions_recorded).to.be.above(0.9);
    });

  describe('evict where the timer wheel of the recorded kernel puts them', () => {
    const file = join(SERIES, 'iobuf-def.bursts.trace.txt.gz');
    const text = gunzipSync(readFileSync(file)).toString('latin1');
    const lines = text.split('\n');
    const runs = lines.flatMap((line, i) => (line.includes('obs_pool_evict_run') ? [i] : []));

    /** The trace with a run, and all after it, so many milliseconds later. */
    const later = (run: number, ms: number): string =>
      lines
        .map((line, i) =>
          i < run
            ? line
            : line.replace(
                /(\s)(\d+)\.(\d{6}):/,
                (_, space, s, us) =>
                  `${String(space)}${((Number(s) * 1e6 + Number(us) + ms * 1000) / 1e6).toFixed(6)}:`,
              ),
        )
        .join('\n');

    it('in the very jiffy', async () => {
      const pool = (await replayed(file)).pool_agreement;
      expect(pool?.worker_runs).to.deep.equal({
        recorded: 6,
        pending: 6,
        due_compared: 6,
        due_agrees: 6,
        due_same_jiffy: 6,
      });
    });

    it('not one bucket of 256 ms later @long-only', async () => {
      for (const run of LONG ? [runs.at(1) ?? 0, runs.at(-1) ?? 0] : runs.slice(-1)) {
        const pool = (await replayText(later(run, 256), { patches: [4] })).pool_agreement;
        expect(pool?.differences).to.deep.equal([]);
        expect(pool?.worker_runs).to.include({ due_compared: 6, due_agrees: 5, due_same_jiffy: 5 });
      }
    });

    it('and a worker that began 20 ms late shows as late, not as due later @long-only', async () => {
      const [run = 0] = runs.slice(-1);
      const pool = (await replayText(later(run, 20), { patches: [4] })).pool_agreement;
      expect(pool?.worker_runs).to.include({ due_compared: 6, due_agrees: 6, due_same_jiffy: 5 });
      expect(pool?.timer_wheels[0]?.spread_us).to.be.within(19_000, 21_000);
    });
  });

  it('differ exactly once where one slot number is changed', async () => {
    const file = join(SERIES, 'iobuf-def.read-128k.trace.txt.gz');
    const text = gunzipSync(readFileSync(file)).toString('latin1');
    const at = text.indexOf('obs_pool_take from=cache', text.length / 2);
    const changed = text.slice(0, at) + text.slice(at).replace(/slot=\d+/, 'slot=63');
    const document = await replayText(changed, { patches: [4] });
    const pool = document.pool_agreement;
    expect((pool?.decisions_compared ?? 0) - (pool?.decisions_equal ?? 0)).to.equal(1);
    expect(agrees(document)).to.equal(false);
  });

  for (const file of traces(SERIES).filter((one) => one.includes('plain-')))
    it(`have no calls, only events that requests are made of: ${file.slice(SERIES.length + 1)} @long`, async () => {
      const document = await replayFiles([file]);
      const facts = JSON.parse(readFileSync(factsPaths(file)[1], 'utf8')) as Facts;
      expect(document.recorded.iommu_maps).to.equal(facts.events.map);
      expect(document.recorded.iommu_unmaps).to.equal(facts.events.unmap);
      expect(document.trace.map_calls).to.equal(0);
      const [made] = document.captures.map(({ reconstructed }) => reconstructed);
      expect(made).to.include({ unmaps_without_map: 0, device_by_task: 0 });
      expect((made?.iommu_maps ?? 0) + (made?.maps_not_unmapped ?? 0)).to.equal(facts.events.map);
      expect(made?.requests).to.equal(facts.events.unmap);
      expect(document.states[0]?.map_calls).to.equal(made?.requests);
      expect(document.notes.join()).to.include('are put together from');
      expect(document.agreement.mappings_compared).to.equal(0);
      expect(agrees(document)).to.equal(true);
    });

  it('of several boots are replayed on a machine each @long-only', async () => {
    const [smallest = ''] = traces(TRACES).filter((file) => file.includes('net-rx'));
    const [first = '', second = ''] = LONG ? traces(TRACES).slice(-2) : [smallest, smallest];
    await withFolder(async (folder) => {
      const other = join(folder, 'other.trace.txt');
      // Another boot of the same machine, an hour later: the same lines twice would be refused.
      const text = gunzipSync(readFileSync(second)).toString('latin1');
      const later = text.replaceAll(/(\d+)(\.\d{6}: )/g, (_, seconds: string, rest: string) =>
        `${String(Number(seconds) + 3600)}${rest}`.padStart(seconds.length + rest.length),
      );
      writeFileSync(other, later);
      const both = await replayFiles([first, other]);
      const each = await Promise.all([first, second].map(replayed));
      expect(both.boots).to.equal(2);
      expect(both.captures.map(({ files }) => files)).to.deep.equal([[first], [other]]);
      const maps = each.map((one) => one.states[1]?.iommu_maps ?? 0);
      expect(both.states[1]?.iommu_maps).to.equal((maps[0] ?? 0) + (maps[1] ?? 0));
    });
  });
});

interface Facts {
  event_counts: Record<string, number>;
  events: { map: number; unmap: number };
}
