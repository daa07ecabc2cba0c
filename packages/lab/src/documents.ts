// SPDX-License-Identifier: GPL-2.0-only
// What each verb prints with --json. `npm run schemas` makes the JSON Schemas of these types: docstrings become descriptions.

import type { IommuDriver, Mismatch, SeriesPatch } from '@iommu-bounce/integration';
import type { ConfigJSON, Explanation, ShellCall } from '@iommu-bounce/kconfig-options';
import type { CheckResult } from '@iommu-bounce/reader';
import type {
  Calibration,
  DevicesDocument,
  FioDocument,
  NetDocument,
  NosyncDocument,
  PolicyComparison,
} from '@iommu-bounce/simulation';
import type { ReplayDocument } from './compare';
import type { BreakEvenDocument } from './tables/breakeven';
import type { DemoDocument } from './tables/demo';

/** A transcript, replayed. */
export interface VerifiedFile {
  /** The path, as it was given or found. */
  readonly file: string;
  /** failed: the port differs from the recorded C; bad: it could not be replayed. */
  readonly result: 'passed' | 'failed' | 'bad';
  /** Operations carried out. */
  readonly ops: number;
  /** The first difference; null if there is none. */
  readonly mismatch: Mismatch | null;
  /** Why it could not be replayed; null if it was. */
  readonly error: string | null;
}

/** Transcripts of the real C, replayed by the port. */
export interface VerifyDocument {
  /** Files in which all operations went as recorded. */
  readonly passed: number;
  /** Files that differ, or could not be replayed. */
  readonly failed: number;
  /** In the order in which they were replayed. */
  readonly files: readonly VerifiedFile[];
}

/** One patch, and what its probe saw in each state of the series. */
export interface SeriesProbe extends Pick<SeriesPatch, 'patch' | 'name' | 'subject' | 'files'> {
  /** Whether the kernel behaves before the series and after each patch: five states. */
  readonly results: readonly boolean[];
  /** What the probe saw in each state, in words and numbers. */
  readonly seen: readonly string[];
}

/** The probes of the four patches, in all five states of the series. */
export interface SeriesDocument {
  /** The IOMMU driver of the machines. */
  readonly driver: IommuDriver;
  /** One for each patch. */
  readonly probes: readonly SeriesProbe[];
}

/** Options of a Kconfig, evaluated. */
export interface KconfigDocument extends ConfigJSON {
  /** What `$(info,…)` of the Kconfig says. */
  readonly messages: readonly string[];
  /** Shell commands of the Kconfig that were not run, each once: they count as empty. */
  readonly notRun: readonly ShellCall[];
  /** Of the symbol of --explain; absent without it. */
  readonly explanation?: Explanation;
}

/** Policies compared, simulated. */
export interface CompareDocument {
  /** No figure in here was measured. */
  readonly simulated: true;
  /** One for each preset. */
  readonly comparisons: readonly PolicyComparison[];
}

/** By verb; the name of each schema. */
export interface Documents {
  readonly fio: FioDocument;
  readonly replay: ReplayDocument;
  readonly scenario: DevicesDocument | NosyncDocument;
  readonly net: NetDocument;
  readonly verify: VerifyDocument;
  readonly series: SeriesDocument;
  readonly kconfig: KconfigDocument;
  readonly breakeven: BreakEvenDocument;
  readonly calibrate: Calibration;
  readonly compare: CompareDocument;
  readonly demo: DemoDocument;
  readonly read: CheckResult;
}

export type DocumentVerb = keyof Documents;
