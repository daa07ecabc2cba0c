// SPDX-License-Identifier: GPL-2.0-only
// Faults of an SMMUv3 in the kernel log: several lines each. All kernels print the record as four words; 6.14 and later
// say the same in words behind it.

import { ALL_ONES } from './event-head';
import type { KernelLog } from './events';

/** `arm-smmu-v3 NAME: event 0x10 received:` */
export const SMMU_RECORD = /arm-smmu-v3 (\S+): event 0x([\da-f]+) received/;
/** `arm-smmu-v3 NAME: event: F_TRANSLATION client: DEVICE sid: 0x100 ssid: 0x0 iova: 0x1000 ipa: 0x0` */
export const SMMU_DECODED = /arm-smmu-v3 (\S+): event: [CF]_\w+ client: /;
/** With a tab, which syslog writes as `#011`. */
const WORD = /arm-smmu-v3 (\S+): (?:\s|#011)*0x([\da-f]{16})\s*$/;
/** `unpriv data write s1 "Input address caused fault" stag: 0x0`, the last line. */
const ACCESS = /arm-smmu-v3 (\S+): (?:un)?priv (?:data|inst) (read|write) /;

const WORDS = 4;
/** Bit 35 of word 1, RnW, as a bit of the upper half: the device read. */
const READ = 1 << 3;
/** Bit 11 of word 0, SSV: its bits 12 to 31 are a substream, which Linux calls PASID. */
const HAS_SUBSTREAM = 1 << 11;
const SUBSTREAM_SHIFT = 12;
/** Events whose word 2 is the address that the device used: translation, address size, access, permission. */
const FIRST_WITH_ADDRESS = 0x10;
const LAST_WITH_ADDRESS = 0x13;
/** Lines of others that may stand between those of one fault. */
const MOST_BETWEEN = 16;

export interface SmmuFault {
  /** The line that began it. */
  readonly line: number;
  /** Of that line, nanoseconds of the log's clock; null if it has no such time. */
  readonly timeNs: number | null;
  device: string | null;
  /** The SMMU's number of the device; null if the lines do not say. */
  stream: number | null;
  address: number | null;
  /** Null if the lines do not say. */
  write: boolean | null;
  /** Null: the address space of DMA. */
  pasid: number | null;
}

interface Open extends SmmuFault {
  readonly hasAddress: boolean;
  words: number;
  isDecoded: boolean;
  /** Lines of others since its latest one. */
  between: number;
}

/** Puts the lines of each fault together. */
export class SmmuFaults {
  private readonly open = new Map<string, Open>();

  /** @param done is told of each fault, once no more lines of it can follow */
  constructor(private readonly done: (fault: SmmuFault) => void) {}

  /** @returns whether the line belongs to such a fault, and `first` if it is the one to count it by */
  add({ text, line, timeNs, device, address, pasid }: KernelLog): 'first' | 'more' | null {
    const record = SMMU_RECORD.exec(text);
    if (record) {
      const [, smmu = '', id = ''] = record;
      this.begin(smmu, line, timeNs, parseInt(id, 16));
      return 'first';
    }
    const decoded = SMMU_DECODED.exec(text);
    if (decoded) {
      const [, smmu = ''] = decoded;
      const before = this.open.get(smmu) ?? null;
      const isSame = before?.words === WORDS && !before.isDecoded;
      const fault = isSame ? before : this.begin(smmu, line, timeNs, FIRST_WITH_ADDRESS);
      fault.isDecoded = true;
      fault.between = 0;
      fault.device = device;
      fault.address ??= address;
      fault.pasid ??= pasid;
      const sid = / sid: (?:0x)?([\da-f]+)/.exec(text)?.[1];
      if (sid !== undefined) fault.stream = parseInt(sid, 16);
      return isSame ? 'more' : 'first';
    }
    return this.word(text) || this.access(text) ? 'more' : this.other();
  }

  /** No line follows. */
  finish(): void {
    for (const smmu of this.open.keys()) this.end(smmu);
  }

  private begin(smmu: string, line: number, timeNs: number | null, id: number): Open {
    this.end(smmu);
    const fault: Open = {
      line,
      timeNs,
      device: null,
      stream: null,
      address: null,
      write: null,
      pasid: null,
      hasAddress: id >= FIRST_WITH_ADDRESS && id <= LAST_WITH_ADDRESS,
      words: 0,
      isDecoded: false,
      between: 0,
    };
    this.open.set(smmu, fault);
    return fault;
  }

  private end(smmu: string): void {
    const fault = this.open.get(smmu);
    if (!fault) return;
    this.open.delete(smmu);
    const { line, timeNs, device, stream, address, write, pasid } = fault;
    this.done({ line, timeNs, device, stream, address, write, pasid });
  }

  private word(text: string): boolean {
    const [, smmu = '', digits = ''] = WORD.exec(text) ?? [];
    const fault = this.open.get(smmu);
    if (!fault || fault.words >= WORDS) return false;
    fault.between = 0;
    const upper = parseInt(digits.slice(0, 8), 16);
    const index = fault.words++;
    if (index === 0) {
      const lower = parseInt(digits.slice(8), 16);
      fault.stream = upper;
      const substream = (lower & HAS_SUBSTREAM) === 0 ? 0 : lower >>> SUBSTREAM_SHIFT;
      fault.pasid = substream === 0 ? null : substream;
    } else if (index === 1 && fault.hasAddress) fault.write = (upper & READ) === 0;
    else if (index === 2 && fault.hasAddress)
      fault.address = /^f{16}$/i.test(digits) ? ALL_ONES : parseInt(digits, 16);
    return true;
  }

  private access(text: string): boolean {
    const [, smmu = '', access] = ACCESS.exec(text) ?? [];
    const fault = this.open.get(smmu);
    if (fault?.isDecoded !== true) return false;
    fault.write = access === 'write';
    this.end(smmu);
    return true;
  }

  private other(): null {
    for (const [smmu, fault] of this.open) if (++fault.between > MOST_BETWEEN) this.end(smmu);
    return null;
  }
}
