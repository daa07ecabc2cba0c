// SPDX-License-Identifier: GPL-2.0-only
// One boot of a recorded machine, replayed: a first reading to learn what is needed, a second one to do it.

import { IO_BUFFER_Y, type IommuDriver } from '@iommu-bounce/integration';
import type { KernelParams, OptionValues } from '@iommu-bounce/kconfig-options';
import {
  type CaptureAccount,
  type LineCounts,
  PAGE,
  type ReconstructedCounts,
  type TraceCounters,
  type TraceFacts,
} from '@iommu-bounce/dma-trace';
import { Agreement } from './agreement';
import { RecordedEviction } from '../drive/eviction';
import { Lane } from '../drive/lane';
import { type ReplayParams, replayParams, underParams } from '../drive/parameters';
import { RecordedClock } from '../drive/recorded-clock';
import { PoolAgreement } from './pool-agreement';
import { PortMachine } from '../drive/port-machine';
import { memoryNeeded } from './memory-needed';
import { OverTime } from './over-time';
import type { OverTimeFigures } from './over-time-figures';
import type { CapturePolicyRow, CountedRows, RecordedMachineFacts } from '@iommu-bounce/simulation';
import { type PolicyOptions, PolicyRuns } from './policies';
import { poolOff } from './pool-off';
import { type ReadOptions, type TraceFile, cpusOf } from './read-files';
import {
  RECORDED_ON,
  type RecordedIommu,
  type RecordedOn,
  type VerdictCosts,
  driverOfPreset,
  recordedOn,
} from './recorded-on';
import { RestatedSlots } from './restated';
import { secondReading } from './second-reading';
import { type SeriesState, stateToCompare } from './series-state';
import type { InitialState } from '../drive/slot-history';
import type { Survey } from '../drive/survey';
import { MOST_KEPT, type Surveyed, surveyFiles } from './survey-files';
import { warmUp } from '../drive/warm-up';
import { sizeLimit } from '../show/format';
import { whatIfOf } from './what-if';

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
  /** Steps that were counted for other captures; adds to it. */
  readonly counted?: CountedRows;
  /** Takes what each boot did over time; without it, nothing of that is kept. */
  readonly overTime?: (boot: OverTimeFigures) => void;
  /** Bytes of steps that may be kept for a second reading. Default: those of a command. */
  readonly mostKept?: number;
  /** Whether the port is compared with what was recorded, by one more state where that is needed. Default: it is. */
  readonly compares?: boolean;
}

/** What-ifs, each on a machine of its own, in one reading. */
export interface Alternatives {
  /** Words of the kernel's command line, checked; they do not ask for the pools that the recorded kernel had. */
  readonly machines: readonly { readonly patches: SeriesState; readonly params: string }[];
  /** Bytes that the buffers of one of them may take; those of the survey if that is more. */
  readonly bufferBytes: number;
  /** What a replay of the same files found; null: none did. */
  readonly surveyed: Surveyed | null;
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
  /** For another replay of these files. */
  readonly surveyed: Surveyed;
  readonly clock: RecordedClock;
  readonly params: string;
  readonly numSlots: number;
  readonly lanes: readonly { readonly patches: SeriesState; readonly lane: Lane }[];
  /** In the order that was asked for. */
  readonly alternatives: readonly Lane[];
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

/** Told of each machine before it does anything. */
export type WatchLane = (lane: Lane, patches: SeriesState, clock: RecordedClock) => void;

export async function replaySession(
  files: readonly TraceFile[],
  options: SessionOptions,
  watch: WatchLane | null = null,
  others: Alternatives | null = null,
): Promise<Session> {
  const mostKept = options.overTime ? 0 : (options.mostKept ?? MOST_KEPT);
  const surveyed = others?.surveyed ?? (await surveyFiles(files, options, mostKept));
  const { survey, facts, params } = surveyed;
  const { numSlots } = params.values;
  const on = recordedOn(options.recordedOn ?? null, facts, surveyed.sign);
  const driver = options.driver ?? driverOfPreset(RECORDED_ON[on.iommu]);

  const whatIf =
    survey.hasDecisions && options.patches.includes(4)
      ? whatIfOf(facts, params, options.config)
      : null;
  const initial = whatIf === null ? initialStates(survey, numSlots) : [];
  const comparesPool = survey.hasDecisions && options.patches.includes(4) && whatIf === null;
  const agreementState = stateToCompare(options.patches, survey.hasDecisions);
  const compared = options.compares === false ? [] : [agreementState];
  const states = [...new Set<SeriesState>([...options.patches, ...compared])].sort((a, b) => a - b);
  const agreement = new Agreement(options.mostDifferences, whyNothing(whatIf, survey));
  const clock = new RecordedClock(survey.timedRuns, facts?.hz ?? null);
  const start = clock.at(Math.max(survey.firstNs, 0));
  const memory = memoryNeeded(
    survey,
    others?.bufferBytes ?? 0,
    comparesPool ? initial : [],
    files[0]?.file ?? '',
  );
  const machine: RecordedMachineFacts = {
    ...{ hz: clock.hz, jiffies: start.jiffies, cpus: survey.cpus, ...memory },
    threePageSizes: /intel|vt-d/i.test(facts?.iommu ?? ''),
    devices: [...survey.devices.values()],
    groups: facts?.groups.map((group) => group.devices) ?? [],
  };
  const laneOf = (patches: SeriesState, index: number, words: ReplayParams): Lane => {
    const port = underParams(
      words,
      () =>
        new PortMachine({
          driver,
          patches,
          config: options.config ?? IO_BUFFER_Y,
          params: words.text,
          lazy: !words.values.strict,
          ...machine,
        }),
    );
    const { restMs } = start;
    return new Lane(port, index, memory.windowFrames, { ns: survey.firstNs, restMs });
  };
  let pool: PoolAgreement | null = null;
  const lanes = states.map((patches, index) => {
    const lane = laneOf(patches, index, params);
    if (patches === 4 && comparesPool && lane.port.m.io_buffer_pool) {
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
  const alternatives = (others?.machines ?? []).map((one, i) =>
    laneOf(one.patches, lanes.length + i, replayParams(facts, one.params)),
  );

  const policies =
    options.policies &&
    underParams(
      params,
      () =>
        new PolicyRuns(options.policies as PolicyOptions, {
          facts: machine,
          startNs: survey.firstNs,
          firstIndex: states.length + alternatives.length,
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
  const told = await secondReading(
    files,
    surveyed,
    options,
    (steps) => {
      overTime?.add(steps);
      for (const { lane } of lanes) lane.run(steps);
      for (const lane of alternatives) lane.run(steps);
      for (const run of policies?.runs ?? []) run.run(steps);
    },
    overTime &&
      ((events) => {
        overTime.see(events);
      }),
  );
  if (overTime) options.overTime?.(overTime.figures);
  const session = {
    driver,
    recordedOn: on,
    poolOff: null,
    whatIf,
    kernelParams: params.values,
    files,
    counters: told.readings.map((one) => one.counters),
    cpus: cpusOf(told.readings),
    counts: told.counts,
    reconstructed: told.reconstructed,
    account: told.account,
    survey,
    // Without others, nobody replays these files once more.
    surveyed: others ? surveyed : { ...surveyed, kept: null },
    clock,
    params: params.text,
    numSlots,
    lanes,
    alternatives,
    agreement,
    agreementState,
    pool,
    policies: policies?.figures() ?? [],
    initial,
  };
  return { ...session, poolOff: poolOff(session, options.poolOption ?? null) };
}

/** Why nothing of the recording can be compared. */
function whyNothing(whatIf: string | null, { pages }: Survey): string | null {
  if (whatIf !== null) return 'a what-if: the recorded pool was another';
  return pages.bytes > PAGE ? `recorded with pages of ${sizeLimit(pages.bytes)}` : null;
}

function initialStates(survey: Survey, numSlots: number): InitialState[] {
  return [...survey.histories.values()]
    .filter((history) => !history.looksNew)
    .map((history) => history.initialState(numSlots));
}
