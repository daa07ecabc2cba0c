// SPDX-License-Identifier: GPL-2.0-only
// `npm run index-of-c`: writes docs/index-of-c.md.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexOfC } from './index-of-c';
import { root } from './sources';

void indexOfC().then((text) => {
  writeFileSync(join(root, 'docs/index-of-c.md'), text);
});
