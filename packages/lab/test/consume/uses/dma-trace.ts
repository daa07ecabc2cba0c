// SPDX-License-Identifier: GPL-2.0-only
// A typed use of dma-trace, compiled and run outside the repository.

import {
  Assembler,
  type Step,
  TraceError,
  type TraceEvent,
  parseLine,
} from '@iommu-bounce/dma-trace';

const line = '  fio-1  [000] .....  1.000001: map: IOMMU: iova=0x1000 paddr=0x2000 size=4096';
const event = parseLine(line, 1);
if (event === null || event === 'unparsed' || event.kind !== 'iommuMap')
  throw new Error('did not read an iommu:map');
if (parseLine('no event', 1) !== 'unparsed') throw new Error('read an event where there is none');

const events: readonly TraceEvent[] = [event];
const assembler = new Assembler(null);
const steps: Step[] = [...assembler.add(events), ...assembler.finish()];
if (steps.length !== 0 || assembler.counts.iommuMaps !== 1) throw new Error('made a call of a map');

export const error: Error = new TraceError('x.txt', 3, 'expected a trace');
if (error.message !== 'x.txt:3: expected a trace') throw error;
