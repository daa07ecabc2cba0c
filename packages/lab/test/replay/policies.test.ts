// SPDX-License-Identifier: GPL-2.0-only
// A capture under every policy: what the replay of both states says by another way, what must hold of each run, and times.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  POLICIES,
  type Timing,
  policiesNamed,
  preset,
  wrongsOf,
  type PresetName,
} from '@iommu-bounce/simulation';
import { random } from '@iommu-bounce/linux-shim/testing';
import {
  type PolicySection,
  type ReplayDocument,
  type SeriesState,
  replayTraces,
} from '../../src/compare';
import { cli, fixtures, withFolder } from '../commands/run-cli';
import { TraceWriter } from './helpers';

const LONG = process.env['TEST_LONG'] === '1';
const MS = 1e6;
const [A, B, C] = ['0000:00:05.0', '0000:00:06.0', '0000:00:07.0'] as const;

interface Options {
  readonly policies?: string;
  readonly timing?: Timing;
  readonly preset?: PresetName;
  readonly groups?: readonly (readonly string[])[];
  /** Default: one state, for what looks at the policies alone. */
  readonly patches?: readonly SeriesState[];
}

/** What says the same by another way: `expectSound` compares. */
const BOTH_STATES = { patches: [0, 4] } as const;

async function under(files: readonly string[], options: Options = {}): Promise<ReplayDocument> {
  const name = options.preset ?? 'laptop-virtio';
  return replayTraces(files, {
    patches: options.patches ?? [0],
    config: null,
    params: null,
    mostDifferences: 10,
    driver: name === 'laptop-virtio' ? 'virtio' : 'table',
    costs: () => ({ preset: name, costs: preset(name) }),
    policies: {
      policies: policiesNamed(options.policies ?? 'all'),
      timing: options.timing ?? 'recorded',
    },
    progress: () => undefined,
  });
}

async function textUnder(text: string, options: Options = {}): Promise<ReplayDocument> {
  return withFolder(async (folder) => {
    const file = join(folder, 'x.trace.txt');
    writeFileSync(file, text);
    const groups = (options.groups ?? [])
      .map((own, i) => `/sys/kernel/iommu_groups/${String(i)} type=DMA ${own.join(' ')}\n`)
      .join('');
    writeFileSync(join(folder, 'x.facts.json'), JSON.stringify({ iommu_groups: groups }));
    return under([file], options);
  });
}

function row({ policies }: ReplayDocument, name: string): PolicySection {
  const found = policies.find(({ policy }) => policy === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

const COUNTS = [
  ...(['map_calls', 'unmap_calls', 'sync_calls', 'failed_calls', 'iommu_maps'] as const),
  ...(['iommu_unmaps', 'driver_requests', 'copied_bytes', 'pool_hits', 'pool_fills'] as const),
  ...(['fallbacks', 'fallbacks_by_reason'] as const),
] as const;

/** No count of the calls has what the machine does when it is shut down. */
const COUNTED_BY_DEVICE = COUNTS.filter((one) => one !== 'fallbacks_by_reason');

/** Both replays have machines of their own: they count by different means. */
function expectSound(document: ReplayDocument): void {
  const [before, series] = document.states;
  for (const [name, state] of [
    ['strict', before],
    ['pool', series],
  ] as const)
    for (const count of COUNTS)
      expect(row(document, name)[count], `${name}: ${count}`).to.deep.equal(state?.[count]);
  expect(row(document, 'pool').peak_bounce_bytes).to.equal(series?.peak_bounce_bytes);
  expect(row(document, 'pool').evictions).to.equal(series?.evictions);
  for (const policy of document.policies) {
    expect(wrongsOf({ ...policy, data: null }), policy.policy).to.deep.equal([]);
    for (const count of [...COUNTED_BY_DEVICE, 'evictions', 'vmexits'] as const)
      expect(
        policy.devices.reduce((sum, one) => sum + one[count], 0),
        `${policy.policy}: ${count} of all devices`,
      ).to.equal(policy[count]);
  }
}

/** Pages of three devices, mapped and unmapped by three CPUs in tasks and interrupts, with pauses. */
function randomCapture(seed: number, calls: number): string {
  const source = random(seed);
  const below = (n: number): number => source.below(n);
  const writer = new TraceWriter();
  const live: { dma: number; size: number; device: string; dir: string }[] = [];
  let next = 0xfff00000;
  for (let i = 0; i < calls; i++) {
    const cpu = below(3);
    writer.in(`task-${String(70 + cpu)}`, below(4) === 0 ? 'd.h1.' : '.....', cpu);
    if (below(40) === 0) writer.wait(below(3) === 0 ? 6000 : 30);
    if (live.length > 0 && (live.length > 40 || below(2) === 0)) {
      const [one] = live.splice(below(live.length), 1);
      if (one) writer.unmapPage(one.dma, one.size, one.device, one.dir);
      continue;
    }
    const size = [512, 4096, 9000, 70_000, 200_000][below(5)] as number;
    const device = [A, B, C][below(3)] as string;
    const dir = ['FROM_DEVICE', 'TO_DEVICE', 'BIDIRECTIONAL'][below(3)] as string;
    next -= 0x40000;
    writer.mapPage(next, 0x40000000 + i * 0x80000, size, device, dir);
    live.push({ dma: next, size, device, dir });
  }
  return writer.text;
}

describe('a capture under every policy', function () {
  this.timeout(180_000);

  const machines = [
    [1, 'laptop-virtio'],
    [2, 'bare-metal-vtd'],
    [3, 'laptop-virtio'],
  ] as const;
  for (const [seed, name] of LONG ? machines : machines.slice(0, 1))
    it(`counts what the replay of both states counts: seed ${String(seed)}, ${name} @long`, async () => {
      const text = randomCapture(seed, LONG ? 1500 : 150);
      const machine = { preset: name, groups: [[A, C], [B]] };
      const recorded = await textUnder(text, { ...machine, ...BOTH_STATES });
      expectSound(recorded);
      expect(row(recorded, 'strict').devices).to.have.length(3);
      // A flush queue waits for 10 ms, the rest of a jiffy, and the jiffy that a timer is late.
      for (const device of row(recorded, 'lazy').devices)
        expect(device.stale_max_ns, device.device).to.be.within(10 * MS, 20 * MS);
      const policies = LONG ? 'all' : 'strict,lazy,pool';
      const fast = await textUnder(text, { ...machine, policies, timing: 'fast' });
      for (const policy of fast.policies)
        expect(wrongsOf({ ...policy, data: null }), `fast: ${policy.policy}`).to.deep.equal([]);
      expect(row(fast, 'strict').iommu_maps).to.equal(row(recorded, 'strict').iommu_maps);
      expect(row(fast, 'strict').elapsed_ns).to.be.below(row(recorded, 'strict').elapsed_ns / 10);
    });

  const TRACES = join(fixtures, 'traces');
  const FEW = 'net-rx';
  /** Sizes and directions that others have: 16k and 64k of other machines, writes of 4k and mixed. */
  const ALIKE = /virtio\.nvme-(?:read-(?:16k|64k)|randwrite-128k)/;
  for (const file of readdirSync(TRACES).filter((one) => one.endsWith('.trace.txt.gz')))
    if (LONG ? !ALIKE.test(file) : file.includes(FEW))
      it(`counts the same of ${file} @long-only`, async () => {
        const name = file.startsWith('intel') ? 'bare-metal-vtd' : 'laptop-virtio';
        const policies = LONG ? 'all' : 'strict,pool';
        const document = await under([join(TRACES, file)], {
          preset: name,
          policies,
          ...BOTH_STATES,
        });
        expectSound(document);
        // Two ways to the CPU time: counted steps times their costs, and a meter that charges each.
        const { verdict } = document;
        const both = [row(document, 'strict'), row(document, 'pool')];
        if (/nvme-(read|rand)/.test(file) && !file.includes('lazy'))
          for (const [i, priced] of [verdict?.before, verdict?.series].entries()) {
            const { cpu_seconds: seconds, map_calls: maps } = both[i] as PolicySection;
            expect((seconds * 1e9) / maps / (priced?.ns ?? NaN), file).to.be.within(0.97, 1.03);
          }
      });

  it('keeps a page within reach until its own domain is flushed', async () => {
    const writer = new TraceWriter();
    writer.mapPage(0xfff00000, 0x1000, 4096, A).mapPage(0xffe00000, 0x9000, 4096, B);
    writer.unmapPage(0xfff00000, 4096, A).wait(6).unmapPage(0xffe00000, 4096, B).wait(40);
    writer.mapPage(0xfff00000, 0x1000, 4096, A).unmapPage(0xfff00000, 4096, A);
    const lazy = row(await textUnder(writer.text, { policies: 'lazy,strict' }), 'lazy');
    const [a, b] = lazy.devices;
    // 10 ms, the rest of the jiffy in which it began, and a jiffy that a timer waits longer.
    for (const device of [a, b]) expect(device?.stale_max_ns).to.be.within(10 * MS, 20 * MS);
    expect(lazy.stale_max_ns).to.equal(Math.max(a?.stale_max_ns ?? 0, b?.stale_max_ns ?? 0));
    // All of an IOMMU's domains are flushed by the kicks of one queue, so not in the order of the unmaps.
    expect(a?.stale_max_ns).not.to.equal(b?.stale_max_ns);
  });

  it('puts devices and locks of several boots together by name', async () => {
    const page = (device: string, at: number): string =>
      new TraceWriter()
        .mapPage(0xfff00000, at, 4096, device)
        .unmapPage(0xfff00000, 4096, device)
        .mapPage(0xffe00000, at, 8192, A)
        .unmapPage(0xffe00000, 8192, A).text;
    await withFolder(async (folder) => {
      const files = [A, B].map((device, i) => {
        const file = join(folder, `${String(i)}.trace.txt`);
        writeFileSync(file, page(device, 0x10000 * (i + 1)));
        return file;
      });
      const policies = { policies: 'strict,lazy' };
      const both = await under(files, policies);
      const alone = await Promise.all(files.map((file) => under([file], policies)));
      expect(both.boots).to.equal(2);
      for (const policy of ['strict', 'lazy']) {
        const all = row(both, policy);
        const boots = alone.map((one) => row(one, policy));
        expect(all.devices.map(({ device, map_calls: maps }) => [device, maps])).to.deep.equal([
          [A, 3],
          [B, 1],
        ]);
        for (const device of all.devices) {
          const own = boots.flatMap((one) =>
            one.devices.filter((of) => of.device === device.device),
          );
          for (const count of ['unmap_calls', 'vmexits', 'iommu_maps', 'map_ns'] as const)
            expect(device[count], count).to.equal(own.reduce((sum, one) => sum + one[count], 0));
          expect(device.cpu_seconds).to.be.closeTo((device.map_ns + device.unmap_ns) / 1e9, 1e-12);
          expect(device.stale_max_ns).to.equal(Math.max(...own.map((of) => of.stale_max_ns ?? -1)));
        }
        // Each of two devices has a tree of its own, so the second boot has two locks of that name.
        const [few, many] = boots.map((one) => one.locks);
        expect(all.locks.map(({ name }) => name)).to.deep.equal(many?.map(({ name }) => name));
        expect(many?.filter(({ name }) => name === 'iova tree')).to.have.length(2);
        all.locks.forEach((lock, i) => {
          const own = [few?.[i], many?.[i]].filter((one) => one !== undefined);
          expect(lock.taken, lock.name).to.equal(own.reduce((sum, one) => sum + one.taken, 0));
          expect(lock.longest_wait_ns).to.equal(Math.max(...own.map((one) => one.longest_wait_ns)));
        });
      }
    });
  });

  it('waits for the flush timer at the end, though much is still mapped', async () => {
    const writer = new TraceWriter();
    for (let i = 0; i < 300; i++) writer.mapPage(0xfff00000 - i * 0x2000, 0x100000 + i * 0x2000);
    writer.unmapPage(0xfff00000);
    const of = { policies: 'lazy', preset: 'bare-metal-vtd' } as const;
    const lazy = row(await textUnder(writer.text, of), 'lazy');
    expect(lazy).to.include({ unmap_calls: 1, still_mapped: 299 });
    expect(lazy.stale_max_ns).to.be.within(10 * MS, 20 * MS);
  });

  it('passes over a pause of ten years @long', async () => {
    const writer = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000);
    for (const cpu of [0, 1])
      writer
        .wait(cpu * 3.2e11)
        .in('late-7', '.....', cpu)
        .mapPage(0xffe00000, 0x5000)
        .unmapPage(0xffe00000);
    const { policies } = await textUnder(writer.text, LONG ? {} : { policies: 'lazy,pool' });
    for (const policy of policies) expect(wrongsOf({ ...policy, data: null })).to.deep.equal([]);
    expect(row({ policies } as unknown as ReplayDocument, 'pool').evictions).to.equal(1);
  });

  it('has no more memory for a swiotlb that grows than a machine can have @long-only', async () => {
    const text = new TraceWriter()
      .mapPage(0x40000000, 0x40000000, 2 ** 30)
      .unmapPage(0x40000000, 2 ** 30).text;
    const document = await textUnder(text, { policies: 'swiotlb-dynamic' });
    expect(row(document, 'swiotlb-dynamic')).to.include({ map_calls: 1, failed_calls: 1 });
  });

  it('lets the pool go while nothing happens', async () => {
    const writer = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000).wait(12_000);
    writer.mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000);
    const document = await textUnder(writer.text, { policies: 'pool' });
    const pool = row(document, 'pool');
    expect(pool).to.include({ pool_fills: 2, pool_hits: 0, evictions: 1, stale_max_ns: 0 });
    expect(pool.stale_contents_max_ns).to.be.within(5120 * MS, 10_640 * MS);
    expect(pool.peak_bounce_bytes).to.equal(4096);
    expect(pool.mean_bounce_bytes).to.be.within(0.4 * 4096, 0.9 * 4096);
  });

  it('makes CPUs wait for each other', async () => {
    const writer = new TraceWriter();
    for (let i = 0; i < 200; i++) {
      const cpu = i % 4;
      writer.in(`fio-${String(cpu)}`, '.....', cpu);
      writer.mapPage(0xfff00000 - i * 0x10000, 0x100000 + i * 0x10000);
    }
    const fast = { policies: 'none,strict,pool', timing: 'fast' } as const;
    const strict = row(await textUnder(writer.text, fast), 'strict');
    const [requests] = strict.locks.filter(({ name }) => name === 'virtio-iommu requests');
    expect(requests?.waits).to.be.above(50);
    expect(strict.lock_wait_seconds).to.be.above(0);
    // One queue: what is done under its lock by four CPUs takes as long as if one did it.
    expect(requests?.held_ns).to.be.at.most(strict.elapsed_ns);
    expect(strict.cpu_seconds).to.be.above(2 * (strict.elapsed_ns / 1e9));
  });

  it('says what swiotlb cannot hold', async () => {
    const text = new TraceWriter()
      .mapPage(0xfff00000, 0x100000, 300 * 1024)
      .unmapPage(0xfff00000, 300 * 1024).text;
    const document = await textUnder(text, { policies: 'swiotlb-force,none' });
    const forced = row(document, 'swiotlb-force');
    expect(forced).to.include({ map_calls: 1, failed_calls: 1, unmap_calls: 0 });
    expect(wrongsOf({ ...forced, data: null })).to.deep.equal([]);
    expect(row(document, 'none')).to.include({ failed_calls: 0, stale_max_ns: null });
  });

  it('takes one pool for the devices of a group', async () => {
    const writer = new TraceWriter()
      .mapPage(0xfff00000, 0x1000, 4096, A)
      .unmapPage(0xfff00000, 4096, A);
    writer.mapPage(0xfff00000, 0x1000, 4096, C).unmapPage(0xfff00000, 4096, C);
    const alone = row(await textUnder(writer.text, { policies: 'pool' }), 'pool');
    const grouped = await textUnder(writer.text, { policies: 'pool', groups: [[A, C]] });
    expect(alone.pool_fills).to.equal(2);
    expect(row(grouped, 'pool')).to.include({ pool_fills: 1, pool_hits: 1 });
  });
});

describe('replay --policy', function () {
  this.timeout(60_000);
  const SMALL = join(fixtures, 'captures/never-unmapped.trace.txt');

  it('prints a row for each, and which protects at least cost', async () => {
    const { out, status } = await cli('replay', SMALL, '--policy', 'all', '--fix', 'copy-in');
    expect(status).to.equal(0);
    for (const { name } of POLICIES) expect(out).to.match(new RegExp(`│ ${name} `));
    expect(out).to.contain('pool+fixes');
    expect(out.replace(/\s+/g, ' ')).to.contain(
      'Of those under which a device reaches, beside its own bounce buffers, only what is mapped',
    );
    expect(out.replace(/\s+/g, ' ')).to.match(
      /Set aside at boot, whatever the peak: swiotlb-force 64\.0 MiB( and|,) swiotlb-untrusted 64\.0 MiB/,
    );
    expect(out).not.to.contain('WRONG');
  });

  it('plots on the page what each policy holds and leaves within reach over time', async () => {
    await withFolder(async (folder) => {
      const writer = new TraceWriter();
      for (let i = 0; i < 60; i++) {
        const dma = 0xf0000000 + i * 2 ** 20;
        writer.mapPage(dma, 2 ** 32 + i * 2 ** 20).wait(1);
        writer.unmapPage(dma);
      }
      const [file, page] = [join(folder, 'x.trace.txt'), join(folder, 'a.html')];
      writeFileSync(file, writer.text);
      const policies = ['--policy', 'strict,lazy,swiotlb-force,pool'];
      expect((await cli('replay', file, ...policies, '--report', page)).status).to.equal(0);
      const text = readFileSync(page, 'utf8').replaceAll(/\s+/g, ' ');
      expect(text)
        .to.include('id="policies-over-time"')
        .and.include('Bounce memory, by policy')
        .and.include('Mappings that are unmapped and still within reach: lazy')
        .and.include('None ever is with strict, pool.')
        .and.include('All memory can always be reached with swiotlb-force.');
      // Tables have the highest of joined bins, not their sum: a mapping has one slot of swiotlb, and one buffer of the pool.
      const table = /id="plot-policies0-bounce".*?<table>(.*?)<\/table>/.exec(text)?.[1] ?? '';
      const cells = [...table.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map(([, cell = '']) =>
        cell.trim(),
      );
      expect(new Set(cells.filter((cell) => cell.includes('KiB')))).to.deep.equal(
        new Set(['4.0 KiB']),
      );
      await cli('replay', file, '--report', page);
      expect(readFileSync(page, 'utf8')).not.to.include('policies-over-time');
    });
  });

  it('has none unless asked, and says what it expects', async () => {
    const { out } = await cli('replay', SMALL, '--json');
    expect((JSON.parse(out) as ReplayDocument).policies).to.deep.equal([]);
    for (const [args, expected] of [
      [
        ['--policy', 'nope'],
        /^iommu-bounce: --policy: policy 'nope' is unknown, expected none, .* or all$/m,
      ],
      [['--policy', 'pool,pool'], /^iommu-bounce: --policy: expected different policies/m],
      [['--timing', 'slow'], /^iommu-bounce: --timing: expected recorded or fast, got 'slow'$/m],
      [['--fix', 'nope'], /^iommu-bounce: --fix: /m],
    ] as const) {
      const { err, status } = await cli('replay', SMALL, ...args);
      expect(status).to.equal(2);
      expect(err).to.match(expected);
    }
  });

  it('takes the pool that the command line sets', async () => {
    const { out } = await cli(
      ...['replay', SMALL, '--policy', 'pool', '--json'],
      ...['--params', 'io_buffer_pool.num_slots=1 iommu.strict=0'],
    );
    const document = JSON.parse(out) as ReplayDocument;
    expect(row(document, 'pool').fallbacks).to.equal(document.states[1]?.fallbacks);
    expect(row(document, 'pool').fallbacks).to.be.above(0);
  });
});
