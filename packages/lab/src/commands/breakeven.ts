// SPDX-License-Identifier: GPL-2.0-only
// `breakeven`: the size below which copying an I/O costs less than mapping it, and what moves that size.

import Table from 'cli-table3';
import type { Command } from 'commander';
import {
  type BreakEven,
  BreakEvenModel,
  COUNTED_SIZES,
  type IommuKind,
  PIECES,
  type PiecesLayout,
  presetInfo,
} from '@iommu-bounce/simulation';
import { UsageError } from '../errors';
import { wrapped } from '../show/text';
import type { CommandIo, ExitStatus } from '../io';
import { type CostOptions, costsOf, withCostOptions } from './cost-options';

interface BreakEvenOptions extends CostOptions {
  readonly layout?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

export function addBreakEven(
  program: Command,
  io: CommandIo,
  end: (status: ExitStatus) => void,
): void {
  withCostOptions(
    program
      .command('breakeven')
      .description(
        'the size below which copying through the pool costs less CPU time than mapping strictly (cost model)',
      ),
  )
    .option(
      '--layout <name>',
      `guest memory, which decides in how many pieces a buffer comes: ${Object.keys(PIECES).join(', ')}`,
    )
    .option(
      '--write',
      'writes instead of reads: the pool copies them on map, from what the CPU has just written',
    )
    .option('--json', 'one JSON document on stdout')
    .action((options: BreakEvenOptions) => {
      const document = breakEvenDocument(options);
      io.out(
        options.json === true ? `${JSON.stringify(document, null, 2)}\n` : breakEvenText(document),
      );
      end(0);
    });
}

function layoutOf(text: string | undefined, iommu: IommuKind): PiecesLayout {
  if (text === undefined) return iommu === 'virtio-iommu' ? 'fresh' : 'contiguous';
  if (Object.hasOwn(PIECES, text)) return text as PiecesLayout;
  throw new UsageError(
    `--layout: expected one of ${Object.keys(PIECES).join(', ')}, got '${text}'`,
  );
}

/** @throws UsageError */
export function breakEvenDocument(options: BreakEvenOptions) {
  const { preset, costs } = costsOf(options);
  const { iommu } = presetInfo(preset);
  const direction = options.write === true ? 'write' : 'read';
  const layout = layoutOf(options.layout, iommu);
  const model = new BreakEvenModel({ iommu, layout, direction });
  const found = model.find(costs);
  const { of, list } = model.elasticities(costs);
  return {
    ...{ preset, iommu, layout, direction },
    copying_wins: found.copyingWins,
    break_even_bytes: found.bytes === null ? null : Math.round(found.bytes),
    extrapolated: found.extrapolated,
    pairs: COUNTED_SIZES.map((bytes) => {
      const { strict, pool } = model.times(bytes, costs);
      return { bytes, strict_ns: Math.round(strict), pool_ns: Math.round(pool) };
    }),
    elasticity_of: of,
    elasticities: list,
    moves_it_most: list[0]?.name ?? null,
    sensitivity: model.sensitivity(costs).map(({ name, at }) => ({
      name,
      at: at.map(({ factor, value, break_even }) => ({
        ...{ factor, value, copying_wins: break_even.copyingWins },
        break_even_bytes: break_even.bytes === null ? null : Math.round(break_even.bytes),
      })),
    })),
    costs,
  };
}

type Document = ReturnType<typeof breakEvenDocument>;

const STYLE = { head: [], border: [], compact: true };

function breakEvenText(d: Document): string {
  const pairs = new Table({
    head: ['bytes', 'strict: map + unmap, µs', 'pool: map + unmap, µs', 'pool / strict'],
    colAligns: ['right', 'right', 'right', 'right'],
    style: STYLE,
  });
  for (const p of d.pairs)
    pairs.push([
      p.bytes,
      (p.strict_ns / 1000).toFixed(2),
      (p.pool_ns / 1000).toFixed(2),
      `${((100 * p.pool_ns) / p.strict_ns).toFixed(0)} %`,
    ]);
  const factors = d.sensitivity[0]?.at.map((one) => one.factor) ?? [];
  const table = new Table({
    head: ['parameter', ...factors.map((f) => (f < 1 ? `1/${String(1 / f)}` : `x${String(f)}`))],
    style: STYLE,
  });
  for (const row of d.sensitivity)
    table.push([
      row.name,
      ...row.at.map((one) => sizeText(one.copying_wins, one.break_even_bytes)),
    ]);
  const strongest = d.elasticities
    .slice(0, 6)
    .map((e) => `${e.name} ${e.elasticity > 0 ? '+' : ''}${e.elasticity.toFixed(2)}`)
    .join(', ');
  const what =
    d.elasticity_of === 'break_even_bytes' ? 'the break-even size' : 'strict / pool at 128 KiB';
  return [
    wrapped(`${d.preset}, ${d.direction}s, memory layout ${d.layout}: ${sentence(d)}`),
    'From the cost model, not measured: CPU time of a map and its unmap, counted in the ported code.',
    pairs.toString(),
    wrapped(`Change of ${what}, in %, when a parameter grows by 1 %: ${strongest}.`),
    `${d.moves_it_most ?? 'nothing'} moves it most.`,
    'Break-even size at a multiple of one parameter (always: copying wins at every size):',
    table.toString(),
    '',
  ].join('\n');
}

function sentence(d: Document): string {
  if (d.break_even_bytes === null)
    return d.copying_wins === 'always'
      ? 'copying wins at every size: each further page costs more to map than to copy'
      : 'copying wins at no size';
  const where = d.extrapolated ? ", beyond the pool's largest class (128 KiB)" : '';
  return `copying wins below ${sizeText('below', d.break_even_bytes)}${where}`;
}

function sizeText(wins: BreakEven['copyingWins'], bytes: number | null): string {
  if (bytes === null) return wins;
  if (bytes < 1024) return `${String(bytes)} B`;
  const [unit, name] = bytes < 1048576 ? [1024, 'KiB'] : [1048576, 'MiB'];
  return `${(bytes / unit).toFixed(1)} ${name}`;
}
