// SPDX-License-Identifier: GPL-2.0-only
// A transcript carried out on the port, one operation at a time, so that one can look at the machine in between.

import {
  an_object,
  check_options,
  fields,
  flag,
  needed,
  whole,
} from '@iommu-bounce/linux-shim/options';
import { type device, oops } from '@iommu-bounce/linux-shim';
import type { iommu_domain } from '@iommu-bounce/iommu-core';
import type { running_machine } from '../boot';
import { type CpuBuffer, Environment, type EnvironmentOptions, type Mapping } from './environment';
import { TranscriptError } from './error';
import type { Json } from './fields';
import type { TranscriptIommu } from './iommu';
import { type Handler, OpContext } from './ops';
import { coherentHandlers } from './ops-coherent';
import { cpuHandlers } from './ops-cpu';
import { deviceHandlers } from './ops-device';
import { groupHandlers } from './ops-groups';
import { inspectHandlers } from './ops-inspect';
import { streamingHandlers } from './ops-streaming';
import type { Transcript, TranscriptOp } from './parse';

const handlers: Readonly<Record<string, Handler>> = {
  ...cpuHandlers,
  ...streamingHandlers,
  ...coherentHandlers,
  ...deviceHandlers,
  ...inspectHandlers,
  ...groupHandlers,
};

/** What an operation did: what was observed, or how the port died. */
export type OpOutcome =
  | { readonly op: TranscriptOp; readonly observed: Readonly<Record<string, Json>> }
  | { readonly op: TranscriptOp; readonly died: oops };

export class TranscriptRun {
  private readonly env: Environment;
  private done = 0;
  private dead = false;

  /** Boots the machine that the header describes; no operation is carried out yet. */
  constructor(
    readonly transcript: Transcript,
    options: EnvironmentOptions = {},
  ) {
    check_options('TranscriptRun', options, {
      withoutPool: flag,
      parts: an_object, // the machine looks into it
      driverCalls: an_object,
      overlays: an_object, // boot looks into it
      pages: fields({ buffers: needed(whole()), kernel: needed(whole(1)) }),
    });
    this.env = new Environment(transcript, options);
  }

  get machine(): running_machine {
    return this.env.m;
  }

  /** The domain of device 0; in version 1 all devices are in it. */
  get domain(): iommu_domain {
    return this.env.domain;
  }

  /** The domain of a group, which is there from its first device on. */
  domainOfGroup(group: number): iommu_domain | undefined {
    return this.env.groups.domainOf(group);
  }

  /** The domain that a declared device is in. */
  domainOf(dev: device): iommu_domain {
    return this.env.groups.domainOfDevice(dev);
  }

  /** By the numbers that the operations name them by, as all of these. */
  get devices(): ReadonlyMap<number, device> {
    return this.env.devices;
  }

  get buffers(): ReadonlyMap<number, CpuBuffer> {
    return this.env.buffers;
  }

  /** Mappings in force. */
  get mappings(): ReadonlyMap<number, Mapping> {
    return this.env.mappings;
  }

  /** What the domains have mapped, and what VFIO holds for it. */
  get iommu(): Pick<TranscriptIommu, 'ranges' | 'mappedPages' | 'pinnedPages'> {
    return this.env.iommu;
  }

  /** Operations that are done. */
  get at(): number {
    return this.done;
  }

  /** What comes next; null at the end, and after the port died. */
  get next(): TranscriptOp | null {
    return this.dead ? null : (this.transcript.ops[this.done] ?? null);
  }

  /**
   * Carries out the next operation.
   * @throws TranscriptError if it refers to what does not exist, RangeError at the end
   */
  step(): OpOutcome {
    const op = this.take();
    const handler = handlers[op.name];
    if (!handler) throw new TranscriptError(op.line, `no handler for op ${op.name}`);
    const { env } = this;
    const warnings = env.m.k.log.warnings;
    let observed: Record<string, Json>;
    try {
      env.m.k.context.run_on_cpu((op.fields['cpu'] as number | undefined) ?? 0);
      const seen = handler(new OpContext(env, op));
      observed = { ...env.recorder.take(), ...seen };
    } catch (error) {
      if (!(error instanceof oops)) throw error;
      this.dead = true;
      return { op, died: error };
    }
    const warned = env.m.k.log.warnings - warnings;
    if (warned > 0) observed['warn'] = warned;
    return { op, observed };
  }

  /** Leaves the next operation out. */
  skip(): TranscriptOp {
    return this.take();
  }

  private take(): TranscriptOp {
    const op = this.next;
    if (!op) throw new RangeError(`the transcript is over after ${String(this.done)} operations`);
    this.done++;
    return op;
  }
}
