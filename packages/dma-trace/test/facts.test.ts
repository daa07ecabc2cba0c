// SPDX-License-Identifier: GPL-2.0-only
// The facts beside a trace: what is read from them and what is refused.
import { mkdir } from 'node:fs/promises';
import { expect } from 'chai';
import { TraceError, factsPath, parseFacts, readFacts } from '../src';
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

describe('readFacts', () => {
  const temp = new TempFiles();
  beforeEach(() => temp.make());
  afterEach(() => temp.remove());

  it('finds the facts by the name of the trace', () => {
    for (const name of ['a.b.trace.txt.gz', 'a.b.trace.txt', 'a.b.txt.gz', 'a.b.trace', 'a.b'])
      expect(factsPath(`/x.txt/${name}`)).to.equal('/x.txt/a.b.json');
  });

  it('gives null when there are none', async () => {
    expect(await readFacts(temp.path('a.trace.txt.gz'))).to.equal(null);
  });

  it('reads them', async () => {
    await temp.write('a.json', '{"variant": "slots32"}');
    expect((await readFacts(temp.path('a.trace.txt')))?.variant).to.equal('slots32');
  });

  it('refuses a folder in their place', async () => {
    await mkdir(temp.path('a.json'));
    expect(String(await failure(readFacts(temp.path('a.trace.txt'))))).to.equal(
      `TraceError: ${temp.path('a.json')}: cannot be read (EISDIR)`,
    );
  });

  it('refuses those that are cut short', async () => {
    await temp.write('a.json', '{"variant": ');
    const error = await failure(readFacts(temp.path('a.trace.txt')));
    expect(String(error)).to.match(/^TraceError: .*a\.json(?::1)?: expected one JSON object/);
  });
});
