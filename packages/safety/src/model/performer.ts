// SPDX-License-Identifier: GPL-2.0-only
// Carries out operations of a run: each becomes a line of its transcript, and what must hold after it is looked at.

import { type JsonObject, LiveTranscript, type overlays } from '@iommu-bounce/integration';
import { DriverCalls } from './driver-calls';
import { Invariants } from './invariants';
import { type ModelMachine, headerJson } from './machine-kind';
import type { Topology } from './topology';
import { Violation, lived } from './violation';

/** 4 KiB pages: what no run uses up, since in the model no allocation fails. */
const KERNEL_PAGES = 512;

export class Performer {
  readonly live: LiveTranscript;
  readonly invariants: Invariants;
  private readonly driverCalls: DriverCalls;
  private cpu = 0;

  /** @param buffers pages of CPU buffers, the one behind each among them */
  constructor(
    private readonly machine: ModelMachine,
    private readonly topology: Topology,
    buffers: number,
    overlays: overlays,
  ) {
    const pages = { buffers, kernel: KERNEL_PAGES };
    const header = headerJson(machine, topology.bits(0));
    this.live = new LiveTranscript(header, pages, { overlays });
    this.invariants = new Invariants(this.live.run, machine, topology);
    this.driverCalls = new DriverCalls(topology, this.live.run);
  }

  /** From now on this CPU runs. */
  runOn(cpu: number): void {
    this.cpu = cpu % this.machine.cpus;
  }

  /** @returns what was observed */
  perform(op: JsonObject): Readonly<JsonObject> {
    const outcome = this.live.perform(this.machine.cpus > 1 ? { ...op, cpu: this.cpu } : op);
    if ('died' in outcome) throw new Violation(outcome.died.message, lived(outcome.op.name));
    if ('warn' in outcome.observed)
      throw new Violation(
        `the kernel warns: ${this.live.run.machine.k.log.lines.at(-1)?.text ?? ''}`,
        { warn: 0 },
      );
    const broken = this.invariants.broken();
    if (broken !== null) throw this.countedWrong(broken.what, { classes: [] }, broken.group, true);
    const wrong = this.driverCalls.check(op, outcome.observed);
    if (wrong !== null) throw wrong;
    const { is, expected } = this.invariants.pins();
    if (is !== expected)
      throw this.countedWrong(
        `VFIO holds ${String(is)} pages, expected ${String(expected)}: what the domains have mapped, for each of their devices`,
        { pinned_pages: expected },
      );
    return outcome.observed;
  }

  /**
   * Behind an operation that shows the counts: verify then ends there.
   * @param group whose counts these are; default: any
   * @param isExample `expected` is one of several that are right
   */
  countedWrong(
    what: string,
    expected: Readonly<JsonObject>,
    group: number = this.topology.groups()[0] ?? 0,
    isExample = false,
  ): Violation {
    this.live.perform({ op: 'pool_stats', group });
    return new Violation(what, expected, isExample);
  }
}
