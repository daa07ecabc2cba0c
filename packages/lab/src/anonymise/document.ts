// SPDX-License-Identifier: GPL-2.0-only
// What `anonymise` did: the document of --json.

import type { LossSection } from '../compare';
import type { whole_number } from '@iommu-bounce/linux-shim/options';

export interface AnonymisedFile {
  /** The capture, as it was given. */
  readonly capture: string;
  /** What was written. */
  readonly written: string;
  /** The facts that were written beside it; null if the capture has none. */
  readonly facts: string | null;
  /** Lines, as many as before. */
  readonly lines: whole_number;
  /** Events with another task, device or address. */
  readonly events: whole_number;
  /** Events of which only task, time and name are left: markers, and events that no figure uses. */
  readonly events_emptied: whole_number;
  /** Lines of the kernel log. */
  readonly log_lines: whole_number;
  /** Of these, those that are not about DMA: only their time is left. */
  readonly log_lines_emptied: whole_number;
  /** Comments, headers and callchains that became empty comments. */
  readonly comments: whole_number;
  /** Lines that are no event: they still are none, and their text is gone. */
  readonly not_understood: whole_number;
  /** What the capture lacks, as in the documents of all verbs that read captures; what is written lacks the same. */
  readonly losses: LossSection;
  /** Events that could not be written so that they say the same: lines that are not understood now. */
  readonly failed: whole_number;
}

export interface AnonymiseDocument {
  /** One for each capture. */
  readonly files: readonly AnonymisedFile[];
  /** How many different names and addresses have others now. */
  readonly replaced: {
    /** Runs of blocks of addresses that moved, each as a whole. */
    readonly address_runs: whole_number;
    /** Names of devices. */
    readonly devices: whole_number;
    /** Names of tasks. */
    readonly tasks: whole_number;
    /** Process ids. */
    readonly pids: whole_number;
    /** CPU addresses and other pointers. */
    readonly pointers: whole_number;
    /** Words of the kernel log, and of facts, that may be names. */
    readonly words: whole_number;
  };
  /** What was not replaced, and why. */
  readonly kept: readonly KeptThing[];
  /** Whether what was written was read again and has the events of the captures. */
  readonly same_account: boolean;
  /** What differs, in words; empty if nothing does. */
  readonly differences: readonly string[];
}

export interface KeptThing {
  /** What it is. */
  readonly what: string;
  /** What would change without it. */
  readonly why: string;
}
