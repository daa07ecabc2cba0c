// SPDX-License-Identifier: GPL-2.0-only
// What the facts beside two captures say differently of their machines.

import type { TraceFacts } from '@iommu-bounce/dma-trace';
import type { MachineRow } from './diff-document';

export function machineRows(a: TraceFacts | null, b: TraceFacts | null): MachineRow[] {
  if (a === null && b === null) return [];
  const row = (what: string, of: (facts: TraceFacts) => string | null): MachineRow => ({
    what,
    a: a && of(a),
    b: b && of(b),
  });
  const rest = (what: string, of: (facts: TraceFacts) => string | null): MachineRow => ({
    what: `${what}, words of one only`,
    a: a && wordsWithout(of(a), b && of(b)),
    b: b && wordsWithout(of(b), a && of(a)),
  });
  const rows = [
    row('kernel', (facts) => facts.kernelRelease),
    rest('command line', (facts) => facts.commandLine),
    row('IOMMU', (facts) => facts.iommu),
    row('types of the IOMMU groups', groupTypes),
    row('CONFIG_HZ', (facts) => (facts.hz === null ? null : String(facts.hz))),
    row('state of the memory', (facts) => facts.memoryState),
    rest('work', (facts) => facts.job),
  ];
  return rows.filter((one) => one.a !== one.b);
}

/** Null where the facts say nothing. */
function wordsWithout(own: string | null, other: string | null): string | null {
  if (own === null) return null;
  const others = new Set(other?.split(/\s+/));
  const rest = own.split(/\s+/).filter((word) => word !== '' && !others.has(word));
  return rest.length > 0 ? rest.join(' ') : 'nothing else';
}

function groupTypes({ groups }: TraceFacts): string | null {
  const types = [...new Set(groups.map(({ type }) => type))].sort();
  return types.length > 0 ? types.join(', ') : null;
}
