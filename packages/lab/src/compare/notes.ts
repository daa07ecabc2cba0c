// SPDX-License-Identifier: GPL-2.0-only
// What a reader of the figures has to know: what was assumed, and what a trace cannot tell.

import { DMA_ENTRY_LIMIT } from '@iommu-bounce/iommu-core';
import { PAGE } from '@iommu-bounce/dma-trace';
import { are, plural, sizeLimit } from '../show/format';
import { sum } from '../show/sum';
import { IOMMU_NAMES } from './recorded-on';
import type { Session } from './session';

const LENGTHS =
  'dma_map_sg prints no lengths of list entries: they were found with the iommu:map events and the addresses. ' +
  'The number of iommu:map events, their physical starts, the total length and the unmap do not depend on that; ' +
  'where one event ends and the next begins inside a range does.';

export function notesOf(sessions: readonly Session[]): string[] {
  const notes = new Set<string>();
  for (const session of sessions) for (const note of sessionNotes(session)) notes.add(note);
  return [...notes];
}

function sessionNotes(session: Session): string[] {
  const { counts, counters, lanes, survey, pool, agreement } = session;
  const notes: string[] = [];
  const name = session.files.map(({ file }) => file).join(', ');
  notes.push(...machineNotes(session, name));
  counters.forEach((one, i) => {
    const file = session.files[i]?.file ?? '';
    if (one.firstUnparsed)
      notes.push(
        `${file}: ${plural(one.unparsed, 'line')} ${are(one.unparsed)} no ${one.unparsed === 1 ? 'event' : 'events'}, the first is line ${String(one.firstUnparsed.line)}${one.firstUnparsed.endsEarly ? ', which ends early' : ''}: ${one.firstUnparsed.text}`,
      );
    if (one.dropped + one.lost > 0)
      notes.push(
        `${file}: the tracer dropped ${plural(one.dropped + one.lost, 'event')}; calls beside them may be paired wrongly`,
      );
    if (one.unterminated)
      notes.push(`${file}: the last line has no end; the file may have been cut there`);
  });
  if (survey.pages.bytes > PAGE)
    notes.push(
      `${name}: each iommu:map event is of whole pages of ${sizeLimit(survey.pages.bytes)}: the recorded kernel has pages of that size. ` +
        'The port has pages of 4 KiB, so it maps less for what does not fill a page, and nothing is compared.',
    );
  notes.push(...iommuNotes(session, name));
  notes.push(...requestNotes(session, name));
  if (counts.mapCalls + session.reconstructed.requests === 0)
    notes.push(
      `${name}: no DMA API calls in the trace (events dma:* or obs_*), so there is nothing to drive; only its IOMMU events are counted`,
    );
  if (agreement.figures.dependent.interior_lengths.compared > 0) notes.push(LENGTHS);
  if (session.whatIf !== null)
    notes.push(
      `${name}: a what-if. The recorded kernel had the series, with ${session.whatIf}; this replay has it otherwise, so ` +
        'nothing of what was recorded is compared, and the pools begin empty.',
    );
  const four = lanes.find(({ patches }) => patches === 4)?.lane;
  if (four && counts.mapCalls + session.reconstructed.requests > 0) {
    if (pool)
      notes.push(
        "The eviction worker ran at the recorded times. The bucket in which the port's timer wheel would have run it was " +
          'compared with them; no tolerance is in it. When the buckets begin was found from the same runs, so it takes two ' +
          'of them to disagree; a delay that all workers had alike does not show.',
      );
    else if (survey.hasDecisions && session.whatIf === null)
      notes.push('State 4 was configured without the pool: its decisions were not compared.');
    else
      notes.push(
        `The clock follows the time stamps. Timers of the port run where the timer wheel of ${String(session.clock.hz)} Hz puts them. The trace ` +
          'does not tell when its buckets begin, so the eviction worker can run up to one bucket earlier or later than it ' +
          `would have there: ${String(Math.round(session.clock.bucketNs / 1e6))} ms.`,
      );
  }
  const kept = four?.figures.total();
  if (four && !pool && kept && kept.pool_fills > 0 && kept.evictions === 0)
    notes.push(
      'The trace ends before the eviction worker would have run, so what is cached at its end is still mapped: hence no IOMMU unmap of a buffer.',
    );
  if (counts.cutCalls > 0)
    notes.push(
      `${name}: ${plural(counts.cutCalls, 'call')} began before the recording; what the pool decided for them is not in it, so they were not made.`,
    );
  if (session.initial.length > 0 && pool)
    notes.push(
      'Pools that were in use before the recording were brought into a state that explains it; decisions that only ' +
        'repeat that assumption are not compared. What was mapped then is unmapped in state 4 only.',
    );
  if (pool && pool.differences.length > 0 && session.params === '')
    notes.push(
      'No facts lie beside the trace and no --params were given: the pool has the default slots and classes, which may not be those of the recorded machine.',
    );
  for (const { lane, patches } of lanes)
    for (const note of lane.port.m.notes) notes.push(`State ${String(patches)}: ${note}`);
  return notes;
}

/** Requests that the ported kernel has no call for. */
function requestNotes({ survey, reconstructed }: Session, name: string): string[] {
  const notes: string[] = [];
  const iova = sum(survey.figures.rows(), (row) => (row.form === 'iova' ? row.mappings : 0));
  if (iova > 0)
    notes.push(
      `${name}: ${plural(iova, 'request')} of dma_iova_link ${are(iova)} replayed as one dma_map_sg each, of all pieces: v5.13 has no ` +
        'dma_iova_* calls.',
    );
  const { requests, pieces, byDeviceSign: by, late } = reconstructed;
  if (requests === 0) return notes;
  notes.push(
    `${name}: ${plural(requests, 'request')} ${are(requests)} put together from ${plural(pieces, 'iommu:map event')} without a call, and ${are(requests)} ` +
      'replayed as dma_map_sg. Such events tell neither the direction (they are replayed BIDIRECTIONAL, so the pool copies ' +
      'both ways, which is the most that it could), nor the bytes within the first and the last page, nor how long the ' +
      'driver used the data. Probes on dma_iova_* record all of that (docs/capture.md).',
    `${name}: the device of these requests is not recorded either: ${String(by.task)} have that of the other calls of their ` +
      `task, ${String(by.only)} the only one of the facts, ${String(by.domain)} a made-up one ('domain 1', …).`,
  );
  if (late > 0)
    notes.push(
      `${name}: ${plural(late, 'request')} of these ${late === 1 ? 'was' : 'were'} mapped for so long that the replay maps right before the unmap.`,
    );
  return notes;
}

/** What is known of the recorded machine, and from where; what is assumed comes first. */
function machineNotes({ files, recordedOn, driver, poolOff }: Session, name: string): string[] {
  const notes: string[] = [];
  if (recordedOn.from === 'assumed')
    notes.push(
      `${name}: nothing says what it was recorded on. ` +
        (driver === 'virtio'
          ? 'virtio-iommu is assumed, with its requests, exits and VFIO calls; --recorded-on vtd, smmuv3 or amd replays it on bare metal, which has none.'
          : 'It is replayed on a table, as on bare metal; --recorded-on tells which.'),
    );
  if (recordedOn.from === 'capture')
    notes.push(
      `${name}: names in it are those of ${IOMMU_NAMES[recordedOn.iommu]}, so it is taken to be recorded on that; --recorded-on says otherwise.`,
    );
  if (poolOff !== null)
    notes.push(`State 4 has no pool (${poolOff}), so it does what state 0 does.`);
  for (const { file, facts, ignored } of files) {
    if (ignored !== null)
      notes.push(
        `${ignored}: holds no facts of a trace, so it was ignored; docs/replay.md says what facts are.`,
      );
    if (facts !== null && ignored !== facts.file)
      notes.push(`${file}: its facts are from ${facts.file}.`);
  }
  return notes;
}

/** Where virtio-iommu is not what was recorded, or not what was asked for. */
function iommuNotes(session: Session, name: string): string[] {
  const { driver, kernelParams, files, lanes, counts, reconstructed } = session;
  if (driver !== 'virtio' || counts.mapCalls + reconstructed.requests === 0) return [];
  const notes: string[] = [];
  if (session.recordedOn.iommu !== 'virtio-iommu') {
    const said = files.find(({ facts }) => facts?.iommu)?.facts?.iommu;
    notes.push(
      `${name}: the recorded machine had ${said ?? IOMMU_NAMES[session.recordedOn.iommu]}. Its mappings are replayed on virtio-iommu, ` +
        'which costs requests, exits and pinned pages that it did not; --driver table has none of them.',
    );
  }
  if (!kernelParams.strict)
    notes.push(
      `${name}: under iommu.strict=0 the driver of virtio-iommu is that of v6.8 (the what-if deferred_flush_6_8), since ` +
        "v5.13's cannot flush lazily: unmaps wait for the flush queue, a map waits once for all its requests.",
    );
  if (kernelParams.passthrough)
    notes.push(
      `${name}: iommu.passthrough=1 has no effect, since the virtio-iommu of v5.13 has no identity domains; --driver ` +
        'table has them.',
    );
  for (const { lane, patches } of lanes) {
    const most = lane.figures.total().virtio?.peak_mappings ?? 0;
    if (most > DMA_ENTRY_LIMIT)
      notes.push(
        `State ${String(patches)}: a device had ${String(most)} mappings at once. VFIO takes ${String(DMA_ENTRY_LIMIT)} ` +
          'if its dma_entry_limit is not raised, as it was here.',
      );
  }
  return notes;
}
