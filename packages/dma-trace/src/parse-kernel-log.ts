// SPDX-License-Identifier: GPL-2.0-only
// A line of the kernel log: its prefix (dmesg, journalctl, syslog, a console), and what it says of DMA.
import { ALL_ONES } from './event-head';
import type { KernelLog, LogTopic } from './events';
import { DMA_OVERFLOW } from './dma-overflow';
import { SMMU_DECODED, SMMU_RECORD } from './smmu-faults';
import { SOC_FAULT, socFault } from './soc-faults';

/** `<4>`, of a raw log; `kern  :warn  : `, of `dmesg -x`. */
const LEVEL =
  /^(?:<\d{1,3}>|(?:kern|user|daemon|syslog) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: ?)/;
/**
 * `[   12.345678] `, with the caller behind it; `dmesg -d` has the time since the line before in it, `-o short-monotonic` the host
 * and `kernel:` behind it.
 */
const UPTIME =
  /^\[ *(\d{1,9})\.(\d{6})(?: +< *\d+\.\d{6}>)?\](?:\[ *[TC]\d+\])? ?(?:\S+ kernel: )?/;
/** `Sun Nov 29 11:05:06 2026`, of `dmesg -T`. */
export const DMESG_DATE = String.raw`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}`;
/** `Nov 29 11:05:06`, with microseconds if there are some. The month is in the words of the locale: `nov.`, `11月`. */
export const SYSLOG_DATE = String.raw`\d{0,2}\p{L}{1,5}\.? [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?`;
/** A date of `dmesg`; `[Nov29 11:05] `, `[  +0.000123] `, of `-e`. */
const DATED = new RegExp(
  String.raw`^\[(?:${DMESG_DATE}|[A-Z][a-z]{2}[ \d]\d \d\d:\d\d|  *\+\d+\.\d{6})\] `,
);
/** `Nov 29 11:05:06 host kernel: `; or the date as ISO 8601, with day and zone; or in seconds. */
const JOURNAL_DATE = String.raw`(?:${SYSLOG_DATE}|(?:[A-Z][a-z]{2} )?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*(?: [A-Z]{1,5})?|\d{9,11}\.\d{6})`;
const JOURNAL = new RegExp(String.raw`^${JOURNAL_DATE} \S+ kernel: ?`, 'u');
/** The same of another program: `Nov 29 11:05:06 host systemd[1]: `. */
const OF_PROGRAM = new RegExp(
  String.raw`^${JOURNAL_DATE} \S+ ([^\s:[\]]{1,64})(?:\[\d+\])?: `,
  'u',
);
/** `2026-11-29T11:05:06,123456+00:00 `, of `dmesg --time-format iso`. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:\d\d /;
/** `4,1234,12345678,-;`, of /dev/kmsg: the third number is microseconds. */
const KMSG = /^\d{1,3},\d+,(\d+),[^;]*;/;

/** The time of an event of a tracer. */
export const EVENT_TIME = /\d\.\d{6,9}: /;

/** `driver device: `, as dev_err() begins a line; a console may print a line so without any time. */
const OF_DEVICE = /^(?:[\w.,-]+ )?([\w.:-]+): /;

/** What a line without a prefix has to say to be taken for one of the kernel log. */
export const SURE: ReadonlySet<LogTopic> = new Set([
  'fault',
  'swiotlbFull',
  'outOfReach',
  'dmaDebug',
]);
/** The second line of a fault of VT-d in old kernels, printed with the first: dmesg gives it no prefix of its own. */
const FAULT_REASON = /^DMAR: ?\[fault reason \d+\]/;
/** An event that `tp_printk` put into the log: the line says neither task nor CPU, so that no call is made of it. */
const PRINTED_EVENT =
  /^(?:dma_\w+: \S+ (?:dir|dma_addr|phys_addr)s?=|(?:un)?map: IOMMU: iova=|swiotlb_bounced: dev_name: )/;
/** A paste in a report is often indented; journalctl puts a second line of a message below the first one. */
const INDENT = /^[ \t]{1,64}/;

/** The line, or null if it is none of the kernel log. */
export function parseKernelLog(given: string, line: number): KernelLog | null {
  const text = given.replace(INDENT, '');
  const level = LEVEL.exec(text)?.[0].length ?? 0;
  const { length, timeNs } = prefix(text.slice(level));
  const found = parseMessage(text.slice(level + length), line, timeNs);
  if (PRINTED_EVENT.test(found.text)) return null;
  const isSure = level + length > 0 || SURE.has(found.topic) || FAULT_REASON.test(text);
  return isSure ? found : null;
}

/** Whether `tp_printk` printed it. */
export function isPrintedEvent(given: string): boolean {
  const text = given.replace(INDENT, '');
  const level = LEVEL.exec(text)?.[0].length ?? 0;
  return PRINTED_EVENT.test(text.slice(level + prefix(text.slice(level)).length));
}

/** Whether it begins as the kernel, or what keeps its log, begins lines. */
export function hasLogPrefix(text: string): boolean {
  return LEVEL.test(text) || prefix(text).length > 0;
}

/** Which program a journal names for a line; null for none, and for a line of a tracer in it. */
export function programOf(text: string): string | null {
  return EVENT_TIME.test(text) ? null : (OF_PROGRAM.exec(text.replace(INDENT, ''))?.[1] ?? null);
}

/** The event printk:console: what a console got. Older kernels print the uptime in it, newer ones do not. */
export function parseConsole(text: string, line: number, timeNs: number): KernelLog {
  const level = LEVEL.exec(text)?.[0].length ?? 0;
  const found = prefix(text.slice(level));
  return parseMessage(text.slice(level + found.length), line, found.timeNs ?? timeNs);
}

/** A message of the kernel log without its prefix. */
export function parseMessage(text: string, line: number, timeNs: number | null): KernelLog {
  const message: KernelLog = {
    kind: 'kernelLog',
    line,
    timeNs,
    topic: 'other',
    device: null,
    address: null,
    write: null,
    pasid: null,
    swiotlb: null,
    text,
  };
  // Most lines of a log are about something else.
  if (
    !/swiotlb|SW-IOMMU|software IO TLB|DMA|of device mask|AMD-Vi|IO_PAGE_FAULT|iommu|smmu|-dart /i.test(
      text,
    )
  )
    return message;
  const read = MESSAGES.find(({ pattern }) => pattern.test(text));
  if (read === undefined) return message;
  message.topic = read.topic;
  message.device = OF_DEVICE.exec(text)?.[1] ?? null;
  read.fill?.(message, text);
  return message;
}

function prefix(text: string): { length: number; timeNs: number | null } {
  const journal = JOURNAL.exec(text)?.[0].length ?? 0;
  const uptime = UPTIME.exec(text.slice(journal));
  if (uptime !== null) {
    const [all, seconds, micros] = uptime;
    return {
      length: journal + all.length,
      timeNs: Number(seconds) * 1e9 + Number(micros) * 1e3,
    };
  }
  const kmsg = KMSG.exec(text);
  if (kmsg !== null) return { length: kmsg[0].length, timeNs: Number(kmsg[1]) * 1e3 };
  const dated = journal > 0 ? null : (DATED.exec(text) ?? ISO.exec(text));
  return { length: journal + (dated?.[0].length ?? 0), timeNs: null };
}

/** Flags of AMD's IO_PAGE_FAULT: the request had a PASID, and Linux prints it as the domain. */
const AMD_GUEST = 0x001;
/** An interrupt, no memory, was asked for. */
const AMD_INTERRUPT = 0x008;
/** The address is mapped, but not for this access. */
const AMD_PRESENT = 0x010;
/** Says something only of what is mapped, and not of a request for a translation alone. */
const AMD_WRITE = 0x020;
const AMD_TRANSLATION = 0x100;

interface Message {
  readonly topic: LogTopic;
  readonly pattern: RegExp;
  readonly fill?: (message: KernelLog, text: string) => void;
}

/** In the order in which they are tried. A fault of several lines counts once, by the line with its address. */
const MESSAGES: readonly Message[] = [
  {
    topic: 'swiotlbFull',
    pattern: /swiotlb buffer is full|Out of SW-IOMMU space|swiotlb: coherent allocation failed/,
    fill: (message, text) => {
      const size = numberIn(text, /\(sz: (\d+) bytes\)|space for (\d+) bytes|size=(\d+)/);
      message.device = /\bdevice (\S+)/.exec(text)?.[1] ?? message.device;
      if (size !== null)
        message.swiotlb = {
          size,
          total: numberIn(text, /total (\d+) \(slots\)/),
          used: numberIn(text, /used (\d+) \(slots\)/),
        };
    },
  },
  {
    // VT-d; a fault of interrupt remapping is none of DMA.
    topic: 'fault',
    pattern: /DMAR: ?\[(?:DMA )?(?:Read|Write)[^\]]*\] Request device/,
    fill: (message, text) => {
      message.device = pciName(/Request device \[([^\]]+)\]/.exec(text)?.[1]);
      message.address = addressIn(text, /fault addr (?:0x)?([\da-f]+)/i);
      message.write = /\[(?:DMA )?Write/.test(text);
      message.pasid = pasidIn(text, / PASID (?:0x)?([\da-f]+)/i);
    },
  },
  {
    // AMD. Kernels of the 4.x line can break the line behind the bracket.
    topic: 'fault',
    pattern: /(?:AMD-Vi: Event logged \[|^)IO_PAGE_FAULT /i,
    fill: (message, text) => {
      message.device =
        pciName(/\bdevice=([\w:.]+)/.exec(text)?.[1]) ?? deviceBefore(text, 'AMD-Vi');
      message.address = addressIn(text, /address=0x([\da-f]+)/i);
      const flags = addressIn(text, /flags=0x([\da-f]+)/i) ?? 0;
      if ((flags & AMD_INTERRUPT) !== 0) message.topic = 'iommu';
      const hasDirection = (flags & AMD_PRESENT) !== 0 && (flags & AMD_TRANSLATION) === 0;
      message.write = hasDirection ? (flags & AMD_WRITE) !== 0 : null;
      const isGuest = (flags & AMD_GUEST) !== 0;
      message.pasid = pasidIn(
        text,
        isGuest ? /(?:pasid|domain)=0x([\da-f]+)/i : /pasid=0x([\da-f]+)/i,
      );
    },
  },
  {
    // SMMUv3: the lines behind it are for SmmuFaults.
    topic: 'fault',
    pattern: SMMU_DECODED,
    fill: (message, text) => {
      const client = /client: (\S+)/.exec(text)?.[1] ?? null;
      // `(unassigned sid)`
      message.device = client?.startsWith('(') === true ? null : client;
      message.address = addressIn(text, /iova: 0x([\da-f]+)/i);
      message.pasid = pasidIn(text, / ssid: (?:0x)?([\da-f]+)/i);
    },
  },
  {
    topic: 'fault',
    pattern: SMMU_RECORD,
    fill: (message) => {
      message.device = null;
    },
  },
  {
    topic: 'fault',
    pattern: SOC_FAULT,
    fill: (message, text) => {
      const { device, address, write } = socFault(text);
      message.device = device;
      message.address = hexIn(address ?? undefined);
      message.write = write;
    },
  },
  {
    topic: 'fault',
    pattern: /virtio_iommu \S+: (?:page|domain|unknown) fault from EP \d+/,
    fill: (message, text) => {
      message.device = /from (EP \d+)/.exec(text)?.[1] ?? null;
      message.address = addressIn(text, / at 0x([\da-f]+)/i);
      const access = /\[([RWX]*)\]/.exec(text)?.[1];
      message.write = access === undefined ? null : access.includes('W');
    },
  },
  // The second is the second line of a message: dmesg and journalctl give it no prefix of its own.
  { topic: 'dmaDebug', pattern: /DMA-API: |^One of leaked entries details: \[device address=/ },
  { topic: 'outOfReach', pattern: DMA_OVERFLOW },
  { topic: 'swiotlb', pattern: /software IO TLB|swiotlb/i },
  { topic: 'iommu', pattern: /\bDMAR\b|AMD-Vi|\biommu\b|arm-smmu|virtio_iommu/i },
];

/** One for each kind of message: what reads or rewrites messages has to be tried with each. */
export const MESSAGE_PATTERNS: readonly RegExp[] = MESSAGES.map(({ pattern }) => pattern);

/** IOMMU drivers leave the PCI domain out where it is 0; calls have it. Linux 5.13 printed `0x00:0x02.0`. */
function pciName(printed: string | undefined): string | null {
  if (printed === undefined) return null;
  const name = printed.replace(/^0x([\da-f]{2}):0x/i, '$1:');
  return /^[\da-f]{2}:[\da-f]{2}\.\d$/i.test(name) ? `0000:${name}` : name;
}

function deviceBefore(text: string, mark: string): string | null {
  const found = OF_DEVICE.exec(text)?.[1] ?? null;
  return found === mark ? null : found;
}

function numberIn(text: string, pattern: RegExp): number | null {
  const groups: readonly (string | undefined)[] = pattern.exec(text)?.slice(1) ?? [];
  const found = groups.find((one) => one !== undefined);
  return found === undefined ? null : Number(found);
}

/** Above 2^53 the nearest double; all ones as everywhere. */
function addressIn(text: string, pattern: RegExp): number | null {
  return hexIn(pattern.exec(text)?.[1]);
}

/** Older kernels print all ones for none; 0 is the address space of requests without one. */
function pasidIn(text: string, pattern: RegExp): number | null {
  const pasid = hexIn(pattern.exec(text)?.[1]);
  return pasid === 0 || pasid === 0xffff_ffff ? null : pasid;
}

function hexIn(digits: string | undefined): number | null {
  if (digits === undefined || digits.length > 16) return null;
  return /^f{16}$/i.test(digits) ? ALL_ONES : Number(`0x${digits}`);
}
