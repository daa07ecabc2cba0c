// SPDX-License-Identifier: GPL-2.0-only
// The TypeScript side: which file mirrors which C file, in which state of the series.

import type { Definition, Source } from '../syntax/definition';

/** A TypeScript definition with what its file and doc comment say of it. */
export interface PortDefinition extends Definition {
  /** The class it is a member of; null outside of one. */
  readonly unit: string | null;
  /** The patch of the doc line `C: FILE NAME, patch 4/4`; null without one. */
  readonly patch: number | null;
  /** Its comments `// JS: …` and those that name a deviation, also the one in front. */
  readonly reasons: readonly Reason[];
}

/** Why a place of the TypeScript differs from the C. */
export interface Reason {
  /** Of the comment. */
  readonly line: number;
  /** `JS:` says why at the place; a comment that only gives a deviation's number does not. */
  readonly kind: 'JS' | 'deviation';
  readonly text: string;
  /** First and last line of the statement that it is at or before; null if there is none. */
  readonly covers: readonly [number, number] | null;
}

/** A TypeScript text. */
export interface TsSource extends Source {
  readonly definitions: readonly PortDefinition[];
}

/** A TypeScript file that mirrors a C file. */
export interface PortFile extends TsSource {
  /** Of our port from the root of the repository, packages/dma-iommu/src/dma-iommu.ts; of another one as it was opened. */
  readonly path: string;
  readonly packageName: string;
  /** The C file: drivers/iommu/dma-iommu.c. */
  readonly mirrors: string;
  /** n for before-patch-n.ts: what it has counts in the states below n. Null: the last state. */
  readonly beforePatch: number | null;
}

/** The whole TypeScript side. */
export interface Port {
  readonly files: readonly PortFile[];
  /** How many patches the ported series has. */
  readonly patches: number;
}
