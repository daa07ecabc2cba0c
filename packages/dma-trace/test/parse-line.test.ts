// SPDX-License-Identifier: GPL-2.0-only
// Sample lines of every layout and every kind of event, and lines that are none.
import { expect } from 'chai';
import { ALL_ONES, ATTR_UNKNOWN, DMA_ATTRS, parseLine, printable, type TraceEvent } from '../src';

const HEAD = '             fio-812     [003] d.h1.    91.204417: ';
const head = {
  line: 7,
  comm: 'fio',
  pid: 812,
  cpu: 3,
  flags: 'd.h1.',
  timeNs: 91_204_417_000,
};
const bit = (name: string): number => DMA_ATTRS.get(name) ?? 0;

/** The event of a line that must have one. */
function event(text: string): TraceEvent {
  const read = parseLine(text, 7);
  if (read === null || read === 'unparsed') throw new Error(`no event in: ${text}`);
  return read;
}
const NVME = { device: '0000:01:00.0' };

describe('parseLine: the columns before the event', () => {
  const map = 'IOMMU: iova=0x0000000000001000 paddr=0x0000000000002000 size=4096';
  const cases: [string, string, object][] = [
    [
      'ftrace',
      `             fio-277     [000] .....    15.941689: map: ${map}`,
      { comm: 'fio', pid: 277, cpu: 0, flags: '.....', timeNs: 15_941_689_000 },
    ],
    [
      'ftrace with four flags and a wide task',
      ` kworker/u4:4-38      [001] d...   257.967190: map: ${map}`,
      { comm: 'kworker/u4:4', pid: 38, cpu: 1, flags: 'd...', timeNs: 257_967_190_000 },
    ],
    [
      'ftrace with thread groups',
      `             fio-277     (    270) [000] .....    15.941689: map: ${map}`,
      { comm: 'fio', pid: 277, cpu: 0, flags: '.....' },
    ],
    [
      'ftrace with an unknown thread group',
      `          <idle>-0       (-------) [012] dNh4.  1234.000001: map: ${map}`,
      { comm: '<idle>', pid: 0, cpu: 12, flags: 'dNh4.', timeNs: 1_234_000_001_000 },
    ],
    [
      'trace-cmd report without flags',
      `             fio-812   [003]    91.204417: map:                  ${map}`,
      { comm: 'fio', pid: 812, cpu: 3, flags: '', timeNs: 91_204_417_000 },
    ],
    [
      'trace-cmd report with flags and nanoseconds',
      `             fio-812   [003] d.h1.    91.204417001: map:                  ${map}`,
      { flags: 'd.h1.', timeNs: 91_204_417_001 },
    ],
    [
      'perf script',
      `             fio   812 [003]    91.204411:  iommu:map: ${map}`,
      { comm: 'fio', pid: 812, cpu: 3, flags: '', timeNs: 91_204_411_000 },
    ],
    [
      'perf script with pid/tid, a period and nanoseconds',
      `             fio   800/812   [003]    91.204411999:          1  iommu:map: ${map}`,
      { comm: 'fio', pid: 812, cpu: 3, timeNs: 91_204_411_999 },
    ],
    [
      'perf script without a CPU column',
      `fio   812    91.204411: iommu:map: ${map}`,
      { comm: 'fio', pid: 812, cpu: null, timeNs: 91_204_411_000 },
    ],
    [
      'a task name with spaces and dashes (ftrace)',
      `     my -app- 5-99-812     [003] d.h1.    91.204417: map: ${map}`,
      { comm: 'my -app- 5-99', pid: 812 },
    ],
    [
      'a task name with spaces and dashes (perf)',
      `     my -app- 5-99   812 [003]    91.204417: iommu:map: ${map}`,
      { comm: 'my -app- 5-99', pid: 812 },
    ],
    [
      'a task name that looks like columns',
      `a-1 [000] .....-812     [003] d.h1.    91.204417: map: ${map}`,
      { comm: 'a-1 [000] .....', pid: 812, cpu: 3 },
    ],
    [
      'HTML in the task name',
      `  <b onload=x()>-812     [003] d.h1.    91.204417: map: ${map}`,
      { comm: '<b onload=x()>', pid: 812 },
    ],
    ['a carriage return at the end', `${HEAD}map: ${map}\r`, { comm: 'fio', pid: 812 }],
  ];
  it('takes times of a wall clock, beyond 2^53 ns, to the nearest number', () => {
    const read = event(`fio-812 [003] d.h1. 1754000000.123456: map: ${map}`);
    expect(read.kind === 'iommuMap' && read.timeNs).to.equal(1_754_000_000_123_456_000);
  });

  for (const [what, text, wanted] of cases)
    it(`reads ${what}`, () => {
      expect(event(text)).to.include({
        ...wanted,
        kind: 'iommuMap',
        line: 7,
        iova: 0x1000,
        paddr: 0x2000,
        size: 4096,
      });
    });
});

describe('parseLine: the kinds of event', () => {
  const cases: [string, object][] = [
    [
      'map: IOMMU: iova=0x00000000fffbb000 - 0x00000000fffbc000 paddr=0x0000000002823000 size=4096',
      { kind: 'iommuMap', iova: 0xfffbb000, paddr: 0x2823000, size: 4096 },
    ],
    [
      'unmap: IOMMU: iova=0x00000000ff827000 size=8192 unmapped_size=4096',
      { kind: 'iommuUnmap', iova: 0xff827000, size: 8192, unmapped: 4096 },
    ],
    [
      'unmap: IOMMU: iova=0x00000000fffb9000 - 0x00000000fffba000 size=4096 unmapped_size=4096',
      { kind: 'iommuUnmap', iova: 0xfffb9000, size: 4096, unmapped: 4096 },
    ],
    [
      'io_page_fault: IOMMU:nvme 0000:01:00.0 iova=0x00000000deadb000 flags=0x0001',
      { kind: 'ioPageFault', driver: 'nvme', ...NVME, iova: 0xdeadb000, faultFlags: 1 },
    ],
    ['attach_device_to_domain: IOMMU: device=0000:01:00.0', { kind: 'attach', ...NVME }],
    ['detach_device_from_domain: IOMMU: device=0000:01:00.0', { kind: 'detach', ...NVME }],
    [
      'dma_map_page: 0000:01:00.0 dir=FROM_DEVICE dma_addr=fffbb000 size=4096 phys_addr=2823000 attrs=',
      {
        kind: 'mapPage',
        call: 'page',
        resource: false,
        ...NVME,
        dir: 'FROM_DEVICE',
        dmaAddr: 0xfffbb000,
        size: 4096,
        phys: 0x2823000,
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_map_phys: 0000:01:00.0 dir=BIDIRECTIONAL dma_addr=ffffffffffffffff size=4096 phys_addr=10a7c4000 attrs=SKIP_CPU_SYNC|NO_WARN',
      {
        kind: 'mapPage',
        call: 'phys',
        resource: false,
        ...NVME,
        dir: 'BIDIRECTIONAL',
        dmaAddr: ALL_ONES,
        size: 4096,
        phys: 0x10a7c4000,
        attrs: bit('SKIP_CPU_SYNC') | bit('NO_WARN'),
        otherAttrs: '',
      },
    ],
    [
      'dma_map_phys: 0000:01:00.0 dir=NONE dma_addr=0 size=1 phys_addr=0 attrs=MMIO',
      {
        kind: 'mapPage',
        call: 'phys',
        resource: true,
        ...NVME,
        dir: 'NONE',
        dmaAddr: 0,
        size: 1,
        phys: 0,
        attrs: bit('MMIO'),
        otherAttrs: '',
      },
    ],
    [
      'dma_unmap_resource: 0000:01:00.0 dir=TO_DEVICE dma_addr=fffbb000 size=4096 attrs=OF_TOMORROW|0x8000',
      {
        kind: 'unmapPage',
        call: 'resource',
        resource: true,
        ...NVME,
        dir: 'TO_DEVICE',
        dmaAddr: 0xfffbb000,
        size: 4096,
        attrs: ATTR_UNKNOWN | 0x8000,
        otherAttrs: 'OF_TOMORROW',
      },
    ],
    [
      'dma_map_sg: 0000:01:00.0 dir=TO_DEVICE nents=2/2 ents=1/1 dma_addrs={0xffff0000} sizes={0x2000} phys_addrs={0x104000,0x209000} attrs=',
      {
        kind: 'mapSg',
        ...NVME,
        dir: 'TO_DEVICE',
        nents: 2,
        ents: 1,
        truncated: false,
        dmaAddrs: [0xffff0000],
        sizes: [0x2000],
        physAddrs: [0x104000, 0x209000],
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_map_sg: 0000:01:00.0 dir=TO_DEVICE nents=2/300 ents=1/1 [TRUNCATED] dma_addrs={0xffff0000} sizes={0x2000} phys_addrs={0x104000,0x209000} attrs=NO_WARN',
      {
        kind: 'mapSg',
        ...NVME,
        dir: 'TO_DEVICE',
        nents: 300,
        ents: 1,
        truncated: true,
        dmaAddrs: [0xffff0000],
        sizes: [0x2000],
        physAddrs: [0x104000, 0x209000],
        attrs: bit('NO_WARN'),
        otherAttrs: '',
      },
    ],
    [
      // The decimal arrays of libtraceevent.
      'dma_map_sg: 0000:01:00.0 dir=TO_DEVICE dma_addrs=4294901760 18446744073709551615 sizes=8192 4096 phys_addrs=1064960 2134016 2138112 attrs=',
      {
        kind: 'mapSg',
        ...NVME,
        dir: 'TO_DEVICE',
        nents: 3,
        ents: 2,
        truncated: false,
        dmaAddrs: [0xffff0000, ALL_ONES],
        sizes: [8192, 4096],
        physAddrs: [0x104000, 0x209000, 0x20a000],
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_unmap_sg: 0000:01:00.0 dir=TO_DEVICE phys_addrs={0x104000,0x209000} attrs=',
      {
        kind: 'unmapSg',
        ...NVME,
        dir: 'TO_DEVICE',
        physAddrs: [0x104000, 0x209000],
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_map_sg_err: 0000:01:00.0 dir=FROM_DEVICE dma_addrs={0x104000} err=-12 attrs=',
      {
        kind: 'mapSgErr',
        ...NVME,
        dir: 'FROM_DEVICE',
        physAddrs: [0x104000],
        err: -12,
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_sync_single_for_cpu: 0000:01:00.0 dir=FROM_DEVICE dma_addr=fffbb200 size=64',
      {
        kind: 'syncSingle',
        forCpu: true,
        ...NVME,
        dir: 'FROM_DEVICE',
        dmaAddr: 0xfffbb200,
        size: 64,
      },
    ],
    [
      'dma_sync_sg_for_device: 0000:01:00.0 dir=TO_DEVICE dma_addrs={0xfffb0000,0x0} sizes={0x1000,0x0}',
      {
        kind: 'syncSg',
        forCpu: false,
        ...NVME,
        dir: 'TO_DEVICE',
        dmaAddrs: [0xfffb0000, 0],
        sizes: [4096, 0],
      },
    ],
    [
      'dma_alloc: 0000:01:00.0 dir=BIDIRECTIONAL dma_addr=ffffe000 size=512 virt_addr=00000000a5633268 flags=GFP_KERNEL|__GFP_ZERO attrs=',
      {
        kind: 'dmaAlloc',
        form: 'coherent',
        ...NVME,
        dir: 'BIDIRECTIONAL',
        dmaAddr: 0xffffe000,
        size: 512,
        virtAddr: '00000000a5633268',
        phys: null,
        physAddrs: [],
        gfp: 'GFP_KERNEL|__GFP_ZERO',
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_alloc: 0000:01:00.0 dma_addr=ffffe000 size=512 phys_addr=12340000 flags=GFP_ATOMIC attrs=WEAK_ORDERING',
      {
        kind: 'dmaAlloc',
        form: 'coherent',
        ...NVME,
        dir: null,
        dmaAddr: 0xffffe000,
        size: 512,
        virtAddr: null,
        phys: 0x12340000,
        physAddrs: [],
        gfp: 'GFP_ATOMIC',
        attrs: bit('WEAK_ORDERING'),
        otherAttrs: '',
      },
    ],
    [
      'dma_alloc_sgt: 0000:01:00.0 dir=TO_DEVICE dma_addr=ffffe000 size=8192 phys_addrs={0x1000,0x5000} flags=GFP_KERNEL attrs=',
      {
        kind: 'dmaAlloc',
        form: 'sgt',
        ...NVME,
        dir: 'TO_DEVICE',
        dmaAddr: 0xffffe000,
        size: 8192,
        virtAddr: null,
        phys: null,
        physAddrs: [0x1000, 0x5000],
        gfp: 'GFP_KERNEL',
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_alloc_pages: 0000:01:00.0 dir=FROM_DEVICE dma_addr=ffffe000 size=4096 virt_addr=(____ptrval____) flags= attrs=',
      {
        kind: 'dmaAlloc',
        form: 'pages',
        ...NVME,
        dir: 'FROM_DEVICE',
        dmaAddr: 0xffffe000,
        size: 4096,
        virtAddr: '(____ptrval____)',
        phys: null,
        physAddrs: [],
        gfp: '',
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_alloc_sgt_err: 0000:01:00.0 dir=FROM_DEVICE dma_addr=0 size=4096 virt_addr=0000000000000000 flags=GFP_KERNEL attrs=NO_WARN',
      {
        kind: 'dmaAlloc',
        form: 'sgtErr',
        ...NVME,
        dir: 'FROM_DEVICE',
        dmaAddr: 0,
        size: 4096,
        virtAddr: '0000000000000000',
        phys: null,
        physAddrs: [],
        gfp: 'GFP_KERNEL',
        attrs: bit('NO_WARN'),
        otherAttrs: '',
      },
    ],
    [
      'dma_free: 0000:01:00.0 dma_addr=0 size=0 phys_addr=0 attrs=',
      {
        kind: 'dmaFree',
        form: 'coherent',
        ...NVME,
        dir: null,
        dmaAddr: 0,
        size: 0,
        virtAddr: null,
        phys: 0,
        physAddrs: [],
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_free_pages: 0000:01:00.0 dir=TO_DEVICE dma_addr=ffff8000 size=24 virt_addr=00000000341fb3a7 attrs=',
      {
        kind: 'dmaFree',
        form: 'pages',
        ...NVME,
        dir: 'TO_DEVICE',
        dmaAddr: 0xffff8000,
        size: 24,
        virtAddr: '00000000341fb3a7',
        phys: null,
        physAddrs: [],
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'dma_free_sgt: 0000:01:00.0 dir=TO_DEVICE dma_addr=ffff8000 size=4096 phys_addrs={0x1000}',
      {
        kind: 'dmaFree',
        form: 'sgt',
        ...NVME,
        dir: 'TO_DEVICE',
        dmaAddr: 0xffff8000,
        size: 4096,
        virtAddr: null,
        phys: null,
        physAddrs: [0x1000],
        attrs: 0,
        otherAttrs: '',
      },
    ],
    [
      'swiotlb_bounced: dev_name: 0000:01:00.0 dma_mask=ffffffffffffffff dev_addr=10a7c4000 size=4096 FORCE',
      {
        kind: 'swiotlbBounced',
        ...NVME,
        dmaMask: ALL_ONES,
        devAddr: 0x10a7c4000,
        size: 4096,
        force: true,
      },
    ],
    [
      'tracing_mark_write: obs_map_page is only what <user> wrote',
      { kind: 'marker', text: 'obs_map_page is only what <user> wrote' },
    ],
    ['print:                tracing_mark_write: burst', { kind: 'marker', text: 'burst' }],
    [
      'bprint:               io_buffer_pool_unmap_buffer: obs_pool_toobig size=524288 prot=6',
      { kind: 'obsPoolTooBig', size: 524288, prot: 6 },
    ],
    [
      'sched_switch: prev_comm=fio ==> next_comm=swapper',
      { kind: 'other', name: 'sched_switch', text: 'prev_comm=fio ==> next_comm=swapper' },
    ],
    ['my_probe [nvme]: hello', { kind: 'other', name: 'my_probe [nvme]', text: 'hello' }],
    [
      'io_buffer_pool_map_buffer: obs_pool_something new=1',
      {
        kind: 'other',
        name: 'io_buffer_pool_map_buffer',
        text: 'obs_pool_something new=1',
      },
    ],
    [
      'iommu_dma_map_page <-dma_map_page_attrs',
      { kind: 'other', name: 'function', text: 'iommu_dma_map_page <-dma_map_page_attrs' },
    ],
  ];
  for (const [text, wanted] of cases)
    it(`reads ${text}`, () => {
      expect(event(HEAD + text)).to.deep.equal({ ...head, ...wanted });
    });

  it('reads the system in front of a name as perf prints it', () => {
    const line = '   fio   812 [003]    91.204411: ';
    expect(
      event(`${line}swiotlb:swiotlb_bounced: dev_name: x dma_mask=ff dev_addr=1 size=2 NORMAL`),
    ).to.include({ kind: 'swiotlbBounced', dmaMask: 255, devAddr: 1, size: 2, force: false });
    expect(event(`${line}block:map: IOMMU`)).to.include({
      kind: 'other',
      name: 'block:map',
      text: 'IOMMU',
    });
  });

  const obs: [string, object][] = [
    [
      'iommu_dma_map_page: obs_map_page dev=0000:01:00.0 dir=2 phys=19d8000 size=4096 attrs=0 dma=ff800000',
      {
        kind: 'obsMapPage',
        ...NVME,
        dir: 'FROM_DEVICE',
        phys: 0x19d8000,
        size: 4096,
        attrs: 0,
        dmaAddr: 0xff800000,
      },
    ],
    [
      'iommu_dma_unmap_page: obs_unmap_page dev=0000:01:00.0 dir=1 dma=ffffffffffffffff size=4096 attrs=100',
      {
        kind: 'obsUnmapPage',
        ...NVME,
        dir: 'TO_DEVICE',
        dmaAddr: ALL_ONES,
        size: 4096,
        attrs: 0x100,
      },
    ],
    [
      'iommu_dma_map_sg: obs_sg_ent i=3 phys=17fe000 len=8192',
      { kind: 'obsSgEnt', index: 3, phys: 0x17fe000, length: 8192 },
    ],
    [
      'iommu_dma_map_sg: obs_map_sg dev=0000:01:00.0 dir=0 sgl=ffff888000a52000 nents=2 total=16384 attrs=100 ret=-12 dma=0 dmalen=0',
      {
        kind: 'obsMapSg',
        ...NVME,
        dir: 'BIDIRECTIONAL',
        sgl: 'ffff888000a52000',
        nents: 2,
        total: 16384,
        attrs: 0x100,
        ret: -12,
        dmaAddr: 0,
        dmaLength: 0,
      },
    ],
    [
      'iommu_dma_unmap_sg: obs_unmap_sg dev=0000:01:00.0 dir=2 sgl=ffff888000a52000 nents=2 attrs=0 dma=be000000 dmalen=16384',
      {
        kind: 'obsUnmapSg',
        ...NVME,
        dir: 'FROM_DEVICE',
        sgl: 'ffff888000a52000',
        nents: 2,
        attrs: 0,
        dmaAddr: 0xbe000000,
        dmaLength: 16384,
      },
    ],
    [
      'io_buffer_pool_map_buffer: obs_pool_take from=empty class_size=4096 slot=0 prot=6',
      { kind: 'obsPoolTake', from: 'empty', classSize: 4096, slot: 0, prot: 6 },
    ],
    [
      'io_buffer_pool_map_buffer.part.0: obs_pool_take from=cache class_size=4096 slot=9 prot=5',
      { kind: 'obsPoolTake', from: 'cache', classSize: 4096, slot: 9, prot: 5 },
    ],
    [
      'io_buffer_pool_fill_slot: obs_pool_fill class_size=4096 slot=0 prot=6 iova=ff800000',
      { kind: 'obsPoolFill', classSize: 4096, slot: 0, prot: 6, iova: 0xff800000 },
    ],
    [
      'io_buffer_pool_map_buffer: obs_pool_map class=2(131072) slot=7 size=65536 prot=6 iova=b00e0000',
      {
        kind: 'obsPoolMap',
        classIndex: 2,
        classSize: 131072,
        slot: 7,
        size: 65536,
        prot: 6,
        iova: 0xb00e0000,
      },
    ],
    [
      'io_buffer_pool_unmap_buffer: obs_pool_unmap class_size=4096 slot=0 prot=6 dma=ff800000',
      { kind: 'obsPoolUnmap', classSize: 4096, slot: 0, prot: 6, dmaAddr: 0xff800000 },
    ],
    [
      'io_buffer_pool_map_buffer: obs_pool_full class=0(4096) size=4096 prot=6',
      { kind: 'obsPoolFull', classIndex: 0, classSize: 4096, size: 4096, prot: 6 },
    ],
    [
      '__io_buffer_pool_evict: obs_pool_evict_run teardown=1',
      { kind: 'obsPoolEvictRun', teardown: true },
    ],
    [
      '__io_buffer_pool_evict: obs_pool_evict_take class_size=4096 slot=39 prot=6',
      { kind: 'obsPoolEvictTake', classSize: 4096, slot: 39, prot: 6 },
    ],
    [
      'io_buffer_pool_free_slot: obs_pool_evict class_size=4096 slot=39 iova=ff827000',
      { kind: 'obsPoolEvict', classSize: 4096, slot: 39, iova: 0xff827000 },
    ],
    [
      '__io_buffer_pool_evict: obs_pool_release class_size=4096 slot=39',
      { kind: 'obsPoolRelease', classSize: 4096, slot: 39 },
    ],
  ];
  for (const [text, wanted] of obs)
    it(`reads ${text}`, () => {
      expect(event(HEAD + text)).to.deep.equal({ ...head, ...wanted });
    });
});

describe('printable', () => {
  it('leaves nothing that moves the cursor, reorders text or breaks the line', () => {
    expect(printable('a\r\n\x1b[2J\u202e\u2028\x85é')).to.equal(
      'a\\x0d\\x0a\\x1b[2J\\u{202e}\\u{2028}\\x85é',
    );
  });
});

describe('parseLine: lines without an event', () => {
  for (const text of [
    '',
    '   ',
    '\r',
    '# tracer: nop',
    '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
    'cpus=2',
    'CPU 1 is empty',
    ' => iommu_dma_map_page',
  ])
    it(`finds nothing in ${JSON.stringify(text)}`, () => {
      expect(parseLine(text, 1)).to.equal(null);
    });

  it('reads lines about lost events', () => {
    const lost = { kind: 'lost', line: 3, cpu: 1, overwritten: false };
    expect(parseLine('CPU:1 [LOST 123 EVENTS]', 3)).to.deep.equal({ ...lost, count: 123 });
    expect(parseLine('CPU:1 [LOST EVENTS]', 3)).to.deep.equal({ ...lost, count: null });
    expect(parseLine('CPU:1 [9 EVENTS DROPPED]', 3)).to.deep.equal({ ...lost, count: 9 });
    expect(parseLine('CPU:1 [EVENTS DROPPED]', 3)).to.deep.equal({ ...lost, count: null });
    expect(parseLine('##### CPU 1 buffer started ####', 3)).to.deep.equal({
      ...lost,
      count: null,
      overwritten: true,
    });
    expect(parseLine('[LINE TOO BIG]', 3)).to.deep.equal({ ...lost, cpu: null, count: 1 });
    for (const text of [
      'Processed 5 events and lost 2 chunks!',
      'Processed 5 samples and lost 40.00%!',
      'Processed 5 samples and lost  4.25%!',
    ])
      expect(parseLine(text, 3), text).to.deep.equal({ ...lost, cpu: null, count: null });
  });
});

describe('parseLine: lines that are no event', () => {
  const mapPage =
    'dma_map_page: 0000:01:00.0 dir=FROM_DEVICE dma_addr=fffbb000 size=4096 phys_addr=2823000 attrs=';
  const cases: [string, string][] = [
    ['prose', 'Segmentation fault (core dumped)'],
    ['no time', '             fio-812     [003] d.h1. map: IOMMU: iova=0x1000'],
    ['no event name', '             fio-812     [003] d.h1.    91.204417: '],
    [
      'a count for a time (clocks `counter` and `x86-tsc`)',
      `   fio-812 [003] d.h1. 91204417: ${mapPage}`,
    ],
    ['no pid', `             fio     [003] d.h1.    91.204417: ${mapPage}`],
    ['a NUL byte in a number', HEAD + mapPage.replace('4096', '40\x0096')],
    ['an unknown direction', HEAD + mapPage.replace('FROM', 'FORM')],
    ['text after the last field', `${HEAD}${mapPage} and more`],
    ['an address of 2^53', HEAD + mapPage.replace('fffbb000', '20000000000000')],
    ['nearly all ones', HEAD + mapPage.replace('fffbb000', 'fffffffffffffffe')],
    ['seventeen digits', HEAD + mapPage.replace('fffbb000', 'fffffffffffffffff')],
    ['a size of 2^64-1', HEAD + mapPage.replace('4096', '18446744073709551615')],
    ['no digits', HEAD + mapPage.replace('4096', '')],
    ['a strange attribute', `${HEAD}${mapPage}<b>`],
    [
      'a range that its size does not reach',
      `${HEAD}map: IOMMU: iova=0x1000 - 0x3000 paddr=0x2000 size=4096`,
    ],
    [
      'fewer entries than counted',
      `${HEAD}dma_map_sg: x dir=TO_DEVICE nents=3/3 ents=1/1 dma_addrs={0x1} sizes={0x2} phys_addrs={0x1,0x2} attrs=`,
    ],
    ['an array without its end', `${HEAD}dma_unmap_sg: x dir=TO_DEVICE phys_addrs={0x1,0x2 attrs=`],
    [
      'an allocation without an address',
      `${HEAD}dma_alloc: x dir=TO_DEVICE dma_addr=1 size=2 flags=GFP_KERNEL attrs=`,
    ],
    ['a direction number of 4', `${HEAD}f: obs_unmap_page dev=x dir=4 dma=0 size=1 attrs=0`],
    ['a half obs line', `${HEAD}f: obs_pool_take from=empty class_size=4096 slot=`],
    ['only the name of a known event', `${HEAD}map:`],
  ];
  for (const [what, text] of cases)
    it(`refuses ${what}`, () => {
      expect(parseLine(text, 1)).to.equal('unparsed');
    });

  it('refuses every beginning of a line that ends before its last field', () => {
    const whole = HEAD + mapPage;
    for (let length = HEAD.length + 'dma_map_page'.length; length < whole.length; length++)
      expect(parseLine(whole.slice(0, length), 1), whole.slice(0, length)).to.equal('unparsed');
  });

  it('comes to an end with hostile lines of a million characters', () => {
    for (const piece of [' [', 'a-1 [000] ', 'print: ', '-', '9', ' ', 'x:', 'ftrace:x: '])
      for (const start of ['', HEAD]) {
        const read = parseLine(start + piece.repeat(1_000_000 / piece.length), 1);
        if (read !== null && read !== 'unparsed') expect(read.kind).to.equal('other');
      }
  });
});
