// SPDX-License-Identifier: GPL-2.0-only
// Faults of devices, from events and from the kernel log: what was at the address.

import { ALL_ONES, DMA_FROM_DEVICE, DMA_TO_DEVICE } from '../event-head';
import type { KernelLog, TraceEvent } from '../events';
import type { MappedBuffer } from '../calls/account/seen';
import type { Place } from '../calls/step';
import { SmmuFaults } from '../smmu-faults';
import { socOrigin } from '../soc-faults';
import type { Check } from './check';
import type { LintContext } from './context';
import type { Rule } from './rule';
import { dirName, hex, duration } from './words';

const AFTER: Rule = {
  id: 'use-after-unmap',
  severity: 'error',
  summary: 'A device uses a buffer after its unmap.',
  dmaDebug: null,
  needs: ['maps', 'unmaps', 'faults'],
  pairing: false,
  cannotSee:
    'Uses that do not fault: in lazy mode, and with the pool for up to 10.6 s (finding 3), the old address still works.',
  why: 'Where it does not fault, the device overwrites memory that belongs to others by then.',
  fix: 'Wait until the device has stopped (completion, reset, ring drained) before you unmap.',
};
const DENIED: Rule = {
  id: 'fault-direction',
  severity: 'error',
  summary:
    'A device writes to a buffer that is mapped for reading, or reads one that is mapped for writing.',
  dmaDebug: null,
  needs: ['maps', 'faults'],
  pairing: false,
  cannotSee: 'Faults whose line does not say whether the device read or wrote.',
  why: 'The transfer did not happen, or only a part of it.',
  fix: 'Map with the direction that the device needs, BIDIRECTIONAL if it does both.',
};
const INVALID: Rule = {
  id: 'fault-invalid-address',
  severity: 'error',
  summary: 'A device uses the address that means a failed map call.',
  dmaDebug: 'the driver failed to check a map error',
  needs: ['faults'],
  pairing: false,
  cannotSee: 'Devices that cut the address to fewer bits.',
  why: 'The driver gave a failed mapping to the device.',
  fix: 'Check each address with dma_mapping_error() before the device gets it.',
};
const FAULT: Rule = {
  id: 'fault',
  severity: 'warning',
  summary:
    'A device faults where nothing is known to be mapped, or in a buffer that allows the access.',
  dmaDebug: null,
  needs: ['faults'],
  pairing: false,
  cannotSee:
    'What was mapped before the capture began, and what is at an address that a fault names with a PASID: most often memory of a process.',
  why: 'The device used an address that nobody gave it, or one from before the capture.',
  fix: 'Record from the probe of the driver on, with dma and iommu events, to see what the address was.',
};

/** Each is a walk over what is and was mapped. */
const MOST_LOOKED_UP = 4096;
/** The last page of 64 bits. */
const LAST_PAGE = 2 ** 64 - 4096;
/** io_page_fault: the device wrote. */
const FAULT_WRITE = 1;

interface Fault {
  readonly device: string | null;
  readonly address: number | null;
  readonly write: boolean | null;
  readonly pasid: number | null;
  readonly source: 'event' | 'log';
  /** Of a line of the log: since boot, nanoseconds; null if it does not say. */
  readonly timeNs: number | null;
  /** What tells of the device where the line does not name it. */
  readonly iommu?: string | null;
  readonly stream?: number | null;
  readonly place?: Place;
}

/** What a line of the log was found to be; the event behind it has yet to come. */
interface Verdict {
  readonly rule: Rule;
  readonly device: string;
  readonly kind: string;
  readonly timeNs: number;
}

const MISPLACED =
  'the line of the kernel log has no time between those of the events around it: it may belong elsewhere';

export class FaultCheck implements Check {
  readonly rules = [AFTER, DENIED, INVALID, FAULT];
  private lookedUp = 0;
  /** Of lines behind the latest event; no more than are looked up. */
  private readonly verdicts: Verdict[] = [];
  private context: LintContext | null = null;
  private smmuFile = '';
  private readonly smmuFaults = new SmmuFaults(({ line, ...fault }) => {
    const place = { file: this.smmuFile, line };
    if (this.context) this.fault({ ...fault, source: 'log', place }, this.context);
  });

  event(event: TraceEvent, context: LintContext): void {
    if (this.verdicts.length > 0 && event.kind !== 'kernelLog' && event.kind !== 'lost')
      this.settle(event.timeNs, context);
    if (event.kind === 'ioPageFault')
      this.fault(
        {
          device: event.device,
          address: event.iova,
          write: (event.faultFlags & FAULT_WRITE) !== 0,
          pasid: null,
          source: 'event',
          timeNs: null,
        },
        context,
      );
    else if (event.kind === 'kernelLog') this.log(event, context);
  }

  private log(event: KernelLog, context: LintContext): void {
    this.context = context;
    this.smmuFile = context.file;
    if (event.topic === 'fault') context.kinds.faults++;
    if (this.smmuFaults.add(event) !== null || event.topic !== 'fault') return;
    const { device, address, write, pasid, timeNs, text } = event;
    const origin = socOrigin(text);
    this.fault({ device, address, write, pasid, source: 'log', timeNs, ...origin }, context);
  }

  finish(context: LintContext): void {
    this.smmuFaults.finish();
    this.settle(-Infinity, context);
    for (const rule of this.rules) context.findings.suppress(rule, context.suppressed.fault);
  }

  /** The kernel log may be joined to the capture anywhere: a line tells what was mapped if its time fits its place. */
  private doubtOfPlace(
    { source, timeNs }: Fault,
    rule: Rule,
    device: string,
    kind: string,
    context: LintContext,
  ): string | null {
    if (source === 'event') return null;
    if (timeNs === null || timeNs < context.timeNs) return MISPLACED;
    this.verdicts.push({ rule, device, kind, timeNs });
    return null;
  }

  /** @param nextNs time of the event behind the lines; -Infinity if there is none */
  private settle(nextNs: number, { findings }: LintContext): void {
    for (const { rule, device, kind, timeNs } of this.verdicts)
      if (timeNs > nextNs) findings.doubtOne(rule, device, kind, MISPLACED);
    this.verdicts.length = 0;
  }

  private fault(fault: Fault, context: LintContext): void {
    const { device: name, address, write, pasid, source } = fault;
    const place = fault.place ?? context.place;
    const isOfLog = source === 'log';
    const kind = isOfLog ? 'log' : '';
    const did = write === null ? 'used' : write ? 'wrote' : 'read';
    if (address === null || name === null) {
      const where =
        (address === null ? 'an address that the line does not name' : hex(address)) +
        spaceOf(pasid);
      const { who, kindOf } = unnamed(fault);
      context.report(FAULT, name, `${who} ${did} ${where}`, {
        kind: name === null ? kind + kindOf : kind,
        place,
        isOfLog,
      });
      return;
    }
    if (pasid !== null) {
      const message = `${did} ${hex(address)}${spaceOf(pasid)}: not looked up among the mappings, which are those of the DMA API`;
      context.report(FAULT, name, message, { kind: `${kind} pasid`, place, isOfLog });
      return;
    }
    if (address === ALL_ONES || address >= LAST_PAGE) {
      context.report(INVALID, name, `${did} at the last page of all addresses`, {
        kind,
        place,
        isOfLog,
      });
      return;
    }
    if (this.lookedUp++ >= MOST_LOOKED_UP) {
      context.report(FAULT, name, `${did} ${hex(address)}`, {
        kind: `${kind} not looked up`,
        place,
        isOfLog,
      });
      return;
    }
    const { state, buffer, freed } = context.find(name, address);
    const what = buffer
      ? `a buffer of ${buffer.call} ${dirName(buffer.dir)}`
      : 'a range of iommu:map';
    if (state === 'freed' && freed) {
      // The kernel log may have another clock.
      const ago = source === 'event' && freed.agoNs >= 0 ? `, ${duration(freed.agoNs)} before` : '';
      const message = `${did} ${hex(address)} in ${what}, unmapped at ${context.lineOf(freed.place)}${ago}`;
      const kindAfter = buffer ? context.kindAfter(AFTER, buffer, kind) : kind;
      const doubt =
        doubtOfDevice(name, address, buffer, context) ??
        this.doubtOfPlace(fault, AFTER, name, kindAfter, context);
      context.report(AFTER, name, message, { kind: kindAfter, place, isOfLog, doubt });
      return;
    }
    const denied =
      buffer && write !== null && buffer.dir === (write ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
    if (state === 'mapped' && denied) {
      const doubt = this.doubtOfPlace(fault, DENIED, name, kind, context);
      context.report(DENIED, name, `${did} ${hex(address)} in ${what}`, {
        kind,
        place,
        isOfLog,
        doubt,
      });
      return;
    }
    const where =
      state === 'mapped'
        ? `${what}, ${write === null ? 'which may not allow it' : 'which allows it'}`
        : state === 'never'
          ? 'nothing was mapped there'
          : 'what was there is not known';
    context.report(FAULT, name, `${did} ${hex(address)}: ${where}`, {
      kind: `${kind} ${state}`,
      place,
      isOfLog,
      doubt: state === 'unknown' ? 'the capture does not show what was mapped' : null,
    });
  }
}

function spaceOf(pasid: number | null): string {
  return pasid === null ? '' : ` in the address space of PASID ${hex(pasid)}`;
}

/** What a device that no line names is called, and what makes it another one than others. */
function unnamed({ iommu = null, stream = null }: Fault): { who: string; kindOf: string } {
  const behind = iommu === null ? '' : ` behind ${iommu}`;
  const who = stream === null ? 'a device' : `the device of stream ${hex(stream)}`;
  return { who: who + behind, kindOf: ` ${String(stream ?? '')}${behind}` };
}

/** iommu:* events name no device: a range that no call claims is only sure if there is no other, or it had a buffer there, too. */
function doubtOfDevice(
  device: string,
  address: number,
  buffer: MappedBuffer | null,
  { freed, facts }: LintContext,
): string | null {
  const own = buffer ?? freed.around(device, address);
  if (own && own.form !== 'reconstructed') return null;
  const all = facts?.groups.flatMap(({ devices }) => devices) ?? [];
  const isOnly = all.length > 0 && all.every((one) => one === device);
  return isOnly ? null : "a range without a call: it may be another device's";
}
