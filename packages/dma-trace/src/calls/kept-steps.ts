// SPDX-License-Identifier: GPL-2.0-only
// The steps of a capture as numbers, so that it need not be read once more to take them again: a map and its unmap are 60 bytes.
//
// A mapping is told by a number that is free again after its unmap. What a step shares with many others (task flags, device,
// file) is the place of its text in a list.

import { check_value, whole } from '@iommu-bounce/linux-shim/options';
import {
  ATTRS_AT,
  BARE,
  CALLS,
  CALL_AT,
  CPUS,
  CPU_AT,
  DEVICES,
  DIR_AT,
  FAR,
  FILES,
  FILE_AT,
  FLAGS,
  FLAGS_AT,
  FORMS,
  FORM_AT,
  FOR_CPU,
  IMPLIED,
  KINDS,
  type KeptTexts,
  LIST_RECORDED,
  MAY_SLEEP,
  MOST_PIECES,
  OWN_ADDRESS,
  OWN_SIZE,
  PLAIN,
  SOURCES,
  UNMAP_ATTRS_AT,
  USUAL_RECORDED,
  hasUsualMap,
  isUsualUnmap,
} from './kept-layout';
import { KeptReader } from './kept-reader';
import { PORTED_ATTRS } from './mappings';
import { Numbers, type NumbersChunk, Texts, lineCode } from './numbers';
import {
  type MapStep,
  type Mapping,
  type Step,
  type SyncStep,
  type UnmapStep,
  pageFloor,
} from './step';

/** Steps that are handed out at once: few enough to stay in the processor's cache. */
const BATCH = 256;

export class KeptSteps {
  /** Not everything is there: too long, or of a kind that is not kept. */
  private isPart = false;
  private steps = 0;
  private chunks: NumbersChunk[] = [];
  private bytes = 0;
  private readonly numbers = new Numbers();
  private readonly texts: KeptTexts = {
    flags: new Texts(FLAGS),
    files: new Texts(FILES),
    devices: new Texts(DEVICES),
    calls: new Texts(CALLS),
  };
  /** Numbers of mappings, free again. */
  private readonly free: number[] = [];
  private mappings = 0;
  private inChunk = 0;
  private timeNs = 0;
  private line = 0;

  /** @param mostBytes with more, nothing is kept */
  constructor(private readonly mostBytes: number) {
    check_value('KeptSteps', 'mostBytes', mostBytes, whole());
  }

  /** Whether all steps so far are kept. */
  get isWhole(): boolean {
    return !this.isPart;
  }

  /** Steps so far. */
  get length(): number {
    return this.steps;
  }

  /**
   * Keeps steps of an unmodified kernel; decisions of a pool are not kept.
   * @returns whether all steps so far are kept
   */
  add(steps: readonly Step[]): boolean {
    for (const step of steps) {
      if (this.isPart) return false;
      if (!this.put(step)) this.giveUp();
    }
    return !this.isPart;
  }

  /** Lets go what is kept. */
  giveUp(): void {
    this.isPart = true;
    this.chunks = [];
  }

  /** The steps once more, as new objects. Their mappings have no listKey, which only lines ask for. */
  *batches(): Generator<Step[], void, undefined> {
    this.close();
    const reader = new KeptReader(this.texts);
    for (const chunk of this.chunks) yield reader.read(chunk);
  }

  /** @returns false for what is not kept */
  private put(step: Step): boolean {
    const { numbers, texts } = this;
    const kind = (KINDS as readonly string[]).indexOf(step.kind);
    const flags = texts.flags.of(step.flags);
    const file = texts.files.of(step.place.file);
    if (kind < 0 || flags < 0 || file < 0 || step.cpu >= CPUS) return false;
    const passed = step.timeNs - this.timeNs;
    const isNear = passed === passed >>> 0;
    const head = kind | (isNear ? 0 : FAR) | (step.cpu << CPU_AT) | (flags << FLAGS_AT);
    numbers.word((head | (file << FILE_AT)) >>> 0);
    if (isNear) numbers.word(passed);
    else numbers.double(step.timeNs);
    numbers.word(lineCode(step.place.line - this.line));
    this.timeNs = step.timeNs;
    this.line = step.place.line;
    const isKept = this.rest(step);
    this.steps++;
    if (++this.inChunk === BATCH) this.close();
    return isKept && this.bytes <= this.mostBytes;
  }

  /** What is behind the first three numbers. */
  private rest(step: Step): boolean {
    switch (step.kind) {
      case 'map':
        return this.map(step);
      case 'unmap':
        return this.unmap(step);
      case 'sync':
        return this.sync(step);
      default:
        return false;
    }
  }

  private map({ mapping, decision, place }: MapStep): boolean {
    if (!mapping || decision || mapping.failed) return false;
    const { numbers, texts } = this;
    const { dmaAddr, phys, size, attrs, entries, maps } = mapping;
    const device = texts.devices.of(mapping.device);
    const call = texts.calls.of(mapping.call);
    if (device < 0 || call < 0 || mapping.offset !== phys - pageFloor(phys)) return false;
    if ((attrs & PORTED_ATTRS) !== attrs) return false;
    if (size !== size >>> 0 || mapping.place.file !== place.file) return false;
    const form = FORMS.indexOf(mapping.form);
    const source = SOURCES.indexOf(mapping.entrySource);
    const what = device | (form << FORM_AT) | (mapping.dir << DIR_AT) | (attrs << ATTRS_AT);
    numbers.word((what | (mapping.maySleep ? MAY_SLEEP : 0) | (call << CALL_AT)) >>> 0);
    numbers.word(size);
    const number = this.free.pop() ?? this.mappings++;
    mapping.kept = number;
    const isShort = mapping.place.line === place.line && source === 0 && isOneRun(mapping);
    const isBare = isShort && maps.length === 0;
    const isPlain = isShort && hasUsualMap(mapping);
    numbers.word(number + (isPlain ? PLAIN : isBare ? BARE : 0));
    numbers.double(dmaAddr);
    numbers.double(phys);
    if (isPlain || isBare) return true;
    if (entries.length >= MOST_PIECES || maps.length >= MOST_PIECES) return false;
    numbers.word(lineCode(mapping.place.line - place.line));
    numbers.word(source);
    numbers.word(entries.length);
    numbers.word(maps.length);
    numbers.double(mapping.segment);
    for (const entry of entries) {
      numbers.double(entry.phys);
      numbers.double(entry.length);
    }
    for (const map of maps) {
      numbers.double(map.iova);
      numbers.double(map.paddr);
      numbers.double(map.size);
    }
    return true;
  }

  private unmap(step: UnmapStep): boolean {
    const { mapping, recorded, dmaAddr, size } = step;
    if (!mapping || mapping.kept < 0 || step.decision || step.device !== mapping.device)
      return false;
    if ((step.attrs & PORTED_ATTRS) !== step.attrs) return false;
    const { numbers } = this;
    const isUsualOne = recorded.length === 1 && isUsualUnmap(recorded[0], mapping);
    const hasList = recorded.length > 0 && !isUsualOne;
    const hasSize = size !== mapping.size;
    const hasAddress = dmaAddr !== mapping.dmaAddr;
    numbers.word(
      step.dir |
        (step.attrs << UNMAP_ATTRS_AT) |
        (step.implied ? IMPLIED : 0) |
        (hasSize ? OWN_SIZE : 0) |
        (hasAddress ? OWN_ADDRESS : 0) |
        (isUsualOne ? USUAL_RECORDED : 0) |
        (hasList ? LIST_RECORDED : 0),
    );
    numbers.word(mapping.kept);
    this.free.push(mapping.kept);
    mapping.kept = -1;
    if (hasSize) numbers.double(size);
    if (hasAddress) numbers.double(dmaAddr);
    if (!hasList) return true;
    numbers.word(recorded.length);
    for (const unmap of recorded) {
      numbers.double(unmap.iova);
      numbers.double(unmap.size);
      numbers.double(unmap.unmapped);
    }
    return true;
  }

  private sync({ mapping, dir, forCpu, offset, size }: SyncStep): boolean {
    if (mapping.kept < 0) return false;
    this.numbers.word(dir | (forCpu ? FOR_CPU : 0));
    this.numbers.word(mapping.kept);
    this.numbers.double(offset);
    this.numbers.double(size);
    return true;
  }

  private close(): void {
    if (this.inChunk === 0) return;
    const chunk = this.numbers.take(this.inChunk);
    this.chunks.push(chunk);
    this.bytes += chunk.bytes;
    this.inChunk = 0;
  }
}

/** No list. */
function isOneRun({ entries, segment, size }: Mapping): boolean {
  return entries.length === 0 && segment === size;
}
