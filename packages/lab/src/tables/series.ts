// SPDX-License-Identifier: GPL-2.0-only
// The probes of the series as a table for a terminal, and what each saw.

import type { ProbeRun } from '@iommu-bounce/integration';
import { table } from '../show/table';

export function seriesText(probes: readonly ProbeRun[]): string {
  const made = table(
    ['patch', 'probe', 'before', 'after 1', 'after 2', 'after 3', 'after 4'],
    probes.map((p) => [
      `${String(p.patch)}/4`,
      p.name,
      ...p.states.map((s) => (s.behaves ? 'behaves' : 'misbehaves')),
    ]),
    { ruled: true },
  );
  const lines = probes.map((p) => {
    const before = p.states[p.patch - 1]?.seen ?? '';
    const after = p.states[p.patch]?.seen ?? '';
    return `${String(p.patch)}/4 ${p.subject}\n    before: ${before}\n    after:  ${after}\n`;
  });
  return `${made}\n\n${lines.join('')}`;
}
