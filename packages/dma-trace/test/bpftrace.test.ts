// SPDX-License-Identifier: GPL-2.0-only
// The shipped script bpftrace/dma.bt: what each of its probes prints is read as the event of that name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LineParser, type TraceEvent } from '../src';

const SCRIPT = readFileSync(join(__dirname, '../bpftrace/dma.bt'), 'utf8');
const BLOCK = /^(\w+:[\w:]+) \{\n {2}printf\("([^"]*)\\n", ([^\n]*)\);\n\}$/gm;

/** What bpftrace puts in place of each argument. */
function valueOf(argument: string, probe: string): string {
  if (argument === 'nsecs') return '75774815794';
  if (argument === 'cpu') return '3';
  if (argument === 'comm') return 'kworker/u8:1 a 7';
  if (argument === 'tid') return '358';
  if (argument === 'probe') return probe;
  if (argument.startsWith('str(')) return '0000:00:05.0';
  if (argument.endsWith('dir') || argument === 'retval & 1') return '1';
  return argument === 'arg5' || argument === 'arg4' || argument === 'arg3' ? '2' : '1000';
}

const printed = [...SCRIPT.matchAll(BLOCK)].map(([, probe = '', format = '', given = '']) => {
  const values = given.split(/, (?![^(]*\))/);
  return {
    probe,
    line: format.replace(/%(?:ll)?[uxds]/g, () => valueOf(values.shift() ?? '', probe)),
  };
});

const KINDS: Readonly<Record<string, TraceEvent['kind']>> = {
  'tracepoint:iommu:map': 'iommuMap',
  'tracepoint:iommu:unmap': 'iommuUnmap',
  'tracepoint:dma:dma_map_page': 'mapPage',
  'tracepoint:dma:dma_map_phys': 'mapPage',
  'tracepoint:dma:dma_unmap_page': 'unmapPage',
  'tracepoint:dma:dma_unmap_phys': 'unmapPage',
  // Lists without entries.
  'tracepoint:dma:dma_map_sg': 'other',
  'tracepoint:dma:dma_unmap_sg': 'other',
  'tracepoint:dma:dma_sync_single_for_cpu': 'syncSingle',
  'tracepoint:dma:dma_sync_single_for_device': 'syncSingle',
  'kprobe:dma_iova_try_alloc': 'iovaAlloc',
  'kretprobe:dma_iova_try_alloc': 'iovaAllocResult',
  'kprobe:dma_iova_link': 'iovaLink',
  'kprobe:dma_iova_sync': 'iovaSync',
  'kprobe:dma_iova_unlink': 'iovaUnlink',
  'kprobe:dma_iova_destroy': 'iovaDestroy',
  'kprobe:dma_iova_free': 'iovaDestroy',
};

describe('bpftrace/dma.bt', () => {
  it('has these probes', () => {
    expect(printed.map(({ probe }) => probe)).to.have.members(Object.keys(KINDS));
    expect(SCRIPT.match(/printf/g)).to.have.lengthOf(printed.length);
  });

  for (const { probe, line } of printed)
    it(`prints what is read: ${probe}`, () => {
      const parser = new LineParser();
      const event = parser.parse(line, 4);
      expect(parser.format?.name).to.equal('bpftrace');
      expect(event, line).to.include({
        line: 4,
        kind: KINDS[probe],
        timeNs: 75_774_815_794,
        cpu: 3,
        comm: 'kworker/u8:1 a 7',
        pid: 358,
      });
      if (line.includes('dev=')) expect(JSON.stringify(event)).to.include('0000:00:05.0');
    });
});
