// SPDX-License-Identifier: GPL-2.0-only
// What is given to each package's calls is checked where it comes in: a wrong name, number or kind is one error.

import { expect } from 'chai';
import * as shim from '@iommu-bounce/linux-shim';
import * as kconfig from '@iommu-bounce/kconfig-options';
import * as core from '@iommu-bounce/iommu-core';
import * as dma from '@iommu-bounce/dma-iommu';
import * as pool from '@iommu-bounce/io-buffer-pool';
import * as integration from '@iommu-bounce/integration';
import * as trace from '@iommu-bounce/dma-trace';
import * as simulation from '@iommu-bounce/simulation';
import * as safety from '@iommu-bounce/safety';
import * as reader from '@iommu-bounce/reader';

/** Whatever a caller without types may give. */
type Any = never;
const any = (value: unknown): Any => value as Any;

const EXPERIMENT = {
  groups: [[simulation.jobFromFlags({ bs: '4k', 'number-ios': '10' }).job]],
  policies: simulation.policiesNamed('strict'),
  preset: 'laptop-virtio',
  cost: simulation.preset('laptop-virtio'),
  ...simulation.USUAL_MACHINE,
  moveData: false,
};
const { cpus, layout, policies, preset, cost, seed, moveData } = EXPERIMENT;
const MACHINE = { preset, cost, cpus, layout, seed, moveData };
const NET = { preset, cost, seed, moveData, policies, shape: 'rx', packets: 10, nic: {} };
const COMPARED = { ...EXPERIMENT };

/** A machine's memory where none is used. */
const TINY = { memory: { nodes: [{ lowmem_pages: 16 }] } };

const wired = (): core.wired_iommu => core.wire_iommu({ machine: TINY });
const armed = (k: shim.machine): shim.timer_list => {
  const timer = new shim.timer_list();
  k.timers.timer_setup(timer, () => undefined);
  return timer;
};
const tree = kconfig.parseKconfig('Kconfig', () => kconfig.seriesKconfig);
const parse = (options: unknown) => kconfig.parseKconfig('Kconfig', () => '', any(options));
const run = (changes: object) => simulation.runExperiment(any({ ...EXPERIMENT, ...changes }));

const wrong: readonly (readonly [string, () => unknown])[] = [
  // linux-shim
  ["machine: no option 'cpus'; it has memory, nr_cpus,", () => new shim.machine(any({ cpus: 2 }))],
  ['machine: options is null: expected an object', () => new shim.machine(any(null))],
  ['machine: nr_cpus is 8193: expected a whole', () => new shim.machine({ nr_cpus: 8193 })],
  ['machine: HZ is 0: expected a whole number from 1', () => new shim.machine({ HZ: 0 })],
  [
    "machine: timers is 'fast': expected 'wheel' or",
    () => new shim.machine(any({ timers: 'fast' })),
  ],
  ['machine: jiffies is -1: expected', () => new shim.machine({ jiffies: -1 })],
  ['machine: poison is 256: expected', () => new shim.machine({ poison: 256 })],
  [
    'machine: swiotlb_slabs is 100: expected a multiple',
    () => new shim.machine({ swiotlb_slabs: 100 }),
  ],
  ['machine: memory.nodes is undefined: expected', () => new shim.machine(any({ memory: {} }))],
  [
    'machine: memory.nodes is an array of 0: expected',
    () => new shim.machine({ memory: { nodes: [] } }),
  ],
  [
    'machine: memory.nodes[0].lowmem_pages is 0.5: expected a whole number',
    () => new shim.machine({ memory: { nodes: [{ lowmem_pages: 0.5 }] } }),
  ],
  ["machine: no option 'parts.lock'; it has", () => new shim.machine(any({ parts: { lock: 1 } }))],
  [
    'advance: ms is Infinity: expected',
    () => {
      new shim.machine(TINY).timers.advance(Infinity);
    },
  ],
  [
    'run_on_cpu: cpu is 1: expected',
    () => {
      new shim.machine(TINY).context.run_on_cpu(1);
    },
  ],
  [
    'fail: count is NaN: expected',
    () => {
      new shim.machine(TINY).faults.fail('kmalloc', NaN);
    },
  ],
  ['to_dma_addr: address is -1: expected', () => shim.to_dma_addr(-1)],
  ['to_phys_addr: address is 0.5: expected', () => shim.to_phys_addr(0.5)],
  ...(['wheel', 'exact'] as const).map((timers): readonly [string, () => unknown] => [
    'mod_timer: expires is NaN: expected a number of jiffies',
    () => {
      const k = new shim.machine({ ...TINY, timers });
      return k.timers.mod_timer(armed(k), NaN);
    },
  ]),
  // kconfig-options
  ["parseKconfig: no option 'macro'; it has env, shell, macros, glob", () => parse({ macro: 1 })],
  ['parseKconfig: macros is an object: expected a Map', () => parse({ macros: {} })],
  [
    'parseKconfig: readFile is undefined: expected a function',
    () => kconfig.parseKconfig('Kconfig', any(undefined)),
  ],
  [
    "evaluate: no option 'name'; it has file, prefix",
    () => kconfig.evaluate(tree, '', any({ name: '' })),
  ],
  [
    'evaluate: dotConfig is a Buffer: expected a text',
    () => kconfig.evaluate(tree, any(Buffer.alloc(1))),
  ],
  ['evaluate: kconfig is ', () => kconfig.evaluate(any('Kconfig'))],
  [
    'toDotConfig: heading is 1: expected true or false',
    () => kconfig.evaluate(tree).toDotConfig(any({ heading: 1 })),
  ],
  ['parseCmdline: text is undefined: expected a text', () => kconfig.parseCmdline(any(undefined))],
  ['checkDotConfig: text is 7: expected a text', () => kconfig.checkDotConfig(any(7))],
  [
    'linkedObjects: makefile is null: expected a text',
    () => kconfig.linkedObjects(any(null), any({})),
  ],
  // iommu-core
  [
    "wire_iommu: no option 'strickt'; it has machine, strict,",
    () => core.wire_iommu(any({ strickt: true })),
  ],
  [
    "wire_iommu: machine is 'x': expected a machine or",
    () => core.wire_iommu(any({ machine: 'x' })),
  ],
  [
    "iommu_c: no option 'lazy'; it has strict,",
    () => new core.iommu_c(new shim.machine(TINY), any({ lazy: true })),
  ],
  [
    "table_driver: no option 'pgsize'; it has",
    () =>
      new core.table_driver(
        wired().k,
        wired().iommu,
        new core.dma_iommu_h_stubs(),
        any({ pgsize: 1 }),
      ),
  ],
  [
    'table_driver: aperture is an array of 1: expected an array of 2',
    () =>
      new core.table_driver(
        wired().k,
        wired().iommu,
        new core.dma_iommu_h_stubs(),
        any({ aperture: [0] }),
      ),
  ],
  [
    "new_virtio_iommu: no option 'queue'; it has",
    () =>
      core.new_virtio_iommu(
        wired().k,
        wired().iommu,
        new core.dma_iommu_h_stubs(),
        any({ queue: 4 }),
      ),
  ],
  [
    'new_virtio_iommu: queues.size is 3: expected a power of two',
    () =>
      core.new_virtio_iommu(wired().k, wired().iommu, new core.dma_iommu_h_stubs(), {
        queues: { size: 3 },
      }),
  ],
  // dma-iommu, io-buffer-pool
  [
    'wire_dma_iommu: patches is 7: expected 0, 1, 2, 3 or 4',
    () => dma.wire_dma_iommu(any({ patches: 7 })),
  ],
  [
    "dma_iommu_c: config: no option 'IO_BUFFER'",
    () => dma.wire_dma_iommu(any({ machine: TINY, config: { IO_BUFFER: true } })),
  ],
  [
    'dma_iommu_c: params: kdump is 1: expected',
    () => dma.wire_dma_iommu(any({ machine: TINY, params: { kdump: 1 } })),
  ],
  [
    "wire_io_buffer_pool: no option 'slots'; it has",
    () => pool.wire_io_buffer_pool(any({ slots: 8 })),
  ],
  [
    'wire_io_buffer_pool: class_sizes is 256: expected',
    () => pool.wire_io_buffer_pool({ machine: TINY, class_sizes: 256 }),
  ],
  [
    'io_buffer_pool: num_slots is -1: expected',
    () => new pool.io_buffer_pool_c(wired().k, wired().iommu, any({}), { num_slots: -1 }),
  ],
  // integration
  ['boot: patches is 7: expected 0, 1, 2, 3 or 4', () => integration.boot(any({ patches: 7 }))],
  ["boot: no option 'cpus'; it has patches, config,", () => integration.boot(any({ cpus: 2 }))],
  ['boot: config is 7: expected a .config text', () => integration.boot(any({ config: 7 }))],
  ["machine: no option 'cpus'; it has", () => integration.boot(any({ machine: { cpus: 2 } }))],
  ["bootOn: driver is 'foo': expected 'virtio' or 'table'", () => integration.bootOn(any('foo'))],
  [
    "bootOn('table'): no option 'driver'; it has",
    () => integration.bootOn('table', any({ driver: () => null })),
  ],
  [
    "bootOn('virtio'): iommu: no option 'hook'; it has",
    () => integration.bootOn('virtio', { machine: TINY }, any({ hook: {} })),
  ],
  [
    "runSeries: driver is 'smmu': expected 'virtio' or 'table'",
    () => integration.runSeries(any({ driver: 'smmu' })),
  ],
  [
    "TranscriptRun: no option 'pool'; it has",
    () => new integration.TranscriptRun(any({}), any({ pool: false })),
  ],
  // dma-trace
  ['TraceReader: file is undefined: expected the path', () => trace.readTrace(any(undefined))],
  ['FrameArena: frames is -1: expected', () => new trace.FrameArena(1, -1)],
  ['Assembler: plan is undefined: expected', () => new trace.Assembler(any(undefined))],
  ["Assembler: no option 'device'; it has", () => new trace.Assembler(null, any({ device: '' }))],
  // simulation
  ["runExperiment: no option 'policy'; it has", () => run({ policy: 'strict' })],
  [
    "protectionOf: no option 'policy'; it has",
    () => safety.protectionOf(any({ policy: 'strict' })),
  ],
  [
    'protectionOf: operations is 0: expected a number of steps',
    () => safety.protectionOf({ operations: 0 }),
  ],
  ["protectionOf: presets[0] is 'laptop'", () => safety.protectionOf({ presets: [any('laptop')] })],
  ['runExperiment: cpus is 65: expected a whole number from 1 to 64', () => run({ cpus: 65 })],
  ["runExperiment: layout is 'new': expected", () => run({ layout: 'new' })],
  ["runExperiment: preset is 'laptop': expected", () => run({ preset: 'laptop' })],
  ['runExperiment: seed is -1: expected', () => run({ seed: -1 })],
  ['runExperiment: policies is an array of 0: expected', () => run({ policies: [] })],
  ['runExperiment: groups[0] is an array of 0: expected', () => run({ groups: [[]] })],
  [
    'runExperiment: cost.pinNs is NaN: expected a number',
    () => run({ cost: { ...EXPERIMENT.cost, pinNs: NaN } }),
  ],
  [
    "runExperiment: no option 'cost.pin'; it has",
    () => run({ cost: { ...EXPERIMENT.cost, pin: 1 } }),
  ],
  ['coverLetterExperiment: numberIos is 0: expected', () => simulation.coverLetterExperiment(0)],
  [
    "runPolicy: no option 'cpu'; it has",
    () => simulation.runPolicy(any({}), any({}), [], any({ cpu: 4 })),
  ],
  [
    'devicesExperiment: moveData is undefined: expected',
    () => simulation.devicesExperiment(any({ ...MACHINE, moveData: undefined })),
  ],
  [
    'devicesExperiment: counts[0] is 0: expected',
    () => simulation.devicesExperiment(any(MACHINE), undefined, [0]),
  ],
  [
    "nosyncExperiment: no option 'rounds'; it has",
    () => simulation.nosyncExperiment(any({ ...MACHINE, rounds: 3 })),
  ],
  [
    "netExperiment: shape is 'both': expected 'rx' or 'tx'",
    () => simulation.netExperiment(any({ ...NET, shape: 'both' })),
  ],
  ["comparePolicies: no option 'groups'; it has", () => simulation.comparePolicies(any(COMPARED))],
  ['calibrate: sets is 0: expected', () => simulation.calibrate({ sets: 0 })],
  // reader
  ["playPage: no option 'title'; it has", () => reader.playPage(any({ source: {}, title: '' }))],
];

describe('a call', () => {
  for (const [message, call] of wrong)
    it(`says: ${message}`, () => {
      expect(call)
        .to.throw(shim.OptionError)
        .with.property('message')
        .that.satisfies((text: string) => text.startsWith(message) && !text.includes('\n'));
    });

  it('of openReading rejects', async () => {
    const message = await reader.openReading(any({ series: 'series.mbox' })).then(
      () => '',
      (e: unknown) => (e as Error).message,
    );
    expect(message).to.match(/^openReading: series is 'series\.mbox': expected an array/);
  });

  for (const iommu of ['virtio', 'table'] as const)
    for (const config of ['', integration.IO_BUFFER_Y])
      it(`of dma_map_page_attrs names a Buffer that should be a page (${iommu}, ${config.trim() || 'no pool'})`, () => {
        const on = integration.bootOn(iommu, { config, machine: TINY });
        const nvme = integration.pciDevice('0000:00:01.0');
        on.plug(nvme);
        for (const dir of [shim.DMA_TO_DEVICE, shim.DMA_FROM_DEVICE] as const)
          expect(() =>
            on.m.k.dma.dma_map_page_attrs(nvme, any(Buffer.alloc(4096)), 0, 4096, dir, 0),
          ).to.throw(
            shim.OptionError,
            /^(iommu|dma)_map(_page_attrs)?: page (is|has) .*: expected a page/,
          );
      });

  it('of a device without an IOMMU, but with a SWIOTLB area, does too', () => {
    const dev = new shim.device('nic');
    const k = new shim.machine({ ...TINY, swiotlb_slabs: 128 });
    expect(() =>
      k.dma.dma_map_page_attrs(dev, any(Buffer.alloc(8)), 0, 8, shim.DMA_TO_DEVICE, 0),
    ).to.throw(shim.OptionError, 'page has no page frame number: expected a page');
  });

  it('of a device without an IOMMU does the same', () => {
    const dev = new shim.device('nic');
    expect(() =>
      new shim.machine(TINY).dma.dma_map_page_attrs(
        dev,
        any(Buffer.alloc(8)),
        0,
        8,
        shim.DMA_TO_DEVICE,
        0,
      ),
    ).to.throw(
      shim.OptionError,
      'dma_map_page_attrs: page has no page frame number: expected a page',
    );
  });
});
