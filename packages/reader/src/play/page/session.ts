// SPDX-License-Identifier: GPL-2.0-only
// Where the page is in a recording, and the moves: by call, by statement, by time.

import type { Frame } from '../frame';
import { MOST_BACK } from '../view/reach';
import type { PlayItem, Steps } from '../contract';

/** What the parts of the page draw. */
export interface Now {
  readonly item: PlayItem;
  readonly steps: Steps;
  readonly step: number;
  /** Statement of the call that leads to this step, from 1; null: the call is over. */
  readonly statement: number | null;
  /** What the panels show: inside a call, what was before it. */
  readonly frame: Frame;
  readonly previous: Frame | null;
  /** The call whose lines are shown: inside a call, the one that runs. */
  readonly call: Frame;
  readonly playing: boolean;
}

/** May hold a step back, to ask first: true if it did. */
export type Gate = (from: Frame, to: Frame) => boolean;

/** Steps a second. */
export const SPEEDS = [0.25, 0.5, 1, 2, 5, 20] as const;

export class Session {
  private item: PlayItem;
  private steps: Steps;
  private step = 0;
  private statement: number | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private readonly listeners: ((now: Now) => void)[] = [];
  speed = 1;
  gate: Gate | null = null;
  /** What comes after the last step; null: nothing. */
  atEnd: (() => void) | null = null;

  constructor(item: PlayItem) {
    this.item = item;
    this.steps = item.open();
  }

  listen(listener: (now: Now) => void): void {
    this.listeners.push(listener);
  }

  now(): Now {
    const { item, steps, step, statement } = this;
    const call = steps.frame(step);
    const shown = statement === null ? step : step - 1;
    return {
      ...{ item, steps, step, statement, call },
      frame: steps.frame(shown),
      previous: shown > 0 ? steps.frame(shown - 1) : null,
      playing: this.timer !== null,
    };
  }

  choose(item: PlayItem, step = 0, statement: number | null = null): void {
    this.stopTimer();
    this.item = item;
    this.steps = item.open();
    this.goTo(step, statement);
  }

  /** Beyond the ends: the ends. */
  goTo(step: number, statement: number | null = null): void {
    const from = this.step;
    this.step = Math.max(0, Math.min(this.steps.length, step));
    if (Math.abs(this.step - from) > 1) this.makeFramesBefore();
    const lines = this.step === 0 ? 0 : this.steps.frame(this.step).executed.length;
    this.statement =
      statement === null || lines === 0 ? null : Math.min(Math.max(1, statement), lines);
    this.tell();
  }

  forward(): void {
    if (this.statement !== null) this.goTo(this.step);
    else if (this.step >= this.steps.length) this.atEnd?.();
    else if (!this.held()) this.goTo(this.step + 1);
  }

  back(): void {
    this.goTo(this.step - 1);
  }

  statementForward(): void {
    const { step, statement } = this;
    if (statement === null) {
      if (step < this.steps.length && !this.held()) this.goTo(step + 1, 1);
    } else if (statement < this.steps.frame(step).executed.length) this.goTo(step, statement + 1);
    else this.goTo(step);
  }

  statementBack(): void {
    const { step, statement } = this;
    if (step === 0) return;
    if (statement === null) this.goTo(step, this.steps.frame(step).executed.length);
    else if (statement > 1) this.goTo(step, statement - 1);
    else this.goTo(step - 1);
  }

  togglePlay(): void {
    if (this.timer !== null) this.stopTimer();
    else {
      if (this.step >= this.steps.length && this.atEnd === null) this.goTo(0);
      this.startTimer();
    }
    this.tell();
  }

  pause(): void {
    if (this.timer === null) return;
    this.stopTimer();
    this.tell();
  }

  /** Far away, frames are made in one run forward; asked for one by one backwards, they would take two runs. */
  private makeFramesBefore(): void {
    for (let at = Math.max(0, this.step - MOST_BACK - 1); at < this.step; at++)
      this.steps.frame(at);
  }

  private held(): boolean {
    if (this.gate === null) return false;
    const held = this.gate(this.steps.frame(this.step), this.steps.frame(this.step + 1));
    if (held) this.pause();
    return held;
  }

  private startTimer(): void {
    this.timer = setTimeout(() => {
      this.timer = null;
      const more = this.step + 1 < this.steps.length || this.atEnd !== null;
      if (more) this.startTimer();
      this.forward();
    }, 1000 / this.speed);
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private tell(): void {
    const now = this.now();
    for (const listener of this.listeners) listener(now);
  }
}
