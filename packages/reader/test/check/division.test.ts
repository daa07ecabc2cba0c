// SPDX-License-Identifier: GPL-2.0-only
// A finding of the real C that no machine shows: a division that needs a function which the kernel lacks.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';

/** Assembly of a C text for x86-32; null where gcc cannot. */
function assembly(text: string): string | null {
  const args = ['-m32', '-O2', '-S', '-x', 'c', '-o', '-', '-'];
  const { status, stdout } = spawnSync('gcc', args, { input: text, encoding: 'utf8' });
  return status === 0 ? stdout : null;
}

/** What the function needs of the files around it. */
function around(dma_addr_t: string, definition: string): string {
  return `
#include <stdbool.h>
#include <stddef.h>
typedef ${dma_addr_t} dma_addr_t;
struct io_buffer_slot { void *orig_buffer; };
struct io_buffer_class { dma_addr_t iova_base; size_t buffer_size; struct io_buffer_slot *slots; };
struct io_buffer_pool { struct io_buffer_class classes[3]; };
extern unsigned int num_classes, num_slots;
${definition}
bool keep(struct io_buffer_pool *p, dma_addr_t h, struct io_buffer_class **c, struct io_buffer_slot **s)
{ return io_buffer_pool_find_buffer(p, h, c, s); }
`;
}

describe('io_buffer_pool_find_buffer in the real series', () => {
  it('finding: divides 64 bits, for which x86-32 has no function', function () {
    const { READER_SERIES: series } = process.env;
    if (series === undefined || assembly('') === null) {
      console.log('      skipped: READER_SERIES does not name the real series, or gcc -m32 fails');
      this.skip();
    }
    const text = series
      .split(':')
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const [added] = /^\+static bool io_buffer_pool_find_buffer\((?:.*\n\+)+?}$/m.exec(text) ?? [];
    const definition = added?.replace(/^\+/gm, '') ?? '';
    expect(assembly(around('unsigned long long', definition))).to.include('__udivdi3');
    expect(assembly(around('unsigned int', definition))).to.not.include('__udivdi3'); // without PAE
  });
});
