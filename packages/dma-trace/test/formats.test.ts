// SPDX-License-Identifier: GPL-2.0-only
// Real captures by ftrace, trace-cmd, perf and bpftrace in every layout: the files of one recording give the same events.
// A few lines of each are in test-fixtures/formats; the whole captures are read where they lie beside the repository.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { contextLevel, findRecordings, readCpuFiles, readTrace, type TraceEvent } from '../src';

const LONG = process.env['TEST_LONG'] === '1';
const ROOT = join(__dirname, '../../..');
const FEW_LINES = join(ROOT, 'test-fixtures/formats');
const WHOLE = process.env['TRACE_FORMATS'] ?? join(ROOT, '../shared/traces/formats');
const file = (folder: string, name: string): string =>
  join(folder, folder === WHOLE ? `${name}.txt.gz` : `${name}.txt`);

async function events(path: string): Promise<TraceEvent[]> {
  const reader = readTrace(path);
  const all: TraceEvent[] = [];
  for await (const batch of reader.batches()) all.push(...batch);
  expect(reader.counters, path).to.include({ unparsed: 0, backwards: 0, late: 0 });
  return all;
}

/** perf cuts off what it does not print of a time, the others round. */
type Times = 'rounded' | 'cut' | 'other';

/** What every tool and option records, as text. */
function shape(event: TraceEvent, times: Times): string | null {
  if (event.kind === 'lost' || event.kind === 'kernelLog') return null;
  const us = times === 'cut' ? event.timeNs / 1000 : (event.timeNs + 500) / 1000;
  const same = {
    ...event,
    line: 0,
    // -l prints eight characters; bpftrace and perf have no flags, -R lacks the depth of preemption.
    comm: times === 'other' ? '' : event.comm.slice(0, 8),
    flags: '',
    pid: times === 'other' ? 0 : event.pid,
    timeNs: times === 'other' ? 0 : Math.floor(us),
    // A number with -R; hashed by ftrace alone.
    gfp: '',
    virtAddr: '',
  };
  return JSON.stringify(Object.entries(same).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const shapes = (all: readonly TraceEvent[], times: Times): string[] =>
  all.flatMap((event) => shape(event, times) ?? []);

/** deep.equal of 20,000 lines takes minutes to say what differs. */
function expectSame(actual: readonly string[], wanted: readonly string[], what: string): void {
  const at = wanted.findIndex((one, i) => one !== actual[i]);
  expect(actual[at], `${what}: event ${String(at)}`).to.equal(wanted[at]);
  expect(actual, what).to.have.lengthOf(wanted.length);
}

interface Recording {
  readonly name: string;
  readonly times: Times;
  readonly files: readonly string[];
}
const RECORDINGS: readonly Recording[] = [
  {
    name: 'Linux 6.12, ftrace and trace-cmd 3.1.6',
    times: 'rounded',
    files: [
      'ftrace',
      'report',
      'report-R',
      'report-l',
      'report-t',
      'report-t-l-R',
      'report-ts-diff',
    ].map((one) => `tracecmd316-k6.12.A.${one}`),
  },
  {
    name: 'Linux 6.17, ftrace and trace-cmd 3.3.1',
    times: 'rounded',
    files: [
      'ftrace',
      'tracecmd331-report',
      'tracecmd331-report-R',
      'tracecmd331-report-l',
      'tracecmd331-report-t',
    ].map((one) => `k6.17.A.${one}`),
  },
  {
    name: 'Linux 6.12 with swiotlb=force',
    times: 'rounded',
    files: ['ftrace', 'tracecmd316-report', 'tracecmd316-report-R'].map(
      (one) => `k6.12.swiotlb.${one}`,
    ),
  },
  {
    name: 'Linux 6.12, perf script',
    times: 'cut',
    files: ['script', 'script-header-ip-sym', 'script-ns', 'script-task-events'].map(
      (one) => `perf612-k6.12.${one}`,
    ),
  },
];
const WHOLE_ONLY: readonly Recording[] = [
  {
    name: 'Linux 6.12, another, trace-cmd 3.1.6',
    times: 'rounded',
    files: ['tracecmd316-k6.12.B.record-report', 'tracecmd316-k6.12.B.record-report-t'],
  },
  {
    name: 'Linux 6.17, perf 7.34 with fields chosen',
    times: 'cut',
    files: ['k6.17.P.perf734-script', 'k6.17.P.perf734-script-F'],
  },
  {
    name: 'Linux 6.12 with too small a buffer, trace and trace_pipe',
    times: 'rounded',
    files: ['k6.12.lost.ftrace', 'k6.12.lost.trace_pipe-after'],
  },
];

function areTheSame(
  folder: string,
  { name, times, files: [first = '', ...others] }: Recording,
): void {
  it(`give the same events: ${name}`, async () => {
    const wanted = shapes(await events(file(folder, first)), times);
    for (const other of others)
      expectSame(shapes(await events(file(folder, other)), times), wanted, other);
  });
}

describe('a few lines of each format', () => {
  for (const recording of RECORDINGS) areTheSame(FEW_LINES, recording);

  it('are told apart by what they hold', async () => {
    const formats = {
      'k6.12.lost.trace_pipe': 'ftrace',
      'k6.17.K.ftrace-with-dma_iova-fprobes': 'ftrace',
      'k6.17.A.tracecmd331-report-R': 'trace-cmd',
      'tracecmd316-k6.12.A.report': 'trace-cmd',
      'perf612-k6.12.script': 'perf',
      'k6.17.T.bpftrace': 'bpftrace',
    };
    for (const [name, format] of Object.entries(formats)) {
      const reader = readTrace(file(FEW_LINES, name));
      for await (const batch of reader.batches()) expect(batch).to.be.an('array');
      expect(reader.format, name).to.equal(format);
    }
  });

  it('have the marks of -R as those that ftrace prints', async () => {
    const printed = await events(file(FEW_LINES, 'k6.17.A.ftrace'));
    const raw = await events(file(FEW_LINES, 'k6.17.A.tracecmd331-report-R'));
    const levels = (all: TraceEvent[]): string[] =>
      all.map((event) => ('flags' in event ? contextLevel(event.flags) : ''));
    expect(levels(raw)).to.deep.equal(levels(printed));
    expect(new Set(levels(raw)).size).to.be.above(1);
  });

  const losses: [string, object, object[]][] = [
    ['k6.12.lost.ftrace', { dropped: 5230, lost: 0 }, [{ cpu: 1, count: null, overwritten: true }]],
    [
      'k6.12.lost.trace_pipe',
      { dropped: 0, lost: 244 },
      [
        { cpu: 1, count: 160, overwritten: false },
        { cpu: 1, count: 84, overwritten: false },
      ],
    ],
    [
      'k6.12.lost.tracecmd3.1.6-report',
      { dropped: 0, lost: 86 },
      [{ cpu: 1, count: 86, overwritten: false }],
    ],
    [
      'k6.12.lost.perf6.12.95-script-show-lost',
      { dropped: 0 },
      [
        { cpu: 0, count: 14, overwritten: false },
        { cpu: 1, count: 42, overwritten: false },
      ],
    ],
  ];
  for (const [name, counters, marks] of losses)
    it(`say what was lost: ${name}`, async () => {
      const reader = readTrace(file(FEW_LINES, name));
      const found: object[] = [];
      for await (const event of reader) {
        if (event.kind !== 'lost') continue;
        const { cpu, count, overwritten } = event;
        found.push({ cpu, count, overwritten });
      }
      expect(reader.counters).to.include(counters);
      expect(found).to.deep.equal(marks);
    });

  it('count the lists of which a bpftrace script prints no entry', async () => {
    const reader = readTrace(file(FEW_LINES, 'k6.12.T.bpftrace'));
    const names: string[] = [];
    for await (const event of reader) if (event.kind === 'other') names.push(event.name);
    expect(names).to.deep.equal(['dma_map_sg', 'dma_unmap_sg', 'dma_map_sg', 'dma_unmap_sg']);
    expect(reader.counters).to.include({ bareLists: 4, unparsed: 0 });
  });
});

describe(`the whole captures in TRACE_FORMATS${existsSync(WHOLE) ? '' : ` (skipped: there is no folder ${WHOLE})`} @long`, function () {
  this.timeout(60_000);
  before(function () {
    // A few lines of each file are read above.
    if (!LONG || !existsSync(WHOLE)) this.skip();
  });

  for (const recording of [...RECORDINGS, ...WHOLE_ONLY]) areTheSame(WHOLE, recording);

  it('give the same events but for the thread, which perf -F pid leaves out', async () => {
    const withoutThread = (all: TraceEvent[]): string[] =>
      all.flatMap((event) => ('pid' in event ? (shape({ ...event, pid: 0 }, 'cut') ?? []) : []));
    const [one, other] = ['script', 'script-F'].map((name) => file(WHOLE, `perf612-k6.12.${name}`));
    if (one === undefined || other === undefined) throw new Error('two files');
    expectSame(
      withoutThread(await events(other)),
      withoutThread(await events(one)),
      'fields chosen',
    );
  });

  it('give the same events, put together of the files of each CPU', async () => {
    const paths = ['percpu1', 'percpu0'].map((cpu) =>
      file(WHOLE, `tracecmd316-k6.12.A.ftrace-${cpu}`),
    );
    const whole = file(WHOLE, 'tracecmd316-k6.12.A.ftrace');
    const recordings = await findRecordings([whole, ...paths]);
    expect(recordings.map(({ files }) => files)).to.deep.equal([[whole], paths]);
    const merged: TraceEvent[] = [];
    for await (const batch of readCpuFiles(paths.map((path) => readTrace(path))))
      merged.push(...batch.events);
    // Which of two CPUs was first within a microsecond, the files of each do not say.
    const wanted = shapes(await events(whole), 'rounded');
    expectSame(shapes(merged, 'rounded').sort(), wanted.sort(), 'per CPU');
    const times = merged.map((event) => ('timeNs' in event ? (event.timeNs ?? 0) : 0));
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
  });

  for (const [perf, ftrace] of [
    ['k6.17.P.perf734-script', 'k6.17.P.ftrace'],
    ['perf612-k6.12.script', 'perf612-k6.12.ftrace'],
  ] as const)
    it(`give the same events in some order: ${perf} recorded beside ftrace`, async () => {
      const [one, other] = [await events(file(WHOLE, perf)), await events(file(WHOLE, ftrace))];
      expectSame(shapes(one, 'other').sort(), shapes(other, 'other').sort(), perf);
    });

  it('give the same maps in some order: bpftrace recorded beside ftrace', async () => {
    const maps = async (name: string): Promise<string[]> =>
      shapes(
        (await events(file(WHOLE, name))).filter(
          ({ kind }) => kind === 'iommuMap' || kind === 'mapPage',
        ),
        'other',
      ).sort();
    for (const kernel of ['k6.12', 'k6.17'])
      expectSame(await maps(`${kernel}.T.bpftrace`), await maps(`${kernel}.T.ftrace`), kernel);
  });

  it('are in the order of time although bpftrace empties one CPU after the other', async () => {
    const times = (await events(file(WHOLE, 'k6.12.T.bpftrace'))).map((event) =>
      'timeNs' in event ? (event.timeNs ?? 0) : 0,
    );
    expect(times).to.deep.equal(times.toSorted((a, b) => a - b));
  });
});
