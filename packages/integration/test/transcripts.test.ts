// SPDX-License-Identifier: GPL-2.0-only
// Every transcript of the real C replays without a difference; and a difference is noticed wherever it is.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { replayTranscript } from '@iommu-bounce/integration';
import { random } from '@iommu-bounce/linux-shim/testing';

const folder = join(__dirname, '..', '..', '..', 'test-fixtures', 'transcripts');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.jsonl'))
  .sort();
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

describe('the transcripts of the real C', function () {
  this.timeout(30_000);

  it('are there', () => {
    expect(files.length).to.be.at.least(108);
  });

  for (const file of files)
    it(`agree: ${file}`, () => {
      const text = read(file);
      const { ops, mismatch } = replayTranscript(text);
      expect(mismatch).to.equal(null);
      expect(ops).to.equal(text.split('\n').length - 2);
    });
});

describe('a transcript with one observation changed', function () {
  this.timeout(30_000);

  /** Every place in an operation that was observed: path of keys to a number, string or boolean. */
  function leaves(value: unknown, path: readonly (string | number)[]): (string | number)[][] {
    if (typeof value === 'object' && value !== null)
      return Object.entries(value).flatMap(([k, v]) =>
        leaves(v, [...path, Array.isArray(value) ? Number(k) : k]),
      );
    return [[...path]];
  }

  function changed(value: unknown): unknown {
    if (typeof value === 'number') return value + 1;
    if (typeof value === 'boolean') return !value;
    switch (value) {
      case 'ok':
        return 'fault';
      case 'error':
        return 4096;
      case 'map':
        return 'unmap';
      default:
        return typeof value === 'string' ? value.replace(/^./, (c) => (c === '0' ? '1' : '0')) : 0;
    }
  }

  const observed = [
    'ret',
    'iommu',
    'iotlb',
    'crc32',
    'dma',
    'classes',
    'evict_in_ms',
    'pages_held',
    'mapped_pages',
  ];

  it('is reported at its line and field, for samples of every file', () => {
    const r = random(0x5eed);
    let tried = 0;
    for (const file of files.filter((f) => f.startsWith('unit'))) {
      const lines = read(file).trimEnd().split('\n');
      const at = r.between(1, lines.length - 1);
      const op = JSON.parse(lines[at] ?? '') as Record<string, unknown>;
      const places = observed.flatMap((name) => (name in op ? leaves(op[name], [name]) : []));
      // Letters of a permission or a kind cannot be changed blindly into another valid one.
      const numeric = places.filter((p) => {
        const leaf = p.reduce<unknown>((v, k) => (v as Record<string | number, unknown>)[k], op);
        return typeof leaf === 'number' || p[0] === 'crc32';
      });
      if (numeric.length === 0) continue;
      const path = r.pick(numeric);
      const parent = path
        .slice(0, -1)
        .reduce<unknown>((v, k) => (v as Record<string | number, unknown>)[k], op);
      const key = path.at(-1) ?? '';
      (parent as Record<string | number, unknown>)[key] = changed(
        (parent as Record<string | number, unknown>)[key],
      );
      lines[at] = JSON.stringify(op);
      const { mismatch } = replayTranscript(lines.join('\n') + '\n');
      expect(mismatch, `${file}:${String(at + 1)} ${path.join('.')} (${String(r)})`).to.not.equal(
        null,
      );
      expect(mismatch?.line).to.equal(at + 1);
      expect(mismatch?.field).to.equal(path[0]);
      tried++;
    }
    expect(tried).to.be.at.least(20);
  });

  it('notices an operation that did less than recorded', () => {
    const lines = read('unit/02-reuse-from-cache-maps-nothing.jsonl').trimEnd().split('\n');
    const at = lines.findIndex((l) => l.includes('"map_page"'));
    lines[at] = (lines[at] ?? '').replace(/"iommu":\[.*\]/, '"iommu":[]');
    expect(replayTranscript(lines.join('\n')).mismatch).to.include({
      line: at + 1,
      op: 'map_page',
      field: 'iommu',
      expected: '[]',
    });
  });

  it('notices an oops that the real code did not have, and one that the port does not have', () => {
    const lines = read('unit/quirk-sync-single-on-sg-mapping.jsonl').trimEnd().split('\n');
    const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    delete last['crash'];
    last['iommu'] = [];
    lines[lines.length - 1] = JSON.stringify(last);
    const unexpected = replayTranscript(lines.join('\n')).mismatch;
    expect(unexpected?.expected).to.equal('no oops');
    expect(unexpected?.got).to.match(/^oops: bad memory access/);

    const healthy = read('unit/14-sync-single.jsonl').trimEnd().split('\n');
    const at = healthy.findIndex((l) => l.includes('sync_single_for_cpu'));
    const op = JSON.parse(healthy[at] ?? '') as Record<string, unknown>;
    healthy.splice(at, Infinity, JSON.stringify({ ...op, crash: 11 }));
    expect(replayTranscript(healthy.join('\n')).mismatch).to.include({
      field: 'crash',
      expected: '11',
      got: 'absent',
    });
  });
});
