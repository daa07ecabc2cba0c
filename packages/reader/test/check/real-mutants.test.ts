// SPDX-License-Identifier: GPL-2.0-only
// The real series beside the port with one line changed for the worse, where a comment or deviation stands near.

import { expect } from 'chai';
import { checkSides } from '../../src/check/check-sides';
import { parsePortFile } from '../../src/port/parse';
import { type RealReading, realReading } from '../real-series';

/** The file's name without .ts; a text that it has once, or the first time behind another one; what replaces it. */
type Change = readonly [file: string, from: string, to: string, behind?: string];

const CHANGES: readonly (readonly [string, ...Change])[] = [
  [
    'a call whose function a deviation names',
    'io-buffer-pool',
    'if (!this.io_buffer_pool_fill_slot(pool, klass, slot, prot)) {',
    '{',
  ],
  [
    'a call that a field of elsewhere names',
    'io-buffer-pool',
    'this.io_buffer_pool_find_buffer(pool, handle);',
    'null;',
  ],
  [
    'an early return in front of a comment about a number',
    'io-buffer-pool',
    'if (!slot) return false;',
    '',
    '  io_buffer_pool_sync_single(',
  ],
  [
    'an early return in front of a comment about NULL',
    'io-buffer-pool',
    'if (dma_is_coherent && !needs_buffer_sync) return;',
    '',
  ],
  [
    'a search without its loop',
    'io-buffer-pool',
    'for (let at = cache.next; at !== cache; at = at.next) {',
    '{',
    '// finding 32',
  ],
  [
    'a call on the line of a name that stands for something else',
    'io-buffer-pool',
    'page_to_virt(orig_page) : WILD',
    '0 : WILD',
  ],
  [
    'a page size in another statement of the function',
    'io-buffer-pool',
    'bounce_offset & (PAGE_SIZE - 1)',
    'bounce_offset & 4095',
  ],
  ['a value for a slot', 'io-buffer-pool', 'return recent;', 'return null;'],
  ['another value for none', 'io-buffer-pool', 'return null; // JS', 'return 0; // JS'],
  ['a slot that is not returned', 'io-buffer-pool', 'return (pool.recent_slot =', 'return null; ('],
  [
    'a way past all others that is taken always',
    'io-buffer-pool',
    'if (recent !== null && recent.iova === handle) return recent;',
    'return recent;',
  ],
  ['a branch behind an argument that is not there', 'dma-iommu', 'if (!sh.pages) {', '{'],
  [
    'a loop behind a shift that is a division',
    'dma-iommu',
    'for (let i = 0; i < num_pages; i++) {',
    '{',
  ],
  ['another error number', 'dma-iommu', 'return -EINVAL;', 'return -ENODEV;', 'const res ='],
  [
    'an error in the place of a pool',
    'dma-iommu',
    'return (this.recent_cookie as iommu_dma_cookie).bounce_buffers;',
    'return -EPERM;',
  ],
  ['an endless loop', 'dma-iommu', '        break;\n', '', 'continue resv_iova;'],
  [
    'another function for the flush queue',
    'dma-iommu',
    'this.iommu_dma_flush_iotlb_all(d);',
    'this.iommu_dma_entry_dtor(d);',
  ],
  [
    'an error number that the head of the function lists',
    'dma-iommu',
    'if (off >= nr_pages || vma.nr_pages > nr_pages - off) return -ENXIO;',
    '',
  ],
  ['a last return', 'dma-iommu', 'return ret;', '', 'cookie); // deviation 10'],
  [
    'a last return whose comment says what it returns',
    'dma-iommu',
    'return 0; // JS: 0; C returns what remap_pfn_range',
    '// JS: 0; C returns what remap_pfn_range',
  ],
  ['a loop that does not go on', 'dma-iommu', 's = sg_next(s))', ')', '!(ioprot & IOMMU_CACHE)'],
];

describe('the check of the real series', function () {
  this.timeout(400_000);
  let reading: RealReading | null;
  before(async () => {
    reading = await realReading();
  });

  for (const [title, name, from, to, behind] of CHANGES)
    it(`sees ${title}`, function () {
      if (!reading) this.skip();
      const { port, c, margin } = reading;
      const file = port.files.find(({ path }) => path.endsWith(`/${name}.ts`));
      if (!file) throw new Error(`${name}: the port has no such file`);
      const text = file.lines.join('\n');
      const start = text.indexOf(from, behind === undefined ? 0 : text.indexOf(behind));
      expect(start, from).to.not.equal(-1);
      const changed = text.slice(0, start) + to + text.slice(start + from.length);
      const mutant = parsePortFile(file.path, file.packageName, changed);
      if (!mutant) throw new Error(`${name}: does not say what it mirrors`);
      const { differences } = checkSides({
        reader: c.reader,
        tree: {
          files: c.tree.files.filter(({ path }) => path === file.mirrors),
          notes: [],
          versions: [],
          unapplied: 0,
        },
        port: { ...port, files: port.files.map((one) => (one === file ? mutant : one)) },
        deviations: margin.deviations,
      });
      expect(differences.filter(({ explanation }) => explanation === null)).to.not.have.length(0);
    });
});
