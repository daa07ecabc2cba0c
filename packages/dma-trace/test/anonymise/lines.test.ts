// SPDX-License-Identifier: GPL-2.0-only
// Lines with other names and addresses, as each tool prints them: they say the same, and name nothing of before.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  LineAnonymiser,
  LineParser,
  type Renaming,
  RenamingSurvey,
  drawFrom,
  renamedFacts,
} from '../../src/parse';
import { newDeviceNames } from '../../src/anonymise/names';

const FORMATS = join(__dirname, '../../../../test-fixtures/formats');

function renamingOf(lines: readonly string[]): Renaming {
  const survey = new RenamingSurvey();
  const parser = new LineParser();
  lines.forEach((line, i) => {
    const event = parser.parse(line, i + 1);
    if (event !== null && event !== 'unparsed') survey.event(event);
  });
  return survey.finish(drawFrom('lines'));
}

function anonymised(...lines: readonly string[]): { lines: string[]; by: LineAnonymiser } {
  const by = new LineAnonymiser(renamingOf(lines));
  return { lines: lines.map((line) => by.line(line)), by };
}

describe('LineAnonymiser', () => {
  for (const name of readdirSync(FORMATS).filter((one) => one.endsWith('.txt')))
    it(`keeps the figures of ${name}, and no name of it`, () => {
      const text = readFileSync(join(FORMATS, name), 'utf8');
      const given = text.split('\n');
      const { lines, by } = anonymised(...given);
      expect(by.figures).to.include({ failed: 0, lines: given.length });
      const kinds = (of: readonly string[]): string[] => {
        const parser = new LineParser();
        return of.map((line, i) => {
          const event = parser.parse(line, i + 1);
          return typeof event === 'string' || event === null ? String(event) : event.kind;
        });
      };
      expect(kinds(lines)).to.deep.equal(kinds(given));
      const out = lines.join('\n');
      for (const device of new Set(text.match(/\b0000:[\da-f]{2}:[\da-f]{2}\.\d\b/g)))
        expect(out).to.not.include(device);
      expect(out).to.not.match(/\b(?:fio|dd|busybox|ksoftirqd|init|perf|sh|rcu_\w+)\b/);
      given.forEach((line, i) => {
        const addresses = line.match(/(?<=(?:iova|addr|phys)=(?:0x)?0*)[1-9a-f][\da-f]{5,}\b/g);
        for (const address of addresses ?? [])
          expect(lines[i], `line ${String(i + 1)}`).to.not.match(
            new RegExp(`=(?:0x)?0*${address}\\b`),
          );
      });
    });

  it('leaves out fields that it does not know, callers and symbols', () => {
    const { lines, by } = anonymised(
      'app-1 [000] 1.000000: dma_map_page: device=0000:01:00.0 phys_addr=a1000 dma_addr=b2000 size=4096 dir=1 attrs=0x0 owner=secret size2=secret',
      'app-1 [000] ..... 1.000001: dma_iova_try_alloc: (dma_iova_try_alloc+0x4/0x120) name="0000:01:00.0" state=0xff48733bc36f8168 phys=0x4302f000 size=32768 note="secret"',
      'app-1 [000] ..... 1.000002: dma_iova_try_alloc_ret: (secret_caller+0x178/0x3a0 <- dma_iova_try_alloc) ret=1',
      'app-1 [000] ..... 1.000003: dma_map_page: (unnamed device) dir=TO_DEVICE dma_addr=c3000 size=4096 phys_addr=d4000 attrs=SKIP_CPU_SYNC|A_NEW_ONE',
      'app 1 [000] 1.000004: iommu:unmap: IOMMU: iova=0x00000000fff70000 - 0x00000000fff80000 size=65536 unmapped_size=65536 ffffffff8cf2abda secret_symbol (/secret/vmlinux)',
    );
    expect(by.figures).to.include({ failed: 0, notUnderstood: 0, rewritten: 5 });
    expect(lines.join('\n')).to.not.match(/secret|owner|36f8168|8cf2abda|unnamed/);
    expect(lines[1]).to.match(
      /\(dma_iova_try_alloc\) name="0000:[\da-f:]{5}\.0" state=0x[\da-f]{16} /,
    );
    expect(lines[3]).to.match(/attrs=SKIP_CPU_SYNC\|A_NEW_ONE$/);
  });

  it('reads lists as the kernel prints them, in bytes and in decimal', () => {
    const { lines, by } = anonymised(
      'app-1 [000] ..... 1.000000: dma_map_sg: 0000:01:00.0 dir=TO_DEVICE nents=2/2 ents=1/1 dma_addrs={0xffe00000} sizes={0x2000} phys_addrs={0x12345000,0x1fffff000} attrs=',
      'app-1 [000] 1.000001: dma_unmap_sg: [FAILED TO PARSE] device=0000:01:00.0 addrs=ARRAY[00, 50, 34, 12, 00, 00, 00, 00, 00, f0, ff, ff, 01, 00, 00, 00] dir=1 attrs=0x0',
      'app-1 [000] 1.000002: dma_unmap_sg: 0000:01:00.0 dir=TO_DEVICE phys_addrs=305418240 8589930496 attrs=',
    );
    expect(by.figures).to.include({ failed: 0, rewritten: 3 });
    const parser = new LineParser();
    const [map, bytes, decimal] = lines.map((line, i) => parser.parse(line, i + 1));
    const listOf = (event: unknown): unknown => (event as { physAddrs: unknown }).physAddrs;
    expect(listOf(map)).to.not.deep.equal([0x12345000, 0x1fffff000]);
    expect([listOf(bytes), listOf(decimal)]).to.deep.equal([listOf(map), listOf(map)]);
  });

  it('renames ids of threads and groups, and keeps idle tasks', () => {
    const { lines } = anonymised(
      '          <idle>-0       [000] d.h1.    10.000001: unmap: IOMMU: iova=0x00000000fffff000 - 0x0000000100000000 size=4096 unmapped_size=4096',
      '  kworker/u8:3-ev-1234    (   77) [001] .....    10.000002: dma_unmap_page: 0000:03:00.0 dir=TO_DEVICE dma_addr=fffff080 size=42 attrs=',
      'secret 5/6 [001] 10.000003: dma:dma_unmap_page: 0000:03:00.0 dir=TO_DEVICE dma_addr=fffff080 size=42 attrs=',
    );
    expect(lines[0]).to.include('<idle>-0 ').and.not.include('fffff000');
    expect(lines[1]).to.match(/^ +kworker\/1:0-102 +\( +101\) \[001\]/);
    expect(lines[2]).to.match(/^task2 10\d\/10\d \[001\]/);
  });

  it('maps the end of a range with its beginning', () => {
    const [line = ''] = anonymised(
      'app-1 [000] ..... 1.000000: map: IOMMU: iova=0x00000000ffe00000 - 0x0000000100000000 paddr=0x0000000123400000 size=2097152',
    ).lines;
    const [, iova, end] = /iova=0x([\da-f]{16}) - 0x([\da-f]{16}) /.exec(line) ?? [];
    expect(parseInt(end ?? '', 16) - parseInt(iova ?? '', 16)).to.equal(2 ** 21);
  });

  it('replaces names in messages, hosts and callers, and empties messages about other things', () => {
    const { lines } = anonymised(
      'Nov 29 11:05:06 secrethost kernel: DMAR: [DMA Write NO_PASID] Request device [05:00.0] fault addr 0xfe900000 [fault reason 0x05] PTE Write access is not set',
      '[    9.123456][ T1234] secretdrv 1000000.usb: swiotlb buffer is full (sz: 524288 bytes), total 32768 (slots), used 1338 (slots)',
      '[   10.000000] eth0: Link is up, mac aa:bb:cc:dd:ee:ff',
      'Nov 29 11:05:07 secrethost kernel: DMA-API: secretdrv 0000:05:00.0: device driver frees DMA memory with different size [device address=0x00000000fe900000] [map size=8192 bytes] [unmap size=4096 bytes]',
    );
    expect(lines.join('\n')).to.not.match(/secret|05:00|fe900|1000000\.usb|T1234|aa:bb|eth0/);
    expect(lines[0]).to.match(/^Nov 29 11:05:06 host kernel: DMAR: \[DMA Write/);
    expect(lines[1]).to.include('swiotlb buffer is full (sz: 524288 bytes)');
    expect(lines[2]).to.equal('[   10.000000] not about DMA');
    expect(lines[3]).to.include('device driver frees DMA memory with different size');
  });

  it('keeps the lines of one SMMU fault together', () => {
    const { lines, by } = anonymised(
      '[  1.000000] arm-smmu-v3 secret.smmu: event 0x10 received:',
      '[  1.000001] arm-smmu-v3 secret.smmu: \t0x0000010000005810',
      '[  1.000002] arm-smmu-v3 secret.smmu: \t0x0000020800000000',
      '[  1.000003] arm-smmu-v3 secret.smmu: \t0x00000000ab123040',
      '[  1.000004] arm-smmu-v3 secret.smmu: \t0x00000000ab123000',
    );
    expect(by.figures.failed).to.equal(0);
    const names = new Set(lines.map((line) => /arm-smmu-v3 ([^:]+):/.exec(line)?.[1]));
    expect([...names]).to.have.length(1);
    expect(lines.join('\n')).to.not.match(/secret|ab123/);
    // The substream stays.
    expect(lines[1]).to.match(/0x[\da-f]{8}00005810$/);
    expect(lines[2]).to.match(/0x0000000800000000$/);
    expect(lines[3]).to.match(/0x[\da-f]{13}040$/);
  });

  it('leaves nothing of what it does not understand, and counts it', () => {
    const { lines, by } = anonymised(
      '# tracer: nop',
      '# a note by somebody secret',
      'app-1 [000] ..... 1.000000: tracing_mark_write: secret begins',
      'app-1 [000] ..... 1.000001: sched_switch: prev_comm=secret prev_pid=7 ==> next_comm=x',
      'app-1 [000] ..... 1.000002: secret_function <-secret_caller',
      'app-1 [000] ..... 1.000003: qi_submit_sync <-secret_caller',
      ' => secret_frame',
      'a secret line',
      'app-1 [000] ..... 1.000004: map: IOMMU: iova=0x00000000secr',
      'app-1 [000] ..... 1.000005: print: secret [secretmod]',
    );
    expect(lines).to.have.length(10);
    expect(lines.join('\n')).to.not.match(/secret|secr\b/);
    expect(lines[0]).to.equal('# tracer: nop');
    expect(lines[1]).to.equal('#');
    expect(lines[5]).to.include('qi_submit_sync <-f');
    expect(by.figures).to.include({ emptied: 4, comments: 2, notUnderstood: 3, failed: 0 });
  });

  it('keeps carriage returns, and a line that was cut ends early afterwards', () => {
    const given =
      'app-1 [000] ..... 1.000000: dma_unmap_page: 0000:01:00.0 dir=TO_DEVICE dma_addr=ffff';
    const [whole = '', cut = ''] = anonymised(`${given}f000 size=4096 attrs=\r`, given).lines;
    expect(whole).to.match(/attrs=\r$/);
    expect(new LineParser().parse(cut, 1)).to.equal('unparsed');
    expect(cut).to.match(/^task1-101 \[000\] \.{5} 1\.000000: map: IOMMU: iova=0x$/);
  });
});

describe('newDeviceNames', () => {
  it('keeps the order of names, buses and functions', () => {
    const names = ['1c30000.gpu', '0000:03:00.0', '0000:03:00.1', '0000:c1:1f.6', '10000:01:00.0'];
    const given = [...names, 'xhci-hcd.1', 'ahb', '-odd', 'EP 8', 'EP 16', '0000:03:00.0x'];
    const map = newDeviceNames(given, drawFrom('names'));
    const sorted = [...given].sort();
    expect(sorted.map((name) => map.get(name) ?? '')).to.deep.equal(
      sorted.map((name) => map.get(name) ?? '').sort(),
    );
    expect(new Set(map.values())).to.have.property('size', given.length);
    const [one = '', two = ''] = [map.get('0000:03:00.0'), map.get('0000:03:00.1')];
    expect(one).to.match(/^0000:[\da-f]{2}:[\da-f]{2}\.0$/);
    expect(two).to.equal(`${one.slice(0, -1)}1`);
    expect(map.get('EP 8')).to.match(/^EP \d+$/);
    for (const name of given) expect([...map.values()]).to.not.include(name);
  });
});

describe('renamedFacts', () => {
  it('keeps what figures are made of, and leaves out all else', () => {
    const survey = new RenamingSurvey();
    survey.device('0000:03:00.0');
    const facts = renamedFacts(
      {
        kernel: 'Linux secrethost 6.12.3-secret #1 SMP x86_64',
        kernel_cmdline: 'root=/dev/secret iommu.strict=1 intel_iommu=on swiotlb=force',
        iommu: 'Intel VT-d of secret',
        iommu_groups: '/sys/kernel/iommu_groups/2 type=DMA 0000:03:00.0\n/secret',
        CONFIG_HZ: 250,
        job: 'fio secret',
        nvme_queue_limits: 'max_segments 33\nscheduler [secret]',
        event_counts: { map: 3 },
        fio_result: { hostname: 'secret' },
      },
      survey.finish(drawFrom('facts')),
    );
    expect(JSON.stringify(facts)).to.not.match(/secret|03:00/);
    expect(facts).to.include({
      ...{ kernel_cmdline: 'iommu.strict=1 intel_iommu=on swiotlb=force', iommu: 'Intel VT-d' },
      ...{ CONFIG_HZ: 250, nvme_queue_limits: 'max_segments 33' },
    });
    expect(facts['kernel']).to.match(/^Linux host 6\.12\.3-x/);
    expect(facts['iommu_groups']).to.match(
      /^\/sys\/kernel\/iommu_groups\/2 type=DMA 0000:[\da-f]{2}:[\da-f]{2}\.0$/,
    );
  });
});
