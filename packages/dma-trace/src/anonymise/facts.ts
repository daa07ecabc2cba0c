// SPDX-License-Identifier: GPL-2.0-only
// Facts of a machine with other names and addresses: what figures are made of stays, all else is left out.

import type { RenamingSurvey, Renaming } from './renaming';
import type { TraceFacts } from '../facts';

/** Parameters of the kernel that decide how the machine is replayed. */
const PARAMETER =
  /^(?:iommu|intel_iommu|amd_iommu|swiotlb|iommu\.\w+|virtio_iommu\.\w+|io_buffer_pool\.\w+)=[\w,.-]*$/;
const GROUP = /^(\/sys\/kernel\/iommu_groups\/\d+ type=[\w-]+)(.*)$/gm;
const LIMIT = /^\w+ \d+$/gm;
const POOL_CLASS =
  /^(\[ *\d+\.\d+\] obs_pool_class )(\S+)( size=\d+ slots=\d+ iova_base=)([\da-f]+)( unaligned=)([\da-f]+)$/;
const EVENT_NAME = /^[\w:.-]+$/;
/** Names under which the IOMMU is known; of others, only that there is one. */
const IOMMUS: readonly (readonly [RegExp, string])[] = [
  [/virtio/i, 'virtio-iommu'],
  [/intel|vt-?d/i, 'Intel VT-d'],
  [/smmu/i, 'Arm SMMU'],
  [/amd/i, 'AMD'],
];

/** What facts name that has an order to be kept, or must stay where it is. */
export function surveyFacts(facts: TraceFacts, survey: RenamingSurvey): void {
  for (const { devices } of facts.groups) for (const device of devices) survey.device(device);
  for (const device of facts.nonCoherent ?? []) survey.device(device);
  for (const { device, iovaBase, unaligned, size, slots } of facts.poolClasses) {
    survey.device(device);
    survey.addresses.keep(iovaBase, size * slots);
    survey.addresses.keep(unaligned, size * slots);
  }
  const mask = facts.queueLimits.get('seg_boundary_mask');
  if (mask !== undefined) survey.limit(mask + 1);
}

/** @param json facts that were read without an error */
export function renamedFacts(
  json: Readonly<Record<string, unknown>>,
  renaming: Renaming,
): Record<string, unknown> {
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    const kept = renamedFact(key, value, renaming);
    if (kept !== undefined) renamed[key] = kept;
  }
  return renamed;
}

function renamedFact(key: string, value: unknown, renaming: Renaming): unknown {
  if (value === null) return null;
  if (/^CONFIG_\w+$/.test(key)) return /^[\w.]*$/.test(textOf(value)) ? value : undefined;
  switch (key) {
    case 'variant':
      return typeof value === 'string' && /^(?:plain|def|pool|series)\w{0,8}$/.test(value)
        ? value
        : 'variant';
    case 'kernel':
      return typeof value === 'string' ? kernel(value, renaming) : undefined;
    case 'kernel_cmdline':
      return words(value)
        .filter((word) => PARAMETER.test(word))
        .join(' ');
    case 'iommu':
      return IOMMUS.find(([name]) => name.test(textOf(value)))?.[1] ?? 'an IOMMU';
    case 'iommu_groups':
      return [...textOf(value).matchAll(GROUP)]
        .map(([, group = '', devices = '']) =>
          [group, ...words(devices).map((one) => renaming.device(one))].join(' '),
        )
        .join('\n');
    case 'nvme_queue_limits':
      return (textOf(value).match(LIMIT) ?? []).join('\n');
    case 'pool_classes':
      return Array.isArray(value)
        ? value.map((one) => poolClass(String(one), renaming))
        : undefined;
    case 'non_coherent_devices':
      return Array.isArray(value) ? value.map((one) => renaming.device(String(one))) : undefined;
    case 'event_counts':
    case 'events':
      return counts(value);
    case 'overrun_total':
    case 'overrun':
    case 'dropped_total':
    case 'dropped':
      return typeof value === 'number' ? value : undefined;
    default:
      return undefined;
  }
}

/** The version; what a distribution, or somebody, appended is told apart only. */
function kernel(text: string, renaming: Renaming): string {
  const release = text.split(' ')[2] ?? '';
  const version = /^\d+\.\d+(?:\.\d+)?/.exec(release)?.[0] ?? '0.0';
  const rest = release.slice(version.length);
  return `Linux host ${version}${rest === '' ? '' : `-${renaming.words.of(rest)}`}`;
}

function poolClass(line: string, renaming: Renaming): string {
  const [, begin = '', device = '', sizes = '', base = '', between = '', unaligned = ''] =
    POOL_CLASS.exec(line.trim()) ?? [];
  return `${begin}${renaming.device(device)}${sizes}${renaming.hex(base)}${between}${renaming.hex(unaligned)}`;
}

function counts(value: unknown): Record<string, number> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const kept = Object.entries(value).filter(
    (entry): entry is [string, number] => EVENT_NAME.test(entry[0]) && typeof entry[1] === 'number',
  );
  return Object.fromEntries(kept);
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

const words = (text: unknown): string[] =>
  textOf(text)
    .split(/\s+/)
    .filter((one) => one !== '');
