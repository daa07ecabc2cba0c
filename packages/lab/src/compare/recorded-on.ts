// SPDX-License-Identifier: GPL-2.0-only
// What a capture was recorded on: said by the user, by the facts beside it, by names in it, or assumed.

import type { IommuDriver } from '@iommu-bounce/integration';
import {
  type KnownIommu,
  type TraceEvent,
  type TraceFacts,
  iommuIn,
  iommuNamed,
} from '@iommu-bounce/dma-trace';
import { type CostParameters, type PresetName, presetInfo } from '@iommu-bounce/simulation';

/** IOMMUs, each with the preset whose costs are nearest to its own. */
export const RECORDED_ON = {
  'virtio-iommu': 'laptop-virtio',
  vtd: 'bare-metal-vtd',
  smmuv3: 'bare-metal-smmuv3',
  amd: 'bare-metal-vtd',
} as const satisfies Readonly<Record<KnownIommu, PresetName>>;

export type RecordedIommu = keyof typeof RECORDED_ON;

/** How they are called in text. */
export const IOMMU_NAMES: Readonly<Record<RecordedIommu, string>> = {
  'virtio-iommu': 'virtio-iommu',
  vtd: 'Intel VT-d',
  smmuv3: 'an Arm SMMUv3',
  amd: "AMD's IOMMU",
};

export interface RecordedOn {
  /** The IOMMU of the recorded machine. */
  iommu: RecordedIommu;
  /** Who says so; assumed: nobody does. */
  from: 'option' | 'facts' | 'capture' | 'assumed';
}

/** Costs of a machine, and where they come from. */
export interface VerdictCosts {
  readonly preset: PresetName;
  readonly costs: CostParameters;
}

/** Looks for a sign of the IOMMU in an event; null: it says nothing. */
export function signOf(event: TraceEvent): RecordedIommu | null {
  if (event.kind !== 'other' && event.kind !== 'kernelLog') return null;
  const text = event.kind === 'other' ? `${event.name} ${event.text}` : event.text;
  return iommuIn(text);
}

/** By what the facts call it, or by their command line. */
export function factsIommu(facts: TraceFacts | null): RecordedIommu | null {
  const named = iommuNamed(facts?.iommu ?? '');
  if (named !== null) return named;
  const line = facts?.commandLine ?? '';
  if (/(?:^|\s)intel_iommu=\S*on/.test(line)) return 'vtd';
  return /(?:^|\s)amd_iommu=/.test(line) ? 'amd' : null;
}

/** The first of the three that says something; without one, virtio-iommu is assumed: it is what the series is for. */
export function recordedOn(
  option: RecordedIommu | null,
  facts: TraceFacts | null,
  sign: RecordedIommu | null,
): RecordedOn {
  if (option !== null) return { iommu: option, from: 'option' };
  const known = factsIommu(facts);
  if (known !== null) return { iommu: known, from: 'facts' };
  if (sign !== null) return { iommu: sign, from: 'capture' };
  return { iommu: 'virtio-iommu', from: 'assumed' };
}

/** The driver that has the costs of a preset. */
export function driverOfPreset(preset: PresetName): IommuDriver {
  return presetInfo(preset).iommu === 'virtio-iommu' ? 'virtio' : 'table';
}

/** The preset that goes with the recorded IOMMU, if the machines had such a driver; else one that the driver has. */
export function presetFor(iommu: RecordedIommu, driver: IommuDriver): PresetName {
  const preset = RECORDED_ON[iommu];
  if (driverOfPreset(preset) === driver) return preset;
  return driver === 'virtio' ? 'laptop-virtio' : 'bare-metal-vtd';
}
