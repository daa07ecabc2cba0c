// SPDX-License-Identifier: GPL-2.0-only
// The shipped scripts bpftrace/*.bt: what each probe prints is read as the event of that name, and the kernel has what it asks for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LineParser, type TraceEvent } from '../src';

const FORMATS = join(__dirname, '../../../test-fixtures/tracepoints');
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

interface Printed {
  readonly probe: string;
  /** The printf's arguments. */
  readonly given: string;
  readonly line: string;
}

function scriptOf(name: string): { readonly text: string; readonly printed: readonly Printed[] } {
  const text = readFileSync(join(__dirname, '../bpftrace', name), 'utf8');
  const printed = [...text.matchAll(BLOCK)].map(([, probe = '', format = '', given = '']) => {
    const values = given.split(/, (?![^(]*\))/);
    const line = format.replace(/%(?:ll)?[uxds]/g, () => valueOf(values.shift() ?? '', probe));
    return { probe, given, line };
  });
  return { text, printed };
}

/** Fields of each tracepoint, as the kernel's format files list them. */
function fieldsOf(kernel: string): Map<string, Set<string>> {
  const events = new Map<string, Set<string>>();
  let fields = new Set<string>();
  for (const line of readFileSync(join(FORMATS, `${kernel}.txt`), 'utf8').split('\n')) {
    const [, event, field] = /^(?:name: (\w+)| {2}field:.* (\w+);)$/.exec(line) ?? [];
    if (event !== undefined) events.set(event, (fields = new Set()));
    if (field !== undefined) fields.add(field);
  }
  return events;
}

const DMA: Readonly<Record<string, TraceEvent['kind']>> = {
  'tracepoint:iommu:map': 'iommuMap',
  'tracepoint:iommu:unmap': 'iommuUnmap',
  'tracepoint:dma:dma_map_page': 'mapPage',
  'tracepoint:dma:dma_unmap_page': 'unmapPage',
  // Lists without entries.
  'tracepoint:dma:dma_map_sg': 'other',
  'tracepoint:dma:dma_unmap_sg': 'other',
  'tracepoint:dma:dma_sync_single_for_cpu': 'syncSingle',
  'tracepoint:dma:dma_sync_single_for_device': 'syncSingle',
};
/** 6.18 gave these probes another name and left their fields as they were. */
const phys = (text: string): string => text.replace(/dma_(un)?map_page/g, 'dma_$1map_phys');
const IOVA: Readonly<Record<string, TraceEvent['kind']>> = {
  'kprobe:dma_iova_try_alloc': 'iovaAlloc',
  'kretprobe:dma_iova_try_alloc': 'iovaAllocResult',
  'kprobe:dma_iova_link': 'iovaLink',
  'kprobe:dma_iova_sync': 'iovaSync',
  'kprobe:dma_iova_unlink': 'iovaUnlink',
  'kprobe:dma_iova_destroy': 'iovaDestroy',
  'kprobe:dma_iova_free': 'iovaDestroy',
};

const SCRIPTS = {
  'dma.bt': DMA,
  'dma-6.18.bt': Object.fromEntries(Object.entries(DMA).map(([name, kind]) => [phys(name), kind])),
  'dma-iova.bt': IOVA,
};

for (const [name, kinds] of Object.entries(SCRIPTS))
  describe(`bpftrace/${name}`, () => {
    const { text, printed } = scriptOf(name);

    it('has these probes', () => {
      expect(printed.map(({ probe }) => probe)).to.have.members(Object.keys(kinds));
      expect(text.match(/printf/g)).to.have.lengthOf(printed.length);
    });

    for (const { probe, line } of printed)
      it(`prints what is read: ${probe}`, () => {
        const parser = new LineParser();
        const event = parser.parse(line, 4);
        expect(parser.format?.name).to.equal('bpftrace');
        expect(event, line).to.include({
          line: 4,
          kind: kinds[probe],
          timeNs: 75_774_815_794,
          cpu: 3,
          comm: 'kworker/u8:1 a 7',
          pid: 358,
        });
        if (line.includes('dev=')) expect(JSON.stringify(event)).to.include('0000:00:05.0');
      });
  });

describe('bpftrace/*.bt', () => {
  for (const kernel of ['6.12.95', '6.17.13'])
    it(`dma.bt asks Linux ${kernel} for fields that its tracepoints have`, () => {
      const fields = fieldsOf(kernel);
      for (const { probe, given } of scriptOf('dma.bt').printed) {
        const asked = [...given.matchAll(/\bargs\.(\w+)/g)].map(([, field]) => field);
        expect(asked, probe).to.not.deep.equal([]);
        expect([...(fields.get(probe.split(':')[2] ?? '') ?? [])], probe).to.include.members(asked);
      }
    });

  it('dma-6.18.bt asks for the same fields as dma.bt', () => {
    const code = (name: string): string => scriptOf(name).text.replace(/^(?:#|\/\/).*\n/gm, '');
    expect(code('dma-6.18.bt')).to.equal(phys(code('dma.bt')));
  });

  it('dma-iova.bt reads arguments that are in registers: arg0 to arg5', () => {
    for (const { probe, given } of scriptOf('dma-iova.bt').printed)
      for (const [, n] of given.matchAll(/\barg(\d+)/g)) expect(Number(n), probe).to.be.at.most(5);
  });

  it('needs no type of the kernel before 6.16', () => {
    for (const name of ['dma.bt', 'dma-6.18.bt'])
      expect(scriptOf(name).text).to.not.match(/struct |probe:dma_iova/);
  });
});
