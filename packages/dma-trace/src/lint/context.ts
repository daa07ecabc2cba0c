// SPDX-License-Identifier: GPL-2.0-only
// What all rules share while a capture is read.

import type { TraceEvent } from '../events';
import type { CaptureAccount } from '../calls/account/capture-account';
import type { Found as FoundAt } from '../calls/account/fault-account';
import type { FreedMappings } from '../calls/account/freed-mappings';
import { LATE_NS } from '../calls/late-unmaps';
import { LiveMappings } from '../calls/live-mappings';
import type { MappedBuffer } from '../calls/account/seen';
import { type CallForm, type Mapping, type Place, showPlace } from '../calls/step';
import type { TraceFacts } from '../facts';
import { Findings, type OnOccurrence } from './findings';
import { MapForms } from './map-forms';
import type { MappingState, Rule } from './rule';

/** Largest class of the pool without parameters, bytes: 128 KiB. */
const USUAL_LARGEST_CLASS = 32 * 4096;

/** Kinds of lines that rules need, counted. */
export class LineKinds {
  maps = 0;
  unmaps = 0;
  lists = 0;
  syncs = 0;
  faults = 0;
  log = 0;
  groups = 0;
}

export class LintContext {
  readonly findings: Findings;
  readonly kinds = new LineKinds();
  readonly forms = new MapForms();
  file = '';
  private readonly files = new Set<string>();
  /** What is mapped now. */
  live = new LiveMappings();
  /** Of the line that is being read. */
  line = 0;
  timeNs = 0;
  /** Of the latest place at which events were lost; -Infinity: none were. */
  lostNs = -Infinity;
  private readonly states = new Map<Mapping, MappingState>();
  private readonly withoutMap = new Map<
    string,
    { rule: Rule; device: string; form: CallForm; call: string; kind: string }
  >();
  private readonly lastOfCpu = new Map<number | null, number>();

  constructor(
    /** What is known of the machine. */
    readonly facts: TraceFacts | null,
    readonly freed: FreedMappings,
    private readonly account: CaptureAccount,
    onOccurrence: OnOccurrence | null = null,
  ) {
    this.findings = new Findings(onOccurrence);
  }

  /** Of a mapping in force. */
  stateOf(mapping: Mapping): MappingState {
    let state = this.states.get(mapping);
    if (!state) this.states.set(mapping, (state = newState(this.timeNs)));
    return state;
  }

  /** Of a mapping that ends. */
  takeState(mapping: Mapping): MappingState {
    const state = this.stateOf(mapping);
    this.states.delete(mapping);
    return state;
  }

  /** The unmap was that of another mapping: what is known of it belongs to the one that stays. */
  exchange(stays: Mapping, ended: Mapping): void {
    this.states.set(stays, this.takeState(ended));
  }

  /** What is or was mapped at an address of a device. A walk. */
  find(device: string, address: number): FoundAt {
    return this.account.faults.find(device, address, this.timeNs, this.live);
  }

  /**
   * Why an unmap may be that of a mapping from before the capture, at an address that was mapped again meanwhile: without
   * a translation the same memory has the same address each time.
   */
  doubtOfSecond(device: string): string | null {
    const { devices, unmaps } = this.account;
    const { translated } = devices.of(device).translation(devices.hasEvents);
    return translated === false && unmaps.notMapped > 0
      ? 'the device is not translated: it may be the unmap of a mapping from before the capture'
      : null;
  }

  /** What follows is of this file. */
  beginFile(file: string): void {
    this.file = file;
    this.files.add(file);
  }

  /** A place in a message: its line alone as long as the capture has one file, which the finding names. */
  lineOf(place: Place | null): string {
    if (place === null) return 'before the capture';
    return this.files.size > 1 ? showPlace(place) : `line ${String(place.line)}`;
  }

  get place(): Place {
    return { file: this.file, line: this.line };
  }

  /** Largest mapping that the pool serves, bytes. */
  get largestClass(): number {
    const classes = this.facts?.classSizes ?? null;
    return classes === null || classes < 1
      ? USUAL_LARGEST_CLASS
      : 4096 * 2 ** Math.floor(Math.log2(classes));
  }

  /**
   * Why what began at a time may not be what it seems; null if no event was lost since, nor so shortly before that an unmap
   * from before can be logged late.
   */
  doubtOf(sinceNs: number): string | null {
    return sinceNs <= this.lostNs + LATE_NS ? 'events were lost in between' : null;
  }

  /**
   * The kind of what rests on the end of a buffer. If the capture never shows its map, it is one of its own as long as no
   * map like it is known of the device: see doubtWithoutMaps.
   */
  kindAfter(
    rule: Rule,
    { device, form, call, mapped }: Pick<MappedBuffer, 'device' | 'form' | 'call' | 'mapped'>,
    kind = '',
  ): string {
    if (mapped !== null || this.forms.isMapped(device, form)) return kind;
    const own = `${kind} without maps by ${form}`;
    this.withoutMap.set(`${rule.id} ${device} ${own}`, { rule, device, form, call, kind: own });
    return own;
  }

  /** At the end: nothing tells whether a buffer was mapped again if no map of its device and call was recorded. */
  doubtWithoutMaps(): void {
    for (const { rule, device, form, call, kind } of this.withoutMap.values())
      if (!this.forms.isMapped(device, form))
        this.findings.doubtKind(
          rule,
          device,
          kind,
          `the capture has no ${call} of this device: it may have been mapped again`,
        );
  }

  /** Calls of the kernel's rate limit that printed no line, so far. */
  get suppressed(): Readonly<CaptureAccount['log']['suppressed']> {
    return this.account.log.suppressed;
  }

  /** Something at the line that is being read. */
  report(
    rule: Rule,
    device: string | null,
    message: string,
    more: {
      kind?: string;
      doubt?: string | null;
      weight?: number;
      place?: Place;
      timeNs?: number;
      isOfLog?: boolean;
    } = {},
  ): void {
    this.findings.add(rule, {
      doubt: null,
      place: this.place,
      timeNs: this.timeNs,
      ...more,
      device,
      message,
    });
  }

  /** To be told of each line first. */
  at(event: TraceEvent): void {
    this.line = event.line;
    if (event.kind === 'lost') {
      // What the CPU did since its latest line may be missing. Without a CPU: what any did.
      const since = event.cpu === null ? -Infinity : (this.lastOfCpu.get(event.cpu) ?? -Infinity);
      this.lostNs = this.timeNs;
      this.findings.doubtSince(since, 'events were lost in between');
      return;
    }
    if (event.kind === 'kernelLog') {
      this.kinds.log++;
      return;
    }
    this.timeNs = event.timeNs;
    this.lastOfCpu.set(event.cpu, event.timeNs);
    this.count(event);
  }

  private count(event: TraceEvent): void {
    const { kinds } = this;
    switch (event.kind) {
      case 'mapSg':
      case 'obsMapSg':
        kinds.maps++;
        kinds.lists++;
        return;
      case 'mapPage':
      case 'obsMapPage':
      case 'iovaLink':
      case 'dmaAlloc':
        kinds.maps++;
        return;
      case 'unmapPage':
      case 'unmapSg':
      case 'obsUnmapPage':
      case 'obsUnmapSg':
      case 'iovaDestroy':
      case 'iovaUnlink':
      case 'dmaFree':
        kinds.unmaps++;
        return;
      case 'syncSingle':
      case 'syncSg':
        kinds.syncs++;
        return;
      case 'ioPageFault':
        kinds.faults++;
        return;
      case 'attach':
      case 'detach':
      case 'groupRemove':
        kinds.groups++;
        return;
      default:
    }
  }
}

function newState(mappedNs: number): MappingState {
  return {
    mappedNs,
    stay: null,
    syncedForDevice: false,
    syncedForCpu: false,
    cpuOffset: -1,
    cpuBytes: 0,
  };
}
