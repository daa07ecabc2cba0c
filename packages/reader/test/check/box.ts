// SPDX-License-Identifier: GPL-2.0-only
// A C file of two functions and its port, to be changed by a test.

import type { CReader } from '../../src/c/parse';
import { checkSides } from '../../src/check/check-sides';
import type { CheckResult } from '../../src/check/difference';
import type { Deviation } from '../../src/margin/margin';
import { parsePortFile } from '../../src/port/parse';
import type { Port } from '../../src/port/port';
import { fileOf } from '../fixture-tree';

export const C = `static int helper(int a)
{
	return a;
}

int put(struct box *box)
{
	int ret;

	if (!box)
		return -EINVAL;
	lock(box);
	ret = insert(box, GFP_KERNEL);
	if (ret)
		goto out;
	while (box->count)
		trim(box);
	unlock(box);
	return 0;
out:
	unlock(box);
	return ret;
}
`;

export const TS = `  helper(a: number): number {
    return a;
  }

  put(box: box | null): number {
    if (!box) return -EINVAL;
    this.lock(box);
    out: {
      ret = this.insert(box, GFP_KERNEL);
      if (ret) break out;
      while (box.count) this.trim(box);
      this.unlock(box);
      return 0;
    }
    this.unlock(box);
    return ret;
  }
`;

/** The port with these methods, and `extra` behind the class. */
export function portOf(methods: string, extra = ''): Port {
  const text = `// C: drivers/box/box.c\n/** drivers/box/box.c */\nexport class box_c {\n${methods}}\n${extra}`;
  const file = parsePortFile('packages/box/src/box.ts', 'box', text);
  return { files: file ? [file] : [], patches: 1 };
}

/** What differs between a C text and its port. */
export function checkBox(
  reader: CReader,
  methods: string,
  deviations: readonly Deviation[] = [],
  c = C,
  extra = '',
): CheckResult {
  return checkSides({
    reader,
    tree: { files: [fileOf('drivers/box/box.c', [c])], notes: [], versions: [], unapplied: 0 },
    port: portOf(methods, extra),
    deviations,
  });
}

/** A numbered deviation about box.c. */
export function deviation(text: string): Deviation {
  return { section: 'box', number: 1, text, line: 1 };
}
