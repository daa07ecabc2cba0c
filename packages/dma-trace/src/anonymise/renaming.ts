// SPDX-License-Identifier: GPL-2.0-only
// What stands for what: one renaming for all files that are anonymised together.

import type { TraceEvent } from '../events';
import { AddressMap } from './address-map';
import { AddressSurvey } from './address-survey';
import { Pointers, TaskNames, Words, newDeviceNames } from './names';
import type { Draw } from './random';
import { messageDevice, messageParts } from './message';

/** Of an address, behind the number of its page. */
const PAGE_DIGITS = '000';

/** A first reading: all that has an order to be kept. */
export class RenamingSurvey {
  readonly addresses = new AddressSurvey();
  private readonly devices = new Set<string>();
  /** Bytes: the largest boundary that the facts name. */
  private boundary = 0;

  event(event: TraceEvent): void {
    this.addresses.event(event);
    if (event.kind !== 'kernelLog') {
      if ('device' in event) this.device(event.device);
      return;
    }
    const device = messageDevice(event);
    if (device !== null) this.device(device);
    if (event.address !== null) this.addresses.add(event.address, 1, 'device');
    for (const { kind, text } of messageParts(event)) {
      if (kind === 'device') this.device(text);
      if (kind === 'address') this.addresses.add(parseInt(text, 16), 1, 'device');
      if (kind === 'frame') this.addresses.add(parseInt(text + PAGE_DIGITS, 16), 1, 'device');
    }
  }

  device(name: string): void {
    this.devices.add(name);
  }

  /** @param bytes that no segment crosses a multiple of */
  limit(bytes: number): void {
    if (Number.isSafeInteger(bytes)) this.boundary = Math.max(this.boundary, bytes);
  }

  finish(draw: Draw): Renaming {
    const addresses = new AddressMap(this.addresses, draw, this.boundary);
    return new Renaming(addresses, newDeviceNames(this.devices, draw));
  }
}

export class Renaming {
  readonly tasks = new TaskNames();
  /** CPU addresses and pointers, by which lines are told to belong together. */
  readonly pointers = new Pointers();
  /** Stream numbers of an SMMU. */
  readonly streams = new Pointers();
  readonly words = new Words();

  constructor(
    readonly addresses: AddressMap,
    private readonly devices: ReadonlyMap<string, string>,
  ) {}

  /** How many devices have another name. */
  get deviceCount(): number {
    return this.devices.size;
  }

  device(name: string): string {
    return this.devices.get(name) ?? '';
  }

  /** Of an address that was not surveyed, nothing but its place in the page stays. */
  address(address: number): number {
    return this.addresses.map(address) ?? address % 4096;
  }

  /**
   * @param digits hexadecimal, as wide as they are printed
   */
  hex(digits: string): string {
    const mapped = this.addresses.mapHex(digits) ?? digits.slice(-3);
    return digits.startsWith('0') ? mapped.padStart(digits.length, '0') : mapped;
  }

  /** @param digits hexadecimal: an address without its last 12 bits */
  frame(digits: string): string {
    return this.hex(digits + PAGE_DIGITS).slice(0, -PAGE_DIGITS.length) || '0';
  }
}
