// SPDX-License-Identifier: GPL-2.0-only
// What each verb prints with --json. `npm run schemas` makes the JSON Schemas of these types: docstrings become descriptions.

import type { AnonymiseDocument } from './anonymise/document';
import type { LintDocument, LintRulesDocument } from './tables/lint-document';
import type { whole_number } from '@iommu-bounce/linux-shim/options';
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
import type { ProtectionDocument } from '@iommu-bounce/safety';
import type { AdviseDocument, DiffDocument, ReplayDocument } from './compare';
import type { BreakEvenDocument } from './tables/breakeven';
import type {
  CheckDocument,
  CheckListDocument,
  CheckPricesDocument,
  CheckScheduleDocument,
} from './tables/check-document';
import type { CheckExplorationDocument } from './tables/check-exploration';
import type { DemoDocument } from './tables/demo';

/** A transcript, replayed. */
export interface VerifiedFile {
  /** The path, as it was given or found. */
  readonly file: string;
  /** failed: the port differs from the recorded C; bad: it could not be replayed. */
  readonly result: 'passed' | 'failed' | 'bad';
  /** Operations carried out. */
  readonly ops: whole_number;
  /** The first difference; null if there is none. */
  readonly mismatch: Mismatch | null;
  /** Why it could not be replayed; null if it was. */
  readonly error: string | null;
}

export interface VerifyDocument {
  /** Files in which all operations went as recorded. */
  readonly passed: whole_number;
  /** Files that differ, or could not be replayed. */
  readonly failed: whole_number;
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

export interface SeriesDocument {
  /** The IOMMU driver of the machines. */
  readonly driver: IommuDriver;
  /** One for each patch. */
  readonly probes: readonly SeriesProbe[];
}

export interface KconfigDocument extends ConfigJSON {
  /** What `$(info,…)` of the Kconfig says. */
  readonly messages: readonly string[];
  /** Shell commands of the Kconfig that were not run, each once: they count as empty. */
  readonly notRun: readonly ShellCall[];
  /** Of the symbol of --explain; absent without it. */
  readonly explanation?: Explanation;
}

export interface CompareDocument {
  /** No figure in here was measured. */
  readonly simulated: true;
  /** One for each preset. */
  readonly comparisons: readonly PolicyComparison[];
}

/** By verb. The docstrings describe the schemas. */
export interface Documents {
  /** Jobs of fio under policies, simulated. Times are virtual nanoseconds, sizes bytes, GB is 10^9 bytes. */
  readonly fio: FioDocument;
  /** A recorded machine's DMA, replayed in states of the series, and compared with what was recorded. */
  readonly replay: ReplayDocument;
  /** Many devices, most of them idle (devices); or drivers that do not sync (nosync). Simulated. */
  readonly scenario: DevicesDocument | NosyncDocument;
  /** Traffic of a network card under policies, simulated. Times are virtual nanoseconds, sizes bytes. */
  readonly net: NetDocument;
  /** What a hostile device could read and change under each policy, beside what each costs. Simulated. */
  readonly protection: ProtectionDocument;
  /** Transcripts of the real C, replayed by the port. */
  readonly verify: VerifyDocument;
  /** The probes of the four patches, in all five states of the series. */
  readonly series: SeriesDocument;
  /** Options of a Kconfig, evaluated. */
  readonly kconfig: KconfigDocument;
  /** The size below which copying costs less CPU time than mapping. From the cost model, not measured. */
  readonly breakeven: BreakEvenDocument;
  /** Cost parameters that give the cover letter's figures, and what they predict. */
  readonly calibrate: Calibration;
  /** Policies compared, simulated. */
  readonly compare: CompareDocument;
  /** Promises of the series against the evidence, and findings as a machine shows them; or a list, with --list; or prices of fixes, with --prices. */
  readonly check:
    | CheckDocument
    | CheckExplorationDocument
    | CheckListDocument
    | CheckPricesDocument
    | CheckScheduleDocument;
  /** What the demo replayed and simulated. */
  readonly demo: DemoDocument;
  /** Wrong and fragile use of the DMA API in captures; or the rules, with --rules. */
  readonly lint: LintDocument | LintRulesDocument;
  /** What anonymise replaced and kept. */
  readonly anonymise: AnonymiseDocument;
  /** Sizes of the pool, of swiotlb and of a flush queue that captures need. Sizes are bytes, times ns. */
  readonly advise: AdviseDocument;
  /** Two captures of the same work, compared: the first is a, the second b. */
  readonly diff: DiffDocument;
  /** The C and the port, compared. */
  readonly read: CheckResult;
}

export type DocumentVerb = keyof Documents;
