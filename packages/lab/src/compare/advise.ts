// SPDX-License-Identifier: GPL-2.0-only
// From captures to the advice: a load is read off a replay, a search finds sizes for it, replays confirm them.

import type { IommuDriver } from '@iommu-bounce/integration';
import type { TraceFacts } from '@iommu-bounce/dma-trace';
import {
  type CountedRows,
  type ModelledLoad,
  PoolModel,
  type PoolPoint,
  PoolSearch,
  presetInfo,
} from '@iommu-bounce/simulation';
import type { OnProgress } from '../progress';
import { factsBeside } from '../spool';
import { sum } from '../show/sum';
import { bounceRows } from './advise-bounce';
import { Confirmed } from './advise-confirm';
import { cpuRows, otherFlush } from './advise-cpu';
import type { AdviseDocument, MemoryGoal, PoolChoice, ServeGoal } from './advise-document';
import { AdviseLoad } from './advise-load';
import { type LogLook, fullRow, lookAtLogs } from './advise-log';
import { adviceSentence, doesNotPay, logSentence } from './advise-sentence';
import { plainCounts, queueRows, swiotlbSection, usualChoice } from './advise-sections';
import { uncertainties } from './advise-uncertain';
import { captureSection } from './capture';
import type { CaptureSection } from './capture-document';
import type { TraceFile } from './read-files';
import type { RecordedIommu, VerdictCosts } from './recorded-on';
import { refuseRepeatedLines } from './repeated';
import { boots, commonDriver } from './replay';
import { type Session, type SessionOptions, type WatchLane, replaySession } from './session';
import { MOST_KEPT } from './survey-files';
import { type VerdictSection, isEnough, payingClasses, verdictOf } from './verdict';

export interface AdviseOptions {
  readonly pathOf: (file: string) => string;
  readonly progress: OnProgress;
  readonly recordedOn: RecordedIommu | null;
  readonly facts: TraceFacts | null;
  readonly driver?: IommuDriver;
  readonly costs: (iommu: RecordedIommu, driver: IommuDriver) => VerdictCosts;
  /** Percent of the mappings, each above 0 and up to 100; one at least. */
  readonly serve: readonly number[];
  /** Bytes, or null. */
  readonly memory: number | null;
  /** Steps that were counted for other captures; adds to it. */
  readonly counted?: CountedRows;
}

/** Of what is reachable: where the front is looked at. */
const FRONT_SHARES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1] as const;
/** Of so many mappings a replay takes long: then there are fewer. */
const MANY = 20_000;
const FEW_SHARES = [0.5, 0.9, 1] as const;

/**
 * @throws TraceError for a file that is no capture, UsageError for one that is given twice or cannot be replayed
 */
export async function advise(
  files: readonly string[],
  options: AdviseOptions,
): Promise<AdviseDocument> {
  const { pathOf, progress } = options;
  await refuseRepeatedLines(files, pathOf);
  const look = await lookAtLogs(files, pathOf, (file, share) => {
    progress(`looking at ${file}`, share * 0.05);
  });
  if (look.captures.length === 0) return await ofLogs(files, look, options);
  return { ...(await adviseOn(look, options)), files: [...files] };
}

/** Nothing is mapped in a kernel log, so there is nothing to replay. */
async function ofLogs(
  files: readonly string[],
  look: LogLook,
  { facts, pathOf }: AdviseOptions,
): Promise<AdviseDocument> {
  const rows = look.full.groups().map((group) => fullRow(group));
  // Facts that are wrong are told here too.
  for (const file of files) if (facts === null) await factsBeside(file, pathOf(file));
  return {
    ...NOTHING,
    advice: logSentence(look, rows),
    files: [...files],
    swiotlb_full: rows,
    swiotlb_full_suppressed: look.suppressed,
    captures: [...look.logs],
  };
}

const NOTHING: AdviseDocument = {
  ...{ advice: '', files: [], boots: 0, mappings: 0, mappings_servable: 0, recommendation: null },
  ...{
    serve: [],
    within: null,
    usual: null,
    cpu: [],
    no_pool: null,
    front: [],
    only_what_pays: null,
  },
  ...{ verdict: null, bounce: [], swiotlb: null, flush_queues: [], swiotlb_full: [] },
  swiotlb_full_suppressed: 0,
  ...{ uncertain: [], recorded_on: [], preset: null, costs: null, captures: [] },
};

async function adviseOn(look: LogLook, options: AdviseOptions): Promise<AdviseDocument> {
  const replay: SessionOptions = {
    ...{ pathOf: options.pathOf, recordedOn: options.recordedOn, facts: options.facts },
    ...{ patches: [0, 4], config: null, params: null, mostDifferences: 0, compares: false },
    progress: () => undefined,
  };
  const found = await boots(look.captures, replay);
  const driver = options.driver ?? commonDriver(found, replay);
  const base = driver === null ? replay : { ...replay, driver };
  const { sessions, loads } = await firstReplay(found, base, options.progress);
  const captures = [...sessions.map(captureSection), ...look.logs];
  const rows = look.full.groups().map((group) => fullRow(group, heldBy(captures)));
  const [first] = sessions;
  const modelled = loads.map((load): ModelledLoad => ({
    load: load.pool,
    model: new PoolModel(load.pool, load.firstJiffies),
  }));
  const search = new PoolSearch(modelled, (share) => {
    options.progress('searching sizes', 0.3 + 0.2 * share);
  });
  const { preset, costs } = options.costs(
    first?.recordedOn.iommu ?? 'virtio-iommu',
    first?.driver ?? 'virtio',
  );
  const common = {
    ...{ boots: found.length, captures, swiotlb_full: rows, preset, costs },
    recorded_on: sessions.map(({ recordedOn }) => recordedOn),
    ...{ mappings: search.maps, mappings_servable: search.reachable },
    swiotlb_full_suppressed: look.suppressed,
    flush_queues: loads.flatMap(queueRows),
  };
  if (search.maps === 0 || !first) {
    const document: AdviseDocument = { ...NOTHING, ...common };
    return { ...document, advice: adviceSentence(document) };
  }

  const goals = options.serve.map((percent) => ({ percent, ...goalOf(search, percent) }));
  const within = options.memory === null ? null : search.within(options.memory);
  const wanted = options.memory === null ? (goals[0]?.point ?? null) : within;
  const front = search.front(search.maps > MANY ? FEW_SHARES : FRONT_SHARES);
  const confirm = new Confirmed(found, sessions, base, wanted, options.progress);
  const points = [wanted, ...goals.map(({ point }) => point), within, ...front];
  await confirm.replay(points.filter((point) => point !== null));
  const recommended = wanted && confirm.choice(wanted);
  const own: CountedRows = new Map();
  const { counted = own } = options;
  const verdict = recommended && verdictOf(confirm.withBoth(), { preset, costs }, counted);
  const paying = recommended && verdict ? payingPoint(search, recommended, verdict) : null;
  if (paying) await confirm.replay([paying]);
  const serve = goals.map(({ percent, reached, point }): ServeGoal => ({
    wanted_share: Number((percent / 100).toPrecision(12)),
    reached,
    choice: point && confirm.choice(point),
  }));
  const budget = options.memory === null ? null : memoryGoal(options.memory, search, confirm);
  const shown = front.flatMap((point) => confirm.choice(point) ?? []);
  const payingChoice = paying && confirm.choice(paying);
  const usual = usualChoice(sessions);
  const { strict } = first.kernelParams;
  const { iommu } = presetInfo(preset);
  options.progress('sizes by device', 0.97);
  const document: AdviseDocument = {
    ...NOTHING,
    ...common,
    recommendation:
      recommended &&
      recommendationOf(recommended, !doesNotPay({ verdict, only_what_pays: payingChoice })),
    serve,
    within: budget,
    usual,
    cpu:
      recommended && usual
        ? cpuRows(
            sessions,
            { lanes: confirm.recommendedLanes, params: recommended.params },
            usual.params,
            { preset, costs },
          )
        : [],
    no_pool: plainCounts(sessions),
    front: shown,
    only_what_pays: payingChoice,
    verdict,
    bounce: strict
      ? bounceRows(
          loads.flatMap((load) => load.deviceSizes()),
          { iommu, counted },
          costs,
        )
      : [],
    swiotlb: swiotlbSection(loads, (tries) => {
      options.progress(`trying swiotlb areas: ${String(tries)}`, 0.98);
    }),
  };
  const uncertain = uncertainties(document, sessions, loads);
  const full = { ...document, uncertain };
  return { ...full, advice: adviceSentence(full) };
}

/** With the kernel's own parameters; what is mapped before the series is the load. */
async function firstReplay(
  found: readonly (readonly TraceFile[])[],
  base: SessionOptions,
  progress: OnProgress,
): Promise<{ sessions: Session[]; loads: AdviseLoad[] }> {
  const sessions: Session[] = [];
  const loads: AdviseLoad[] = [];
  for (const files of found) {
    const watched: SessionOptions = {
      ...base,
      // They are kept until all replays are over.
      mostKept: Math.floor(MOST_KEPT / found.length),
      progress: (what, share) => {
        progress(what, 0.05 + (0.25 * (sessions.length + share)) / found.length);
      },
    };
    const keepLoad: WatchLane = (lane, patches, clock) => {
      if (patches !== 0) return;
      const load = new AdviseLoad(lane, clock);
      loads.push(load);
      lane.observers.push(load);
    };
    const other = { machines: [otherFlush(files)], bufferBytes: 0, surveyed: null };
    const session = await replaySession(files, watched, keepLoad, other);
    sessions.push(session);
    loads.at(-1)?.finish();
  }
  return { sessions, loads };
}

interface Goal {
  readonly reached: boolean;
  readonly point: PoolPoint | null;
}

/** Where so much cannot be served: as much of what can be. */
function goalOf(search: PoolSearch, percent: number): Goal {
  const share = percent / 100;
  // A product of two floats may lie above the whole number that it stands for.
  const atLeast = (maps: number): number => Math.ceil(maps - 1e-6);
  const point = search.serving(atLeast(share * search.maps));
  if (point) return { reached: true, point };
  return { reached: false, point: search.serving(Math.max(1, atLeast(share * search.reachable))) };
}

function memoryGoal(bytes: number, search: PoolSearch, confirm: Confirmed): MemoryGoal {
  const point = search.within(bytes);
  return {
    memory_bytes: bytes,
    choice: point && confirm.choice(point),
    least_bytes: point ? null : (search.smallest()?.memoryBytes ?? null),
  };
}

/** Those of the recommended classes that pay, if not all do and enough was recorded; null: all or none do. */
function payingPoint(
  search: PoolSearch,
  { class_sizes: mask, num_slots: slots }: PoolChoice,
  verdict: VerdictSection,
): PoolPoint | null {
  const classes = isEnough(verdict) ? payingClasses(verdict) : null;
  const paying = mask & (classes ?? 0);
  return paying === 0 || paying === mask ? null : search.at(paying, slots);
}

/** Bytes that a device maps and never unmaps; null: all devices. */
function heldBy(captures: readonly CaptureSection[]): (device: string | null) => number {
  return (device) =>
    sum(captures, ({ never_unmapped: { kinds } }) =>
      sum(kinds, (kind) => (device === null || kind.device === device ? kind.bytes : 0)),
    );
}

function recommendationOf(choice: PoolChoice, pays: boolean): AdviseDocument['recommendation'] {
  return pays
    ? {
        ...{ choice, pays, command_line: choice.params },
        config: ['CONFIG_IOMMU_DMA=y', 'CONFIG_IOMMU_IO_BUFFER=y'],
      }
    : {
        ...{ choice, pays, command_line: 'io_buffer_pool.num_slots=0' },
        config: ['# CONFIG_IOMMU_IO_BUFFER is not set'],
      };
}
