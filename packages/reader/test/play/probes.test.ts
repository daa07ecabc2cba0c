// SPDX-License-Identifier: GPL-2.0-only
// The port with probes does what the port does, and tells which lines it executed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { callRecording } from '../../src/play/call-recording';
import { playSources } from '../../src/play/files';
import type { Frame } from '../../src/play/frame';
import { Playback } from '../../src/play/playback';
import { scenarios } from '../../src/play/scenarios';
import { transcriptRecording } from '../../src/play/transcript-recording';
import { bundledSteps } from './bundle';
import { coveringTranscripts } from './covering';
import { textOf, transcriptNamed } from './fixtures';

const LONG = process.env['TEST_LONG'] === '1';
const ROOT = join(__dirname, '../../../..');

function withoutLines(frame: Frame): string {
  return textOf({ ...frame, executed: [] });
}

const about = { title: '', about: '' };
const sources = new Map(playSources().map(({ path, text }) => [path, text.split('\n')]));

describe('the port with probes', function () {
  this.timeout(400_000);

  for (const { name, text } of LONG
    ? coveringTranscripts(30_000)
    : ['unit/01-first-map-allocates-slot.jsonl', 'unit/17-non-coherent-device.jsonl'].map(
        transcriptNamed,
      ))
    it(`gives the frames that the port gives: ${name} @long`, async () => {
      const plain = new Playback(transcriptRecording(text, 'x.jsonl'));
      const probed = await bundledSteps({ kind: 'transcript', name, ...about, text });
      expect(probed.length).to.equal(plain.length);
      for (let step = 0; step <= plain.length; step++)
        expect(withoutLines(probed.frame(step))).to.equal(withoutLines(plain.frame(step)));
    });

  for (const scenario of LONG ? scenarios : scenarios.slice(0, 3))
    it(`gives the frames that the port gives, and lines with code: ${scenario.name} @long`, async () => {
      const plain = new Playback(callRecording(scenario));
      const probed = await bundledSteps({ kind: 'scenarios' }, scenario.name);
      const lines = new Set<string>();
      for (let step = 0; step <= plain.length; step++) {
        const frame = probed.frame(step);
        expect(withoutLines(frame)).to.equal(withoutLines(plain.frame(step)));
        expect(frame.executed.length).to.be.at.most(2000);
        for (const { path, line } of frame.executed) lines.add(`${path}:${String(line)}`);
      }
      for (const place of lines) {
        const [path = '', line] = place.split(':');
        expect(sources.get(path)?.[Number(line) - 1]?.trim(), place).to.match(
          /^(?!\/\/|\*|\/\*).*\w/,
        );
      }
      expect(lines.size).to.be.above(0);
    });

  it('names lines of statements, in the order of execution, of the step alone', async () => {
    const steps = await bundledSteps({ kind: 'scenarios' }, 'first-map');
    const frames = Array.from({ length: steps.length + 1 }, (_, step) => steps.frame(step));
    const map = frames.find(({ call }) => call.startsWith('dma_map_page'));
    const lines = (map?.executed ?? []).map(({ path, line }) => {
      const text = playSources()
        .find((one) => one.path === path)
        ?.text.split('\n')[line - 1];
      return (text ?? '').replace(/ \/\/ .*/, '').trim();
    });
    const order = [
      'if (!pool_in) return DMA_MAPPING_ERROR;',
      'slot = list_first_entry(klass.empty_slots);',
      'slot.bounce_buffer = this.dma_iommu.__iommu_dma_alloc_pages(',
      'slot.prot = prot;',
      'slot.orig_buffer = orig_buffer;',
    ];
    let at = -1;
    for (const text of order) {
      const next = lines.indexOf(text, at + 1);
      expect(next, text).to.be.above(at);
      at = next;
    }
    const cpuOnly = frames.find(({ call }) => call.startsWith('the CPU writes'));
    expect(cpuOnly?.executed).to.deep.equal([]);
    expect(frames[0]?.executed).to.deep.equal([]);
  });

  it('shows the files as they are', () => {
    for (const { path, text } of playSources())
      expect(text, `${path}: run npm run build`).to.equal(readFileSync(join(ROOT, path), 'utf8'));
  });

  it('leaves lines out that are not asked for: a walk back gives the same lines', async () => {
    const steps = await bundledSteps({ kind: 'scenarios' }, 'reuse');
    const forward = Array.from({ length: steps.length + 1 }, (_, step) =>
      JSON.stringify(steps.frame(step)),
    );
    const again = await bundledSteps({ kind: 'scenarios' }, 'reuse');
    for (let step = steps.length; step >= 0; step--)
      expect(JSON.stringify(again.frame(step))).to.equal(forward[step]);
  });
});
