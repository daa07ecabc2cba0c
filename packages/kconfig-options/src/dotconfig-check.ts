// SPDX-License-Identifier: GPL-2.0-only
// Whether a text is a .config at all: evaluate() takes any text, and ignores what it cannot read.

import { check_value, text as a_text } from '@iommu-bounce/linux-shim/options';
import { KERNEL_PREFIX } from './dotconfig-writer';

export interface DotConfigCheck {
  /** Lines that set an option, `# CONFIG_X is not set` included. */
  readonly settings: number;
  /** What the text is instead, where it is no .config: one line; null for a .config, an empty one included. */
  readonly problem: string | null;
}

/** Judges a text before it is evaluated. */
export function checkDotConfig(text: string, prefix: string = KERNEL_PREFIX): DotConfigCheck {
  check_value('checkDotConfig', 'text', text, a_text);
  if (text.includes('\0')) return { settings: 0, problem: 'binary data' };
  let settings = 0;
  let foreign = 0;
  let unprefixed = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const bare = line.startsWith('# ') && / is not set\s*$/.test(line) ? line.slice(2) : line;
    const isUnset = bare !== line;
    if (bare.trim() === '' || (bare.startsWith('#') && !isUnset)) continue;
    const isSetting = isUnset ? /^[\w-]+ is not set/.test(bare) : /^[\w-]+=/.test(bare);
    if (isSetting && bare.startsWith(prefix)) settings++;
    else {
      foreign++;
      if (isSetting) unprefixed++;
    }
  }
  if (settings > 0 || foreign === 0) return { settings, problem: null };
  const example = `${prefix}NAME=value`;
  if (prefix !== '' && unprefixed === foreign) {
    return { settings, problem: `no line starts with ${prefix}; another prefix?` };
  }
  return { settings, problem: `no line is like ${example} or # ${prefix}NAME is not set` };
}
