// SPDX-License-Identifier: GPL-2.0-only
// One boot of a recorded machine, replayed: a first reading to learn what is needed, a second one to do it.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { IO_BUFFER_Y, type IommuDriver } from '@iommu-bounce/integration';
import type { KernelParams, OptionValues } from '@iommu-bounce/kconfig-options';
import {
  Assembler,
  CaptureAccount,
  type LineCounts,
  type LogTopic,
  type ReconstructedCounts,
  type Step,
  type FoundFacts,
  type TraceCounters,
  type TraceEvent,
  TraceError,
  type TraceFacts,
  readCpuFiles,
  readTrace,
} from '@iommu-bounce/dma-trace';
import { UsageError } from '../errors';
import { Agreement } from './agreement';
import { RecordedEviction } from '../drive/eviction';
import { Lane } from '../drive/lane';
import { replayParams } from '../drive/parameters';
import { RecordedClock } from '../drive/recorded-clock';
import { PoolAgreement } from './pool-agreement';
import { PortMachine } from '../drive/port-machine';
import { poolOff } from './pool-off';
import {
  RECORDED_ON,
  type RecordedIommu,
  type RecordedOn,
  type VerdictCosts,
  driverOfPreset,
  recordedOn,
  signOf,
} from './recorded-on';
import { RestatedSlots } from './restated';
import type { InitialState } from '../drive/slot-history';
import { Survey, classSizesOf } from '../drive/survey';
import { warmUp, warmUpNeeds } from '../drive/warm-up';

export type SeriesState = 0 | 1 | 2 | 3 | 4;

export interface SessionOptions {
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
  /** States to run and to report. */
  readonly patches: readonly SeriesState[];
  /** Options of the kernel, null for those of a kernel with the pool. */
  readonly config: OptionValues | null;
  /** Command line text, checked. */
  readonly params: string | null;
  readonly mostDifferences: number;
  /** Where a file lies, if not where its name says: stdin, for instance. */
  readonly pathOf?: (file: string) => string;
  /** Called now and then. */
  readonly progress: (what: string) => void;
}

export interface TraceFile extends FoundFacts {
  readonly file: string;
  /** It has another CPU of the recording of the file before it. */
  readonly joins?: boolean;
}

export interface Session {
  readonly driver: IommuDriver;
  readonly recordedOn: RecordedOn;
  /** Why the whole series has no pool here; null if it has one. */
  readonly poolOff: string | null;
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
  /** States of pools that were in use before the recording. */
  readonly initial: readonly InitialState[];
}

/** What the machine's RAM may be at most: the longest typed array of the oldest Node.js supported, and some room. */
const MOST_RAM = 0.95 * 2 ** 32;

export async function replaySession(
  files: readonly TraceFile[],
  options: SessionOptions,
): Promise<Session> {
  const facts = files.find((one) => one.facts !== null)?.facts ?? null;
  const params = replayParams(facts, options.params);
  const { numSlots, classSizes, strict } = params.values;
  const survey = new Survey({ classSizes: classSizesOf(classSizes), numSlots });
  const signs = new Signs();
  const topics = new LogTopics();
  const onlyDevice = onlyTranslated(facts);
  const first = new Assembler(null, { withDecisions: new Set(), firstDevice: '', onlyDevice });
  const readings = await read(files, first, options, 'reading', {
    take: (steps) => {
      for (const step of steps) survey.add(step);
    },
    see: (events) => {
      signs.add(events);
      topics.add(events);
    },
  });
  if (readings.every(({ counters }) => counters.events === 0))
    throw new TraceError(files[0]?.file ?? '', null, topics.refusal);
  survey.finish();
  const on = recordedOn(options.recordedOn ?? null, facts, signs.found);
  const driver = options.driver ?? driverOfPreset(RECORDED_ON[on.iommu]);

  const initial = [...survey.histories.values()]
    .filter((history) => !history.looksNew)
    .map((history) => history.initialState(numSlots));
  const comparesPool = survey.hasDecisions && options.patches.includes(4);
  const agreementState = stateToCompare(options.patches, survey.hasDecisions);
  const states = [...new Set<SeriesState>([...options.patches, agreementState])].sort();
  const agreement = new Agreement(options.mostDifferences);
  const clock = new RecordedClock(survey.timedRuns, facts?.hz ?? null);
  const start = clock.at(Math.max(survey.firstNs, 0));
  const memory = memoryNeeded(survey, comparesPool ? initial : [], files[0]?.file ?? '');
  let pool: PoolAgreement | null = null;
  const lanes = states.map((patches, index) => {
    const port = new PortMachine({
      driver,
      patches,
      config: options.config ?? IO_BUFFER_Y,
      params: params.text,
      hz: clock.hz,
      jiffies: start.jiffies,
      cpus: survey.cpus,
      ...memory,
      threePageSizes: /intel|vt-d/i.test(facts?.iommu ?? ''),
      lazy: !strict,
      devices: [...survey.devices.values()],
      groups: facts?.groups.map((group) => group.devices) ?? [],
    });
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
    if (patches === agreementState) lane.observers.push(agreement);
    return { patches, lane };
  });

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
  const again = await read(files, assembler, options, 'replaying', {
    take: (steps) => {
      for (const { lane } of lanes) lane.run(steps);
    },
  });
  const session = {
    driver,
    recordedOn: on,
    poolOff: null,
    kernelParams: params.values,
    files,
    counters: again.map((one) => one.counters),
    cpus: again.reduce<number | null>(
      (most, { cpus }) => (cpus === null ? most : Math.max(cpus, most ?? 0)),
      null,
    ),
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
    initial,
  };
  return { ...session, poolOff: poolOff(session, options.poolOption ?? null) };
}

/** The first sign of the recorded IOMMU. */
class Signs {
  found: RecordedIommu | null = null;

  add(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (this.found !== null) return;
      this.found = signOf(event);
    }
  }
}

/** What can be said of a file that was read. */
interface Reading {
  readonly counters: TraceCounters;
  readonly cpus: number | null;
}

/** What lines of a kernel log are about, if a capture has no others. */
class LogTopics {
  private readonly counts = new Map<LogTopic, number>();
  private lines = 0;

  add(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.kind !== 'kernelLog') continue;
      this.lines++;
      this.counts.set(event.topic, (this.counts.get(event.topic) ?? 0) + 1);
    }
  }

  get refusal(): string {
    const names = [
      ['fault', 'about faults'],
      ['swiotlbFull', 'about a full swiotlb'],
      ['dmaDebug', 'of DMA-API debugging'],
    ] as const;
    const said = names.map(([topic, of]) => `${String(this.counts.get(topic) ?? 0)} ${of}`);
    return `is a kernel log, ${said.join(', ')} in ${String(this.lines)} lines; it has no DMA calls, so there is nothing to replay`;
  }
}

/** The one device of the facts that is alone in the one group: requests that no call tells of are its own. */
function onlyTranslated(facts: TraceFacts | null): string {
  const groups = facts?.groups ?? [];
  const [group] = groups;
  return groups.length === 1 && group?.devices.length === 1 ? (group.devices[0] ?? '') : '';
}

/** A kernel without the series is compared with state 0 (or the one asked for), a kernel with it with state 4. */
function stateToCompare(patches: readonly SeriesState[], hasDecisions: boolean): SeriesState {
  const plain = patches.find((one) => one < 4) ?? 0;
  return hasDecisions && patches.includes(4) ? 4 : plain;
}

/** Files to be read one after the other; of several CPUs of one recording at the same time. */
function recordings(files: readonly TraceFile[]): string[][] {
  const groups: string[][] = [];
  for (const { file, joins } of files)
    if (joins === true) groups.at(-1)?.push(file);
    else groups.push([file]);
  return groups;
}

async function read(
  files: readonly TraceFile[],
  assembler: Assembler,
  options: SessionOptions,
  what: string,
  {
    take,
    see,
  }: {
    readonly take: (steps: readonly Step[]) => void;
    readonly see?: (events: readonly TraceEvent[]) => void;
  },
): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const group of recordings(files)) {
    const readers = group.map((file) => readTrace(file, options.pathOf?.(file)));
    for await (const { file, events } of readCpuFiles(readers)) {
      assembler.beginFile(file);
      see?.(events);
      take(assembler.add(events));
      const read = readers.reduce((sum, reader) => sum + reader.counters.events, 0);
      options.progress(`${what} ${file}: ${String(read)} events`);
    }
    for (const { counters, header } of readers) readings.push({ counters, cpus: header.cpus });
  }
  take(assembler.finish());
  return readings;
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
