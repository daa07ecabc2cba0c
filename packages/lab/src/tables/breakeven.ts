// SPDX-License-Identifier: GPL-2.0-only
// Break-even sizes as tables for a terminal.

import type {
  BreakEven,
  CostName,
  CostParameters,
  IommuKind,
  PiecesLayout,
  PresetName,
} from '@iommu-bounce/simulation';
import { decimalSize, factor, micros, percent, signed } from '../show/format';
import { type TablePart, partsText } from '../show/parts';
import type { Screen } from '../show/text';

/** What one calculation found: what is faster, and where that changes. */
export interface BreakEvenFound {
  readonly copying_wins: BreakEven['copyingWins'];
  readonly break_even_bytes: number | null;
}

export interface BreakEvenDocument extends BreakEvenFound {
  readonly preset: PresetName;
  readonly iommu: IommuKind;
  readonly layout: PiecesLayout;
  readonly direction: 'read' | 'write';
  readonly extrapolated: boolean;
  readonly pairs: readonly {
    readonly bytes: number;
    readonly strict_ns: number;
    readonly pool_ns: number;
  }[];
  readonly elasticity_of: string;
  readonly elasticities: readonly { readonly name: CostName; readonly elasticity: number }[];
  readonly moves_it_most: CostName | null;
  readonly sensitivity: readonly {
    readonly name: CostName;
    readonly at: readonly (BreakEvenFound & { readonly factor: number; readonly value: number })[];
  }[];
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
    head: ['bytes', 'strict: map + unmap, µs', 'pool: map + unmap, µs', 'pool / strict'],
    rows: pairs.map((p) => [
      String(p.bytes),
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
