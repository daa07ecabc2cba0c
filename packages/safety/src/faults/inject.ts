// SPDX-License-Identifier: GPL-2.0-only
// Failures, exhaustively: a scenario passes so many places that can fail; each passage fails alone, then every two.

import {
  a_function,
  check_options,
  flag,
  list_of,
  an_object,
  either,
  whole,
} from '@iommu-bounce/linux-shim/options';
import { oops } from '@iommu-bounce/linux-shim';
import {
  VIRTIO_IOMMU_S_DEVERR,
  VIRTIO_IOMMU_S_FAULT,
  VIRTIO_IOMMU_S_INVAL,
  VIRTIO_IOMMU_S_IOERR,
  VIRTIO_IOMMU_S_NOENT,
  VIRTIO_IOMMU_S_NOMEM,
  VIRTIO_IOMMU_S_RANGE,
  VIRTIO_IOMMU_S_UNSUPP,
} from '@iommu-bounce/iommu-core';
import { type FaultBench, Wrong } from './bench';
import type { Fault, HappenedFault } from './fault';
import { findingOf } from './known';
import { type FaultMachine, type FaultScenario, FAULT_SCENARIOS, benchFor } from './scenarios';

/** What a virtio-iommu can answer instead of OK. */
const STATUSES = {
  IOERR: VIRTIO_IOMMU_S_IOERR,
  UNSUPP: VIRTIO_IOMMU_S_UNSUPP,
  DEVERR: VIRTIO_IOMMU_S_DEVERR,
  INVAL: VIRTIO_IOMMU_S_INVAL,
  RANGE: VIRTIO_IOMMU_S_RANGE,
  NOENT: VIRTIO_IOMMU_S_NOENT,
  FAULT: VIRTIO_IOMMU_S_FAULT,
  NOMEM: VIRTIO_IOMMU_S_NOMEM,
} as const;
type Status = keyof typeof STATUSES;
/** Of two failures both are this one: the driver makes another errno of each status, and no other difference. */
const IN_PAIRS: Status = 'DEVERR';
/** The passage of a request: the device answers with a status. */
const REQUEST = 'request';
/** `vmm_nomem` is one of the statuses. */
const NOT_A_PLACE = 'vmm_nomem';

/** What passes on what a ported function asks for: the shim's file, or its class; of lists the function is wanted. */
const SHIM = /linux-shim|\b(?:fault_inject|slab|page_alloc|percpu|vmalloc|workqueue|mm)_c\./;

/** Functions that the C has in one line of another. */
const OURS = /^(?:request_alloc|mapping_zalloc|virtqueue_kick)$/;

export interface FaultFailure {
  readonly scenario: string;
  readonly machine: FaultMachine;
  /** What failed: one passage, or two. */
  readonly faults: readonly HappenedFault[];
  /** The step during which it went wrong. */
  readonly step: string;
  readonly what: string;
  /** Number of the finding that it is; null: none that is known. */
  readonly finding: number | null;
}

export interface FaultsDocument {
  /** Runs with one failure, or two. */
  readonly tried: { readonly single: number; readonly pairs: number; readonly limits: number };
  /** Passages by place, of all scenarios without a failure. */
  readonly places: Readonly<Record<string, number>>;
  /** Calls that were refused, as they should be. */
  readonly refused: number;
  readonly failures: readonly FaultFailure[];
}

export interface FaultOptions {
  /** Default: both IOMMUs before and after the series. */
  readonly machines?: readonly FaultMachine[];
  /** Default: all. */
  readonly scenarios?: readonly FaultScenario[];
  /** Every two failures, too, or the first so many of each scenario on each machine. Default false. */
  readonly pairs?: boolean | number;
  /** Told after each scenario on each machine how many runs are done. */
  readonly onProgress?: (runs: number) => void;
}

export const FAULT_MACHINES: readonly FaultMachine[] = [
  { driver: 'virtio', patches: 4 },
  { driver: 'virtio', patches: 0 },
  { driver: 'table', patches: 4 },
  { driver: 'table', patches: 0 },
];

interface Run {
  /** With the stack of each; its text is only made where something went wrong: that takes longer than most runs. */
  readonly happened: readonly { readonly fault: Fault; readonly at: Error }[];
  /** Places passed, in order. */
  readonly sites: readonly string[];
  readonly wrong: { readonly step: string; readonly what: string } | null;
  readonly refused: number;
}

/** @throws OptionError for an option that it does not have */
export function injectFaults(options: FaultOptions = {}): FaultsDocument {
  check_options('injectFaults', options, {
    machines: list_of(an_object, { least: 1 }),
    scenarios: list_of(an_object, { least: 1 }),
    pairs: either('true, false, or a whole number from 0 on', flag, whole()),
    onProgress: a_function,
  });
  const { machines = FAULT_MACHINES, scenarios = FAULT_SCENARIOS, pairs = false } = options;
  const tried = { single: 0, pairs: 0, limits: 0 };
  const places: Record<string, number> = {};
  const failures: FaultFailure[] = [];
  let refused = 0;

  /** @param usual what goes wrong when nothing fails, and is told once */
  const attempt = (
    scenario: FaultScenario,
    machine: FaultMachine,
    faults: readonly Fault[],
    usual: Run['wrong'] = null,
  ): Run => {
    const run = carryOut(scenario, machine, faults);
    const { wrong, happened } = run;
    refused += run.refused;
    if (wrong && !(wrong.what === usual?.what && wrong.step === usual.step)) {
      const inKernel = happened.map(({ fault, at }) => ({
        ...fault,
        in: kernelFunction(at.stack ?? ''),
      }));
      const finding = findingOf(wrong.what, inKernel);
      failures.push({ scenario: scenario.name, machine, faults: inKernel, ...wrong, finding });
    }
    return run;
  };

  for (const machine of machines)
    for (const scenario of scenarios) {
      const { sites, wrong: usual, refused: always } = attempt(scenario, machine, []);
      for (const site of sites) places[site] = (places[site] ?? 0) + 1;
      let left = pairs === true ? Infinity : Number(pairs);
      for (const fault of everyFault(sites, 0)) {
        const after = attempt(scenario, machine, [fault], usual).sites;
        tried.single++;
        if ((fault.status ?? IN_PAIRS) !== IN_PAIRS) continue;
        for (const second of everyFault(after, fault.passage + 1)) {
          if (left === 0) break;
          if ((second.status ?? IN_PAIRS) !== IN_PAIRS) continue;
          left--;
          attempt(scenario, machine, [fault, second], usual);
          tried.pairs++;
        }
      }
      // VFIO takes one mapping, two, … until the scenario needs no more.
      for (let limit = 1, fewer = machine.driver === 'virtio'; fewer; limit++) {
        const limited = { ...machine, dmaEntryLimit: limit };
        fewer = attempt(scenario, limited, [], usual).refused > always;
        tried.limits++;
      }
      options.onProgress?.(tried.single + tried.pairs + tried.limits);
    }
  return { tried, places, refused, failures };
}

/** Each failure that passages from the first one on can have. */
function* everyFault(sites: readonly string[], first: number): Iterable<Fault> {
  for (let passage = first; passage < sites.length; passage++) {
    const site = sites[passage] ?? '';
    if (site !== REQUEST) yield { passage, site };
    else for (const status of Object.keys(STATUSES)) yield { passage, site, status };
  }
}

function carryOut(scenario: FaultScenario, machine: FaultMachine, faults: readonly Fault[]): Run {
  const sites: string[] = [];
  const bench = benchFor(scenario, machine);
  const { virtio, m } = bench.on;
  const happened: { fault: Fault; at: Error }[] = [];
  const passing = (site: string): Fault | undefined => {
    const passage = sites.push(site) - 1;
    const fault = faults.find((one) => one.passage === passage);
    if (fault) happened.push({ fault, at: new Error() });
    return fault;
  };
  try {
    if (scenario.before(bench)) {
      m.k.faults.ask((site) => site !== NOT_A_PLACE && passing(site) !== undefined);
      if (virtio)
        virtio.vmm.refuse = () => {
          const status = passing(REQUEST)?.status;
          return status === undefined ? null : STATUSES[status as Status];
        };
      scenario.run(bench);
    }
    end(bench);
    return { sites, happened, wrong: null, refused: bench.refused };
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof oops)) throw error;
    const wrong = { step: bench.step, what: error.message };
    return { sites, happened, wrong, refused: bench.refused };
  }
}

/** Innermost frame of a function of the ported files: `at class_c.function (…`, or `function@…`. */
function kernelFunction(stack: string): string {
  for (const line of stack.split('\n')) {
    const [, name = ''] =
      /^\s*at (?:new )?(?:\w+\.)?(\w+) (?:\[|\()/.exec(line) ?? /^(\w+)@/.exec(line) ?? [];
    if (!name.includes('_') || OURS.test(name)) continue;
    if (name.startsWith('sg_') || !SHIM.test(line)) return name;
  }
  return '';
}

function end(bench: FaultBench): void {
  bench.on.m.k.faults.ask(null);
  if (bench.on.virtio) bench.on.virtio.vmm.refuse = null;
  bench.checkContext();
  bench.checkRest();
}
