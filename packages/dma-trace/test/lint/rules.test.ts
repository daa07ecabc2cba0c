// SPDX-License-Identifier: GPL-2.0-only
// Each rule finds the misuse that was made for it, and says nothing of its innocent twin.

import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import {
  LINT_RULES,
  LineParser,
  type LintFinding,
  type LintResult,
  Linter,
  type TraceFacts,
  findFacts,
  newCounters,
  newHeader,
  parseFacts,
  readTrace,
} from '../../src';

const folder = join(__dirname, '../../../../test-fixtures/lint');
const fixture = (name: string): string => join(folder, `${name}.txt`);

/** Of a file that was read without a loss. */
const READING = { counters: newCounters(), header: newHeader() };

async function lintFile(file: string): Promise<LintResult> {
  const { facts } = await findFacts(file);
  const reader = readTrace(file);
  const linter = new Linter(facts);
  linter.beginFile(file);
  for await (const batch of reader.batches()) linter.add(batch);
  expect(reader.counters.unparsed, basename(file)).to.equal(0);
  return linter.finish([reader]);
}

/** Lines as they stand, which need no file. */
function lintLines(lines: readonly string[], facts: TraceFacts | null = null): LintResult {
  const parser = new LineParser();
  const linter = new Linter(facts);
  linter.beginFile('lines');
  lines.forEach((text, i) => {
    const event = parser.parse(text, i + 1);
    if (event !== null && event !== 'unparsed') linter.add([event]);
  });
  return linter.finish([{ ...READING, format: parser.format?.name ?? null }]);
}

/** A map and an unmap of half of it, in the millisecond `ms`. */
function mapAndUnmap(ms: number, device: string): string[] {
  const time = `1.${String(ms).padStart(3, '0')}`;
  return [
    ` job-7 [000] ..... ${time}000: dma_map_page: ${device} dir=TO_DEVICE dma_addr=1000 size=512 phys_addr=9000000 attrs=`,
    ` job-7 [000] ..... ${time}001: dma_unmap_page: ${device} dir=TO_DEVICE dma_addr=1000 size=256 attrs=`,
  ];
}

const ofRule = ({ findings }: LintResult, id: string): LintFinding[] =>
  findings.filter(({ rule }) => rule.id === id);

/** Rules that name the line of the map, and look at all that follows. */
const AT_MAP = new Set([
  'mapped-at-release',
  'leaked-mapping',
  'mapping-growth',
  'still-mapped',
  'held-long',
]);
/** The mark of trace_pipe. */
const LOST = 'CPU:0 [LOST 7 EVENTS]';

describe('lint rules', () => {
  it('have a capture with the misuse and one without it, each of them', () => {
    const wanted = LINT_RULES.flatMap(({ id }) => [`${id}.bad.txt`, `${id}.good.txt`]).sort();
    const there = readdirSync(folder).filter((name) => name.endsWith('.txt'));
    expect(there.sort()).to.deep.equal(wanted);
  });

  for (const { id, severity } of LINT_RULES) {
    it(`${id}: is found`, async () => {
      const result = await lintFile(fixture(`${id}.bad`));
      const [found] = ofRule(result, id);
      expect(found?.severity).to.equal(severity);
      expect(found?.uncertain).to.equal(0);
      expect(result.rules.find(({ rule }) => rule.id === id)?.notChecked).to.equal(null);
    });

    it(`${id}: says nothing of the innocent`, async () => {
      const result = await lintFile(fixture(`${id}.good`));
      expect(ofRule(result, id)).to.deep.equal([]);
      expect(result.findings.filter((one) => one.severity === 'error')).to.deep.equal([]);
    });
  }

  for (const { id } of LINT_RULES.filter((rule) => rule.pairing))
    it(`${id}: gives only notes where events were lost`, async () => {
      const name = fixture(`${id}.bad`);
      const [found] = ofRule(await lintFile(name), id);
      const lines = readFileSync(name, 'utf8').trimEnd().split('\n');
      const at = AT_MAP.has(id) ? lines.length - 1 : (found?.last.line ?? 0) - 1;
      // With the facts of the capture: one rule needs them.
      const { facts } = await findFacts(name);
      const doubtful = lintLines([...lines.slice(0, at), LOST, ...lines.slice(at)], facts);
      expect(ofRule(doubtful, id).map((one) => one.severity)).to.include('note');
      const worse = ofRule(doubtful, id).filter((one) => one.severity !== 'note');
      // Another kind of it may lie on one side of the gap.
      for (const one of worse) expect(one.message).not.to.equal(found?.message);
    });

  it('give errors where events were lost before it all began', () => {
    const lines = readFileSync(fixture('unmap-size.bad'), 'utf8').trimEnd().split('\n');
    const [head, mark, ...rest] = lines;
    const [found] = lintLines([head ?? '', mark ?? '', LOST, ...rest]).findings;
    expect(found?.severity).to.equal('error');
  });

  it('give only notes in a capture of a tool that leaves events out', () => {
    const lines = readFileSync(fixture('double-unmap.bad'), 'utf8').trimEnd().split('\n');
    const linter = new Linter();
    linter.beginFile('lines');
    const parser = new LineParser();
    lines.forEach((text, i) => {
      const event = parser.parse(text, i + 1);
      if (event !== null && event !== 'unparsed') linter.add([event]);
    });
    const { findings, doubt } = linter.finish([{ ...READING, format: 'bpftrace' }]);
    expect(doubt).to.match(/bpftrace/);
    expect(findings.map((one) => [one.rule.id, one.severity])).to.deep.equal([
      ['double-unmap', 'note'],
    ]);
  });

  const PERF = [
    'fio 266 [000] 33.000001: dma:dma_map_phys: 0000:09:00.0 dir=TO_DEVICE dma_addr=ff000000 size=4096 phys_addr=6f000000 attrs=',
    'fio 266 [000] 33.000002: dma:dma_unmap_phys: 0000:09:00.0 dir=TO_DEVICE dma_addr=ff000000 size=2048 attrs=',
  ];
  const PERF_LOST = 'fio 266 [000] 33.000000: PERF_RECORD_LOST lost 14';
  for (const [what, lines, reason] of [
    ['no mark', PERF, /--show-lost-events/],
    ['a sum of losses', ['Processed 5 samples and lost 40.00%!', ...PERF], /does not say where/],
    ['marks of losses', [PERF_LOST, ...PERF], null],
  ] as const)
    it(`trust a capture of perf that shows its losses: ${what}`, () => {
      const { findings, doubt } = lintLines(lines);
      if (reason === null) expect(doubt).to.equal(null);
      else expect(doubt).to.match(reason);
      expect(findings.map((one) => [one.rule.id, one.severity])).to.deep.equal([
        ['unmap-size', reason === null ? 'error' : 'note'],
      ]);
    });

  it('doubt what was missed where a line was too big', () => {
    const lines = readFileSync(fixture('double-unmap.bad'), 'utf8').trimEnd().split('\n');
    const last = lines.pop() ?? '';
    const { findings } = lintLines([...lines, '[LINE TOO BIG]', last]);
    expect(findings.map((one) => [one.rule.id, one.severity])).to.deep.equal([
      ['double-unmap', 'note'],
    ]);
  });

  it('say what they were not checked for', async () => {
    const { rules } = await lintFile(fixture('unmap-size.good'));
    const why = (id: string): string | null | undefined =>
      rules.find(({ rule }) => rule.id === id)?.notChecked;
    expect(why('sync-unmapped')).to.match(/no dma_sync event/);
    expect(why('use-after-unmap')).to.match(/io_page_fault was not recorded/);
    expect(why('cacheline-overlap')).to.match(/non_coherent_devices/);
    expect(why('unmap-size')).to.equal(null);
  });

  it('check no call in a capture that has only iommu events', () => {
    const range = 'iova=0x00000000fff00000 - 0x00000000fff01000';
    const { rules, findings } = lintLines([
      ` job-7 [000] ..... 1.000001: map: IOMMU: ${range} paddr=0x0000000100000000 size=4096`,
      ` job-7 [000] ..... 1.000002: unmap: IOMMU: ${range} size=4096 unmapped_size=4096`,
      ` job-7 [000] ..... 1.000003: unmap: IOMMU: ${range} size=4096 unmapped_size=4096`,
    ]);
    expect(findings).to.deep.equal([]);
    for (const { rule, notChecked } of rules)
      expect(notChecked, rule.id).to.match(/^the capture has no|^nothing says/);
  });

  it('give a note for a second unmap at an untranslated address that may be mapped since before', () => {
    const call = (us: number, text: string): string =>
      ` job-7 [000] ..... 1.${String(us).padStart(6, '0')}: dma_${text} attrs=`;
    const map = 'map_page: nvme dir=TO_DEVICE dma_addr=9000000 size=512 phys_addr=9000000';
    const unmap = 'unmap_page: nvme dir=TO_DEVICE dma_addr=9000000 size=512';
    const lines = [call(1, map), call(2, unmap), call(3, unmap)];
    expect(lintLines(lines).findings.map((one) => one.severity)).to.deep.equal(['error']);
    const older = 'unmap_page: nvme dir=TO_DEVICE dma_addr=8000000 size=512';
    const [found] = lintLines([call(0, older), ...lines]).findings;
    expect(found?.severity).to.equal('note');
    expect(found?.doubt).to.match(/not translated/);
  });

  for (const [what, nents, unmapped, message] of [
    ['the count given', '128/200', 200, null],
    ['fewer', '128/200', 150, '150 entries unmapped, 200 mapped at line 1'],
    ['as many as are printed', '128/200', 128, '128 entries unmapped, 200 mapped at line 1'],
    ['fewer than are printed', '128/200', 100, '100 entries unmapped, 200 mapped at line 1'],
    ['more', '128/200', 201, '201 entries unmapped, 200 mapped at line 1'],
    ['more than are printed, of a kernel that may print 128 only', null, 200, null],
    ['fewer, of such a kernel', null, 127, '127 entries unmapped, 128 mapped at line 1'],
  ] as const)
    it(`compare the counts of lists that are not printed whole: ${what}`, () => {
      const hex = (n: number, base: number): string =>
        Array.from({ length: n }, (_, i) => `0x${(base + 8192 * i).toString(16)}`).join();
      const counts = nents === null ? '' : ` nents=${nents} ents=1/1`;
      const [found, ...more] = lintLines([
        ` job-7 [000] ..... 1.000001: dma_map_sg: nvme dir=TO_DEVICE${counts} dma_addrs={0xfff00000} sizes={0xc8000} phys_addrs={${hex(128, 0x9000000)}} attrs=`,
        ` job-7 [000] ..... 1.000002: dma_unmap_sg: nvme dir=TO_DEVICE phys_addrs={${hex(unmapped, 0x9000000)}} attrs=`,
      ]).findings.filter(({ rule }) => rule.severity === 'error');
      expect(more).to.deep.equal([]);
      expect(found?.message ?? null).to.equal(message);
    });

  describe('take a range without a call', () => {
    const line = (ms: number, text: string): string =>
      ` job-7 [000] ..... 1.00${String(ms)}000: ${text}`;
    const range = 'IOMMU: iova=0xaff00000 - 0xaff01000';
    const mapped = line(1, `map: ${range} paddr=0x9000000 size=4096`);
    const unmapped = line(2, `unmap: ${range} size=4096 unmapped_size=4096`);
    const call = (ms: number, device: string, name: string, more = ''): string =>
      line(
        ms,
        `dma_${name}_page: ${device} dir=FROM_DEVICE dma_addr=aff00000 size=512${more} attrs=`,
      );
    const fault = line(
      9,
      'io_page_fault: IOMMU:b 0000:02:00.0 iova=0x00000000aff00000 flags=0x0001',
    );
    const others = ['map', 'unmap'].map((name, i) =>
      call(5 + i, '0000:01:00.0', name, i === 0 ? ' phys_addr=8000000' : '')
        .replace('aff00000', 'bff00000')
        // The events are not those of its calls.
        .replace('job-7 [000]', 'job-8 [001]'),
    );
    const find = (lines: readonly string[], facts: TraceFacts | null = null): unknown =>
      ofRule(lintLines([...lines, ...others, fault], facts), 'use-after-unmap').map((one) => [
        one.severity,
        one.doubt,
      ]);

    it('for one of any device, with a note', () => {
      expect(find([mapped, unmapped])).to.deep.equal([
        ['note', "a range without a call: it may be another device's"],
      ]);
    });

    it('for that of the device which had a buffer there, too', () => {
      const own = [
        call(0, '0000:02:00.0', 'map', ' phys_addr=8000000'),
        call(1, '0000:02:00.0', 'unmap'),
      ];
      expect(find([...own, mapped, unmapped])).to.deep.equal([['error', null]]);
    });

    it('for that of the only device that the facts name', () => {
      const facts = (devices: string): TraceFacts =>
        parseFacts(
          'a.json',
          JSON.stringify({ iommu_groups: `/sys/kernel/iommu_groups/0 type=DMA ${devices} \n` }),
        );
      expect(find([mapped, unmapped], facts('0000:02:00.0'))).to.deep.equal([['error', null]]);
      for (const devices of ['0000:01:00.0', '0000:01:00.0 0000:02:00.0'])
        expect(find([mapped, unmapped], facts(devices)), devices).to.deep.equal([
          ['note', "a range without a call: it may be another device's"],
        ]);
    });
  });

  describe('where maps were not recorded', () => {
    const call = (us: number, text: string): string =>
      ` job-7 [000] ..... 1.${String(us).padStart(6, '0')}: ${text}${text.includes('sync') ? '' : ' attrs='}`;
    const page = 'nvme dir=FROM_DEVICE dma_addr=aff00000 size=4096';
    const list = (iova: string): string[] => [
      `dma_map_sg: nvme dir=TO_DEVICE nents=1/1 ents=1/1 dma_addrs={0x${iova}} sizes={0x1000} phys_addrs={0x9000000}`,
      'dma_unmap_sg: nvme dir=TO_DEVICE phys_addrs={0x9000000}',
    ];
    const unmapped = [`dma_unmap_page: ${page}`, `dma_unmap_page: ${page}`];
    const synced = `dma_sync_single_for_cpu: ${page}`;
    const lint = (texts: readonly string[]): LintResult =>
      lintLines(texts.map((text, i) => call(i + 1, text)));
    const why = ({ rules }: LintResult, id: string): string | null | undefined =>
      rules.find(({ rule }) => rule.id === id)?.notChecked;
    const told = ({ findings }: LintResult): unknown[] =>
      findings
        .filter(({ rule }) => rule.id !== 'still-mapped')
        .map((one) => [one.rule.id, one.severity, one.doubt]);

    it('accuse no one, and say that they were not checked', () => {
      const result = lint([...unmapped, synced]);
      expect(told(result)).to.deep.equal([]);
      expect(why(result, 'double-unmap')).to.equal('the capture has no map call (dma events)');
      expect(why(result, 'sync-unmapped')).to.equal('the capture has no map call (dma events)');
    });

    it('give notes if only those of another call, or of another device, were', () => {
      const doubt = 'the capture has no dma_map_page of this device: it may have been mapped again';
      for (const others of [
        list('bff00000'),
        ['dma_map_page: other dir=FROM_DEVICE dma_addr=bff00000 size=4096 phys_addr=1'],
      ])
        for (const texts of [
          [...others, ...unmapped],
          [...unmapped, ...others],
        ])
          expect(told(lint([...texts, synced])).slice(0, 2)).to.deep.equal([
            ['double-unmap', 'note', doubt],
            ['sync-unmapped', 'note', doubt],
          ]);
    });

    it('give a note for the unmap of an address that a list had before', () => {
      const [found] = lint([...list('aff00000'), ...unmapped.slice(1)]).findings;
      expect([found?.rule.id, found?.severity]).to.deep.equal(['double-unmap', 'note']);
    });

    it('give a note for a fault that may lie in the next buffer', () => {
      const fault =
        ' job-7 [000] ..... 2.000000: io_page_fault: IOMMU:nvme nvme iova=0x00000000aff00000 flags=0x0001';
      const lines = unmapped.slice(1).map((text) => call(1, text));
      const result = lintLines([...lines, fault]);
      expect(told(result).map((one) => (one as unknown[]).slice(0, 2))).to.deep.equal([
        ['use-after-unmap', 'note'],
      ]);
      expect(why(result, 'use-after-unmap')).to.equal('the capture has no map call (dma events)');
    });

    it('were not checked if no device maps by the call by which it unmaps', () => {
      const other = lint([...list('bff00000').slice(0, 1), ...unmapped]);
      expect(why(other, 'double-unmap')).to.match(/^no device of the capture both maps and unmaps/);
      expect(why(lint([...list('bff00000'), ...unmapped]), 'double-unmap')).to.equal(null);
    });

    it('are errors if a map of the device comes later', () => {
      const map = `dma_map_page: ${page} phys_addr=9000000`;
      expect(told(lint([...unmapped, map]))[0]).to.deep.equal(['double-unmap', 'error', null]);
    });
  });

  it('follow the assembler where the same list is mapped twice, and the second one ends first', () => {
    let us = 0;
    const call = (text: string): string =>
      ` job-7 [000] ..... 1.${String(++us).padStart(6, '0')}: ${text}`;
    const map = (iova: number): string[] => [
      call(
        `map: IOMMU: iova=0x${iova.toString(16)} - 0x${(iova + 4096).toString(16)} paddr=0x9000000 size=4096`,
      ),
      call(
        `dma_map_sg: nvme dir=FROM_DEVICE nents=1/1 ents=1/1 dma_addrs={0x${iova.toString(16)}} sizes={0x1000} phys_addrs={0x9000000} attrs=`,
      ),
    ];
    const unmap = (iova: number): string[] => [
      call('dma_unmap_sg: nvme dir=FROM_DEVICE phys_addrs={0x9000000} attrs='),
      call(
        `unmap: IOMMU: iova=0x${iova.toString(16)} - 0x${(iova + 4096).toString(16)} size=4096 unmapped_size=4096`,
      ),
    ];
    const [a, b] = [0xfff00000, 0xffe00000];
    const twice = [...map(a), ...map(b), ...unmap(b), ...unmap(a)];
    const result = lintLines([...twice, ...map(a), ...unmap(a)]);
    expect(result.findings.map((one) => [one.rule.id, one.count])).to.deep.equal([
      ['memory-mapped-twice', 1],
    ]);
  });

  it('find a device by the name that a kernel log gives it', () => {
    const [found] = lintLines([
      ' job-7 [000] ..... 1.000001: dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=fff00000 size=512 phys_addr=9000000 attrs=',
      ' job-7 [000] ..... 1.000002: dma_unmap_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=fff00000 size=512 attrs=',
      '[    1.000003] DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0xfff00000 [fault reason 0x05] PTE Write access is not set',
    ]).findings;
    expect(found?.rule.id).to.equal('use-after-unmap');
    expect(found?.device).to.equal('0000:01:00.0');
  });

  it('take the offset of a mapping in its page into account, as the pool does', () => {
    const map = (dmaAddr: string, physAddr: string): string =>
      ` job-7 [000] ..... 1.000001: dma_map_page: nvme dir=TO_DEVICE dma_addr=${dmaAddr} size=131072 phys_addr=${physAddr} attrs=`;
    expect(ofRule(lintLines([map('fff00000', '9000000')]), 'larger-than-class')).to.deep.equal([]);
    const [found] = ofRule(lintLines([map('fff00200', '9000200')]), 'larger-than-class');
    expect(found?.message).to.match(
      /^131,584 bytes from the start of their page \(131,072 bytes mapped\)/,
    );
  });

  it('name the file of each line where the files of several CPUs are one capture', () => {
    const [map = '', unmap = ''] = mapAndUnmap(1, 'nvme');
    const linter = new Linter();
    [map, unmap].forEach((text, cpu) => {
      const event = new LineParser().parse(text, 9 + cpu);
      linter.beginFile(`cpu${String(cpu)}.txt`);
      if (event !== null && event !== 'unparsed') linter.add([event]);
    });
    const { findings } = linter.finish([{ ...READING, format: 'ftrace' }]);
    expect(findings.map(({ message, last }) => [message, last])).to.deep.equal([
      [
        'unmapped with 256 bytes, mapped with 512 bytes (mapped at cpu0.txt:9)',
        { file: 'cpu1.txt', line: 10 },
      ],
    ]);
  });

  it('take the unmap of a list whose map failed for one device only', () => {
    const failed =
      ' job-7 [000] ..... 1.000001: dma_map_sg_err: nvme dir=TO_DEVICE dma_addrs={0x9000000} err=-12 attrs=';
    const unmap = (device: string): string =>
      ` job-7 [000] ..... 1.000002: dma_unmap_sg: ${device} dir=TO_DEVICE phys_addrs={0x9000000} attrs=`;
    const [found] = lintLines([failed, unmap('nvme')]).findings.filter(
      ({ rule }) => rule.id === 'failed-mapping-used',
    );
    expect(found?.message).to.equal('unmapped a list whose map failed at line 1');
    const other = lintLines([failed, unmap('other')]);
    expect(ofRule(other, 'failed-mapping-used')).to.deep.equal([]);
  });

  it('escape what a capture names', () => {
    const result = lintLines(mapAndUnmap(1, 'nv\u0007[31mme'));
    expect(result.findings.map(({ device }) => device)).to.deep.equal(['nv\\x07[31mme']);
  });

  it('count what is alike, with its first place and its last one', () => {
    const lines = Array.from({ length: 500 }, (_, i) => mapAndUnmap(i, '0000:01:00.0')).flat();
    const [found] = lintLines(lines).findings;
    expect(found).to.include({ count: 500, uncertain: 0, severity: 'error' });
    expect([found?.first.line, found?.last.line]).to.deep.equal([2, 1000]);
  });

  it('keep 64 kinds of a rule, and count the others', () => {
    const lines = Array.from({ length: 100 }, (_, i) =>
      mapAndUnmap(i, `0000:${i.toString(16).padStart(2, '0')}:00.0`),
    ).flat();
    const result = lintLines(lines);
    expect(ofRule(result, 'unmap-size')).to.have.length(64);
    expect(result.rules.find(({ rule }) => rule.id === 'unmap-size')?.others).to.equal(36);
  });

  it('give a note where another device may have the same address', () => {
    const lines = readFileSync(fixture('unmap-other-device.bad'), 'utf8').split('\n');
    const result = lintLines(lines.filter((line) => !line.includes('groupID')));
    const [found] = ofRule(result, 'unmap-other-device');
    expect(found).to.include({ severity: 'note', device: '0000:02:00.0' });
    expect(found?.doubt).to.match(/addresses of its own/);
    const unlike = lines.map((line) => line.replace(/(unmap.*size=)4096/, '$1512'));
    expect(ofRule(lintLines(unlike), 'unmap-other-device')).to.deep.equal([]);
  });

  it('take another domain for a release, once for each mapping', () => {
    const call = (text: string): string => ` job-7 [000] ..... 1.000000: ${text}`;
    const [map = ''] = mapAndUnmap(0, 'nvme');
    const attach = call('attach_device_to_domain: IOMMU: device=nvme');
    const detach = call('detach_device_from_domain: IOMMU: device=nvme');
    const [found] = ofRule(lintLines([attach, map, detach, attach]), 'mapped-at-release');
    expect(found).to.include({ count: 1, severity: 'error' });
    const [later] = ofRule(lintLines([attach, map, attach]), 'mapped-at-release');
    expect(later?.message).to.match(/got another domain \(line 3\)$/);
  });

  it('take an entry for too long also where the list is larger than every class', () => {
    const [found] = ofRule(
      lintLines([
        ' job-7 [000] ..... 1.000001: map: IOMMU: iova=0xff000000 - 0xff040000 paddr=0x60000000 size=262144',
        ' job-7 [000] ..... 1.000002: dma_map_sg: nvme dir=TO_DEVICE nents=1/1 ents=1/1 dma_addrs={0xff000000} sizes={0x40000} phys_addrs={0x60000000} attrs=',
      ]),
      'entry-too-long',
    );
    expect(found?.message).to.match(/^an entry of 262,144 bytes/);
  });

  it('take a ring that fills once, and stays so, for no growth', () => {
    const map = (i: number, us: number): string =>
      ` job-7 [000] ..... 1.${String(us).padStart(6, '0')}: dma_map_page: nvme dir=FROM_DEVICE dma_addr=${(0xf0000000 + i * 4096).toString(16)} size=512 phys_addr=9000000 attrs=`;
    const ring = (step: number): string[] => Array.from({ length: 64 }, (_, i) => map(i, i * step));
    const end = ' job-7 [000] ..... 1.006400: page_pool_state_hold: page';
    expect(ofRule(lintLines([...ring(10), end]), 'mapping-growth')).to.deep.equal([]);
    expect(ofRule(lintLines([...ring(100), end]), 'mapping-growth')).to.have.length(1);
  });

  describe('read the kernel log', () => {
    const SMMU = 'arm-smmu-v3 2b400000.iommu:';
    const log = (...texts: readonly string[]): string[] =>
      texts.map((text, i) => `[    2.${String(i).padStart(6, '0')}] ${text}`);
    /** A write, by stream 0x200. */
    const record = (address: string): string[] => [
      `${SMMU} event 0x10 received:`,
      ...['0000020000000010', '0000020000000000', address, '0000000000000000'].map(
        (word) => `${SMMU} \t0x${word}`,
      ),
    ];
    const decoded = (client: string): string[] => [
      `${SMMU} event: F_TRANSLATION client: ${client} sid: 0x200 ssid: 0x0 iova: 0xfff00000 ipa: 0x0`,
      `${SMMU} unpriv data write s1 "Input address caused fault" stag: 0x0`,
    ];
    const told = (lines: readonly string[]): unknown[] =>
      lintLines(lines).findings.map(({ rule, device, message, count, first }) => [
        rule.id,
        device,
        message,
        count,
        first.line,
      ]);

    it('one fault of an SMMUv3 is one finding, by its four words', () => {
      const other = 'nvme nvme0: I/O 12 QID 1 timeout';
      const [head = '', ...words] = record('00000000fff00000');
      expect(told(log(other, head, ...words.flatMap((word) => [other, word])))).to.deep.equal([
        ['fault', null, 'the device of stream 0x200 wrote 0xfff00000', 1, 2],
      ]);
      const read = log(...record('00000000fff00000')).map((line) =>
        line.replace('0x0000020000000000', '0x0000020800000000'),
      );
      expect(told(read)).to.deep.equal([
        ['fault', null, 'the device of stream 0x200 read 0xfff00000', 1, 1],
      ]);
    });

    it('a fault with a PASID accuses no mapping: its address is that of a process', () => {
      const mapped =
        ' job-7 [000] ..... 1.000000: dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=fff00000 size=512 phys_addr=9000000 attrs=';
      const unmapped =
        ' job-7 [000] ..... 1.000001: dma_unmap_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=fff00000 size=512 attrs=';
      const later =
        ' job-7 [000] ..... 9.000000: dma_map_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=eee00000 size=512 phys_addr=8000000 attrs=';
      const vtd = (pasid: string): string =>
        `DMAR: [DMA Write ${pasid}] Request device [01:00.0] fault addr 0xfff00000 [fault reason 0x05] PTE Write access is not set`;
      const smmu = (word: string): string[] => [
        ...record('00000000fff00000').map((line) => line.replace('0000020000000010', word)),
        ...decoded('0000:01:00.0').map((line) =>
          word.endsWith('3810') ? line.replace('ssid: 0x0', 'ssid: 0x3') : line,
        ),
      ];
      const ids = (...texts: string[]): string[] =>
        [[mapped], [mapped, unmapped]]
          .map(
            (events) =>
              told([...events, ...log(...texts), later]).find((one) =>
                /fault|use-after/.test((one as string[])[0] ?? ''),
              ) as string[],
          )
          .map(([rule = '', , message = '']) => `${rule}: ${message}`);
      expect(ids(vtd('NO_PASID')).map((one) => one.split(':')[0])).to.deep.equal([
        'fault-direction',
        'use-after-unmap',
      ]);
      expect(ids(...smmu('0000020000000010')).map((one) => one.split(':')[0])).to.deep.equal([
        'fault-direction',
        'use-after-unmap',
      ]);
      const process = (pasid: string): string =>
        `fault: wrote 0xfff00000 in the address space of PASID ${pasid}: not looked up among the mappings, which are those of the DMA API`;
      expect(ids(vtd('PASID 0x5'))).to.deep.equal([process('0x5'), process('0x5')]);
      expect(ids(...smmu('0000020000003810'))).to.deep.equal([process('0x3'), process('0x3')]);
      // Four words alone name no device.
      expect(
        told(
          log(
            ...record('00000000fff00000').map((l) =>
              l.replace('0000020000000010', '0000020000003810'),
            ),
          ),
        ),
      ).to.deep.equal([
        [
          'fault',
          null,
          'the device of stream 0x200 wrote 0xfff00000 in the address space of PASID 0x3',
          1,
          1,
        ],
      ]);
    });

    const reaches: [string, string, RegExp][] = [
      [
        'a mask',
        'DMA addr 0x0000000123456000+4096 overflow (mask ffffffff, bus limit 0).',
        /^the device cannot address 4,096 bytes at 0x123456000; its DMA mask is 0xffffffff; no swiotlb/,
      ],
      [
        'a bus',
        'DMA addr 0x0000000123456000+4096 overflow (mask ffffffffff, bus limit bfffffff).',
        /, the limit of its bus 0xbfffffff;/,
      ],
      [
        'slots',
        'swiotlb addr 0x0000000040001000+2048 overflow (mask 3fffffff, bus limit 0).',
        /a slot of swiotlb, whose own memory is out of reach$/,
      ],
      [
        'Linux 4.19',
        'overflow 0x0000000123456000+4096 of DMA mask ffffffff bus mask 0',
        /its DMA mask is 0xffffffff; no/,
      ],
      [
        'Linux 4.14',
        'swiotlb_map_page: overflow 0x0000000123456000+4096 of device mask ffffffff',
        /its DMA mask is/,
      ],
      [
        'noforce',
        'Cannot do DMA to address 0x0000000123456000',
        /address the memory at 0x123456000; swiotlb=noforce forbids/,
      ],
      ['no mask', 'DMA map on device without dma_mask', /^the device has no DMA mask$/],
    ];
    for (const [name, text, message] of reaches)
      it(`tell why a device cannot reach memory: ${name}`, () => {
        const { findings } = lintLines(log(`ohci-pci 0000:00:13.0: ${text}`));
        expect(findings.map(({ rule, device }) => [rule.id, device])).to.deep.equal([
          ['memory-out-of-reach', '0000:00:13.0'],
        ]);
        expect(findings[0]?.message).to.match(message);
      });

    for (const newline of ['#012', '\\x0a'])
      it(`show a report of two lines as one where a log has ${newline} between them`, () => {
        const [found] = lintLines(
          log(
            `DMA-API: pci 0000:0f:00.0: device driver has pending DMA allocations while released from device [count=21]${newline}One of leaked entries details: [size=4096 bytes]`,
          ),
        ).findings;
        expect(found?.message).to.match(/\[count=21\] One of leaked entries/);
      });

    it('devices that a fault of a chip does not name are told apart by IOMMU and stream', () => {
      const smmu = (name: string, sid: string, fsynr: string): string =>
        `arm-smmu ${name}.iommu: Unhandled context fault: fsr=0x402, iova=0xfd7ff000, fsynr=0x${fsynr}, cbfrsynra=0x${sid}, cb=10`;
      const page = (name: string): string =>
        `rk_iommu ${name}.iommu: Page fault at 0x00000000ffe79000 of type read`;
      const lines = log(
        smmu('15000000', '19c3', '540011'),
        smmu('15000000', '19c3', '540011'),
        smmu('15000000', '0121', '540001'),
        smmu('16000000', '0121', '540001'),
        page('fe043e00'),
        page('fe044e00'),
      );
      expect(told(lines).map((one) => (one as unknown[]).slice(2))).to.deep.equal([
        ['the device of stream 0x19c3 behind 15000000.iommu wrote 0xfd7ff000', 2, 1],
        ['the device of stream 0x121 behind 15000000.iommu read 0xfd7ff000', 1, 3],
        ['the device of stream 0x121 behind 16000000.iommu read 0xfd7ff000', 1, 4],
        ['a device behind fe043e00.iommu read 0xffe79000', 1, 5],
        ['a device behind fe044e00.iommu read 0xffe79000', 1, 6],
      ]);
    });

    it('a report of leaks of two lines is one finding, however its second line is printed', () => {
      const first =
        'DMA-API: pci 0000:0f:00.0: device driver has pending DMA allocations while released from device [count=21]';
      const second =
        'One of leaked entries details: [device address=0x00000000ffbda000] [size=4096 bytes] [mapped with DMA_FROM_DEVICE] [mapped as single]';
      const next = '[   93.000002] WARNING: CPU: 13 PID: 11252 at kernel/dma/debug.c:863';
      const stamp = '[   93.000001] ';
      for (const lines of [
        [stamp + first, second, next],
        [stamp + first, ' '.repeat(15) + second, next],
        [stamp + first, stamp + second, next],
        [`> ${stamp}${first}`, `> ${second}`, `> ${next}`],
        [`${stamp}${first}#012${second}`],
        [JSON.stringify({ _TRANSPORT: 'kernel', MESSAGE: `${first}\n${second}` })],
      ])
        expect(
          lintLines(lines).findings.map(({ rule, device, count }) => [rule.id, device, count]),
          lines[0],
        ).to.deep.equal([['dma-debug-report', '0000:0f:00.0', 1]]);
    });

    it('and of 6.14 and later, which say the same in words behind it', () => {
      const lines = [
        ' job-7 [000] ..... 1.000001: dma_map_page: 0000:09:00.0 dir=TO_DEVICE dma_addr=fff00000 size=512 phys_addr=9000000 attrs=',
        ' job-7 [000] ..... 1.000002: dma_unmap_page: 0000:09:00.0 dir=TO_DEVICE dma_addr=fff00000 size=512 attrs=',
      ];
      const fault = log(...record('00000000fff00000'), ...decoded('0000:09:00.0'));
      const message = 'wrote 0xfff00000 in a buffer of dma_map_page TO_DEVICE, unmapped at line 2';
      expect(told([...lines, ...fault])).to.deep.equal([
        ['use-after-unmap', '0000:09:00.0', message, 1, 3],
      ]);
      expect(told([...lines, ...fault, ...fault])).to.deep.equal([
        ['use-after-unmap', '0000:09:00.0', message, 2, 3],
      ]);
      // The words alone, should the record be missing.
      expect(told([...lines, ...log(...decoded('0000:09:00.0'))])).to.deep.equal([
        ['use-after-unmap', '0000:09:00.0', message, 1, 3],
      ]);
    });

    const DMAR =
      'DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0xfff00000 [fault reason 0x05] PTE Write access is not set';
    const at = (seconds: number, text: string): string =>
      ` job-7 [000] ..... ${String(seconds)}.000000: dma_${text} attrs=`;
    const buffer = (dir: string): string => `0000:01:00.0 dir=${dir} dma_addr=fff00000 size=512`;
    for (const [where, time, next, severity] of [
      ['between two events whose times it fits', '3.500000', 4, 'error'],
      ['before an event that is older', '4.500000', 4, 'note'],
      ['behind an event that is younger', '2.000000', 4, 'note'],
      ['behind all events', '9.000000', null, 'note'],
      ['with a date', null, 4, 'note'],
    ] as const)
      for (const [id, dir, isFreed] of [
        ['use-after-unmap', 'FROM_DEVICE', true],
        ['fault-direction', 'TO_DEVICE', false],
      ] as const)
        it(`judge a fault by its time, not by its place alone: ${id} ${where}`, () => {
          const prefix = time === null ? '2026-01-02T03:04:05,000000+00:00' : `[    ${time}]`;
          const result = lintLines([
            at(1, `map_page: ${buffer(dir)} phys_addr=9000000`),
            at(
              3,
              isFreed
                ? `unmap_page: ${buffer(dir)}`
                : 'map_page: other dir=TO_DEVICE dma_addr=1000 size=512 phys_addr=8000000',
            ),
            `${prefix} ${DMAR}`,
            ...(next === null
              ? []
              : [at(next, 'unmap_page: other dir=TO_DEVICE dma_addr=1000 size=512')]),
          ]);
          const [found] = ofRule(result, id);
          expect(found).to.include({ severity, count: 1, uncertain: severity === 'error' ? 0 : 1 });
          if (severity === 'error') expect(found?.doubt).to.equal(null);
          else expect(found?.doubt).to.match(/^the line of the kernel log has no time between/);
        });

    it('doubt only those faults whose time does not fit', () => {
      const result = lintLines([
        at(1, `map_page: ${buffer('FROM_DEVICE')} phys_addr=9000000`),
        at(3, `unmap_page: ${buffer('FROM_DEVICE')}`),
        `[    2.000000] ${DMAR}`,
        `[    3.500000] ${DMAR}`,
        at(4, 'unmap_page: other dir=TO_DEVICE dma_addr=1000 size=512'),
      ]);
      expect(ofRule(result, 'use-after-unmap')[0]).to.include({
        severity: 'error',
        count: 2,
        uncertain: 1,
      });
    });

    it('keep the figures of dma-debug, escaped and cut', () => {
      const [found] = lintLines(
        log(
          `DMA-API: nvme 0000:01:00.0: device driver frees DMA memory with different size [device address=0x1000] [map size=2048 bytes] [unmap size=1024 bytes] \x1b${'x'.repeat(200)}`,
        ),
      ).findings;
      expect(found?.message).to.match(/: device driver .*\[unmap size=1024 bytes\] \\x1bx+…$/);
      expect(found?.message.length).to.be.below(230);
    });

    it('take a report of an old kernel, which names the device in front', () => {
      const said = 'cpu touching an active dma mapped cacheline [cln=0x000000001f405880]';
      const [found] = lintLines(log(`mlx4_core 0000:00:07.0: DMA-API: ${said}`)).findings;
      expect(found).to.include({ device: '0000:00:07.0', message: `the kernel says: ${said}` });
      expect(lintLines(log('DMA-API: preallocated 65536 debug entries')).findings).to.deep.equal(
        [],
      );
    });

    it('are a lower bound where the kernel left out lines', () => {
      const lines = [
        'nvme 0000:01:00.0: swiotlb buffer is full (sz: 8192 bytes), total 32768 (slots), used 32768 (slots)',
        'DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0xfff00000 [fault reason 0x05] PTE Write access is not set',
      ];
      const left = (...more: string[]): [string, number, number][] =>
        lintLines(log(...lines, ...more)).findings.map((f) => [f.rule.id, f.count, f.suppressed]);
      expect(left()).to.have.deep.members([
        ['swiotlb-full', 1, 0],
        ['fault', 1, 0],
      ]);
      const suppressed = [
        'swiotlb_tbl_map_single: 41 callbacks suppressed',
        'dmar_fault: 128 callbacks suppressed',
        'swiotlb_tbl_map_single: 9 callbacks suppressed',
        'nvme_map_data: 7 callbacks suppressed',
      ];
      expect(left(...suppressed)).to.have.deep.members([
        ['swiotlb-full', 1, 50],
        ['fault', 1, 128],
      ]);
    });

    const full: [string, number, number, RegExp][] = [
      ['too large', 262145, 10, /262,145 bytes asked for, 10 of 32,768 slots used: too large/],
      ['fragmented', 8192, 8192, /no 4 free slots side by side: fragmented$/],
      ['fragmented or aligned', 262144, 256, /fragmented, or too large with its alignment/],
      // 1,024 runs of 32 slots: so many slots in use spoil them all, one fewer does not.
      ['just fragmented', 65536, 1024, /no 32 free slots side by side: fragmented$/],
      ['a run was free', 65536, 1023, /by these figures 32 free slots side by side were there/],
      ['not used at all', 65536, 0, /0 of 32,768 slots used: by these figures 32 free slots/],
      ['full', 8192, 32765, /8,192 bytes asked for, 32,765 of 32,768 slots used: it is full/],
      ['nearly full', 4096, 32000, /it is full/],
    ];
    for (const [name, size, used, message] of full)
      it(`tell why swiotlb was full: ${name}`, () => {
        const [found] = lintLines(
          log(
            `nvme 0000:01:00.0: swiotlb buffer is full (sz: ${String(size)} bytes), total 32768 (slots), used ${String(used)} (slots)`,
          ),
        ).findings;
        expect(found?.message).to.match(message);
      });
  });

  it('name a call as the recorded kernel does', () => {
    const at = (us: number, text: string): string =>
      ` job-7 [000] ..... 1.00000${String(us)}: ${text}`;
    const map = (call: string, attrs: string): string =>
      `dma_map_${call}: nvme dir=TO_DEVICE dma_addr=1000 size=512 phys_addr=9000000 attrs=${attrs}`;
    const texts = (call: string, attrs: string): string[] =>
      lintLines([at(1, map(call, attrs)), at(2, map(call, attrs))]).findings.map(
        ({ rule, message }) => `${rule.id}: ${message}`,
      );
    expect(texts('page', '')).to.deep.equal([
      'mapped-again: mapped by dma_map_page and mapped again without an unmap',
      'still-mapped: dma_map_page TO_DEVICE',
    ]);
    expect(texts('phys', '')).to.deep.equal([
      'mapped-again: mapped by dma_map_phys and mapped again without an unmap',
      'still-mapped: dma_map_phys TO_DEVICE',
    ]);
    expect(texts('phys', 'MMIO')[1]).to.equal('still-mapped: dma_map_phys (MMIO) TO_DEVICE');
    expect(texts('resource', '')[1]).to.equal('still-mapped: dma_map_resource TO_DEVICE');
    const wrong = lintLines([
      at(1, map('phys', '')),
      at(2, 'dma_unmap_phys: nvme dir=TO_DEVICE dma_addr=1000 size=512 attrs=MMIO'),
    ]);
    expect(ofRule(wrong, 'unmap-call').map(({ message }) => message)).to.deep.equal([
      'mapped at line 1 by dma_map_phys, ended by the counterpart of dma_map_phys (MMIO)',
    ]);
  });
});
