// SPDX-License-Identifier: GPL-2.0-only
// Kernel parameters of a replay: those of the recorded machine, and over them what the user gives.

import { NotTranslatedError } from '@iommu-bounce/integration';
import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { KERNEL_PARAMS, type KernelParams, parseCmdline } from '@iommu-bounce/kconfig-options';
import type { TraceFacts } from '@iommu-bounce/dma-trace';
import { UsageError } from '../errors';

export interface ReplayParams {
  /** Command line text. */
  readonly text: string;
  readonly values: KernelParams;
  /** Where they are from: the file of facts, --params, or both. */
  readonly from: string;
}

const NAMES = KERNEL_PARAMS.map((param) => param.name);

/** Throws a UsageError for a word that is no parameter of the series, a KconfigError for a value that the C refuses. */
export function checkUserParams(text: string): void {
  const { unknown, initArguments } = parseCmdline(text, '--params');
  const word = unknown[0] ?? (initArguments === '' ? undefined : initArguments);
  if (word !== undefined)
    throw new UsageError(`--params: unknown '${word}', expected ${NAMES.join('=, ')}=`);
}

export function replayParams(facts: TraceFacts | null, user: string | null): ReplayParams {
  const words = facts ? factsWords(facts) : [];
  if (user !== null) words.push(user);
  const text = words.join(' ');
  const from = [...(facts ? [facts.file] : []), ...(user === null ? [] : ['--params'])].join(', ');
  return { text, values: parseCmdline(text, from).params, from };
}

/** A kernel that cannot set up its IOMMU under these parameters: the error says where they are from. */
export function underParams<T>({ text, from }: ReplayParams, boot: () => T): T {
  try {
    return boot();
  } catch (error) {
    if (!(error instanceof NotTranslatedError) || text === '') throw error;
    throw new UsageError(`${from}: under ${text} ${error.message}`);
  }
}

/** What the facts say, by the command line or, without one, by the pools that were made. */
function factsWords(facts: TraceFacts): string[] {
  const words: string[] = [];
  const add = (name: string, value: string): void => {
    words.push(`${name}=${value}`);
  };
  for (const name of NAMES) {
    const value = facts.params.get(name);
    if (value !== undefined) add(name, value);
  }
  const [first] = facts.poolClasses;
  if (first && facts.numSlots === null) add('io_buffer_pool.num_slots', String(first.slots));
  if (first && facts.classSizes === null) {
    let mask = 0;
    for (const { size } of facts.poolClasses) mask |= size / PAGE_SIZE;
    add('io_buffer_pool.class_sizes', String(mask));
  }
  const types = new Set(facts.groups.map((group) => group.type));
  if (!facts.params.has('iommu.strict') && types.size === 1 && types.has('DMA-FQ'))
    add('iommu.strict', '0');
  return words;
}
