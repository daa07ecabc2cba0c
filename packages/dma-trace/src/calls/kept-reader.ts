// SPDX-License-Identifier: GPL-2.0-only
// Makes steps of the numbers that kept-steps.ts wrote.

import {
  ATTRS_AT,
  BARE,
  CALLS,
  CALL_AT,
  CPUS,
  CPU_AT,
  DEVICES,
  DIR,
  DIR_AT,
  FAR,
  FILE_AT,
  FLAGS,
  FLAGS_AT,
  FORMS,
  FORM_AT,
  FOR_CPU,
  IMPLIED,
  KIND,
  type KeptTexts,
  LIST_RECORDED,
  MAY_SLEEP,
  OWN_ADDRESS,
  OWN_SIZE,
  PLAIN,
  SOURCES,
  UNMAP_ATTRS_AT,
  USUAL_RECORDED,
  usualMap,
  usualUnmap,
} from './kept-layout';
import { PORTED_ATTRS, newMapping } from './mappings';
import { type NumbersChunk, lineOf } from './numbers';
import type {
  CallForm,
  EntrySource,
  MapStep,
  Mapping,
  Place,
  RecordedMap,
  RecordedUnmap,
  SgEntry,
  Step,
  SyncStep,
  UnmapStep,
} from './step';

/** Reads chunks one after the other, each once. */
export class KeptReader {
  private readonly mappings: (Mapping | undefined)[] = [];
  private timeNs = 0;
  private line = 0;

  constructor(private readonly texts: KeptTexts) {}

  read(chunk: NumbersChunk): Step[] {
    chunk.rewind();
    const steps: Step[] = [];
    for (let i = 0; i < chunk.steps; i++) steps.push(this.step(chunk));
    return steps;
  }

  private step(from: NumbersChunk): Step {
    const head = from.word();
    this.timeNs = head & FAR ? from.double() : this.timeNs + from.word();
    this.line += lineOf(from.word());
    const place = { file: this.texts.files.at(head >>> FILE_AT), line: this.line };
    const cpu = (head >>> CPU_AT) & (CPUS - 1);
    const flags = this.texts.flags.at((head >>> FLAGS_AT) & (FLAGS - 1));
    switch (head & KIND) {
      case 0:
        return this.map(from, place, cpu, flags);
      case 1:
        return this.unmap(from, place, cpu, flags);
      default:
        return this.sync(from, place, cpu, flags);
    }
  }

  private map(from: NumbersChunk, place: Place, cpu: number, flags: string): MapStep {
    const what = from.word();
    const size = from.word();
    const word = from.word();
    const dmaAddr = from.double();
    const phys = from.double();
    let of = place;
    let source = 0;
    let segment = size;
    let entries: readonly SgEntry[] = [];
    let maps: readonly RecordedMap[] = [];
    if (word >= PLAIN) maps = [usualMap(dmaAddr, phys, size)];
    else if (word < BARE) {
      of = { file: place.file, line: place.line + lineOf(from.word()) };
      source = from.word();
      const [ofEntries, ofMaps] = [from.word(), from.word()];
      segment = from.double();
      entries = listOf(ofEntries, () => ({ phys: from.double(), length: from.double() }));
      maps = listOf(ofMaps, () => ({
        iova: from.double(),
        paddr: from.double(),
        size: from.double(),
      }));
    }
    const mapping = newMapping({
      place: of,
      device: this.texts.devices.at(what & (DEVICES - 1)),
      form: FORMS[(what >>> FORM_AT) & (FORMS.length - 1)] as CallForm,
      call: this.texts.calls.at((what >>> CALL_AT) & (CALLS - 1)),
      dir: ((what >>> DIR_AT) & DIR) as Mapping['dir'],
      attrs: (what >>> ATTRS_AT) & PORTED_ATTRS,
      dmaAddr,
      size,
      segment,
      phys,
      entries,
      entrySource: SOURCES[source] as EntrySource,
      maps,
      maySleep: (what & MAY_SLEEP) !== 0,
    });
    this.mappings[word % BARE] = mapping;
    // Field by field, as all frequent steps: see dma-lines.ts.
    return {
      place,
      timeNs: this.timeNs,
      cpu,
      flags,
      kind: 'map',
      ready: true,
      mapping,
      decision: null,
    };
  }

  private unmap(from: NumbersChunk, place: Place, cpu: number, flags: string): UnmapStep {
    const what = from.word();
    const mapping = this.take(from.word());
    const size = what & OWN_SIZE ? from.double() : mapping.size;
    const dmaAddr = what & OWN_ADDRESS ? from.double() : mapping.dmaAddr;
    let recorded: RecordedUnmap[];
    if (what & USUAL_RECORDED) recorded = [usualUnmap(mapping)];
    else if (what & LIST_RECORDED)
      recorded = listOf(from.word(), () => ({
        iova: from.double(),
        size: from.double(),
        unmapped: from.double(),
      }));
    else recorded = [];
    return {
      place,
      timeNs: this.timeNs,
      cpu,
      flags,
      kind: 'unmap',
      ready: true,
      mapping,
      device: mapping.device,
      dir: (what & DIR) as Mapping['dir'],
      attrs: (what >>> UNMAP_ATTRS_AT) & PORTED_ATTRS,
      dmaAddr,
      size,
      recorded,
      decision: null,
      implied: (what & IMPLIED) !== 0,
    };
  }

  private sync(from: NumbersChunk, place: Place, cpu: number, flags: string): SyncStep {
    const what = from.word();
    const mapping = this.mappings[from.word()] as Mapping;
    return {
      place,
      timeNs: this.timeNs,
      cpu,
      flags,
      kind: 'sync',
      ready: true,
      mapping,
      forCpu: (what & FOR_CPU) !== 0,
      dir: (what & DIR) as Mapping['dir'],
      offset: from.double(),
      size: from.double(),
    };
  }

  /** A mapping that ends. */
  private take(number: number): Mapping {
    const mapping = this.mappings[number] as Mapping;
    this.mappings[number] = undefined;
    return mapping;
  }
}

function listOf<T>(length: number, next: () => T): T[] {
  const list: T[] = [];
  for (let i = 0; i < length; i++) list.push(next());
  return list;
}
