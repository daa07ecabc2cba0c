// SPDX-License-Identifier: GPL-2.0-only
// Network traffic under several policies, same order of packets for each.

import {
  type shape_of,
  an_object,
  check_options,
  needed,
  one_of,
  whole,
} from '@iommu-bounce/linux-shim/options';
import { presetInfo } from '../../cost';
import { NET_SHAPE_NAMES, type NetShapeName, RX_RING } from '../../jobs';
import type { Policy, Platform } from '../../policies';
import {
  CAUSES,
  type CauseName,
  type Invariant,
  type Latencies,
  type Meter,
  type SimDevice,
  atMost,
  equal,
  lockFigures,
  lockInvariants,
  same,
} from '../../sim';
import { MACHINE, POLICY_LIST } from '../../options';
import type { ScenarioMachine } from '../machine';
import type { NetDocument, NetPolicyRun, Percentiles } from './document';
import type { NicParameters } from './parameters';
import { NetRun, netNeeds } from './run';

/** Enough for the first fills of the pool to be few. */
export const USUAL_PACKETS = 100_000;
/** Operations between two looks at the progress. */
const BATCH = 20_000;

export interface NetExperiment extends Omit<ScenarioMachine, 'layout' | 'cpus'> {
  readonly shape: NetShapeName;
  readonly packets: number;
  readonly policies: readonly Policy[];
  readonly nic: NicParameters;
}

const { preset, cost, seed, moveData } = MACHINE;
const EXPERIMENT: shape_of<NetExperiment> = {
  ...{ preset, cost, seed, moveData },
  shape: needed(one_of(...NET_SHAPE_NAMES)),
  packets: needed(whole(1)),
  policies: POLICY_LIST,
  nic: needed(an_object),
};

/**
 * @param progress told what is going on, and how much of it is done, 0 to 1
 * @throws OptionError for what an experiment does not have, or a value out of range
 */
export function netExperiment(
  experiment: NetExperiment,
  progress: (what: string, share: number) => void = () => undefined,
): NetDocument {
  check_options('netExperiment', experiment, EXPERIMENT);
  const { shape, preset, cost, nic, seed, moveData, policies } = experiment;
  return {
    workload: `net-${shape}`,
    simulated: true,
    preset,
    cost: { ...cost },
    nic: { ...nic },
    seed,
    data_moved: moveData,
    runs: policies.map((policy, i) =>
      runPolicy(experiment, policy, (done) => {
        const share = Math.min(1, done / experiment.packets);
        progress(
          `${String(i + 1)} of ${String(policies.length)}: ${policy.name}, ${done.toLocaleString('en')} packets`,
          (i + share) / policies.length,
        );
      }),
    ),
  };
}

function runPolicy(
  experiment: NetExperiment,
  policy: Policy,
  progress: (packets: number) => void,
): NetPolicyRun {
  const { shape, preset, cost } = experiment;
  const machine = { iommu: presetInfo(preset).iommu, cost };
  const device = policy.boot(machine, netNeeds(shape, 1, experiment.moveData), 'other');
  const run = new NetRun(device, experiment);
  progress(0);
  while (run.run(BATCH)) progress(run.received + run.sent);
  const figures = figuresOf(policy, machine, device, run);
  const { stale } = device.meter;
  const busy = { max: stale.longest, mean: stale.meanGone() };
  run.stop();
  const { data } = run;
  return {
    ...figures,
    stale_max_ns: device.translated ? stale.longest : null,
    stale_mean_ns: device.translated ? stale.mean() : null,
    stale_busy_max_ns: device.translated ? busy.max : null,
    stale_busy_mean_ns: device.translated ? busy.mean : null,
    stale_contents_max_ns: run.ages.longest,
    data: data && { packets_checked: data.checked, packets_wrong: data.wrong, faults: data.faults },
    leaks: device.shutDown(),
  };
}

type AtTheEnd =
  | 'stale_max_ns'
  | 'stale_mean_ns'
  | 'stale_busy_max_ns'
  | 'stale_busy_mean_ns'
  | 'stale_contents_max_ns'
  | 'data'
  | 'leaks';

function figuresOf(
  policy: Policy,
  platform: Platform,
  device: SimDevice,
  run: NetRun,
): Omit<NetPolicyRun, AtTheEnd> {
  const { meter } = device;
  const { ledger } = meter;
  const { map, unmap } = device.requests();
  const packets = run.received + run.sent;
  const perPacket = (n: number): number => n / packets;
  const perS = (n: number): number => (n * 1e9) / run.endedAt;
  const bytes = run.receivedBytes + run.sentBytes;
  return {
    policy: policy.name,
    patches: policy.patches,
    what_if: policy.whatIf(platform),
    fixes: policy.fixes,
    packets,
    received: run.received,
    sent: run.sent,
    bytes,
    elapsed_ns: run.endedAt,
    packets_per_s: perS(packets),
    bandwidth_bytes_per_s: perS(bytes),
    map_ns_per_packet: perPacket(run.rx.mapNs + run.tx.mapNs),
    unmap_ns_per_packet: perPacket(run.rx.unmapNs + run.tx.unmapNs),
    iommu_requests: map + unmap,
    map_requests: map,
    unmap_requests: unmap,
    copies: meter.copies,
    copied_bytes: meter.copiedBytes,
    peak_bounce_bytes: run.bounce.peak,
    mean_bounce_bytes: run.bounce.mean(run.endedAt),
    reserved_bounce_bytes: device.reservedBounceBytes,
    bounce_over_time: run.bounce.curve(),
    ring: {
      buffers: RX_RING,
      bytes: run.ringBytes,
      bounce_bytes: run.ringBounceBytes,
      held_ns: percentiles(run.held),
    },
    rx_latency_ns: percentiles(run.rxLatency),
    tx_latency_ns: percentiles(run.txLatency),
    cpu_ns_per_packet: {
      total: perPacket(ledger.total()),
      by_cause: Object.fromEntries(
        CAUSES.map((cause) => [cause, perPacket(ledger.ofCause(cause))]),
      ) as Record<CauseName, number>,
    },
    cpu_busy: 1 - run.idleNs / run.endedAt,
    wire_busy:
      Math.max(run.nic.rx.busyNs(run.endedAt), run.nic.tx.busyNs(run.endedAt)) / run.endedAt,
    interrupts: run.interrupts,
    locks: lockFigures(meter),
    pool_mappings: run.ages.served,
    invariants: netInvariants(run, meter),
  };
}

/** Its one CPU is busy or idle, never both, and no wire carries more than it can. */
function netInvariants({ endedAt, idleNs, nic, ...run }: NetRun, meter: Meter): Invariant[] {
  return [
    ...lockInvariants(meter, endedAt),
    equal('busy and idle time of the CPU, ns', meter.ledger.total() + idleNs, endedAt),
    atMost('receiving wire, share of time', nic.rx.busyNs(endedAt) / endedAt, 1),
    atMost('sending wire, share of time', nic.tx.busyNs(endedAt) / endedAt, 1),
    same('receive latencies recorded', run.rxLatency.count, run.received),
    atMost('packets sent before they were unmapped', run.txLatency.count, run.sent),
  ];
}

function percentiles(latencies: Latencies): Percentiles {
  const histogram = latencies.histogram();
  const at = (percentile: number): number =>
    histogram.totalCount > 0 ? histogram.getValueAtPercentile(percentile) : 0;
  return { p50: at(50), p99: at(99), p999: at(99.9) };
}
