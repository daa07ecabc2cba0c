// SPDX-License-Identifier: GPL-2.0-only
// What a capture and the kernels that replay it do over time, in bins: memory does not grow with the capture.

import { DIRECTIONS, type Mapping, type Step, type TraceEvent } from '@iommu-bounce/dma-trace';
import { PowersOfTwo } from '../bins/powers-of-two';
import { type Levels, type Sums, TimeBins } from '../bins/time-bins';
import type { Lane } from '../drive/lane';
import type { HistogramFigures, OverTimeFigures, StateOverTime } from './over-time-figures';

/** Devices that are kept apart; all others are one. */
const MOST_DEVICES = 32;
const MICROSECOND = 1000;

interface State {
  readonly patches: number;
  readonly requests: Sums;
  readonly bounce: Levels;
}

class Device {
  maps = 0;
  readonly mappings: Levels;
  readonly bytes: Levels;
  /** By direction. */
  readonly sizes = [0, 1, 2].map(() => new PowersOfTwo());
  readonly lifetimes = [0, 1, 2].map(() => new PowersOfTwo(MICROSECOND));
  readonly states: readonly State[];

  /** @param name null: all that are not kept apart */
  constructor(
    readonly name: string | null,
    time: TimeBins,
    states: readonly number[],
  ) {
    this.mappings = time.levels();
    this.bytes = time.levels();
    this.states = newStates(time, states);
  }
}

/** One boot. */
export class OverTime {
  private readonly time = new TimeBins();
  private readonly recorded = this.time.sums();
  private readonly mappings = this.time.levels();
  private readonly bytes = this.time.levels();
  private readonly states: readonly State[];
  private readonly byName = new Map<string, Device>();
  private others: Device | null = null;
  /** When each mapping in force was mapped. */
  private readonly mapped = new Map<Mapping, number>();

  constructor(
    private readonly files: readonly string[],
    private readonly patches: readonly number[],
  ) {
    this.states = newStates(this.time, patches);
  }

  /** At the end of the capture. */
  get figures(): OverTimeFigures {
    const { time, files, recorded, mappings, bytes, states } = this;
    const named = [...this.byName.values()].sort((a, b) =>
      (a.name ?? '') < (b.name ?? '') ? -1 : 1,
    );
    const devices = this.others ? [...named, this.others] : named;
    return {
      files,
      width_ns: time.widthNs,
      recorded: recorded.read(),
      ...{ mappings: mappings.read(), bytes: bytes.read(), states: states.map(stateFigures) },
      devices: devices.map((one) => ({
        device: one.name,
        maps: one.maps,
        ...{ mappings: one.mappings.read(), bytes: one.bytes.read() },
        ...{ sizes: histograms(one.sizes), lifetimes: histograms(one.lifetimes) },
        states: one.states.map(stateFigures),
      })),
    };
  }

  /** All lines of the capture, as they come. */
  see(events: readonly TraceEvent[]): void {
    for (const event of events)
      if (event.kind === 'iommuMap' || event.kind === 'iommuUnmap') this.recorded.add(event.timeNs);
  }

  /** All calls of the capture, as they come. */
  add(steps: readonly Step[]): void {
    for (const step of steps)
      if (step.kind === 'map') {
        if (step.mapping && !step.mapping.failed) this.map(step.mapping, step.timeNs);
      } else if (step.kind === 'unmap' && step.mapping)
        this.unmap(step.mapping, step.timeNs, step.implied);
  }

  /** From now on; what its pools have is what they begin with. */
  follow(patches: number, lane: Lane, startNs: number): void {
    const all = this.states.find((one) => one.patches === patches);
    if (!all) return;
    const own = new Map<string, State>();
    const ofDevice = (name: string): State | undefined => {
      const found = own.get(name);
      if (found) return found;
      const state = this.device(name).states.find((one) => one.patches === patches);
      if (state) own.set(name, state);
      return state;
    };
    const levels = new Map<string, number>();
    const bounce = (name: string, bytes: number, ns: number): void => {
      const more = bytes - (levels.get(name) ?? 0);
      levels.set(name, bytes);
      ofDevice(name)?.bounce.add(ns, more);
      all.bounce.add(ns, more);
    };
    for (const { device, peak_bounce_bytes: bytes } of lane.figures.devices())
      bounce(device, bytes, startNs);
    lane.timeline = {
      request: (name, ns) => {
        ofDevice(name)?.requests.add(ns);
        all.requests.add(ns);
      },
      bounce,
    };
  }

  private map(mapping: Mapping, ns: number): void {
    const device = this.device(mapping.device);
    this.mapped.set(mapping, ns);
    device.maps++;
    device.sizes[mapping.dir]?.add(mapping.size);
    this.hold(device, ns, 1, mapping.size);
  }

  private unmap(mapping: Mapping, ns: number, implied: boolean): void {
    const since = this.mapped.get(mapping);
    if (since === undefined) return;
    this.mapped.delete(mapping);
    const device = this.device(mapping.device);
    // Where the unmap is not in the capture, or the clock ran back, nobody knows how long it was.
    if (!implied && ns >= since) device.lifetimes[mapping.dir]?.add(ns - since);
    this.hold(device, ns, -1, -mapping.size);
  }

  private hold(device: Device, ns: number, mappings: number, bytes: number): void {
    device.mappings.add(ns, mappings);
    device.bytes.add(ns, bytes);
    this.mappings.add(ns, mappings);
    this.bytes.add(ns, bytes);
  }

  private device(name: string): Device {
    const found = this.byName.get(name);
    if (found) return found;
    if (this.byName.size >= MOST_DEVICES)
      return (this.others ??= new Device(null, this.time, this.patches));
    const made = new Device(name, this.time, this.patches);
    this.byName.set(name, made);
    return made;
  }
}

function newStates(time: TimeBins, states: readonly number[]): State[] {
  return states.map((patches) => ({ patches, requests: time.sums(), bounce: time.levels() }));
}

function stateFigures({ patches, requests, bounce }: State): StateOverTime {
  return { patches, requests: requests.read(), bounce: bounce.read() };
}

/** Of the directions that have a value. */
function histograms(byDirection: readonly PowersOfTwo[]): HistogramFigures[] {
  return byDirection.flatMap((powers, dir) => {
    const direction = DIRECTIONS[dir];
    if (powers.total === 0 || direction === undefined) return [];
    const [from, to] = powers.range;
    const bins = Array.from({ length: to - from }, (_, i) => from + i);
    return [
      {
        direction,
        limits: bins.map((bin) => powers.limit(bin)),
        counts: bins.map((bin) => powers.count(bin)),
        median: powers.median,
      },
    ];
  });
}
