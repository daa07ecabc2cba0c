// SPDX-License-Identifier: GPL-2.0-only
// Requests of dma_iova_*: read from probes, and put together from iommu:map and iommu:unmap events without these.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Assembler, type KnownBefore, LineParser, type Step, type TraceEvent } from '../../src';
import { Capture, DISK, NIC } from './account-of';
import { A, PAGE, type Request, kinds, requests, shape } from './requests-of';

const ROOT = join(__dirname, '../../../..');
const EXCERPT = join(ROOT, 'test-fixtures/captures/dma-iova.trace.txt');
/** Recordings by other tools and kernels, which are not part of the repository. */
const FORMATS = process.env['TRACE_FORMATS'] ?? join(ROOT, '../shared/traces/formats');
const WITH_PROBES = join(FORMATS, 'k6.17.K.ftrace-with-dma_iova-fprobes.txt.gz');

describe('Assembler: probes on dma_iova_*', () => {
  const whole = (): Capture =>
    new Capture()
      .probe('try_alloc', 0, 'phys=0x5000 size=8192')
      .piece(A, 0, 0x5000)
      .piece(A, PAGE, 0x9000)
      .probe('sync', A, 'offset=0 size=8192');

  it('makes one mapping of the pieces, with their events, and ends it with destroy', () => {
    const capture = whole()
      .in('<idle>-0')
      .probe('destroy', A, 'mapped_len=8192 dir=1 attrs=0')
      .iommuUnmap(A, 8192);
    const { steps, assembler } = capture.read();
    expect(kinds(steps)).to.deep.equal(['map iova', 'unmap iova']);
    const [map, unmap] = steps;
    if (map?.kind !== 'map' || unmap?.kind !== 'unmap') throw new Error('no steps');
    expect(map.mapping).to.deep.include({
      device: NIC,
      dir: 1,
      dmaAddr: A,
      size: 8192,
      phys: 0x5000,
      entrySource: 'recorded',
      entries: [
        { phys: 0x5000, length: PAGE },
        { phys: 0x9000, length: PAGE },
      ],
    });
    expect(map.mapping?.maps.map(({ paddr }) => paddr)).to.deep.equal([0x5000, 0x9000]);
    expect(unmap.recorded.map(({ iova, size, unmapped }) => [iova, size, unmapped])).to.deep.equal([
      [A, 8192, 8192],
    ]);
    const { counts, reconstructed } = assembler;
    expect(counts).to.include({ mapCalls: 1, unmapCalls: 1, matchedMaps: 2, matchedUnmaps: 1 });
    expect(reconstructed).to.include({ requests: 0, unmapsWithoutMap: 0, stillMapped: 0 });
  });

  it('begins where the data begins in the first page', () => {
    const { steps } = new Capture()
      .probe('link', A + 0x200, 'phys=20992 offset=0 size=512 dir=2 attrs=0')
      .iommuMap(A, PAGE, 0x5000)
      .probe('sync', A + 0x200, 'offset=0 size=512')
      .read();
    const [request] = requests(steps, 'iova');
    expect(request).to.deep.include({ dmaAddr: A + 0x200, size: 512 });
    expect(request?.pieces).to.deep.equal([{ phys: 0x5200, length: 512 }]);
  });

  it('tells requests under way at once by their state', () => {
    const state = (n: number): string => `state=0xff0${String(n)}`;
    const link = (n: number, phys: number): string =>
      `${state(n)} phys=${String(phys)} offset=0 size=4096 dir=1 attrs=0`;
    const { steps } = new Capture()
      .in('one-1')
      .probe('link', A, link(1, 0x5000))
      .in('two-2')
      .probe('link', A, link(2, 0x9000), DISK)
      .probe('sync', A, `${state(2)} offset=0 size=4096`, DISK)
      .in('one-1')
      .probe('sync', A, `${state(1)} offset=0 size=4096`)
      .read();
    expect(requests(steps, 'iova').map(shape)).to.deep.equal([
      `${DISK} 0+1 in 1`,
      `${NIC} 0+1 in 1`,
    ]);
  });

  it('makes a mapping of each stretch that is synced by itself, and unlinks them', () => {
    const { steps, assembler } = new Capture()
      .piece(A, 0, 0x5000)
      .probe('sync', A, 'offset=0 size=4096')
      .piece(A, 3 * PAGE, 0x9000)
      .probe('sync', A, 'offset=12288 size=4096')
      .probe('unlink', A, 'offset=12288 size=4096 dir=1 attrs=0')
      .iommuUnmap(A + 3 * PAGE)
      .probe('unlink', A, 'offset=0 size=4096 dir=1 attrs=0')
      .iommuUnmap(A)
      .probe('free', A, '')
      .read();
    expect(kinds(steps)).to.deep.equal(['map iova', 'map iova', 'unmap iova', 'unmap iova']);
    expect(assembler.counts).to.include({ matchedUnmaps: 2, unpairedUnmaps: 0 });
  });

  it('maps what was linked when a later link failed, and nothing when the first did', () => {
    const { steps, assembler } = new Capture()
      .piece(A, 0, 0x5000)
      .probe('link', A, 'phys=36864 offset=4096 size=4096 dir=1 attrs=0')
      .probe('destroy', A, 'mapped_len=4096 dir=1 attrs=0')
      .iommuUnmap(A)
      .probe('link', A, 'phys=36864 offset=0 size=4096 dir=1 attrs=0')
      .probe('destroy', A, 'mapped_len=0 dir=1 attrs=0')
      .read();
    expect(requests(steps, 'iova').map(shape)).to.deep.equal([`${NIC} 0+1 in 1`]);
    expect(assembler.counts).to.include({ failedCalls: 1, unmapCalls: 1 });
  });

  it('claims the iommu:unmap of a request from before the capture', () => {
    const { steps, assembler } = new Capture()
      .probe('destroy', A, 'mapped_len=8192 dir=1 attrs=0')
      .iommuUnmap(A, 8192)
      .read();
    expect(steps).to.deep.equal([]);
    expect(assembler.counts).to.include({ unpairedUnmaps: 1, matchedUnmaps: 1 });
  });

  it('forgets links that events are lost between', () => {
    const capture = new Capture().piece(A, 0, 0x5000);
    capture.lines.push('CPU:0 [LOST 7 EVENTS]');
    capture.probe('sync', A, 'offset=0 size=8192');
    expect(capture.read().steps).to.deep.equal([]);
  });
});

describe('Assembler: requests that only iommu:* events show', () => {
  it('are the maps that one unmap ends, in the place of the last', () => {
    const { steps, assembler } = new Capture()
      .iommuMap(A, PAGE, 0x5000)
      .iommuMap(A + PAGE, 2 * PAGE, 0x9000)
      .iommuMap(0x1000)
      .map(0x1000)
      .in('<idle>-0')
      .iommuUnmap(A, 3 * PAGE)
      .read();
    expect(kinds(steps)).to.deep.equal(['map reconstructed', 'map page', 'unmap reconstructed']);
    expect(requests(steps, 'reconstructed').map(shape)).to.deep.equal([`${NIC} 0+3 in 2`]);
    expect(assembler.reconstructed).to.deep.include({
      requests: 1,
      pieces: 2,
      bytes: 3 * PAGE,
      byDeviceSign: { task: 1, only: 0, domain: 0 },
      unmapsWithoutMap: 0,
      stillMapped: 0,
      late: 0,
    });
  });

  it('take an unmap of an interrupt between the maps, and neighbours that two unmaps end', () => {
    const { steps } = new Capture()
      .iommuMap(A)
      .in('<idle>-0')
      .iommuUnmap(0x5000)
      .in('job-7')
      .iommuMap(A + PAGE)
      .iommuMap(A + 2 * PAGE)
      .iommuMap(A + 3 * PAGE)
      .in('<idle>-0')
      .iommuUnmap(A + 2 * PAGE, 2 * PAGE)
      .iommuUnmap(A, 2 * PAGE)
      .read();
    expect(requests(steps, 'reconstructed').map(shape)).to.deep.equal([
      'domain 1 0+2 in 2',
      'domain 1 2+2 in 2',
    ]);
  });

  it('leave to the calls what is theirs', () => {
    const { steps, assembler } = new Capture()
      .iommuMap(A)
      .map(A)
      .iommuUnmap(A)
      .unmap(A)
      .iommuMap(A)
      .iommuMap(A + PAGE)
      .list('map', A, [0x5000, 0x9000])
      .list('unmap', A, [0x5000, 0x9000])
      .iommuUnmap(A, 2 * PAGE)
      .read();
    expect(kinds(steps)).to.deep.equal(['map page', 'unmap page', 'map sg', 'unmap sg']);
    expect(assembler.reconstructed).to.include({ requests: 0, unmapsWithoutMap: 0 });
  });

  it('count no unmap below zero that a call claims after it ended a request', () => {
    // The buffers of bpftrace come one after the other: an iommu:map stands behind its call.
    const capture = new Capture().map(A).iommuMap(A).iommuUnmap(A);
    const { assembler } = capture.unmap(A).read();
    expect(assembler.reconstructed).to.include({ requests: 1, unmapsWithoutMap: 0 });
  });

  it('tell by the next line of the task whose unmap it is where two domains have the address', () => {
    const both = (): Capture =>
      new Capture().in('one-1').iommuMap(A).in('two-2').iommuMap(A).map(A, PAGE, { device: DISK });
    const ofCall = both()
      .in('<idle>-0')
      .iommuUnmap(A)
      .unmap(A, PAGE, { device: DISK })
      .iommuUnmap(A)
      .read();
    expect(kinds(ofCall.steps)).to.deep.equal([
      'map reconstructed',
      'map page',
      'unmap page',
      'unmap reconstructed',
    ]);
    const ofRequest = both()
      .in('<idle>-0')
      .iommuUnmap(A)
      .iommuUnmap(A)
      .unmap(A, PAGE, { device: DISK })
      .read();
    expect(requests(ofRequest.steps, 'reconstructed')).to.have.length(1);
    expect(ofRequest.assembler.counts).to.include({ matchedUnmaps: 1 });
  });

  it('leave the maps of a list to it that is under way while another domain unmaps there', () => {
    // Three domains have A + PAGE in use: a long buffer, a page, and a list whose line is still to come.
    const capture = new Capture()
      .iommuMap(A, 4 * PAGE)
      .map(A, 4 * PAGE)
      .iommuMap(A + PAGE)
      .map(A + PAGE, PAGE, { device: DISK })
      .iommuUnmap(A, 4 * PAGE)
      .unmap(A, 4 * PAGE)
      .in('gpu-9')
      .iommuMap(A + PAGE, PAGE, 0x5000)
      .in('<idle>-0')
      .iommuUnmap(A + PAGE)
      .unmap(A + PAGE, PAGE, { device: DISK })
      .in('gpu-9')
      .iommuMap(A + 2 * PAGE, PAGE, 0x9000)
      .list('map', A + PAGE, [0x5000, 0x9000]);
    const { steps, assembler } = capture.read();
    expect(assembler.reconstructed).to.include({ requests: 0 });
    expect(requests(steps, 'sg').map(shape)).to.deep.equal([`${NIC} 1+2 in 2`]);
    expect(assembler.counts).to.include({ iommuMaps: 4, matchedMaps: 4, matchedUnmaps: 2 });
  });

  it('leave the maps of a list to it that is under way while a page from before the capture is unmapped there', () => {
    const { steps, assembler } = new Capture()
      .in('<idle>-0')
      .iommuUnmap(A + 9 * PAGE)
      .unmap(A + 9 * PAGE, PAGE, { device: DISK })
      .in('gpu-9')
      .iommuMap(A, PAGE, 0x5000)
      .iommuMap(A + PAGE, PAGE, 0x9000)
      .in('<idle>-0')
      .iommuUnmap(A)
      .unmap(A, PAGE, { device: DISK })
      .in('gpu-9')
      .iommuMap(A + 2 * PAGE, PAGE, 0x2000)
      .list('map', A, [0x5000, 0x9000, 0x2000])
      .read();
    expect(assembler.reconstructed).to.include({ requests: 0, unmapsWithoutMap: 0 });
    expect(requests(steps, 'sg').map(shape)).to.deep.equal([`${NIC} 0+3 in 3`]);
    expect(assembler.counts).to.include({ matchedMaps: 3, matchedUnmaps: 2, unpairedUnmaps: 2 });
  });

  it('are of different domains where one address is in use twice', () => {
    const { steps } = new Capture()
      .in('one-1')
      .iommuMap(A)
      .in('two-2')
      .iommuMap(A)
      .iommuMap(A + PAGE)
      .in('<idle>-0')
      .iommuUnmap(A, 2 * PAGE)
      .iommuUnmap(A)
      .read();
    expect(requests(steps, 'reconstructed').map(shape)).to.deep.equal([
      'domain 1 0+1 in 1',
      'domain 2 0+2 in 2',
    ]);
  });

  it('have the device that the facts leave, or that a first reading found for the task', () => {
    const capture = new Capture().iommuMap(A).iommuUnmap(A).map(0x1000);
    const base: KnownBefore = { withDecisions: new Set(), firstDevice: '' };
    const { devicesOfTasks } = capture.read().assembler;
    const deviceOf = (known: KnownBefore): string | undefined =>
      requests(capture.read(1, known).steps, 'reconstructed')[0]?.device;
    expect(deviceOf(base)).to.equal('domain 1');
    expect(deviceOf({ ...base, devicesOfTasks })).to.equal(NIC);
    expect(deviceOf({ ...base, onlyDevice: DISK })).to.equal(DISK);
  });

  it('are not made of maps of which a part is left, or that are not ended at all', () => {
    const { steps, assembler } = new Capture()
      .iommuMap(A, 4 * PAGE)
      .iommuUnmap(A, PAGE)
      .iommuMap(A + 8 * PAGE)
      .iommuUnmap(A + 9 * PAGE)
      .read();
    expect(steps).to.deep.equal([]);
    expect(assembler.reconstructed).to.include({
      requests: 0,
      unmapsWithoutMap: 1,
      stillMapped: 2,
    });
  });

  it('leave out what is larger than any transfer, and name the largest', () => {
    const { steps, assembler } = new Capture()
      .iommuMap(0, 2 ** 26)
      .iommuMap(2 ** 30, 2 ** 30)
      .iommuMap(2 ** 31, 2 ** 30)
      .iommuUnmap(0, 2 ** 26)
      .iommuUnmap(2 ** 30, 2 ** 31)
      .read();
    expect(requests(steps, 'reconstructed').map(({ size }) => size)).to.deep.equal([2 ** 26]);
    const { reconstructed } = assembler;
    expect(reconstructed).to.include({
      ...{ requests: 1, tooLarge: 1, unmapsWithoutMap: 0, stillMapped: 0 },
    });
    expect(reconstructed.largestLeftOut?.bytes).to.equal(2 ** 31);
    expect(reconstructed.largestLeftOut?.place.line).to.equal(2);
  });

  it('hold up no other step for good', () => {
    type Four = [TraceEvent, TraceEvent, TraceEvent, TraceEvent];
    const lines = new Capture().iommuMap(A).in('other-9').map(0x1000).unmap(0x1000).iommuUnmap(A);
    const [map, mapCall, unmapCall, unmap] = lines.events as Four;
    const assembler = new Assembler(null);
    const steps: Step[] = [];
    steps.push(...assembler.add([map]));
    const pair = [mapCall, unmapCall];
    for (let i = 0; i < 40; i++)
      steps.push(...assembler.add(Array.from({ length: 1000 }, () => pair).flat()));
    expect(steps).to.have.length.above(65_000);
    steps.push(...assembler.add([unmap]), ...assembler.finish());
    expect(steps).to.have.length(80_002);
    expect(assembler.reconstructed).to.include({ requests: 1, late: 1 });
    expect(kinds(steps.slice(-2))).to.deep.equal(['map reconstructed', 'unmap reconstructed']);
  });
});

/** The requests of a capture with probes, and those found without its lines of probes. */
function withAndWithout(text: string): { truth: Request[]; found: Request[] } {
  const read = (isKept: (line: string) => boolean): Step[] => {
    const assembler = new Assembler(null);
    const parser = new LineParser();
    const events = text.split('\n').flatMap((line, i) => {
      const event = isKept(line) ? parser.parse(line, i + 1) : null;
      return event === null || event === 'unparsed' ? [] : [event];
    });
    return [...assembler.add(events), ...assembler.finish()];
  };
  return {
    truth: requests(
      read(() => true),
      'iova',
    ),
    found: requests(
      read((line) => !line.includes('dma_iova_')),
      'reconstructed',
    ),
  };
}

/** How many of the requests were found with their address, size, pieces, and an end within `ns` of the true one. */
function agreeing(truth: readonly Request[], found: readonly Request[], ns: number): number {
  const key = ({ dmaAddr, size, pieces }: Request): string =>
    [
      dmaAddr,
      size,
      ...pieces.map(({ phys, length }) => `${String(phys)}+${String(length)}`),
    ].join();
  const left = new Map<string, number[]>();
  for (const one of found) left.set(key(one), [...(left.get(key(one)) ?? []), one.end]);
  return truth.filter((one) => {
    const ends = left.get(key(one)) ?? [];
    const at = ends.findIndex((end) => Math.abs(end - one.end) <= ns);
    if (at >= 0) ends.splice(at, 1);
    return at >= 0;
  }).length;
}

describe('Assembler: a recording of Linux 6.17 with probes and without', () => {
  /** From the entry of dma_iova_destroy to its iommu:unmap, in software emulation. */
  const NEAR_NS = 20e6;

  it('shows the same requests: an excerpt', () => {
    const { truth, found } = withAndWithout(readFileSync(EXCERPT, 'utf8'));
    expect(truth.map(({ size, pieces }) => [size, pieces.length])).to.deep.equal([
      [32768, 8],
      [32768, 8],
      [32768, 8],
    ]);
    expect(agreeing(truth, found, NEAR_NS)).to.equal(3);
    expect(found).to.have.length(3);
  });

  it('shows at least 95 % of the same requests: all of it', function () {
    if (!existsSync(WITH_PROBES)) {
      console.log(`skipped: no ${WITH_PROBES}`);
      this.skip();
    }
    const { truth, found } = withAndWithout(gunzipSync(readFileSync(WITH_PROBES)).toString());
    expect(truth).to.have.length(599);
    expect(found.length).to.be.at.most(1.05 * truth.length);
    expect(agreeing(truth, found, NEAR_NS) / truth.length).to.be.at.least(0.95);
  });
});
