// SPDX-License-Identifier: GPL-2.0-only
// Tests of the five states: each patch's overlay replaces just what the inventory says that the patch changed.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import {
  EXPOSED_BY_PATCH_3,
  dma_iommu_after,
  dma_iommu_c,
  dma_iommu_c_before_patch_1,
  dma_iommu_c_before_patch_2,
  dma_iommu_c_before_patch_3,
  dma_iommu_c_before_patch_4,
} from '@iommu-bounce/dma-iommu';
import { STATES } from '@iommu-bounce/dma-iommu/testing';

interface item {
  readonly name: string;
  readonly kind: string;
  readonly file: string;
  readonly changed_by_patches: readonly number[];
}

const FIXTURE = path.join(__dirname, '../../../test-fixtures/inventory.json');
const { items } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as { items: readonly item[] };

const OVERLAYS = [
  [1, dma_iommu_c_before_patch_1],
  [2, dma_iommu_c_before_patch_2],
  [3, dma_iommu_c_before_patch_3],
  [4, dma_iommu_c_before_patch_4],
] as const;

/** The name that a function had before patch 3. */
function before_patch_3(name: string): string {
  return name.replace(/^__(iommu_dma_(?:alloc|free)_iova)$/, '$1');
}

for (const [patch, overlay] of OVERLAYS)
  describe(`the overlay of patch ${String(patch)}`, () => {
    it('has a text for each function that the patch changed, and for no other', () => {
      const changed = items
        .filter(({ file, kind }) => file.endsWith('dma-iommu.c') && kind === 'function')
        .filter(({ changed_by_patches }) => changed_by_patches.includes(patch))
        .map(({ name }) => (patch === 3 ? before_patch_3(name) : name));
      const own = Object.getOwnPropertyNames(overlay.prototype).filter((n) => n !== 'constructor');
      expect(own.sort()).to.eql(changed.sort());
    });
  });

describe('dma_iommu_after', () => {
  it('adds the patches one by one', () => {
    const classes = STATES.map((patches) => dma_iommu_after[patches]);
    expect(classes).to.eql([...OVERLAYS.map(([, overlay]) => overlay), dma_iommu_c]);
    classes.slice(1).forEach((after, i) => {
      expect(Object.getPrototypeOf(classes[i])).to.equal(after);
    });
  });

  it('shows four more symbols from patch 3 on', () => {
    for (const patches of STATES) {
      const exposed = dma_iommu_after[patches].symbols.filter((s) =>
        EXPOSED_BY_PATCH_3.includes(s),
      );
      expect(exposed).to.have.members(patches < 3 ? [] : EXPOSED_BY_PATCH_3);
    }
  });
});
