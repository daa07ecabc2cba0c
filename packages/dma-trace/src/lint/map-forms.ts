// SPDX-License-Identifier: GPL-2.0-only
// By which calls each device maps and unmaps: a recording may have the events of some calls and not those of others.

import type { CallForm } from '../calls/step';

export class MapForms {
  private readonly maps = new Map<string, Set<CallForm>>();
  /** Unmaps without a map. */
  private readonly strays = new Map<string, Set<CallForm>>();
  private pairs = 0;

  mapped(device: string, form: CallForm): void {
    put(this.maps, device, form);
  }

  /** A map was found for the unmap. */
  unmapped(): void {
    this.pairs++;
  }

  strayUnmap(device: string, form: CallForm): void {
    put(this.strays, device, form);
  }

  /** Whether the capture has a map of this call of the device so far. */
  isMapped(device: string, form: CallForm): boolean {
    return this.maps.get(device)?.has(form) === true;
  }

  /** Whether any unmap can have its map in the capture. */
  get hasPairs(): boolean {
    if (this.pairs > 0) return true;
    for (const [device, forms] of this.strays)
      for (const form of forms) if (this.isMapped(device, form)) return true;
    return false;
  }
}

function put(devices: Map<string, Set<CallForm>>, device: string, form: CallForm): void {
  const forms = devices.get(device);
  if (forms) forms.add(form);
  else devices.set(device, new Set([form]));
}
