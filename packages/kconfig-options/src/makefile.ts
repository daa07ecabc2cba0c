// SPDX-License-Identifier: GPL-2.0-only
// The obj-… rules of a kernel Makefile: which objects a configuration links, and which become modules.

import { check_value, text as a_text } from '@iommu-bounce/linux-shim/options';
import { KconfigError } from './errors';

export interface LinkedObjects {
  /** Linked into the kernel, in the order of the Makefile. */
  readonly builtIn: readonly string[];
  /** Built as modules; what is built in too is not among them. */
  readonly modules: readonly string[];
}

/** What a Makefile asks of a configuration; a Config answers it. */
export interface OptionValues {
  value(name: string): string | undefined;
}

const CONDITIONAL = /^(ifeq|ifneq|ifdef|ifndef|else|endif|include|-include|define|endef)\b/;
const RULE = /^obj-(.*?)\s*(\+=|:=|::=|\?=|=)\s*(.*)$/;
const OPTION = /^\$[({]CONFIG_([A-Za-z0-9_]+)[)}]$/;

/**
 * The objects that `makefile` links under `config`. Names that end in a slash (directories) are
 * listed like objects. Lines that set other variables are passed over; conditionals are refused.
 */
export function linkedObjects(
  makefile: string,
  config: OptionValues,
  file = 'Makefile',
): LinkedObjects {
  check_value('linkedObjects', 'makefile', makefile, a_text);
  const builtIn = new Set<string>();
  const modules = new Set<string>();
  for (const { text, line } of logicalLines(makefile)) {
    if (CONDITIONAL.test(text)) {
      throw new KconfigError(file, line, `expected obj-… rules only, got '${text}'`);
    }
    const rule = RULE.exec(text);
    if (!rule) {
      if (text.startsWith('obj-'))
        throw new KconfigError(file, line, `expected obj-… += files, got '${text}'`);
      continue;
    }
    const value = valueOf(rule[1] ?? '', config, file, line);
    const target = value === 'y' ? builtIn : value === 'm' ? modules : undefined;
    if (rule[2] !== '+=') target?.clear();
    for (const name of (rule[3] ?? '').split(/\s+/)) if (name !== '') target?.add(name);
  }
  return { builtIn: [...builtIn], modules: [...modules].filter((name) => !builtIn.has(name)) };
}

function valueOf(suffix: string, config: OptionValues, file: string, line: number): string {
  if (suffix === 'y' || suffix === 'm') return suffix;
  // What an option without a value, or with n, names: obj- and obj-n, which nobody links.
  if (suffix === '' || suffix === 'n') return 'n';
  const option = OPTION.exec(suffix)?.[1];
  if (option === undefined) {
    throw new KconfigError(
      file,
      line,
      `expected obj-y, obj-m or obj-$(CONFIG_X), got 'obj-${suffix}'`,
    );
  }
  return config.value(option) ?? 'n';
}

/** Lines without comments, those that end in a backslash joined with the next one. */
function logicalLines(text: string): { text: string; line: number }[] {
  const lines = text.split(/\r\n|\n/);
  const out: { text: string; line: number }[] = [];
  for (let i = 0; i < lines.length; i++) {
    const first = i + 1;
    let joined = lines[i] ?? '';
    while (joined.endsWith('\\') && i + 1 < lines.length) {
      joined = `${joined.slice(0, -1)} ${(lines[++i] ?? '').trimStart()}`;
    }
    const code = joined.replace(/(^|[^\\])#.*$/, '$1').trim();
    if (code !== '') out.push({ text: code, line: first });
  }
  return out;
}
