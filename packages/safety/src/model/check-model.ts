// SPDX-License-Identifier: GPL-2.0-only
// Random runs against the reference; what fails is made small, and becomes a transcript.

import fc from 'fast-check';
import {
  IOMMU_DRIVERS,
  type JsonObject,
  type OpOutcome,
  TranscriptRun,
  type overlays,
  parseTranscript,
  recordOf,
} from '@iommu-bounce/integration';
import { OptionError } from '@iommu-bounce/linux-shim';
import {
  a_function,
  an_object,
  check_options,
  one_of,
  whole,
} from '@iommu-bounce/linux-shim/options';
import { type MachineChoice, type ModelCommand, commandsOf, machineOf } from './commands';
import type { ModelMachine } from './machine-kind';
import { endRun } from './ending';
import { GroupChanges } from './group-changes';
import { ModelRun } from './model-run';
import { rarities, woven } from './rarities';
import { fewest, simplest } from './shrink';
import { Violation } from './violation';

export interface ModelOptions {
  /** Of all that is drawn, a 32-bit number. */
  readonly seed: number;
  /** Operations to be done at least, unless one fails. */
  readonly operations: number;
  /** State of the series; absent: any of the five, the last most often. */
  readonly stage?: ModelMachine['stage'];
  /** IOMMU of the machines; absent: either, as often. */
  readonly driver?: ModelMachine['driver'];
  /** Subclasses of the C's files: what they break is to be found. */
  readonly overlays?: overlays;
  /** Told after each run how many operations are done. */
  readonly onProgress?: (operations: number) => void;
}

export interface ModelFailure {
  /** What the port did otherwise than the DMA API promises, or which invariant broke. */
  readonly what: string;
  /** The smallest run that was found which does so, as a transcript: its last line is what should have been seen. */
  readonly transcript: string;
  /** Operations of it. */
  readonly operations: number;
}

export interface ModelDocument {
  readonly seed: number;
  /** Machines that were booted. */
  readonly runs: number;
  /** Operations that were carried out and looked at. */
  readonly operations: number;
  readonly failure: ModelFailure | null;
}

/** Commands of a run: so many that caches fill, buffers age and addresses come back. */
const COMMANDS = 400;
/** Drawn from one seed; the next is one more. */
const RUNS_AT_A_TIME = 5;

/** @throws OptionError for an option that it does not have, or a value out of range */
export function checkModel(options: ModelOptions): ModelDocument {
  check_options('checkModel', options, {
    seed: whole(-(2 ** 31), 2 ** 32 - 1),
    operations: whole(1),
    stage: one_of(0, 1, 2, 3, 4),
    driver: one_of(...IOMMU_DRIVERS),
    overlays: an_object, // boot looks into it
    onProgress: a_function,
  });
  if (options.overlays?.virtio_iommu && options.driver !== 'virtio')
    throw new OptionError(
      `checkModel: overlays.virtio_iommu changes nothing on a table, expected driver 'virtio' with it`,
    );
  const { seed, stage, driver, overlays, onProgress } = options;
  let operations = 0;
  let runs = 0;
  const choice: MachineChoice = {
    ...(stage === undefined ? {} : { stage }),
    ...(driver === undefined ? {} : { driver }),
  };
  const failed: { machine: ModelMachine; commands: readonly ModelCommand[] }[] = [];
  const drawing = [machineOf(choice), commandsOf(COMMANDS), rarities()] as const;
  const property = fc.property(...drawing, (usual, drawn, rarity) => {
    const machine = { ...usual, ...rarity.change };
    const commands = woven([...drawn], rarity);
    const { failure, done } = carryOut(machine, commands, overlays);
    runs++;
    operations += done;
    onProgress?.(operations);
    if (!failure) return true;
    failed.push({ machine, commands });
    return false;
  });
  for (let chunk = 0; operations < options.operations; chunk++) {
    const result = fc.check(property, {
      seed: (seed + chunk) | 0,
      numRuns: RUNS_AT_A_TIME,
      endOnFailure: true,
    });
    if (!result.failed) continue;
    const [first] = failed;
    if (!first) throw result.errorInstance as Error; // a mistake of the model's own
    return { seed, runs, operations, failure: smallest(first, options) };
  }
  return { seed, runs, operations, failure: null };
}

function smallest(
  found: { readonly machine: ModelMachine; readonly commands: readonly ModelCommand[] },
  { driver, overlays }: ModelOptions,
): ModelFailure | null {
  const fails = (machine: ModelMachine, commands: readonly ModelCommand[]): boolean =>
    carryOut(machine, commands, overlays).failure !== null;
  const few = fewest(found.commands, (some) => fails(found.machine, some));
  const machine = simplest(
    found.machine,
    (simpler) => (driver === undefined || simpler.driver === driver) && fails(simpler, few),
  );
  const commands = fewest(few, (some) => fails(machine, some));
  return carryOut(machine, commands, overlays).failure;
}

/** Boots, runs and looks at the end. */
function carryOut(
  machine: ModelMachine,
  commands: readonly ModelCommand[],
  overlays: overlays = {},
): { readonly failure: ModelFailure | null; readonly done: number } {
  const run = new ModelRun(machine, overlays);
  const changes = new GroupChanges(run);
  try {
    run.start();
    fc.modelRun(() => ({ model: {}, real: { run, changes } }), commands);
    endRun(run, changes);
    return { failure: null, done: run.operations };
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const transcript = transcriptOf(run, error, overlays);
    const { operations } = run;
    return { failure: { what: error.message, transcript, operations }, done: operations };
  }
}

/** Its last line is what should have been seen. Where several values are right, it has that of the port as it is, if that is another one. */
function transcriptOf({ live }: ModelRun, error: Violation, overlays: overlays): string {
  const { expected, message: comment } = error;
  const isOwn = Object.keys(overlays).length === 0;
  if (!error.isExample || isOwn) return live.text({ ...expected, comment });
  const record = lastRecord(live.text(expected));
  if (record === null) return live.text({ ...expected, comment });
  return live.text({ ...record, comment }, true);
}

/** What the port as it is shows in the last operation; null: it does not come to it. */
function lastRecord(text: string): Readonly<JsonObject> | null {
  const run = new TranscriptRun(parseTranscript(text));
  let last: OpOutcome | null = null;
  while (run.next) {
    last = run.step();
    if ('died' in last) return null;
  }
  return last && recordOf(last);
}
