// SPDX-License-Identifier: GPL-2.0-only
// The same job as flags of the command line, through the same table of options.

import type { FioJob } from './job';
import type { JobOption, Warn } from './option';
import { JOB_OPTIONS } from './option-table';
import { FlagPlace } from './place';
import { finish } from './finish';
import { Settings } from './settings';

export interface JobFlag {
  /** As for commander: `--number-ios <n>`. */
  readonly flags: string;
  readonly what: string;
}

/** The flags that describe a job, for a help text. */
export const JOB_FLAGS: readonly JobFlag[] = JOB_OPTIONS.flatMap((option) =>
  option.flag === null
    ? []
    : [{ flags: `--${flagName(option)} <${option.flag.value}>`, what: option.flag.what }],
);

/** Texts by flag, as commander gives them (`numberIos`) or as they are written (`number-ios`). */
export type FlagTexts = Readonly<Record<string, unknown>>;

/** Whether any flag describes a job. */
export function hasJobFlags(texts: FlagTexts): boolean {
  return JOB_OPTIONS.some((option) => option.flag !== null && textOf(option, texts) !== null);
}

/**
 * One job from flags; flags of other matters are passed over.
 *
 * @param defaultIos I/Os to do where no flag says when to end; null: that is an error
 * @throws JobError with the flag and what was expected
 */
export function jobFromFlags(
  texts: FlagTexts,
  defaultIos: number | null = null,
): { readonly job: FioJob; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(text);
  };
  const settings = new Settings();
  applyFlags(settings, texts, warn);
  const at = new FlagPlace('size, --number-ios or --runtime', null);
  const head = { name: 'job', at, defaultIos, tellDefaults: false };
  return { job: finish(settings, head, warn), warnings };
}

/**
 * Sets what flags say. A flag replaces what a job file says about the same matter: --bs a bssplit, --size an io_size.
 * @throws JobError with the flag and what was expected
 */
export function applyFlags(settings: Settings, texts: FlagTexts, warn: Warn): void {
  const given = JOB_OPTIONS.flatMap((option) => {
    const text = option.flag === null ? null : textOf(option, texts);
    return text === null ? [] : [{ option, text }];
  });
  for (const { option } of given)
    Object.assign(settings, Object.fromEntries((option.replaces ?? []).map((key) => [key, null])));
  for (const { option, text } of given) {
    const at = new FlagPlace(flagName(option), text);
    if (text.trim() === '') throw at.error('expected a value');
    option.set(settings, text, at, warn);
  }
}

/** The flag, as it is written, that describes one job only and so cannot stand beside a job file; null: none. */
export function flagOfOneJob(texts: FlagTexts): string | null {
  const name = JOB_OPTIONS.find((option) => option.name === 'name');
  return name !== undefined && textOf(name, texts) !== null ? '--name' : null;
}

function flagName({ name }: JobOption): string {
  return name.replaceAll('_', '-');
}

function textOf(option: JobOption, texts: FlagTexts): string | null {
  const flag = flagName(option);
  const camel = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const text = texts[flag] ?? texts[camel];
  if (text === undefined || text === null) return null;
  return typeof text === 'string' ? text : JSON.stringify(text);
}
