// SPDX-License-Identifier: GPL-2.0-only
// Break-even sizes as tables for a terminal.

import type { whole_number } from '@iommu-bounce/linux-shim/options';
import type {
  BreakEven,
  CostName,
  CostParameters,
  IommuKind,
  PiecesLayout,
  PresetName,
} from '@iommu-bounce/simulation';
import { decimalSize, factor, micros, percent, signed, sizeLimit } from '../show/format';
import { type TablePart, partsText } from '../show/parts';
import type { Screen } from '../show/text';

/** What one calculation found: what is faster, and where that changes. */
export interface BreakEvenFound {
  /** below: below `break_even_bytes`; always and never: from 1 byte to 1 GiB. */
  readonly copying_wins: BreakEven['copyingWins'];
  /** Bytes at which copying takes as long as mapping; null: there is no such size. */
  readonly break_even_bytes: whole_number | null;
}

export interface BreakEvenDocument extends BreakEvenFound {
  /** The machine whose cost parameters were used, before any were changed. */
  readonly preset: PresetName;
  /** What stands between the guest's driver and the IOMMU. */
  readonly iommu: IommuKind;
  /** Guest memory, which decides in how many pieces a buffer comes. */
  readonly layout: PiecesLayout;
  /** read: the device writes, and the pool copies on unmap; write: the pool copies on map. */
  readonly direction: 'read' | 'write';
  /** The size is above the pool's largest class: a larger class would be needed. */
  readonly extrapolated: boolean;
  /** A map and its unmap, at sizes that were counted in the ported code. */
  readonly pairs: readonly {
    /** Size of the buffer. */
    readonly bytes: whole_number;
    /** Nanoseconds of CPU time when it is mapped strictly. */
    readonly strict_ns: number;
    /** Nanoseconds of CPU time when it is copied through the pool. */
    readonly pool_ns: number;
  }[];
  /** The break-even size, or where there is none the advantage at 128 KiB: strict by pool. */
  readonly elasticity_of: 'break_even_bytes' | 'advantage_at_131072';
  /** The strongest first; parameters that change nothing are left out. */
  readonly elasticities: readonly {
    /** The parameter. */
    readonly name: CostName;
    /** Percent that the quantity changes by, for one percent of the parameter. */
    readonly elasticity: number;
  }[];
  /** The first of `elasticities`; null if there is none. */
  readonly moves_it_most: CostName | null;
  /** The break-even size at multiples of one parameter. */
  readonly sensitivity: readonly {
    /** The parameter. */
    readonly name: CostName;
    /** One for each multiple. */
    readonly at: readonly (BreakEvenFound & {
      /** The multiple. */
      readonly factor: number;
      /** Value of the parameter. */
      readonly value: number;
    })[];
  }[];
  /** The cost parameters that were used. */
  readonly costs: CostParameters;
}

export function breakEvenText(d: BreakEvenDocument, screen?: Screen): string {
  const strongest = d.elasticities
    .slice(0, 6)
    .map((e) => `${e.name} ${signed(e.elasticity, 2)}`)
    .join(', ');
  const what =
    d.elasticity_of === 'break_even_bytes' ? 'the break-even size' : 'strict / pool at 128 KiB';
  return partsText(
    [
      `${d.preset}, ${d.direction}s, memory layout ${d.layout}: ${sentence(d)}.`,
      pairTable(d),
      `Change of ${what}, in %, when a parameter grows by 1 %: ${strongest}. ${d.moves_it_most ?? 'nothing'} moves it most.`,
      sensitivityTable(d),
    ],
    screen,
  );
}

function pairTable({ pairs }: BreakEvenDocument): TablePart {
  return {
    title:
      'From the cost model, not measured: CPU time of a map and its unmap, counted in the ported code.',
    head: ['size', 'strict: map + unmap, µs', 'pool: map + unmap, µs', 'pool / strict'],
    rows: pairs.map((p) => [
      sizeLimit(p.bytes),
      micros(p.strict_ns),
      micros(p.pool_ns),
      percent(p.pool_ns / p.strict_ns, 0),
    ]),
    numbersFrom: 0,
  };
}

function sensitivityTable({ sensitivity }: BreakEvenDocument): TablePart {
  const factors = sensitivity[0]?.at.map((one) => one.factor) ?? [];
  return {
    title: 'Break-even size at a multiple of one parameter (always: copying wins at every size):',
    head: ['parameter', ...factors.map((x) => (x < 1 ? factor(x) : `x${factor(x)}`))],
    rows: sensitivity.map((row) => [row.name, ...row.at.map(sizeText)]),
    numbersFrom: Infinity,
  };
}

function sentence(d: BreakEvenDocument): string {
  if (d.break_even_bytes === null)
    return d.copying_wins === 'always'
      ? 'copying wins at every size: each further page costs more to map than to copy; the series copies up to 128 KiB'
      : 'copying wins at no size';
  const where = d.extrapolated ? ", beyond the pool's largest class (128 KiB)" : '';
  return `copying wins below ${sizeText(d)}${where}`;
}

function sizeText({ copying_wins, break_even_bytes: bytes }: BreakEvenFound): string {
  return bytes === null ? copying_wins : decimalSize(bytes);
}
