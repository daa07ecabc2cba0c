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
  const words = (facts: TraceFacts | null): readonly string[] =>
    facts?.commandLine?.split(/\s+/).filter((word) => word !== '') ?? [];
  const without = (own: TraceFacts, other: TraceFacts | null): string | null => {
    if (own.commandLine === null) return null;
    const others = words(other);
    const rest = words(own).filter((word) => !others.includes(word));
    return rest.length > 0 ? rest.join(' ') : 'nothing else';
  };
  const commandLine: MachineRow = {
    what: 'command line, words of one only',
    a: a && without(a, b),
    b: b && without(b, a),
  };
  const rows = [
    row('kernel', (facts) => facts.kernelRelease),
    commandLine,
    row('IOMMU', (facts) => facts.iommu),
    row('types of the IOMMU groups', groupTypes),
    row('CONFIG_HZ', (facts) => (facts.hz === null ? null : String(facts.hz))),
    row('state of the memory', (facts) => facts.memoryState),
    row('work', (facts) => facts.job),
  ];
  return rows.filter((one) => one.a !== one.b);
}

function groupTypes({ groups }: TraceFacts): string | null {
  const types = [...new Set(groups.map(({ type }) => type))].sort();
  return types.length > 0 ? types.join(', ') : null;
}
