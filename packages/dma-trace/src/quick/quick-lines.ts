// SPDX-License-Identifier: GPL-2.0-only
// The quick way from the bytes of a line to its event: the frequent events in their usual shape. No text is made of such a line.
//
// What is not quick is left to the parser of text (parse-line.ts), so this one may refuse whatever it likes, and must accept
// nothing that the other reads otherwise. Measured (Node 20): a third of the time of the parser of text.

import type { MapPage, TimedEvent } from '../events';
import type { FormatName } from '../formats/format';
import { ByteCursor, SPACE, ascii } from './byte-cursor';
import { ByteNames, LONGEST_NAME } from './byte-names';
import { QuickFields } from './quick-fields';
import { QuickHead } from './quick-head';
import { QuickPrinted } from './quick-printed';

const COLON = 0x3a;
const OPEN = 0x28;
const CLOSE = 0x29;
const PLUS = 0x2b;
const IOVA = ascii('iova=');
const DEVICE = ascii('device=');

type Kind =
  | 'map'
  | 'unmap'
  | 'mapPage'
  | 'unmapPage'
  | 'mapSg'
  | 'unmapSg'
  | 'syncForCpu'
  | 'syncForDevice'
  | 'iovaAlloc'
  | 'iovaLink'
  | 'iovaDestroy';

/** What stands behind the columns. */
interface Name {
  readonly kind: Kind;
  readonly call: MapPage['call'];
  /** The function of a probe, in its text. */
  readonly bytes: Uint8Array;
}

const KINDS: readonly (readonly [system: string, name: string, Kind, MapPage['call']?])[] = [
  ['iommu', 'map', 'map'],
  ['iommu', 'unmap', 'unmap'],
  ['dma', 'dma_map_page', 'mapPage', 'page'],
  ['dma', 'dma_map_phys', 'mapPage', 'phys'],
  ['dma', 'dma_map_resource', 'mapPage', 'resource'],
  ['dma', 'dma_unmap_page', 'unmapPage', 'page'],
  ['dma', 'dma_unmap_phys', 'unmapPage', 'phys'],
  ['dma', 'dma_unmap_resource', 'unmapPage', 'resource'],
  ['dma', 'dma_map_sg', 'mapSg'],
  ['dma', 'dma_unmap_sg', 'unmapSg'],
  ['dma', 'dma_sync_single_for_cpu', 'syncForCpu'],
  ['dma', 'dma_sync_single_for_device', 'syncForDevice'],
  ['', 'dma_iova_try_alloc', 'iovaAlloc'],
  ['', 'dma_iova_link', 'iovaLink'],
  ['', 'dma_iova_destroy', 'iovaDestroy'],
];

/** By the first word behind the columns: `map:`, `iommu:map:`, of bpftrace `tracepoint:iommu:map`. */
const NAMES: ReadonlyMap<string, Name> = new Map(
  KINDS.flatMap(([system, name, kind, call = 'page']) => {
    const value: Name = { kind, call, bytes: ascii(name) };
    const words =
      system === ''
        ? [`${name}:`]
        : [`${name}:`, `${system}:${name}:`, `tracepoint:${system}:${name}`];
    return words.map((word) => [word, value] as const);
  }),
);

export class QuickLines {
  private readonly cursor = new ByteCursor();
  private readonly head = new QuickHead();
  private readonly printed = new QuickPrinted(this.cursor, this.head);
  private readonly fields = new QuickFields(this.cursor, this.head);
  private readonly names = new ByteNames((word) => NAMES.get(word) ?? null);

  /** Where the line behind the latest event begins. */
  get next(): number {
    return this.cursor.at;
  }

  /**
   * @param bytes whole lines, each with its newline
   * @param at where the line begins
   * @param line its number
   * @returns null if the line is not one of these
   */
  parse(bytes: Uint8Array, at: number, line: number, format: FormatName): TimedEvent | null {
    const { cursor, head } = this;
    cursor.begin(bytes, at);
    head.line = line;
    if (!head.read(cursor, format)) return null;
    const from = cursor.at;
    const end = cursor.wordEnd();
    if (!cursor.ok || end === from || end - from > LONGEST_NAME || bytes[end] !== SPACE)
      return null;
    const name = this.names.of(bytes, from, end);
    if (name === null || (bytes[end - 1] === COLON) === (format === 'bpftrace')) return null;
    cursor.at = end;
    cursor.skipSpaces();
    const event = format === 'bpftrace' ? this.ofFields(name) : this.event(name);
    return event !== null && cursor.lineEnds() ? event : null;
  }

  private event(name: Name): TimedEvent | null {
    const { cursor, printed } = this;
    const { at } = cursor;
    if (cursor.accept(IOVA) || cursor.accept(DEVICE)) {
      cursor.at = at;
      return this.ofFields(name);
    }
    switch (name.kind) {
      case 'map':
        return printed.iommuMap();
      case 'unmap':
        return printed.iommuUnmap();
      case 'mapPage':
        return printed.mapPage(name.call);
      case 'unmapPage':
        return printed.unmapPage(name.call);
      case 'mapSg':
        return printed.mapSg();
      case 'unmapSg':
        return printed.unmapSg();
      case 'syncForCpu':
        return printed.syncSingle(true);
      case 'syncForDevice':
        return printed.syncSingle(false);
      default:
        return this.probe(name);
    }
  }

  private ofFields(name: Name): TimedEvent | null {
    const { fields } = this;
    switch (name.kind) {
      case 'map':
        return fields.iommuMap();
      case 'unmap':
        return fields.iommuUnmap();
      case 'mapPage':
        return fields.mapPage(name.call);
      case 'unmapPage':
        return fields.unmapPage(name.call);
      default:
        return null;
    }
  }

  /** `(function+0x4/0x2c0) name="…" …` */
  private probe(name: Name): TimedEvent | null {
    const { cursor, fields } = this;
    const isHere = cursor.acceptByte(OPEN) && cursor.accept(name.bytes) && cursor.acceptByte(PLUS);
    if (!isHere) return null;
    const { bytes } = cursor;
    let { at } = cursor;
    while (isOffset(bytes[at] as number)) at++;
    if (bytes[at] !== CLOSE || bytes[at + 1] !== SPACE) return null;
    cursor.at = at + 1;
    cursor.skipSpaces();
    switch (name.kind) {
      case 'iovaAlloc':
        return fields.iovaAlloc();
      case 'iovaLink':
        return fields.iovaLink();
      default:
        return fields.iovaDestroy();
    }
  }
}

/** Of `0x4/0x2c0`. */
function isOffset(byte: number): boolean {
  return (byte >= 0x2f && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66) || byte === 0x78;
}
