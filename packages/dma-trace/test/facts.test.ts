// SPDX-License-Identifier: GPL-2.0-only
// The facts beside a trace: what is read from them and what is refused.
import { mkdir } from 'node:fs/promises';
import { expect } from 'chai';
import { TraceError, factsPaths, findFacts, parseFacts, readFacts } from '../src';
import { TempFiles, failure } from './temp-files';

const facts = (json: object): ReturnType<typeof parseFacts> =>
  parseFacts('x.json', JSON.stringify(json));
const refusal = (json: unknown): unknown => {
  try {
    parseFacts('x.json', typeof json === 'string' ? json : JSON.stringify(json));
  } catch (error) {
    return error;
  }
  return null;
};

describe('parseFacts', () => {
  it('reads the module parameters of the command line, the last one winning', () => {
    const read = facts({
      kernel_cmdline:
        'console=ttyS0 iommu.strict=1 io_buffer_pool.num_slots=32 io-buffer-pool.class-sizes=0x3f iommu.strict=0 -- x',
    });
    expect(read).to.include({ numSlots: 32, classSizes: 63 });
    expect(read.params.get('iommu.strict')).to.equal('0');
  });

  it('reads octal as the kernel does', () => {
    expect(facts({ kernel_cmdline: 'io_buffer_pool.num_slots=040' }).numSlots).to.equal(32);
  });

  it('tells devices that are coherent from those of which nothing is said', () => {
    expect(facts({ non_coherent_devices: ['soc:usb'] }).nonCoherent).to.deep.equal(['soc:usb']);
    expect(facts({ non_coherent_devices: [] }).nonCoherent).to.deep.equal([]);
    expect(facts({ iommu: 'vtd' }).nonCoherent).to.equal(null);
  });

  it('reads pool classes, groups and queue limits', () => {
    const read = facts({
      kernel: 'Linux (none) 5.14.2-iobuf #6 SMP x86_64 GNU/Linux',
      variant: 'def',
      iommu_groups:
        '/sys/kernel/iommu_groups/0 type=DMA-FQ 0000:00:05.0 0000:00:06.0\n0000:00:01.0',
      nvme_queue_limits: 'max_hw_sectors_kb 512\nscheduler [none]',
      pool_classes: [
        '[    0.944224] obs_pool_class 0000:00:05.0 size=4096 slots=1024 iova_base=ff800000 unaligned=ff7ff000',
      ],
    });
    expect(read).to.include({ kernelRelease: '5.14.2-iobuf', variant: 'def', hz: null });
    expect(read.groups).to.deep.equal([
      { id: 0, type: 'DMA-FQ', devices: ['0000:00:05.0', '0000:00:06.0'] },
    ]);
    expect([...read.queueLimits]).to.deep.equal([['max_hw_sectors_kb', 512]]);
    expect(read.poolClasses).to.deep.equal([
      {
        device: '0000:00:05.0',
        size: 4096,
        slots: 1024,
        iovaBase: 0xff800000,
        unaligned: 0xff7ff000,
        bootTime: '0.944224',
      },
    ]);
  });

  it('knows the two spellings of what a file can say', () => {
    expect(facts({ event_counts: { map: 2 }, overrun_total: 3 })).to.deep.include({
      eventCounts: new Map([['map', 2]]),
      overrun: 3,
    });
    expect(facts({ events: { map: 2 }, overrun: 3, CONFIG_IOMMU_IO_BUFFER: 'n' })).to.deep.include({
      eventCounts: new Map([['map', 2]]),
      overrun: 3,
      ioBuffer: false,
    });
  });

  it('leaves null what the file does not say', () => {
    expect(facts({})).to.deep.include({ numSlots: null, classSizes: null, iommu: null, hz: null });
  });

  const refused: [string, unknown, string][] = [
    ['no JSON', '{\n"a": 1,\n}', 'x.json:3: expected one JSON object: '],
    ['a list', [], 'x.json:1: expected one JSON object'],
    ['a number for a string', { variant: 1 }, 'x.json: variant: expected a string'],
    ['text for a count', { events: { map: 'x' } }, 'x.json: events: expected an object of counts'],
    ['a string for a list', { pool_classes: 'x' }, 'x.json: pool_classes: expected a list'],
    [
      'a half pool class',
      { pool_classes: ['[ 0.9] obs_pool_class x\n'] },
      'x.json: pool_classes: ',
    ],
    [
      'a parameter that is no number',
      { kernel_cmdline: 'io_buffer_pool.num_slots=many' },
      "x.json: kernel_cmdline: io_buffer_pool.num_slots: expected an unsigned number, got 'many'",
    ],
    [
      'a parameter beyond 32 bits',
      { kernel_cmdline: 'io_buffer_pool.num_slots=4294967296' },
      'x.json: kernel_cmdline: io_buffer_pool.num_slots: expected an unsigned number',
    ],
    [
      'an octal parameter with an 8',
      { kernel_cmdline: 'io_buffer_pool.class_sizes=08' },
      'x.json: kernel_cmdline: io_buffer_pool.class_sizes: expected an unsigned number',
    ],
  ];
  for (const [what, json, message] of refused)
    it(`refuses ${what}`, () => {
      const error = refusal(json);
      expect(error).to.be.instanceOf(TraceError);
      const text = error instanceof TraceError ? error.message : '';
      expect(text.startsWith(message), text).to.equal(true);
      expect(text).not.to.include('\n');
    });
});

describe('facts beside a trace', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());
  const FACTS = '{"variant": "slots32"}';

  it('have the name of the trace, and are looked for under two names', () => {
    for (const name of ['a.b.trace.txt.gz', 'a.b.trace.txt', 'a.b.txt.gz', 'a.b.trace', 'a.b'])
      expect(factsPaths(`/x.txt/${name}`)).to.deep.equal([
        '/x.txt/a.b.facts.json',
        '/x.txt/a.b.json',
      ]);
  });

  it('are none where there is no file', async () => {
    const none = { facts: null, ignored: null };
    expect(await findFacts(temp.path('a.trace.txt.gz'))).to.deep.equal(none);
  });

  it('are those of NAME.facts.json before those of NAME.json', async () => {
    await temp.write('a.json', FACTS);
    expect((await findFacts(temp.path('a.trace.txt'))).facts?.variant).to.equal('slots32');
    await temp.write('a.facts.json', '{"variant": "other"}');
    expect((await findFacts(temp.path('a.trace.txt'))).facts?.variant).to.equal('other');
  });

  for (const [what, text] of [
    ['an empty file, as a shell makes for > a.json', ''],
    ['JSON that is cut short', '{"variant": '],
    ['a list', '[1, 2]'],
    [
      'the document of a replay',
      '{"driver": "virtio", "files": ["a.txt"], "params": [""], "trace": {}}',
    ],
    ['a stray document', '{"kernel": "x", "events": {"a": 1}, "job": "nightly"}'],
  ] as const)
    it(`are not ${what}, which is ignored and named`, async () => {
      await temp.write('a.json', text);
      const ignored = temp.path('a.json');
      expect(await findFacts(temp.path('a.txt'))).to.deep.equal({ facts: null, ignored });
    });

  it('are refused where a field is wrong', async () => {
    await temp.write('a.json', '{"variant": "x", "CONFIG_HZ": "250"}');
    const error = await failure(findFacts(temp.path('a.txt')));
    expect(String(error)).to.match(/^TraceError: .*a\.json: CONFIG_HZ: expected a number$/);
  });

  it('are refused where a folder stands in their place', async () => {
    await mkdir(temp.path('a.json'));
    expect(String(await failure(findFacts(temp.path('a.trace.txt'))))).to.equal(
      `TraceError: ${temp.path('a.json')}: cannot be read (EISDIR)`,
    );
  });
});

describe('readFacts', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  it('reads a file that is named, whatever its name', async () => {
    await temp.write('machine', '{"iommu": "virtio-iommu"}');
    expect((await readFacts(temp.path('machine'))).iommu).to.equal('virtio-iommu');
  });

  it('refuses one that is not there, cut short, or something else', async () => {
    const refused = async (): Promise<string> => String(await failure(readFacts(temp.path('x'))));
    expect(await refused()).to.match(/x: no such file; expected facts/);
    await temp.write('x', '{"variant": ');
    expect(await refused()).to.match(/^TraceError: .*x(?::1)?: expected one JSON object/);
    await temp.write('x', '{"files": []}');
    expect(await refused()).to.match(/^TraceError: .*x:1: is no facts of a trace: expected one of/);
  });
});
