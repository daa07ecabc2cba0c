// SPDX-License-Identifier: GPL-2.0-only
// Copying against mapping on the machine that was simulated: by size, and by what the costs might be instead.

import {
  type BreakEven,
  BreakEvenModel,
  type CostName,
  type CostParameters,
  type FioDocument,
  type PiecesLayout,
  costParameter,
  presetInfo,
} from '@iommu-bounce/simulation';
import {
  blockSize,
  decimalSize,
  factor as factorText,
  gigabytesPerS,
  percent,
  signed,
} from '../../show/format';
import { type Html, htmlTable } from '../../show/html';
import { cell, fixed, micros } from '../charts/cells';
import { otherColour, policyColour } from '../charts/colours';
import { type Figure, type Tick, chartView, series } from '../charts/view';

/** Down to less than a page, of which a copy takes only what is used. */
const SIZES = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072];
const LARGEST = 131072;

/** The run's layouts by the pieces that the model counts with. */
const PIECES_OF: Readonly<Record<string, PiecesLayout>> = {
  contiguous: 'contiguous',
  thp: 'contiguous',
  fresh: 'fresh',
  fragmented: 'fragmented',
};

/** Models of one report or of several: each counts its steps once. */
export class BreakEvenModels {
  private readonly made = new Map<string, BreakEvenModel>();

  of(setup: BreakEvenModel['setup']): BreakEvenModel {
    const key = [setup.iommu, setup.layout, setup.direction].join();
    const model = this.made.get(key) ?? new BreakEvenModel(setup);
    this.made.set(key, model);
    return model;
  }
}

export function breakEvenFigures(document: FioDocument, models: BreakEvenModels): Figure[] {
  const costs = document.cost;
  const { iommu } = presetInfo(document.preset);
  const layout = PIECES_OF[document.layout] ?? 'contiguous';
  const writes = document.runs.every(({ rw }) => /^(rand)?write$/.test(rw));
  const direction = writes ? 'write' : 'read';
  const model = models.of({ iommu, layout, direction });
  const where = `Cost model of ${iommu}, ${direction}s, memory layout ${layout}; steps of the ported code are counted, not timed.`;
  return [bySize(model, costs, where), sensitivity(model, costs, where)];
}

function bySize(model: BreakEvenModel, costs: CostParameters, where: string): Figure {
  const pairs = SIZES.map((bytes) => ({ bytes, ...model.times(bytes, costs) }));
  return {
    heading: 'Copy or map: break-even size',
    view: chartView({
      id: 'pairs',
      kind: 'lines',
      labels: SIZES.map(sizeText),
      labelTitle: 'I/O size',
      valueTitle: 'map and unmap, µs',
      unit: 'µs',
      digits: 2,
      series: [
        series(
          'mapping (strict)',
          policyColour('strict'),
          pairs.map(({ strict }) => strict / 1000),
        ),
        series(
          'copying (pool)',
          policyColour('pool'),
          pairs.map(({ pool }) => pool / 1000),
        ),
      ],
      switches: ['logValues'],
      on: ['logValues'],
    }),
    says: `CPU time of a map and its unmap. ${sentence(model.find(costs))} ${where}`,
    published: null,
    table: htmlTable(
      ['size', 'mapping µs', 'copying µs', 'copying / mapping'],
      pairs.map(({ bytes, strict, pool }) => [
        cell(bytes, sizeText(bytes)),
        micros(strict),
        micros(pool),
        cell(pool / strict, percent(pool / strict)),
      ]),
      1,
    ),
    folded: false,
  };
}

function sentence({ copyingWins, bytes, extrapolated }: BreakEven): string {
  if (copyingWins === 'always')
    return 'Copying wins at every size: each further page costs more to map than to copy. The series copies up to 128 KiB.';
  if (bytes === null) return 'Copying wins at no size.';
  return `Copying wins below ${sizeText(bytes)}${extrapolated ? ", beyond the pool's largest class (128 KiB)" : ''}.`;
}

/** What the break-even size does while one cost changes; where there is none, by how much copying wins at 128 KiB. */
function sensitivity(model: BreakEvenModel, costs: CostParameters, where: string): Figure {
  const rows = model.sensitivity(costs).map(({ name, at }) => ({
    name,
    at: at.map(({ factor, break_even }) => ({
      factor,
      found: break_even,
      advantage: model.advantage(LARGEST, { ...costs, [name]: costs[name] * factor }),
    })),
  }));
  const finite = rows.some(({ at }) => at.some(({ found }) => found.bytes !== null));
  const ends = endsOf(rows.flatMap(({ at }) => at.map(({ found }) => found.bytes)));
  const factors = rows[0]?.at.map(({ factor }) => factorText(factor)) ?? [];
  const { of, list } = model.elasticities(costs);
  const strongest = list[0];
  const quantity =
    of === 'break_even_bytes' ? 'the break-even size' : 'how much cheaper copying is at 128 KiB';
  return {
    heading: 'What moves the break-even size',
    view: chartView({
      id: 'sensitivity',
      kind: 'lines',
      labels: factors,
      labelTitle: 'factor on the parameter',
      valueTitle: finite ? 'break-even size, KiB' : 'mapping / copying at 128 KiB',
      unit: finite ? 'KiB' : 'x',
      digits: 2,
      ticks: finite ? sizeTicks(ends) : [],
      series: rows.map(({ name, at }, i) =>
        series(
          words(name),
          otherColour(i),
          at.map(({ found, advantage }) => (finite ? bytesOf(found, ends) / 1024 : advantage)),
        ),
      ),
      // With ends that are no sizes, only a logarithmic axis says what they are.
      switches: finite ? [] : ['logValues'],
      on: ['logValues'],
    }),
    says:
      (finite
        ? 'The break-even size when one parameter changes. The ends of the axis are no sizes: copying wins always, or never.'
        : 'There is no break-even size at any of these values. The chart shows cost of mapping / cost of copying at 128 KiB; below 1, mapping would be cheaper.') +
      (strongest
        ? ` ${strongest.name} moves ${quantity} most: +1 % of the parameter gives ${signed(strongest.elasticity, 2)} %.`
        : '') +
      ` ${where}`,
    published: null,
    table: htmlTable(
      ['parameter', 'value', 'factor', 'break-even size', 'mapping / copying at 128 KiB'],
      rows.flatMap(({ name, at }) =>
        at.map(({ factor, found, advantage }) => [
          words(name),
          cell(costs[name] * factor, valueText(name, costs[name] * factor)),
          cell(factor, factorText(factor)),
          breakEvenCell(found),
          fixed(advantage, 2),
        ]),
      ),
      1,
    ),
    folded: true,
  };
}

/** Bytes where the chart has what is no size: beyond all that are. */
interface Ends {
  readonly never: number;
  readonly always: number;
}

function endsOf(found: readonly (number | null)[]): Ends {
  const sizes = found.filter((bytes): bytes is number => bytes !== null);
  const power = (bytes: number, round: (x: number) => number): number =>
    2 ** round(Math.log2(bytes));
  return {
    never: power(Math.min(...sizes, LARGEST), Math.floor) / 4,
    always: power(Math.max(...sizes, 1), Math.ceil) * 4,
  };
}

function bytesOf({ copyingWins, bytes }: BreakEven, { never, always }: Ends): number {
  return bytes ?? (copyingWins === 'always' ? always : never);
}

function sizeTicks({ never, always }: Ends): Tick[] {
  const steps = Math.round(Math.log2(always / never));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const bytes = never * 2 ** i;
    const text = i === 0 ? 'never' : i === steps ? 'always' : sizeText(bytes);
    return { value: bytes / 1024, text };
  });
}

function breakEvenCell({ copyingWins, bytes }: BreakEven): string | Html {
  return bytes === null ? copyingWins : cell(bytes, sizeText(bytes));
}

/** Parameters that the reader knows by other words. */
function words(name: CostName): string {
  if (name === 'copyColdBytesPerS') return 'memcpy bandwidth (copyColdBytesPerS)';
  if (name === 'copyWarmBytesPerS') return 'memcpy bandwidth (copyWarmBytesPerS)';
  return name;
}

function valueText(name: CostName, value: number): string {
  const unit = costParameter(name)?.unit;
  return unit === 'bytes/s' ? gigabytesPerS(value, 2) : `${value.toFixed(0)} ${unit ?? ''}`;
}

function sizeText(bytes: number): string {
  return Number.isInteger(bytes) ? blockSize(bytes) : decimalSize(bytes);
}
