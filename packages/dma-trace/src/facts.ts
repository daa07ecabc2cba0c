// SPDX-License-Identifier: GPL-2.0-only
// The facts beside a recorded trace (a .json of the same name): the machine, its parameters, its pools.
import { GROUP_LINES, LIMIT_LINES, POOL_CLASS_LINE } from './facts-lines';
import { readTextIfThere } from './files';
import { TraceError, printable } from './trace-error';

/** One class of one device's pool, from the line that the kernel printed when it made it. */
export interface PoolClass {
  device: string;
  size: number;
  slots: number;
  iovaBase: number;
  unaligned: number;
  /** Seconds since boot as printed: the same in all files of one boot. */
  bootTime: string;
}

export interface IommuGroup {
  id: number;
  /** `DMA` is strict, `DMA-FQ` deferred. */
  type: string;
  devices: string[];
}

/** Null, or empty, is what the file does not say. */
export interface TraceFacts {
  file: string;
  variant: string | null;
  job: string | null;
  memoryState: string | null;
  kernelRelease: string | null;
  commandLine: string | null;
  /** `module.parameter=value` of the command line, `-` in names made `_` as the kernel does; the last one wins. */
  params: ReadonlyMap<string, string>;
  /** io_buffer_pool.num_slots and io_buffer_pool.class_sizes where the command line sets them. */
  numSlots: number | null;
  classSizes: number | null;
  /** CONFIG_IOMMU_IO_BUFFER, where recorded. */
  ioBuffer: boolean | null;
  hz: number | null;
  iommu: string | null;
  groups: IommuGroup[];
  poolClasses: PoolClass[];
  /** Numbers of the block device's queue, e.g. max_hw_sectors_kb. */
  queueLimits: ReadonlyMap<string, number>;
  /** Devices that do not see the CPU's caches; null: not said. */
  nonCoherent: readonly string[] | null;
  eventCounts: ReadonlyMap<string, number> | null;
  overrun: number | null;
  dropped: number | null;
}

/** Names of the files that can hold the facts of a trace, the first one first: `x.trace.txt.gz` has `x.facts.json`, `x.json`. */
export function factsPaths(traceFile: string): readonly [string, string] {
  const stem = traceFile.replace(/\.gz$/, '').replace(/(?:\.trace)?\.txt$|\.trace$/, '');
  return [`${stem}.facts.json`, `${stem}.json`];
}

/** One of these makes a JSON object facts; other documents have none of them. */
const OWN_KEYS = [
  'kernel_cmdline',
  'iommu_groups',
  'variant',
  'CONFIG_HZ',
  'CONFIG_IOMMU_IO_BUFFER',
  'iommu',
  'non_coherent_devices',
];

/** What lies beside a trace. */
export interface FoundFacts {
  readonly facts: TraceFacts | null;
  /** A file that has the name of facts but is something else: the reader has to be told. */
  readonly ignored: string | null;
}

/**
 * Looks beside a trace for its facts. A file of that name that is no facts is ignored, and said.
 * @throws TraceError for facts with a field of the wrong kind
 */
export async function findFacts(traceFile: string): Promise<FoundFacts> {
  let ignored: string | null = null;
  for (const file of factsPaths(traceFile)) {
    const text = await readTextIfThere(file);
    if (text === null) continue;
    const json = objectOf(text);
    if (json !== null) return { facts: factsOf(file, json), ignored };
    ignored ??= file;
  }
  return { facts: null, ignored };
}

/**
 * Facts from a file that the user names.
 * @throws TraceError if it cannot be read or is something else
 */
export async function readFacts(file: string): Promise<TraceFacts> {
  const text = await readTextIfThere(file);
  if (text === null)
    throw new TraceError(file, null, 'no such file; expected facts, a JSON object');
  const json = parseJson(file, text);
  if (!isFacts(json))
    throw new TraceError(file, 1, `is no facts of a trace: expected one of ${OWN_KEYS.join(', ')}`);
  return factsOf(file, json);
}

/** @throws TraceError for a text that is no JSON object, or a field of the wrong kind */
export function parseFacts(file: string, text: string): TraceFacts {
  return factsOf(file, parseJson(file, text));
}

function isFacts(json: Record<string, unknown>): boolean {
  const { kernel, pool_classes: classes } = json;
  return (
    OWN_KEYS.some((key) => Object.hasOwn(json, key)) ||
    (typeof kernel === 'string' && kernel.startsWith('Linux ')) ||
    (Array.isArray(classes) && String(classes[0]).includes('obs_pool_class'))
  );
}

/** Null for what is no JSON object, or not facts. */
function objectOf(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) && isFacts(json) ? json : null;
  } catch {
    return null;
  }
}

function factsOf(file: string, value: Record<string, unknown>): TraceFacts {
  const json = new FactsObject(file, value);
  const commandLine = json.text('kernel_cmdline');
  const params = moduleParams(commandLine ?? '');
  const ioBuffer = json.text('CONFIG_IOMMU_IO_BUFFER');
  return {
    file,
    variant: json.text('variant'),
    job: json.text('job'),
    memoryState: json.text('memory_state'),
    kernelRelease: json.text('kernel')?.split(' ')[2] ?? null,
    commandLine,
    params,
    numSlots: uintParam(file, params, 'io_buffer_pool.num_slots'),
    classSizes: uintParam(file, params, 'io_buffer_pool.class_sizes'),
    ioBuffer: ioBuffer === null ? null : ioBuffer === 'y',
    hz: json.number('CONFIG_HZ'),
    iommu: json.text('iommu'),
    groups: iommuGroups(json.text('iommu_groups') ?? ''),
    poolClasses: json.texts('pool_classes').map((line) => poolClass(file, line)),
    queueLimits: queueLimits(json.text('nvme_queue_limits') ?? ''),
    nonCoherent: json.has('non_coherent_devices') ? json.texts('non_coherent_devices') : null,
    eventCounts: json.counts('event_counts') ?? json.counts('events'),
    overrun: json.number('overrun_total') ?? json.number('overrun'),
    dropped: json.number('dropped_total') ?? json.number('dropped'),
  };
}

function parseJson(file: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = printable(error instanceof Error ? error.message : String(error));
    const at = /position (\d+)/.exec(why)?.[1];
    const line = at === undefined ? null : text.slice(0, Number(at)).split('\n').length;
    throw new TraceError(file, line, `expected one JSON object: ${why}`, { cause: error });
  }
  if (!isRecord(value)) throw new TraceError(file, 1, 'expected one JSON object');
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields by type: an absent one is null, one of another type an error. */
class FactsObject {
  constructor(
    private readonly file: string,
    private readonly json: Record<string, unknown>,
  ) {}

  has(name: string): boolean {
    return (this.json[name] ?? null) !== null;
  }

  text(name: string): string | null {
    return this.field(name, 'a string', (value) => (typeof value === 'string' ? value : undefined));
  }

  number(name: string): number | null {
    return this.field(name, 'a number', (value) => (typeof value === 'number' ? value : undefined));
  }

  texts(name: string): string[] {
    const found = this.field(name, 'a list of strings', (value) =>
      Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined,
    );
    return found ?? [];
  }

  counts(name: string): ReadonlyMap<string, number> | null {
    return this.field(name, 'an object of counts', (value) => {
      if (!isRecord(value)) return undefined;
      const counts = new Map<string, number>();
      for (const [key, count] of Object.entries(value)) {
        if (typeof count !== 'number') return undefined;
        counts.set(key, count);
      }
      return counts;
    });
  }

  private field<T>(name: string, what: string, read: (value: unknown) => T | undefined): T | null {
    const value = this.json[name];
    if (value === undefined || value === null) return null;
    const result = read(value);
    if (result === undefined) throw new TraceError(this.file, null, `${name}: expected ${what}`);
    return result;
  }
}

function moduleParams(commandLine: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const word of commandLine.split(/\s+/)) {
    const match = /^([\w-]+\.[\w-]+)=(.*)$/.exec(word);
    if (match === null) continue;
    const [, name = '', value = ''] = match;
    params.set(name.replaceAll('-', '_'), value);
  }
  return params;
}

/** An unsigned 32-bit parameter in the notations of kstrtouint: decimal, 0x hexadecimal, 0 octal. */
function uintParam(file: string, params: ReadonlyMap<string, string>, name: string): number | null {
  const text = params.get(name);
  if (text === undefined) return null;
  const octal = /^0[0-7]+$/.test(text);
  const value = octal ? parseInt(text, 8) : Number(text);
  if (!/^(?:\d+|0x[0-9a-f]+)$/i.test(text) || (/^0\d/.test(text) && !octal) || value > 0xffff_ffff)
    throw new TraceError(
      file,
      null,
      `kernel_cmdline: ${name}: expected an unsigned number, got '${printable(text)}'`,
    );
  return value;
}

function poolClass(file: string, line: string): PoolClass {
  const match = POOL_CLASS_LINE.exec(line.trim());
  if (match === null)
    throw new TraceError(
      file,
      null,
      `pool_classes: expected '[time] obs_pool_class device size= slots= iova_base= unaligned=', got '${printable(line)}'`,
    );
  const [, bootTime = '', device = '', size, slots, iovaBase = '', unaligned = ''] = match;
  return {
    device,
    size: Number(size),
    slots: Number(slots),
    iovaBase: parseInt(iovaBase, 16),
    unaligned: parseInt(unaligned, 16),
    bootTime: bootTime.trim(),
  };
}

function iommuGroups(text: string): IommuGroup[] {
  const groups: IommuGroup[] = [];
  for (const match of text.matchAll(GROUP_LINES)) {
    const [, id, type = '', devices = ''] = match;
    groups.push({ id: Number(id), type, devices: devices.split(' ').filter((one) => one !== '') });
  }
  return groups;
}

function queueLimits(text: string): Map<string, number> {
  const limits = new Map<string, number>();
  for (const match of text.matchAll(LIMIT_LINES)) {
    const [, name = '', value] = match;
    limits.set(name, Number(value));
  }
  return limits;
}
