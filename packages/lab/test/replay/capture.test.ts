// SPDX-License-Identifier: GPL-2.0-only
// What a capture shows beside its calls: on the terminal, in the document, in the report.

import { copyFileSync, linkSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { CaptureSection, ReplayDocument } from '../../src/compare';
import { report } from '../../src/reports';
import { tables } from '../../src/tables/replay';
import { CAPTURE_TITLE } from '../../src/tables/capture';
import { cli, fixtures, withFolder } from '../commands/run-cli';
import { TraceWriter, replayText } from './helpers';

const captures = join(fixtures, 'captures');
const path = (name: string): string => join(captures, `${name}.trace.txt`);

async function documentOf(name: string): Promise<ReplayDocument> {
  return replayText(readFileSync(path(name), 'utf8'));
}

async function captureOf(name: string): Promise<CaptureSection> {
  const { captures: all } = await documentOf(name);
  expect(all).to.have.length(1);
  return all[0] as CaptureSection;
}

/** One sentence of each capture, and what the document has. */
const KINDS: readonly (readonly [string, string, (capture: CaptureSection) => unknown, unknown])[] =
  [
    [
      'linked-requests',
      'iommu:map: 25 events, 102,400 bytes; 24 of these 25 events (98,304 bytes) belong to no dma:* call',
      (one) => [
        one.iommu_map.without_call,
        one.iommu_unmap.without_call,
        one.iommu_map.without_call_bytes,
      ],
      [24, 3, 98_304],
    ],
    [
      'dma-iova',
      'each belongs to a DMA API call of the capture',
      (one) => [one.iommu_map.without_call, one.reconstructed.requests, one.devices[0]?.maps],
      [0, 0, 5],
    ],
    [
      'linked-requests',
      '3 requests of 98,304 bytes put together from 24 iommu:map events without a call',
      (one) => [one.reconstructed.requests, one.reconstructed.device_by_task],
      [3, 3],
    ],
    [
      'fault-after-free',
      'wrote to 0xfd002010: 0x2010 into a coherent buffer of 65,536 bytes, mapped BIDIRECTIONAL (line 2), freed 2.0 ms before (line 5)',
      (one) => one.faults.by_state,
      { mapped: 1, freed: 1, never: 1, unknown: 0 },
    ],
    [
      'unmap-unlike-map',
      'line 4: 0000:09:00.0: mapped with 1,500 bytes, unmapped with 60 bytes (mapped at line 2)',
      (one) => [
        one.different_unmaps.count,
        one.different_unmaps.in.size,
        one.different_unmaps.in.direction,
      ],
      [2, 1, 1],
    ],
    [
      'never-unmapped',
      'Never unmapped: 6 of 8 mappings, 9,000 bytes',
      (one) =>
        one.never_unmapped.kinds.map(({ device, form, direction, size, count }) => [
          device,
          form,
          direction,
          size,
          count,
        ]),
      [['0000:06:00.0', 'page', 'FROM_DEVICE', 1500, 6]],
    ],
    [
      'without-calls',
      'iommu:map: 2 events, 2,359,296 bytes; none belongs to a dma:* call, since the capture has none',
      (one) => [one.iommu_map.bytes, one.iommu_unmap.bytes, one.faults.first[0]?.range?.size],
      [2_359_296, 262_144, 262_144],
    ],
    [
      'second-unmap',
      'line 6: 0000:0b:00.0, page at 0xffe00000, 2,048 bytes: unmapped before at line 4, 420 µs earlier',
      (one) => [one.second_unmaps.count, one.unmaps_without_map.count, one.iommu_unmap.short],
      [1, 0, 1],
    ],
    [
      'not-translated',
      '0000:01:00.0 is not translated: the DMA address of each of its 3 mappings is the physical address',
      (one) => one.devices.map(({ device, translated, told_by }) => [device, translated, told_by]),
      [
        ['0000:00:14.0', false, 'swiotlb'],
        ['0000:01:00.0', false, 'same-address'],
        ['0000:05:00.0', true, 'events'],
      ],
    ],
  ];

describe('what a capture shows beside its calls', () => {
  it('names devices that the facts put into a group of type identity', async () => {
    const { text } = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000);
    const plain = text.replace(/^.*IOMMU.*\n/gm, '');
    const [device = ''] = /\S+(?= dir=)/.exec(plain) ?? [];
    const facts = { iommu_groups: `/sys/kernel/iommu_groups/4 type=identity ${device}` };
    const document = await replayText(plain, { facts });
    expect(document.captures[0]?.devices[0]).to.include({ translated: false, told_by: 'facts' });
    expect(tables(document)).to.include('group is of type identity');
  });

  for (const [name, sentence, of, expected] of KINDS)
    it(`is said before any percentage, in the document and in the report: ${name}`, async () => {
      const document = await documentOf(name);
      expect(of(document.captures[0] as CaptureSection)).to.deep.equal(expected);
      const text = tables(document);
      // Lines are broken at spaces.
      expect(text.replace(/\s+/g, ' ')).to.include(sentence);
      const percent = text.indexOf('%');
      if (percent >= 0) expect(text.indexOf(CAPTURE_TITLE)).to.be.within(0, percent);
      for (const line of text.split('\n')) expect(line.length, line).to.be.at.most(100);
      const page = report([{ heading: 'x', document }], 'x').replace(/\s+/g, ' ');
      expect(page).to.include(sentence);
      // Requests with probes lack nothing.
      if (name !== 'dma-iova')
        expect(page).to.match(/<main>[^%]*<a href="#capture">The capture also shows<\/a>: \d/);
      expect(page.indexOf('<section id="capture">')).to.be.within(
        0,
        page.indexOf('class="verdict'),
      );
    });

  it('leaves a clean capture with one line of what it does not have', async () => {
    const { text } = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000);
    expect(tables(await replayText(text))).to.include(
      'No faults, no second unmaps, no unmap unlike its map, no swiotlb bounces.',
    );
  });

  it('does not deny the faults of the kernel log between the events', async () => {
    const { text } = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000);
    for (const line of [
      'AMD-Vi: Event logged [IO_PAGE_FAULT device=01:00.0 domain=0x0012 address=0xfff00000 flags=0x0020]',
      'DMAR: [DMA Write NO_PASID] Request device [01:00.0] fault addr 0xfff00000 [fault reason 0x05] PTE Write access is not set',
    ]) {
      const said = tables(await replayText(`${text}[    5.000900] ${line}\n`));
      expect(said).to.include('1 line, 1 about faults');
      expect(said).not.to.include('No faults');
      expect(said.replace(/\s+/g, ' ')).to.include(
        'No io_page_fault events, no second unmaps, no unmap unlike its map, no swiotlb bounces.',
      );
    }
  });

  it('replays beside the memory of a guest, which it leaves out and names', async () => {
    const GIB = 2 ** 30;
    const writer = new TraceWriter('qemu-77').iommuMap(0, 2 ** 32, GIB).iommuMap(GIB, 2 ** 33, GIB);
    writer.in('nvme-266').iommuMap(0xfff00000, 0x1000, 4096).iommuUnmap(0xfff00000, 4096);
    writer.in('qemu-77').iommuUnmap(0, 2 * GIB);
    const document = await replayText(writer.text);
    const [capture] = document.captures;
    expect(capture?.reconstructed).to.include({ requests: 1, bytes: 4096, too_large: 1 });
    expect(capture?.reconstructed.largest_left_out?.bytes).to.equal(2 * GIB);
    expect(tables(document).replace(/\s+/g, ' ')).to.include(
      '1 mapping of more than 64 MiB, as VFIO maps the memory of a guest (the largest 2,147,483,648 bytes, line 2)',
    );
  });

  it('names the largest mapping where all need too much memory, and no advice that does not help', async () => {
    const text = new TraceWriter()
      .mapPage(0x1_0000_0000, 0x10_0000_0000, 4096)
      .mapPage(0x10_0000_0000, 0x20_0000_0000, 2 ** 33)
      .mapPage(0x20_0000_0000, 0x30_0000_0000, 2 ** 33 - 4096).text;
    let said = '';
    await replayText(text).catch((error: unknown) => (said = String(error)));
    expect(said).to.match(
      /\d GiB would be needed for what is mapped at once, expected at most 16 GiB; the largest mapping has 8\.0 GiB \(.*x\.trace\.txt:5\)$/,
    );
  });

  it('has a lower bound of faults where the kernel left out lines', async () => {
    const { text } = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000);
    const log = '[    5.000900] dmar_fault: 128 callbacks suppressed\n';
    const document = await replayText(text + log);
    expect(document.captures[0]?.kernel_log).to.include({
      ...{ faults: 0, faults_suppressed: 128, swiotlb_full_suppressed: 0 },
    });
    const said = tables(document);
    expect(said).to.include('at least 0 about faults').and.not.to.include('No faults');
  });

  it('says first what the capture lacks, and what that makes unknown', async () => {
    const { text } = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000);
    const clean = tables(await replayText(text));
    expect(clean).to.include('Losses: none.');
    const broken = text
      .replace(/^# tracer.*$/m, '$&\n# entries-in-buffer/entries-written: 4/9   #P:4')
      .concat('CPU:1 [LOST EVENTS]\nno event\u001b[31m\n');
    const document = await replayText(broken);
    expect(document.captures[0]?.losses).to.deep.include({
      overwritten: 5,
      lost_by_cpu: [{ cpu: 1, marks: 1, events: 0, unknown: 1 }],
      cpus: 4,
    });
    const said = tables(document).replace(/\s+/g, ' ');
    for (const sentence of [
      '1 line not understood: if these are calls, each figure below lacks them.',
      'no event\\x1b[31m',
      '5 events overwritten before the file was written',
      'Events lost (CPU 1: 1 time an unknown number)',
      'of the 4 in the header: idle, or its file is missing.',
    ])
      expect(said).to.include(sentence);
    expect(said.indexOf('Losses')).to.be.below(said.indexOf('Recorded mappings'));
  });

  it('replays probed and reconstructed requests as lists, and says so', async () => {
    const probed = await documentOf('dma-iova');
    const iova = probed.recorded.mappings.filter(({ form }) => form === 'iova');
    expect(iova.reduce((sum, { mappings }) => sum + mappings, 0)).to.equal(3);
    expect(probed.notes.join()).to.include(
      '3 requests of dma_iova_link are replayed as one dma_map_sg',
    );
    expect(probed.agreement).to.include({ mappings_compared: 5, mappings_equal: 5 });
    const made = await documentOf('linked-requests');
    expect(made.agreement).to.include({ mappings_recorded: 4, mappings_compared: 1 });
    expect(tables(made).replace(/\s+/g, ' '))
      .to.include('1 of 4 (25.00 %)')
      .and.to.include('Their direction is unknown');
    expect(made.notes.join()).to.include('3 requests are put together from 24 iommu:map events');
  });

  it('names devices that leak nothing, and the kinds of events that no figure uses', async () => {
    const { devices } = await captureOf('never-unmapped');
    expect(devices.map((one) => [one.device, one.never_unmapped])).to.deep.equal([
      ['0000:06:00.0', 6],
      ['0000:08:00.0', 0],
    ]);
    const { text } = new TraceWriter().mapPage(0xfff00000, 0x1000).line('sched_switch: x ==> y');
    const document = await replayText(text);
    expect(
      document.captures[0]?.other_events.map(({ name, count }) => [name, count]),
    ).to.deep.equal([['sched_switch', 1]]);
  });

  it('says that lost events may explain a map that is missing', async () => {
    const writer = new TraceWriter().mapPage(0xfff00000, 0x1000).unmapPage(0xfff00000);
    const { text } = writer.unmapPage(0xfff00000);
    const lost = text.replace('# tracer: nop', '# tracer: nop\nCPU:0 [LOST 7 EVENTS]');
    expect(tables(await replayText(text))).not.to.include('The tracer lost');
    expect(tables(await replayText(lost)).replace(/\s+/g, ' ')).to.include(
      'Unmaps of what was unmapped before: 1. The tracer lost 7 events',
    );
  });

  it('escapes names in the report and on the terminal', async () => {
    const name = '<em>\u001b[2J';
    const { text } = new TraceWriter('<em>x</em>-7')
      .iommuMap(0xfe000000, 0x5000, 4096)
      .mapPage(0xfff00000, 0x1000, 4096, name)
      .unmapPage(0xfff00000, 64, name)
      .unmapPage(0xfff00000, 64, name)
      .line(`swiotlb_bounced: dev_name: ${name} dma_mask=ff dev_addr=1000 size=64 FORCE`)
      .line(`io_page_fault: IOMMU:<em> ${name} iova=0x00000000fff00000 flags=0x0000`);
    const document = await replayText(text);
    expect(document.captures[0]?.faults.count).to.equal(1);
    const page = report([{ heading: 'x', document }], 'x');
    expect(page).to.include('&lt;em&gt;');
    expect(page).not.to.include('<em>');
    expect(page.replaceAll('\n', '')).not.to.match(/\p{Cc}/u);
    expect(tables(document).replaceAll('\n', '')).not.to.match(/\p{Cc}/u);
  });

  it('cuts long lists and says how much it left out', async () => {
    const writer = new TraceWriter();
    for (let i = 0; i < 30; i++)
      writer
        .mapPage(0xff000000 + i * 8192, 0x100000 + i * 4096, 512 + i)
        .unmapPage(0xff000000 + i * 8192, 256);
    for (let i = 0; i < 30; i++)
      writer.mapPage(0xfe000000 + i * 8192, 0x100000 + i * 4096, 600 + i);
    const document = await replayText(writer.text);
    expect(document.captures[0]?.different_unmaps).to.include({ count: 30 });
    expect(document.captures[0]?.different_unmaps.first).to.have.length(20);
    const text = tables(document);
    expect(text).to.include('… and 25 more').and.to.include('… 18 more');
  });
});

describe('percentages of a replay', () => {
  it('name what they are percentages of', async () => {
    const document = await documentOf('linked-requests');
    const text = tables(document);
    expect(text).to.match(
      /mappings equal +│ 1 of 1 \(100\.00 %\) │ mappings that belong to a dma:\* call/,
    );
    expect(text).to.include('change from 0');
    const page = report([{ heading: 'x', document }], 'x').replace(/\s+/g, ' ');
    expect(page).to.include('</b> of those that belong to a dma:* call and have iommu:map events');
    expect(page).to.include('change from 0');
  });
});

describe('iommu-bounce replay of the files of each CPU', () => {
  it('says that it joins them by their lines alone', () =>
    withFolder(async (folder) => {
      const lines = readFileSync(join(fixtures, 'lint', 'double-unmap.good.txt'), 'utf8');
      const all = lines.split('\n').filter((text) => text.includes(' dma_'));
      const files = [0, 1].map((cpu) => {
        const file = join(folder, `cpu${String(cpu)}`);
        const own = all.filter((_, i) => i % 2 === cpu);
        writeFileSync(file, `${own.join('\n').replaceAll('[000]', `[00${String(cpu)}]`)}\n`);
        return file;
      });
      const { out } = await cli('replay', '--patches', '0', ...files);
      expect(out.split(CAPTURE_TITLE)).to.have.length(2);
      expect(out.replace(/\s+/g, ' ')).to.include(
        'The 2 files are read as one recording: each has',
      );
      expect(out).to.match(/3 maps,\s+3 unmaps/);
    }));
});

describe('iommu-bounce replay of captures that it cannot use', () => {
  it('refuses lines that a mailer broke', async () => {
    const { status, out, err } = await cli('replay', path('wrapped'));
    expect([status, out]).to.deep.equal([2, '']);
    expect(err).to.match(/wrapped\.trace\.txt:1: the line ends early: lines 1 to 2 are one event/);
  });

  it('refuses a capture and its tail, and one that begins with the end of another', async () => {
    await withFolder(async (folder) => {
      const lines = readFileSync(path('never-unmapped'), 'utf8').split('\n').slice(0, -1);
      const write = (name: string, some: readonly string[]): string => {
        const file = join(folder, name);
        writeFileSync(file, `${some.join('\n')}\n`);
        return file;
      };
      const whole = write('whole', lines);
      const tail = write('tail', lines.slice(-5));
      const later = lines.slice(-5).map((text) => text.replaceAll(/(\d)\.(\d{6}): /g, '$19.$2: '));
      const next = write('next', [...lines.slice(-5), ...later]);
      for (const [verb, ...more] of [['replay', '--patches', '0'], ['lint'], ['advise']] as const)
        for (const [other, says] of [
          [
            tail,
            /tail: all of it, 5 lines from line 1 on, is in .*whole from line \d+ on; expected/,
          ],
          [next, /next: its 5 lines from line 1 on are the last ones of .*whole, from line/],
        ] as const) {
          const { status, out, err } = await cli(verb, ...more, whole, other);
          expect([status, out]).to.deep.equal([2, '']);
          expect(err)
            .to.match(/^iommu-bounce: [^\n]+\n$/)
            .and.to.match(says);
        }
    });
  });

  it('refuses a capture that is given twice: by name, by a link, as a copy, compressed', async () => {
    await withFolder(async (folder) => {
      const [file = '', link = '', copy = '', packed = ''] = ['a', 'link', 'copy', 'a.gz'].map(
        (name) => join(folder, name),
      );
      copyFileSync(path('never-unmapped'), file);
      copyFileSync(file, copy);
      linkSync(file, link);
      writeFileSync(packed, gzipSync(readFileSync(file)));
      for (const [other, says] of [
        [file, /a: is given twice; expected each capture once/],
        [link, /link: is the same file as .*a; expected/],
        [copy, /copy: has the same content as .*a; expected/],
        [packed, /a\.gz: has the same content as .*a; expected/],
      ] as const) {
        const { status, out, err } = await cli('replay', file, path('second-unmap'), other);
        expect([status, out]).to.deep.equal([2, '']);
        expect(err)
          .to.match(/^iommu-bounce: [^\n]+\n$/)
          .and.to.match(says);
      }
      const two = await cli('replay', file, path('second-unmap'));
      expect(two.status).to.equal(0);
      expect(two.out.split(CAPTURE_TITLE)).to.have.length(3);
    });
  });

  it('refuses a kernel log with one line that says what it has', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'x.txt');
      writeFileSync(
        file,
        '[   12.345678] nvme 0000:01:00.0: swiotlb buffer is full (sz: 8192 bytes), total 512 (slots), used 7 (slots)\n' +
          '[   12.345679] DMAR: [DMA Write NO_PASID] Request device [0b:00.0] fault addr 0x7000 [fault reason 0x05] x\n' +
          '[   12.345680] EXT4-fs (vda1): mounted filesystem\n',
      );
      const { status, out, err } = await cli('replay', file);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.equal(
        `iommu-bounce: ${file}: is a kernel log, 1 about faults, 1 about a full swiotlb, 0 of DMA-API debugging in 3 lines; ` +
          'it has no DMA calls, so there is nothing to replay; iommu-bounce lint reads it\n',
      );
    });
  });

  for (const [what, text] of [
    ['bpftrace', 'Attaching 3 probes...\n\n@maps: 17\n@unmaps: 12\n'],
    ['an iolog of fio', 'fio version 3 iolog\n0 sda add\n1 sda open\n2 sda write 0 4096\n'],
    ['blkparse', '  8,16   1        9     0.000104000   12  Q   W 1000 + 16 [dd]\n'],
  ] as const)
    it(`refuses ${what} with one clear line`, async () => {
      await withFolder(async (folder) => {
        const file = join(folder, 'x.txt');
        writeFileSync(file, text);
        const { status, out, err } = await cli('replay', file);
        expect([status, out]).to.deep.equal([2, '']);
        expect(err).to.match(
          /^iommu-bounce: [^\n]+: (?:not a capture: expected a line like|has no event; expected a capture: )[^\n]+\n$/,
        );
      });
    });
});
