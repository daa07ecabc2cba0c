// SPDX-License-Identifier: GPL-2.0-only
// Map calls that fail because the device cannot address the memory, as the kernel logs them.

import { dmaOverflow } from '../dma-overflow';
import type { TraceEvent } from '../events';
import type { Check } from './check';
import type { LintContext } from './context';
import type { Rule } from './rule';
import { bytes } from './words';

const UNREACHABLE: Rule = {
  id: 'memory-out-of-reach',
  severity: 'warning',
  summary: 'A map call failed because the device cannot address the memory.',
  dmaDebug: null,
  needs: ['log'],
  pairing: false,
  cannotSee: 'All but the first: most kernels log it once since boot, for whatever device.',
  why: 'The transfer does not happen. It depends on where the memory is, so it comes and goes with the load and the size of the RAM.',
  fix: 'Set the mask that the device really has (dma_set_mask_and_coherent); a bus limit comes from dma-ranges or ACPI. If it is right: let swiotlb bounce (no swiotlb=noforce), below the mask, or use an IOMMU.',
};

export class UnreachableCheck implements Check {
  readonly rules = [UNREACHABLE];

  event(event: TraceEvent, context: LintContext): void {
    if (event.kind !== 'kernelLog' || event.topic !== 'outOfReach') return;
    const { address, size, mask, busLimit, bounced } = dmaOverflow(event.text);
    if (address === null) {
      context.report(UNREACHABLE, event.device, 'the device has no DMA mask', {
        kind: 'no mask',
        isOfLog: true,
      });
      return;
    }
    const asked = `${size === null ? 'the memory' : bytes(size)} at 0x${significant(address)}`;
    const limits = [
      ...(mask === null ? [] : [`its DMA mask is 0x${significant(mask)}`]),
      ...(busLimit === null ? [] : [`the limit of its bus 0x${significant(busLimit)}`]),
    ].join(', ');
    const why = {
      no: 'no swiotlb is there to bounce it',
      slot: 'it is a slot of swiotlb, whose own memory is out of reach',
      refused: 'swiotlb=noforce forbids to bounce it',
    }[bounced];
    const message = [`the device cannot address ${asked}`, limits, why].filter(Boolean).join('; ');
    context.report(UNREACHABLE, event.device, message, {
      weight: size ?? 0,
      kind: bounced,
      isOfLog: true,
    });
  }

  finish(): void {
    // Nothing is held back: each line is a finding.
  }
}

const significant = (digits: string): string => digits.replace(/^0+(?=.)/, '');
