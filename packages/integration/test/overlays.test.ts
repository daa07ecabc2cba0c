// SPDX-License-Identifier: GPL-2.0-only
// Subclasses laid over the C's files when a machine is booted.

import { expect } from 'chai';
import { IO_BUFFER_Y, boot } from '@iommu-bounce/integration';
import { io_buffer_pool_c } from '@iommu-bounce/io-buffer-pool';
import { iova_c } from '@iommu-bounce/iommu-core';

const machine = { memory: { nodes: [{ lowmem_pages: 64 }] } };

class own_iova extends iova_c {}
class own_pool extends io_buffer_pool_c {}

describe('boot_options.overlays', () => {
  it('stand in for the files, in any state of the series', () => {
    for (const patches of [0, 4] as const) {
      const seen: unknown[] = [];
      const m = boot({
        patches,
        config: IO_BUFFER_Y,
        machine,
        overlays: {
          iova: own_iova,
          io_buffer_pool: own_pool,
          dma_iommu: (unit) => {
            seen.push(unit);
            return class extends unit {};
          },
        },
      });
      expect(m.iova).to.be.instanceOf(own_iova);
      expect(m.io_buffer_pool === null).to.equal(patches === 0);
      if (patches === 4) expect(m.io_buffer_pool).to.be.instanceOf(own_pool);
      expect(seen).to.have.length(1);
      expect(m.dma_iommu).to.be.instanceOf(seen[0]);
    }
  });

  it('are none by default', () => {
    const m = boot({ config: IO_BUFFER_Y, machine });
    expect(Object.getPrototypeOf(m.iova)).to.equal(iova_c.prototype);
    expect(Object.getPrototypeOf(m.io_buffer_pool)).to.equal(io_buffer_pool_c.prototype);
  });
});
