// SPDX-License-Identifier: GPL-2.0-only
// Captures of any length in the layouts that tools print: one NVMe drive, two tasks on a CPU each, the same calls in each layout.

export const CAPTURE_LAYOUTS = [
  'ftrace',
  'trace-cmd -t',
  'trace-cmd -R',
  'perf',
  'bpftrace',
  'fprobe',
] as const;
export type CaptureLayout = (typeof CAPTURE_LAYOUTS)[number];

const DEVICE = '0000:00:05.0';
/** Mappings of each task at a time. */
const DEPTH = 32;
/** No buffer is larger: so far lie those of a task from each other. */
const ROOM = 0x8000;
const PAGE = 4096;
/** Text that is handed out at once. */
const CHUNK = 1 << 16;

/** A mapping, and when its next line was printed. */
interface Call {
  readonly task: number;
  readonly iova: number;
  readonly phys: number;
  readonly size: number;
  readonly read: boolean;
  readonly ns: number;
}

type Line = (call: Call) => string;

/** What a layout prints of a mapping that begins and ends. */
interface Lines {
  readonly head: string;
  readonly map: readonly Line[];
  readonly unmap: readonly Line[];
}

const hex = (n: number): string => n.toString(16);
const wide = (n: number): string => `0x${hex(n).padStart(16, '0')}`;
const seconds = (ns: number, digits: 6 | 9): string =>
  (ns / 1e9).toFixed(9).slice(0, digits - 9 || undefined);
const dirWord = ({ read }: Call): string => (read ? 'FROM_DEVICE' : 'TO_DEVICE');
const dirNumber = ({ read }: Call): string => (read ? '2' : '1');

/** What the printf of each event in the kernel prints. */
const PRINTED = {
  map: ({ iova, phys, size }: Call) =>
    `IOMMU: iova=${wide(iova)} - ${wide(iova + size)} paddr=${wide(phys)} size=${String(size)}`,
  unmap: ({ iova, size }: Call) =>
    `IOMMU: iova=${wide(iova)} - ${wide(iova + size)} size=${String(size)} unmapped_size=${String(size)}`,
  dma_map_page: (c: Call) =>
    `${DEVICE} dir=${dirWord(c)} dma_addr=${hex(c.iova)} size=${String(c.size)} phys_addr=${hex(c.phys)} attrs=`,
  dma_unmap_page: (c: Call) =>
    `${DEVICE} dir=${dirWord(c)} dma_addr=${hex(c.iova)} size=${String(c.size)} attrs=`,
} as const;
type EventName = keyof typeof PRINTED;

/** The fields without the kernel's printf, as `trace-cmd report -R` prints them. */
const RAW: Readonly<Record<EventName, Line>> = {
  map: ({ iova, phys, size }) => `iova=${wide(iova)} paddr=${wide(phys)} size=${String(size)}`,
  unmap: ({ iova, size }) =>
    `iova=${wide(iova)} size=${String(size)} unmapped_size=${String(size)}`,
  dma_map_page: (c) =>
    `device=${DEVICE} phys_addr=${hex(c.phys)} dma_addr=${hex(c.iova)} size=${String(c.size)} dir=${dirNumber(c)} attrs=0x0`,
  dma_unmap_page: (c) =>
    `device=${DEVICE} addr=${hex(c.iova)} size=${String(c.size)} dir=${dirNumber(c)} attrs=0x0`,
};

/** The fields as dma.bt prints them. */
const PROBED: Readonly<Record<EventName, Line>> = {
  map: ({ iova, phys, size }) =>
    `tracepoint:iommu:map iova=0x${hex(iova)} paddr=0x${hex(phys)} size=${String(size)}`,
  unmap: ({ iova, size }) =>
    `tracepoint:iommu:unmap iova=0x${hex(iova)} size=${String(size)} unmapped_size=${String(size)}`,
  dma_map_page: (c) =>
    `tracepoint:dma:dma_map_page dev=${DEVICE} dma_addr=0x${hex(c.iova)} phys_addr=0x${hex(c.phys)} size=${String(c.size)} dir=${dirNumber(c)} attrs=0x0`,
  dma_unmap_page: (c) =>
    `tracepoint:dma:dma_unmap_page dev=${DEVICE} addr=0x${hex(c.iova)} size=${String(c.size)} dir=${dirNumber(c)} attrs=0x0`,
};

const task = (c: Call): string => `fio-${String(290 + c.task)}`.padStart(20);
const cpu = (c: Call): string => `[${String(c.task).padStart(3, '0')}]`;
const flagsOf = (name: EventName): string => (name.endsWith('unmap') ? 'd.h..' : '.....');
const isUnmap = (name: EventName): boolean => name === 'unmap' || name === 'dma_unmap_page';

const ftraceLine =
  (name: EventName): Line =>
  (c) =>
    `${task(c)} ${cpu(c)} ${flagsOf(name)} ${seconds(c.ns, 6).padStart(12)}: ${name}: ${PRINTED[name](c)}`;

/** fprobe events on the dma_iova calls of 6.17, between ftrace's own lines. */
const fprobeLine =
  (name: string, fields: Line, flags = '.....'): Line =>
  (c) =>
    `${task(c)} ${cpu(c)} ${flags} ${seconds(c.ns, 6).padStart(12)}: ${name}: (${name}+0x4/0x2c0) name="${DEVICE}" ${fields(c)}`;
const state = ({ iova }: Call): string => `state=0xff48733b${hex(iova).padStart(8, '0')}`;

function linesOf(layout: CaptureLayout): Lines {
  const both = (line: (name: EventName) => Line, head: string): Lines => ({
    head,
    map: [line('map'), line('dma_map_page')],
    unmap: [line('unmap'), line('dma_unmap_page')],
  });
  switch (layout) {
    case 'ftrace':
      return both(ftraceLine, '# tracer: nop\n#\n');
    case 'trace-cmd -t':
      return both(
        (name) => (c) =>
          `${task(c)}   ${cpu(c)} ${flagsOf(name)} ${seconds(c.ns, 9).padStart(15)}: ${`${name}:`.padEnd(21)} ${PRINTED[name](c)}`,
        'cpus=2\n',
      );
    case 'trace-cmd -R':
      return both(
        (name) => (c) =>
          `${task(c)}   ${cpu(c)}-0x${isUnmap(name) ? '9' : '0'} ${seconds(c.ns, 6).padStart(12)}: ${`${name}:`.padEnd(22)} ${RAW[name](c)}`,
        'cpus=2\n',
      );
    case 'perf':
      return both(
        (name) => (c) =>
          `${'fio'.padStart(16)} ${String(290 + c.task).padStart(7)} ${cpu(c)} ${seconds(c.ns, 6).padStart(12)}: ${`${name.startsWith('dma') ? 'dma' : 'iommu'}:${name}:`.padStart(30)} ${PRINTED[name](c)}`,
        '',
      );
    case 'bpftrace':
      return both(
        (name) => (c) =>
          `${String(c.ns)} ${String(c.task)} fio ${String(290 + c.task)} ${PROBED[name](c)}`,
        'Attaching 12 probes...\n',
      );
    case 'fprobe':
      return {
        head: '# tracer: nop\n#\n',
        map: [
          fprobeLine(
            'dma_iova_try_alloc',
            (c) => `${state(c)} phys=0x${hex(c.phys)} size=${String(c.size)}`,
          ),
          fprobeLine(
            'dma_iova_link',
            (c) =>
              `addr=0x${hex(c.iova)} dev=0xff48733bc1c170c8 ${state(c)} phys=${String(c.phys)} offset=0 size=${String(c.size)} dir=${dirNumber(c)} attrs=0`,
          ),
          ftraceLine('map'),
        ],
        unmap: [
          fprobeLine(
            'dma_iova_destroy',
            (c) =>
              `addr=0x${hex(c.iova)} dev=0xff48733bc1c170c8 ${state(c)} mapped_len=${String(c.size)} dir=${dirNumber(c)} attrs=0`,
            'd.h..',
          ),
          ftraceLine('unmap'),
        ],
      };
  }
}

/** Park and Miller's generator: the same seed gives the same capture. */
function* randoms(seed: number): Generator<number, never, undefined> {
  for (let x = seed; ;) yield (x = (x * 48271) % 0x7fffffff);
}

/**
 * The text of a capture, by the chunk.
 * @param events lines with an event, at least so many
 */
export function* captureText(
  layout: CaptureLayout,
  events: number,
  seed = 1,
): Generator<string, void, undefined> {
  const { head, map, unmap } = linesOf(layout);
  const random = randoms(seed);
  const live: (Call | undefined)[] = [];
  let text = head;
  let ns = 34_000_000_000;
  let done = 0;
  const print = (lines: readonly Line[], call: Call): void => {
    for (const line of lines) text += `${line({ ...call, ns: (ns += 1000) })}\n`;
    done += lines.length;
  };
  for (let i = 0; done < events; i++) {
    const slot = i % (2 * DEPTH);
    const old = live[slot];
    if (old) print(unmap, old);
    const size = PAGE << (random.next().value % 4);
    const call: Call = {
      task: slot % 2,
      iova: 0xff000000 + slot * ROOM,
      phys: 0x10000000 + (random.next().value % 4096) * ROOM,
      size,
      read: random.next().value % 2 === 0,
      ns,
    };
    live[slot] = call;
    print(map, call);
    ns += 5000;
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  // Nothing is left mapped.
  for (const call of live) if (call) print(unmap, call);
  yield text;
}
