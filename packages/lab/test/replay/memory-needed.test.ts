// SPDX-License-Identifier: GPL-2.0-only
// How much memory a replayed machine has changes nothing that is counted.

import { expect } from 'chai';
import { TraceWriter, replayText } from './helpers';

describe('memory of a replayed machine', function () {
  this.timeout(60_000);

  for (const idle of [0, 37, 300])
    it(`fills each buffer in one piece, where huge pages make the driver ask page by page: ${String(idle)} more pages`, async () => {
      const writer = new TraceWriter();
      const sizes = [4096, 16384, 131072, 16384];
      const live: (readonly [number, number])[] = [];
      for (let i = 0; i < 24 + idle; i++) {
        const size = i < 24 ? (sizes[i % sizes.length] ?? 0) : 4096;
        const dma = 0x8000_0000 + i * 2 ** 20;
        writer.mapPage(dma, 0x10_0000_0000 + i * 2 ** 20, size);
        live.push([dma, size]);
      }
      for (const [dma, size] of live) writer.unmapPage(dma, size);
      const { states } = await replayText(writer.text, {
        facts: { iommu: 'Intel VT-d' },
        driver: 'table',
      });
      const series = states.find(({ patches }) => patches === 4);
      expect(series).to.include({ pool_fills: 24 + idle, iommu_maps: 24 + idle, fallbacks: 0 });
    });
});
