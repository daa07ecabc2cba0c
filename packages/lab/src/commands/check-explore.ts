// SPDX-License-Identifier: GPL-2.0-only
// `check --explore`: the orders of the steps of one scenario, and a certificate of its classes.

import type { Command } from 'commander';
import type * as Safety from '@iommu-bounce/safety';
import type { Exploration } from '@iommu-bounce/safety';
import { UsageError } from '../errors';
import {
  type CheckExplorationDocument,
  type CheckedClasses,
  explorationDocument,
} from '../tables/check-exploration';
import { option, wholeNumber } from './option-values';

/** Options of `check` that only an exploration heeds. */
export interface ExploreOptions {
  readonly explore?: string;
  readonly algorithm?: string;
  readonly preemptions?: string;
  readonly limit?: string;
  readonly certificate?: boolean;
}

const ONLY = ['algorithm', 'preemptions', 'limit', 'certificate'] as const;
/** Beside its own, an exploration heeds these. */
export const EXPLORE_HEEDS = [...ONLY, 'seed'] as const;
const ALGORITHMS = ['dpor', 'brute', 'pct'] as const;
type Algorithm = (typeof ALGORITHMS)[number];
const MOST = 2 ** 31 - 1;

export function withExploreOptions(command: Command): Command {
  return command
    .option(
      '--explore <scenario>',
      'run the orders of the steps of a scenario of docs/schedules.md',
    )
    .option(
      '--algorithm <name>',
      'with --explore: dpor, each class of equivalent orders once (default); brute, every order; pct, random ones',
    )
    .option(
      '--preemptions <n>',
      'with --explore: every order in which so many threads at most stop that could have gone on',
    )
    .option('--limit <n>', 'with --explore: stop after so many orders')
    .option(
      '--certificate',
      'with --explore: list the classes, and check them by running every order, if the scenario is small',
    );
}

/** @throws UsageError for one without --explore, or that its algorithm would ignore */
export function checkExploreOptions(options: ExploreOptions & { readonly seed?: string }): void {
  const { explore, preemptions, certificate, seed } = options;
  if (explore === undefined) {
    const lonely = ONLY.find((name) => options[name] !== undefined);
    if (lonely !== undefined)
      throw new UsageError(`--${lonely}: expected --explore <scenario> with it`);
    return;
  }
  const algorithm = algorithmOf(options);
  if (preemptions !== undefined && algorithm !== 'brute')
    throw new UsageError(`--preemptions: expected --algorithm brute with it, got '${algorithm}'`);
  if (certificate === true && (algorithm === 'pct' || preemptions !== undefined))
    throw new UsageError('--certificate: is of all orders; expected no pct, no --preemptions');
  if (seed !== undefined && algorithm !== 'pct')
    throw new UsageError(`--explore: ${algorithm} takes nothing at random; expected no --seed`);
}

function algorithmOf({ algorithm, preemptions }: ExploreOptions): Algorithm {
  if (algorithm === undefined) return preemptions === undefined ? 'dpor' : 'brute';
  const found = ALGORITHMS.find((name) => name === algorithm);
  if (!found) throw new UsageError(`--algorithm: expected dpor, brute or pct, got '${algorithm}'`);
  return found;
}

/** @throws UsageError for what is no scenario or no number */
export function explorationOf(
  safety: typeof Safety,
  options: ExploreOptions,
  seed: number,
): CheckExplorationDocument {
  const { explore = '', preemptions, limit, certificate = false } = options;
  const algorithm = algorithmOf(options);
  const most =
    preemptions === undefined ? null : wholeNumber('--preemptions', preemptions, 0, MOST);
  const stopAfter = limit === undefined ? null : wholeNumber('--limit', limit, 1, MOST);
  const scenario = option('--explore', () => safety.scenarioOf(explore));
  const explored = safety.exploreSchedules({
    scenario: explore,
    algorithm,
    certificate,
    ...(most === null ? {} : { preemptions: most }),
    ...(stopAfter === null ? {} : { limit: stopAfter }),
    ...(algorithm === 'pct' ? { seed } : {}),
  });
  return explorationDocument(explored, {
    ...{ title: scenario.title, algorithm, preemptions: most },
    certificate: classesOf(safety, explored, scenario.small),
  });
}

function classesOf(
  { checkCertificate }: typeof Safety,
  { certificate }: Exploration,
  isSmall: boolean,
): CheckedClasses | null {
  if (certificate === undefined) return null;
  const { redundant, classes } = certificate;
  return {
    redundant,
    classes: classes.map(({ hash, schedule }) => ({ hash, schedule })),
    checked: isSmall && certificate.complete ? checkCertificate(certificate) : null,
  };
}
