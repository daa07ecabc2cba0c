// SPDX-License-Identifier: GPL-2.0-only
// What a job does when: its blocks in passes over its files, pauses, paced blocks, and reading back what it wrote. As fio
// 3.33's do_io, do_verify and keep_running (backend.c) have it.

import { type FioJob, bufferBytes } from './job';
import { Pacer } from './pacer';
import { PlaceInFiles } from './place-in-files';
import { Workload } from './workload';
import { Written } from './written';

export class IoPlan {
  /** Of the next I/O. */
  isRead = true;
  bytes = 0;
  /** I/Os and bytes that were begun; of those, I/Os that read back. */
  begun = 0;
  begunBytes = 0;
  readBack = 0;
  writes = 0;
  /** When the job had ended; null: it has not. */
  endedAt: number | null = null;
  readonly pacer: Pacer | null;
  private readonly workload: Workload;
  private readonly place: PlaceInFiles | null;
  private readonly written: Written | null;
  /** Nothing but limits. */
  private readonly plain: boolean;
  private readonly mixed: boolean;
  private deadline: number;
  private drawn = false;
  private over = false;
  /** No I/O begins before those under way are reaped; what follows then. */
  private drains = false;
  private pauses = false;
  private phaseOver = false;
  private readsBack = false;
  private pauseUntil = 0;
  private sincePause = 0;
  private passes = 0;
  private passBytes = 0;
  /** Of the job's own blocks, without what is read back. */
  private ios = 0;
  private ownBytes = 0;
  /** Blocks that are still to be read back between writes. */
  private batch = 0;

  constructor(
    private readonly job: FioJob,
    seed: number,
  ) {
    const { pass, pace, verify } = job;
    this.workload = new Workload(job, seed);
    this.place = pass && new PlaceInFiles(pass, job.rw.startsWith('rand'));
    this.pacer = pace?.rates ? new Pacer(pace.rates) : null;
    this.written = verify && new Written();
    this.plain = pass === null && pace === null && verify === null;
    this.mixed = this.workload.isMixed();
    this.deadline = job.runtimeNs ?? Infinity;
  }

  /** The job starts later than at 0. */
  startsAt(now: number): void {
    this.deadline = now + (this.job.runtimeNs ?? Infinity);
    if (this.pacer !== null) this.pacer.startedAt = now;
  }

  /**
   * When the next I/O may begin: `now`, later, or Infinity: never, or not before others are reaped.
   * @param out I/Os that are not reaped
   */
  submitsAt(now: number, out: number): number {
    if (this.over || now >= this.deadline || (this.plain && this.limitReached())) {
      this.over = true;
      // A pause after the last block is of the job, too: others may wait for its end.
      if (out === 0) this.endedAt ??= Math.max(now, Math.min(this.pauseUntil, this.deadline));
      return Infinity;
    }
    return this.plain ? now : this.plannedAt(now, out);
  }

  private plannedAt(now: number, out: number): number {
    if (this.drains) {
      if (out > 0) return Infinity;
      this.drained(now);
      return this.submitsAt(now, out);
    }
    if (!this.drawn && !this.draw()) return this.endPhase(now, out);
    if (now < this.pauseUntil) return Math.min(this.pauseUntil, this.deadline);
    return this.pacer === null || this.readsBack ? now : this.pacedAt(this.pacer, now, out);
  }

  /** C: fio 3.33 io_u.c rate_ddir: ahead of its rate, a job waits for what is out, then for its time. */
  private pacedAt(pacer: Pacer, now: number, out: number): number {
    const own = pacer.at(this.isRead);
    if (own <= now) return now;
    const other = this.mixed ? pacer.at(!this.isRead) : Infinity;
    if (other > now && out > 0) {
      this.drains = true;
      return Infinity;
    }
    if (other < own && !this.drawBytes(!this.isRead)) return this.endPhase(now, out);
    return Math.max(now, Math.min(own, other, this.deadline));
  }

  private endPhase(now: number, out: number): number {
    this.drawn = false;
    this.drains = true;
    this.phaseOver = true;
    return this.plannedAt(now, out);
  }

  private drained(now: number): void {
    this.drains = false;
    if (this.pauses) this.pauseUntil = now + (this.job.pace?.thinkNs ?? 0);
    this.pauses = false;
    if (!this.phaseOver) return;
    this.phaseOver = false;
    if (!this.readsBack && this.written !== null && this.written.length > 0) this.readsBack = true;
    else this.endPass();
  }

  private endPass(): void {
    this.readsBack = false;
    this.passes++;
    const again = this.passBytes > 0 && !this.limitReached() && this.anotherPass();
    if (!again) this.over = true;
    this.passBytes = 0;
    this.place?.rewind();
  }

  private anotherPass(): boolean {
    const { pass } = this.job;
    if (pass === null) return false;
    const missing = (pass.until ?? 0) - this.begunBytes;
    return this.passes < pass.count || (missing > 0 && missing >= bufferBytes(this.job));
  }

  private limitReached(): boolean {
    const { numberIos, size } = this.job;
    return (
      (numberIos !== null && this.ios >= numberIos) || (size !== null && this.ownBytes >= size)
    );
  }

  /** How far it is, 0 to 1: by the limit that it reaches first. What is read back is not foreseen. */
  shareDone(now: number): number {
    const { numberIos, size, runtimeNs, pass } = this.job;
    const passes = pass === null ? 0 : this.passes + this.passBytes / pass.bytes;
    const shares = [
      this.endedAt === null ? 0 : 1,
      numberIos === null ? 0 : this.ios / numberIos,
      size === null ? 0 : this.ownBytes / size,
      runtimeNs === null ? 0 : (now - this.deadline) / runtimeNs + 1,
      pass?.until === null ? passes / pass.count : 0,
    ];
    return Math.min(1, Math.max(...shares));
  }

  /** What comes next. @returns false where the phase is over */
  private draw(): boolean {
    if (this.readsBack) return this.drawReadBack();
    if (this.limitReached() || this.passEnds()) return false;
    if (this.backlogIsDue()) return this.drawReadBack();
    this.workload.drawDirection();
    return this.drawBytes(this.workload.isRead);
  }

  private passEnds(): boolean {
    const { pass } = this.job;
    return pass?.count !== Infinity && this.passBytes >= (pass?.bytes ?? Infinity);
  }

  private drawBytes(isRead: boolean): boolean {
    const { workload, place } = this;
    workload.isRead = isRead;
    for (let files = 0; place !== null && !place.fits(isRead, workload.leastBytes()); files++)
      if (files > place.files || !place.nextFile()) return false;
    do workload.drawBytes();
    while (place !== null && !place.fits(isRead, workload.bytes));
    this.isRead = isRead;
    this.bytes = workload.bytes;
    this.drawn = true;
    return true;
  }

  private drawReadBack(): boolean {
    if (this.written === null || this.written.length === 0) return false;
    this.isRead = true;
    this.bytes = this.written.oldest();
    this.drawn = true;
    return true;
  }

  /** verify_backlog: after so many writes, so many are read back. C: fio 3.33 io_u.c check_get_verify */
  private backlogIsDue(): boolean {
    const { written, job } = this;
    const backlog = job.verify?.backlog ?? null;
    if (written === null || backlog === null || written.length === 0) return false;
    if (this.batch === 0 && !this.isRead && written.length % backlog === 0)
      this.batch = job.verify?.batch ?? backlog;
    return this.batch > 0;
  }

  /** Draws the next I/O where submitsAt() has not. */
  prepare(): void {
    if (this.drawn) return;
    this.workload.next();
    this.isRead = this.workload.isRead;
    this.bytes = this.workload.bytes;
    this.drawn = true;
  }

  /** The next I/O has begun: its first request is mapped. */
  take(now: number): void {
    const { written, bytes, isRead } = this;
    this.drawn = false;
    this.begun++;
    this.begunBytes += bytes;
    if (this.readsBack || this.batch > 0) {
      written?.drop();
      this.readBack++;
      this.batch = Math.max(0, this.batch - 1);
      if (this.readsBack) return;
    } else {
      this.ios++;
      this.ownBytes += bytes;
      this.passBytes += bytes;
      this.place?.take(isRead, bytes);
      this.pacer?.issues(isRead, bytes, now);
      if (!isRead) {
        this.writes++;
        written?.push(bytes);
      }
    }
    this.counts();
  }

  /** thinktime_blocks. */
  private counts(): void {
    const { pace } = this.job;
    if (pace === null || pace.thinkNs === 0 || ++this.sincePause < pace.thinkBlocks) return;
    this.sincePause = 0;
    this.drains = true;
    this.pauses = true;
  }
}
