// SPDX-License-Identifier: GPL-2.0-only
// One boot of a recorded machine, replayed: a first reading to learn what is needed, a second one to do it.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { IO_BUFFER_Y, type IommuDriver } from '@iommu-bounce/integration';
import type { KernelParams, OptionValues } from '@iommu-bounce/kconfig-options';
import {
  Assembler,
  CaptureAccount,
  type LineCounts,
  type ReconstructedCounts,
  type TraceCounters,
  TraceError,
  type TraceFacts,
} from '@iommu-bounce/dma-trace';
import { UsageError } from '../errors';
import { Agreement } from './agreement';
import { RecordedEviction } from '../drive/eviction';
import { Lane } from '../drive/lane';
import { type ReplayParams, replayParams, underParams } from '../drive/parameters';
import { RecordedClock } from '../drive/recorded-clock';
import { PoolAgreement } from './pool-agreement';
import { PortMachine } from '../drive/port-machine';
import { OverTime } from './over-time';
import type { OverTimeFigures } from './over-time-figures';
import { LogTopics, Signs } from './first-reading';
import type { CapturePolicyRow } from '@iommu-bounce/simulation';
import { type PolicyOptions, PolicyRuns } from './policies';
import { poolOff } from './pool-off';
import {
  READING,
  REPLAYING,
  type ReadOptions,
  type TraceFile,
  cpusOf,
  readFiles,
} from './read-files';
import {
  RECORDED_ON,
  type RecordedIommu,
  type RecordedOn,
  type VerdictCosts,
  driverOfPreset,
  recordedOn,
} from './recorded-on';
import { RestatedSlots } from './restated';
import type { InitialState } from '../drive/slot-history';
import { Survey, classSizesOf } from '../drive/survey';
import { warmUp, warmUpNeeds } from '../drive/warm-up';

export type SeriesState = 0 | 1 | 2 | 3 | 4;

export interface SessionOptions extends ReadOptions {
  /** The IOMMU of the machines. Default: what the capture was recorded on. */
  readonly driver?: IommuDriver;
  /** What the captures were recorded on, where the user says so. Default: what the facts or the capture say. */
  readonly recordedOn?: RecordedIommu | null;
  /** Facts of all files, where the user names them. Default: those beside each file. */
  readonly facts?: TraceFacts | null;
  /** What the steps cost on the machine asked for; without it there is no verdict. */
  readonly costs?: ((iommu: RecordedIommu, driver: IommuDriver) => VerdictCosts) | null;
  /** What Kconfig says of IOMMU_IO_BUFFER in `config`, in one line. */
  readonly poolOption?: string | null;
  /** Policies to run the calls under, and when the calls are made. Default: none. */
  readonly policies?: PolicyOptions | null;
  /** States to run and to report. */
  readonly patches: readonly SeriesState[];
  /** Options of the kernel, null for those of a kernel with the pool. */
  readonly config: OptionValues | null;
  /** Command line text, checked. */
  readonly params: string | null;
  readonly mostDifferences: number;
  /** Takes what each boot did over time; without it, nothing of that is kept. */
  readonly overTime?: (boot: OverTimeFigures) => void;
  /** Whether the port is compared with what was recorded, by one more state where that is needed. Default: it is. */
  readonly compares?: boolean;
}

export interface Session {
  readonly driver: IommuDriver;
  readonly recordedOn: RecordedOn;
  /** Why the whole series has no pool here; null if it has one. */
  readonly poolOff: string | null;
  /** What the recorded kernel, which had the series, ran with and this replay does not; null: nothing. */
  readonly whatIf: string | null;
  readonly kernelParams: KernelParams;
  readonly files: readonly TraceFile[];
  readonly counters: readonly TraceCounters[];
  /** CPUs of the machine, by the headers of the files; null if they have none. */
  readonly cpus: number | null;
  readonly counts: LineCounts;
  /** Requests that no call tells of. */
  readonly reconstructed: ReconstructedCounts;
  /** What stands beside the calls. */
  readonly account: CaptureAccount;
  readonly survey: Survey;
  readonly clock: RecordedClock;
  readonly params: string;
  readonly numSlots: number;
  readonly lanes: readonly { readonly patches: SeriesState; readonly lane: Lane }[];
  readonly agreement: Agreement;
  /** Which state was compared with iommu:map and iommu:unmap. */
  readonly agreementState: SeriesState;
  readonly pool: PoolAgreement | null;
  /** The calls under each policy that was asked for. */
  readonly policies: readonly CapturePolicyRow[];
  /** States of pools that were in use before the recording. */
  readonly initial: readonly InitialState[];
}

/** What a reading of a capture leaves of what stands beside its calls. */
export type CaptureReading = Pick<
  Session,
  'account' | 'counters' | 'cpus' | 'files' | 'reconstructed'
>;

/** What the machine's RAM may be at most: the longest typed array of the oldest Node.js supported, and some room. */
const MOST_RAM = 0.95 * 2 ** 32;

/** Told of each machine before it does anything. */
export type WatchLane = (lane: Lane, patches: SeriesState, clock: RecordedClock) => void;

export async function replaySession(
  files: readonly TraceFile[],
  options: SessionOptions,
  watch: WatchLane | null = null,
): Promise<Session> {
  const facts = files.find((one) => one.facts !== null)?.facts ?? null;
  const params = replayParams(facts, options.params);
  const { numSlots, classSizes, strict } = params.values;
  const survey = new Survey({ classSizes: classSizesOf(classSizes), numSlots });
  const signs = new Signs();
  const topics = new LogTopics();
  const onlyDevice = onlyTranslated(facts);
  const first = new Assembler(null, { withDecisions: new Set(), firstDevice: '', onlyDevice });
  const readings = await readFiles(files, first, options, READING, {
    take: (steps) => {
      for (const step of steps) survey.add(step);
    },
    see: (events) => {
      signs.add(events);
      topics.add(events);
    },
  });
  if (readings.every(({ counters }) => counters.events === 0))
    throw new TraceError(files[0]?.file ?? '', null, topics.refusalTo('replay'));
  survey.finish();
  const on = recordedOn(options.recordedOn ?? null, facts, signs.found);
  const driver = options.driver ?? driverOfPreset(RECORDED_ON[on.iommu]);

  const whatIf =
    survey.hasDecisions && options.patches.includes(4) ? whatIfOf(facts, params, options) : null;
  const initial = whatIf === null ? initialStates(survey, numSlots) : [];
  const comparesPool = survey.hasDecisions && options.patches.includes(4) && whatIf === null;
  const agreementState = stateToCompare(options.patches, survey.hasDecisions);
  const compared = options.compares === false ? [] : [agreementState];
  const states = [...new Set<SeriesState>([...options.patches, ...compared])].sort();
  const agreement = new Agreement(options.mostDifferences, whatIf !== null);
  const clock = new RecordedClock(survey.timedRuns, facts?.hz ?? null);
  const start = clock.at(Math.max(survey.firstNs, 0));
  const memory = memoryNeeded(survey, comparesPool ? initial : [], files[0]?.file ?? '');
  const threePageSizes = /intel|vt-d/i.test(facts?.iommu ?? '');
  const groups = facts?.groups.map((group) => group.devices) ?? [];
  let pool: PoolAgreement | null = null;
  const lanes = states.map((patches, index) => {
    const port = underParams(
      params,
      () =>
        new PortMachine({
          driver,
          patches,
          config: options.config ?? IO_BUFFER_Y,
          params: params.text,
          hz: clock.hz,
          jiffies: start.jiffies,
          cpus: survey.cpus,
          ...memory,
          threePageSizes,
          lazy: !strict,
          devices: [...survey.devices.values()],
          groups,
        }),
    );
    const lane = new Lane(port, index, memory.windowFrames, {
      ns: survey.firstNs,
      restMs: start.restMs,
    });
    if (patches === 4 && comparesPool && port.m.io_buffer_pool) {
      const restated = new RestatedSlots(initial, (state, slot) =>
        survey.history(state.device, state.classSize).has(slot),
      );
      pool = new PoolAgreement(restated, options.mostDifferences);
      const eviction = new RecordedEviction(lane, survey.plan, clock, pool);
      lane.follower = eviction;
      warmUp(lane, eviction, initial);
      lane.observers.push(pool);
    }
    if (compared.includes(patches)) lane.observers.push(agreement);
    watch?.(lane, patches, clock);
    return { patches, lane };
  });

  const policies =
    options.policies &&
    underParams(
      params,
      () =>
        new PolicyRuns(options.policies as PolicyOptions, {
          facts: {
            ...{ hz: clock.hz, jiffies: start.jiffies, cpus: survey.cpus, ...memory },
            threePageSizes,
            devices: [...survey.devices.values()],
            groups,
          },
          startNs: survey.firstNs,
          firstIndex: states.length,
          params: params.text,
          config: options.config,
          costs: options.costs?.(on.iommu, driver) ?? null,
        }),
    );

  const overTime = options.overTime
    ? new OverTime(
        files.map(({ file }) => file),
        options.patches,
      )
    : null;
  for (const { patches, lane } of lanes) overTime?.follow(patches, lane, survey.firstNs);
  const account = new CaptureAccount();
  const assembler = new Assembler(
    survey.plan,
    {
      withDecisions: survey.withDecisions,
      firstDevice: survey.firstDevice,
      onlyDevice,
      devicesOfTasks: first.devicesOfTasks,
    },
    account,
  );
  const again = await readFiles(files, assembler, options, REPLAYING, {
    take: (steps) => {
      overTime?.add(steps);
      for (const { lane } of lanes) lane.run(steps);
      for (const run of policies?.runs ?? []) run.run(steps);
    },
    see: (events) => overTime?.see(events),
  });
  if (overTime) options.overTime?.(overTime.figures);
  const session = {
    driver,
    recordedOn: on,
    poolOff: null,
    whatIf,
    kernelParams: params.values,
    files,
    counters: again.map((one) => one.counters),
    cpus: cpusOf(again),
    counts: assembler.counts,
    reconstructed: assembler.reconstructed,
    account,
    survey,
    clock,
    params: params.text,
    numSlots,
    lanes,
    agreement,
    agreementState,
    pool,
    policies: policies?.figures() ?? [],
    initial,
  };
  return { ...session, poolOff: poolOff(session, options.poolOption ?? null) };
}

function initialStates(survey: Survey, numSlots: number): InitialState[] {
  return [...survey.histories.values()]
    .filter((history) => !history.looksNew)
    .map((history) => history.initialState(numSlots));
}

/** Facts say what the recorded pools were; without facts, --params and --config say it. */
function whatIfOf(
  facts: TraceFacts | null,
  asked: ReplayParams,
  { config }: SessionOptions,
): string | null {
  const says =
    facts !== null &&
    (facts.numSlots !== null || facts.classSizes !== null || facts.poolClasses.length > 0);
  if (!says) return null;
  if (config && config.value('IOMMU_IO_BUFFER') !== 'y') return 'a pool';
  const recorded = replayParams(facts, null).values;
  const { numSlots, classSizes } = asked.values;
  if (recorded.numSlots === numSlots && recorded.classSizes === classSizes) return null;
  return `io_buffer_pool.num_slots=${String(recorded.numSlots)} io_buffer_pool.class_sizes=${String(recorded.classSizes)}`;
}

/** The one device of the facts that is alone in the one group: requests that no call tells of are its own. */
export function onlyTranslated(facts: TraceFacts | null): string {
  const groups = facts?.groups ?? [];
  const [group] = groups;
  return groups.length === 1 && group?.devices.length === 1 ? (group.devices[0] ?? '') : '';
}

/** A kernel without the series is compared with state 0 (or the one asked for), a kernel with it with state 4. */
function stateToCompare(patches: readonly SeriesState[], hasDecisions: boolean): SeriesState {
  const plain = patches.find((one) => one < 4) ?? 0;
  return hasDecisions && patches.includes(4) ? 4 : plain;
}

function memoryNeeded(
  survey: Survey,
  initial: readonly InitialState[],
  file: string,
): { windowFrames: number; buddyPages: number } {
  const warm = warmUpNeeds(initial);
  // A run of the worker may change the order of what is mapped and unmapped around it: hence some room.
  const windowFrames = Math.ceil(survey.windowFrames * 1.25) + 4096 + warm.frames;
  const bytes = 1.25 * (survey.bufferBytes + warm.bytes) + 2 * survey.peakCoherent;
  const buddyPages = Math.ceil(bytes / PAGE_SIZE) + 4096;
  if ((windowFrames + buddyPages) * PAGE_SIZE > MOST_RAM)
    throw new UsageError(
      `${file}: ${String(Math.ceil(((windowFrames + buddyPages) * PAGE_SIZE) / 2 ** 30))} GiB would be needed for what is mapped at once, expected at most 3; fewer slots or smaller classes may help`,
    );
  return { windowFrames, buddyPages };
}
