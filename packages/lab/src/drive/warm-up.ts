// SPDX-License-Identifier: GPL-2.0-only
// Brings a pool into the state in which a recording found it, by the calls that lead there.

import { PAGE_SIZE, type dma_data_direction } from '@iommu-bounce/linux-shim';
import { type UnmapStep, newMapping } from '@iommu-bounce/dma-trace';
import type { RecordedEviction } from './eviction';
import type { Lane } from './lane';
import type { LaneMapping } from './lane-mapping';
import { type PortDevice, slotAt } from './port-machine';
import type { InitialState } from './slot-history';

const BEFORE = { file: 'before the recording', line: 0 } as const;

interface SetUp {
  readonly state: InitialState;
  readonly device: PortDevice;
  readonly held: Map<number, LaneMapping>;
}

/** Frames for the windows of what is mapped meanwhile, and bytes for its buffers. */
export function warmUpNeeds(states: readonly InitialState[]): { frames: number; bytes: number } {
  let frames = 0;
  let bytes = 0;
  for (const { slots, classSize } of states) {
    frames += slots * 2 * (classSize / PAGE_SIZE);
    bytes += slots * classSize;
  }
  return { frames, bytes };
}

/** What is left in use is found by the unmaps of the trace. */
export function warmUp(
  lane: Lane,
  eviction: RecordedEviction,
  states: readonly InitialState[],
): void {
  const setUps: SetUp[] = [];
  for (const state of states) {
    const device = lane.port.devices.get(state.device);
    if (device?.pool?.classes.some((klass) => klass.buffer_size === state.classSize) !== true)
      continue;
    setUps.push({ state, device, held: mapAll(lane, device, state) });
  }
  const pools = [...new Set(setUps.map((one) => one.device))];
  const runWorkers = (): void => {
    for (const device of pools) eviction.runNow(device);
  };
  const giveBack = ({ device, held }: SetUp, slot: number): void => {
    const one = held.get(slot);
    held.delete(slot);
    if (one) lane.calls.unmap(device.dev, one, one.mapping.dir, 0, one.mapping.size);
  };

  // The worker takes the one that came back first, and puts each on the front of the empty list: so the first of that
  // list comes back last. One run marks, the next evicts.
  for (const one of setUps) for (const slot of one.state.empty.toReversed()) giveBack(one, slot);
  runWorkers();
  runWorkers();
  for (const old of [true, false]) {
    for (const one of setUps)
      for (const cached of one.state.cached.toReversed())
        if (cached.old === old) giveBack(one, cached.slot);
    if (old && setUps.some(({ state }) => state.cached.some((cached) => cached.old))) runWorkers();
  }
  eviction.forgetTimes();
  lane.figures.reset();
  lane.costs.reset();
  lane.findHeld = (step) => heldBefore(setUps, step);
}

/** Takes the slots 0, 1, 2 …, each with the permission it will be wanted with. */
function mapAll(lane: Lane, device: PortDevice, state: InitialState): Map<number, LaneMapping> {
  const prots = new Map(state.inUse);
  for (const { slot, prot } of state.cached) prots.set(slot, prot);
  const held = new Map<number, LaneMapping>();
  for (let slot = 0; slot < state.slots; slot++) {
    const mapping = newMapping({
      place: BEFORE,
      device: device.name,
      form: 'page',
      dir: directionOf(prots.get(slot) ?? 6),
      dmaAddr: 0,
      size: state.classSize,
    });
    const one = lane.prepare(mapping);
    lane.calls.map(device.dev, mapping, one);
    const got = slotAt(device.pool, one.addr);
    if (got?.slot !== slot || got.classSize !== state.classSize) {
      // Fewer slots here than on the recorded machine: what is left over stays unknown.
      lane.calls.unmap(device.dev, one, mapping.dir, 0, mapping.size);
      break;
    }
    held.set(slot, one);
  }
  return held;
}

/** IOMMU_READ is 1, IOMMU_WRITE 2: what the device may do. */
function directionOf(prot: number): dma_data_direction {
  switch (prot & 3) {
    case 1:
      return 1;
    case 2:
      return 2;
    default:
      return 0;
  }
}

function heldBefore(setUps: readonly SetUp[], step: UnmapStep): LaneMapping | null {
  const { decision } = step;
  if (!decision) return null;
  for (const { state, device, held } of setUps) {
    if (device.name !== step.device || state.classSize !== decision.classSize) continue;
    const one = held.get(decision.likelySlot);
    held.delete(decision.likelySlot);
    // A class begins at a multiple of its size, so the rest of the address is the offset in the slot.
    if (one) one.addr += step.dmaAddr % state.classSize;
    return one ?? null;
  }
  return null;
}
