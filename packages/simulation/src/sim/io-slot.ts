// SPDX-License-Identifier: GPL-2.0-only
// One place of a job's iodepth: its buffer, and the I/O that is under way in it, as one request or several.

import { PAGE_SIZE } from '@iommu-bounce/linux-shim';
import { IoRequest } from './io-request';
import { type RequestLimits, USUAL_LIMITS, longestRequest } from './request-limits';
import type { SimDevice } from './sim-device';
import { splitIntoRequests } from './split';

/** Whose I/O it is. */
export interface IoOwner {
  /** The interrupt handler is done with it. */
  completed(io: IoSlot): void;
  /** A request of it could not be mapped. */
  putOff(io: IoSlot): void;
}

/** A size of I/O in one buffer. */
interface Sized {
  readonly bytes: number;
  readonly requests: readonly IoRequest[];
}

export class IoSlot {
  /** Bytes and direction of the I/O under way. */
  bytes = 0;
  write = false;
  /** Its number in the run, from 1. */
  serial = 0;
  /** Virtual nanoseconds. */
  submittedAt = 0;
  /** What it consists of, how many of these are mapped or were, and how many are not done. */
  requests: readonly IoRequest[] = [];
  mapped = 0;
  left = 0;
  /** Made when a size first occurs. */
  private readonly bySize: Sized[] = [];

  constructor(
    readonly job: IoOwner,
    readonly pfns: Float64Array,
    private readonly device: SimDevice,
    private readonly limits: RequestLimits = USUAL_LIMITS,
  ) {}

  /** The next I/O, of which nothing is mapped. */
  prepare(bytes: number, write: boolean): void {
    this.write = write;
    if (this.bytes !== bytes || this.requests.length === 0) this.requests = this.requestsOf(bytes);
    this.bytes = bytes;
    this.mapped = 0;
    this.left = this.requests.length;
  }

  private requestsOf(bytes: number): readonly IoRequest[] {
    const known = this.bySize.find((sized) => sized.bytes === bytes);
    if (known !== undefined) return known.requests;
    const { device, limits } = this;
    let page = 0;
    const longest = longestRequest(limits, device.longestMapping);
    const requests = splitIntoRequests(this.pfns, bytes, limits, longest).map((pieces) => {
      const request = new IoRequest(this, page, pieces, device);
      page += request.bytes / PAGE_SIZE;
      return request;
    });
    this.bySize.push({ bytes, requests });
    return requests;
  }
}
