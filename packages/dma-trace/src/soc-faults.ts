// SPDX-License-Identifier: GPL-2.0-only
// Faults that the IOMMUs of chips log, one line each; it begins with the driver and the name of the IOMMU. Which device it was,
// most do not say.

/** What such a line says; null where it does not. */
export interface SocFault {
  readonly device: string | null;
  /** Hexadecimal digits. */
  readonly address: string | null;
  readonly write: boolean | null;
}

interface Driver {
  readonly pattern: RegExp;
  /** A register whose bit 4 (WnR) tells writes. */
  readonly wnr?: RegExp;
  readonly device?: RegExp;
  readonly address?: RegExp;
}

const WNR = 1 << 4;
/** Each driver has its own words for it. */
const ACCESS = /(?: of type | layer=\d+ |, dir |: \[)(wr|read|rd)|: Fault (?:(15)|13) /i;

const DRIVERS: readonly Driver[] = [
  // arm-smmu, also on Tegra and Qualcomm's chips; qcom_iommu
  {
    pattern: /^\S+ \S+: Unhandled context fault: fsr=/,
    wnr: /fsynr=0x([\da-f]+)/,
    address: /iova=0x([\da-f]+)/,
  },
  // arm-smmu, for a device without a domain: no address
  { pattern: /^arm-smmu \S+: (?:Blocked unknown Stream ID|Unexpected global fault)/ },
  // rockchip-iommu
  { pattern: /^rk_iommu \S+: Page fault at /, address: /fault at 0x([\da-f]+)/ },
  // mtk_iommu, mtk_iommu_v1 (which does not say read or write)
  {
    pattern: /^\S+ \S+: fault type=0x[\da-f]+ iova=/,
    address: /iova=0x([\da-f]+)/,
  },
  // exynos-iommu, with the direction from Linux 6.2 on
  {
    pattern: /^exynos-sysmmu \S+: \S+: (?:\[\w+\] )?[\w -]+ FAULT occurred at /,
    device: /sysmmu: (\S+): /,
    address: /occurred at 0x([\da-f]+)/,
  },
  // sun50i-iommu
  {
    pattern: /^sun50i-iommu \S+: Page fault for 0x/,
    address: /fault for 0x([\da-f]+)/,
  },
  // ipmmu-vmsa
  {
    pattern: /^ipmmu-vmsa \S+: Unhandled fault: status /,
    address: /iova 0x([\da-f]+)/,
  },
  // apple-dart
  {
    pattern: /^apple-dart \S+: translation fault: status:/,
    address: /\) at 0x([\da-f]+)/,
  },
  // riscv/iommu: a page fault on a read is 13, on a write 15
  {
    pattern: /^\S+ \S+: Fault \d+ devid: 0x[\da-f]+ iotval: /,
    address: /iotval: ([\da-f]+)/,
  },
];

/** A line of any of these drivers. */
export const SOC_FAULT = new RegExp(DRIVERS.map(({ pattern }) => pattern.source).join('|'));

/** @param text of such a line */
export function socFault(text: string): SocFault {
  const driver = DRIVERS.find(({ pattern }) => pattern.test(text));
  const of = (pattern?: RegExp): string | null => pattern?.exec(text)?.[1] ?? null;
  const register = of(driver?.wnr);
  const access = ACCESS.exec(text);
  const said =
    access === null ? null : access[1]?.toLowerCase() === 'wr' || access[2] !== undefined;
  return {
    device: of(driver?.device),
    address: of(driver?.address),
    write: register === null ? said : (parseInt(register, 16) & WNR) !== 0,
  };
}

/** The IOMMU that logged a fault, and its number of the device; null where the line does not say. */
export interface SocOrigin {
  readonly iommu: string | null;
  readonly stream: number | null;
}

const IOMMU = /^\S+ (\S+): /;
const STREAM =
  /\bcbfrsynra=0x(?<frsynra>[\da-f]+)|(?: Stream ID | devid: )0x(?<id>[\da-f]+)|^apple-dart .* stream:(?<dart>\d+)/;
/** Bits of CBFRSYNRA, below those of a mask. */
const STREAM_BITS = 0xffff;

/** @param text any fault of the log */
export function socOrigin(text: string): SocOrigin {
  if (!SOC_FAULT.test(text)) return { iommu: null, stream: null };
  const { frsynra, id, dart } = STREAM.exec(text)?.groups ?? {};
  const hex = frsynra === undefined ? parseInt(id ?? '', 16) : parseInt(frsynra, 16) & STREAM_BITS;
  const stream = dart === undefined ? hex : Number(dart);
  return { iommu: IOMMU.exec(text)?.[1] ?? null, stream: Number.isNaN(stream) ? null : stream };
}
