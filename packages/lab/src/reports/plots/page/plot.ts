// SPDX-License-Identifier: GPL-2.0-only
// One plot of the page: drawn when it comes into sight, walked and zoomed with keys, mouse or fingers, and read out.

import type uPlotClass from 'uplot';
import { type PlotView, binsOf } from '../view';
import { spokenText } from '../words';
import { fingers } from './fingers';
import { plotData, positions, unitOf } from './data';
import { type InkOf, settings } from './settings';
import type { Member, Span, Together } from './together';

/** The page has it as a script of its own. */
declare const uPlot: typeof uPlotClass;

/** Fewer bins than these are not zoomed to. */
const LEAST_BINS = 8;
/** Of a page of paper, CSS pixels. */
const PAPER_WIDTH = 640;

export class Plot implements Member {
  private plot: uPlotClass | null = null;
  private readonly bins: number;
  /** The bin that was walked to; -1: none yet. */
  private bin = -1;
  private readonly says: HTMLElement | null;

  constructor(
    readonly box: HTMLElement,
    private readonly view: PlotView,
    private readonly together: Together,
    private readonly ink: InkOf,
  ) {
    this.bins = binsOf(view);
    this.says = box.parentElement?.querySelector('.plot-says') ?? null;
    box.setAttribute('aria-valuemax', String(this.bins - 1));
    together.add(this);
    box.addEventListener('keydown', (event) => {
      if (this.key(event)) event.preventDefault();
    });
    box.addEventListener('focus', () => {
      this.draw();
      this.walkTo(this.bin < 0 ? this.shown[0] : this.bin);
    });
    for (const button of box.parentElement?.querySelectorAll<HTMLElement>('[data-zoom]') ?? [])
      button.addEventListener('click', () => {
        this.draw();
        if (button.dataset['zoom'] === 'reset') this.zoomTo(null);
        else this.zoomBy(button.dataset['zoom'] === 'in' ? 0.5 : 2);
      });
  }

  draw(): void {
    if (this.plot) return;
    const { view, box } = this;
    const size = { width: Math.max(100, box.clientWidth), height: box.clientHeight };
    const data = [positions(view), ...plotData(view)] as uPlotClass.AlignedData;
    const made = new uPlot(
      settings(view, this.ink, uPlot.paths, size, {
        setScale: [
          (_, key) => {
            if (key === 'x') this.zoomed();
          },
        ],
        setCursor: [
          () => {
            this.moved();
          },
        ],
      }),
      data,
      box,
    );
    this.plot = made;
    // For whoever looks at the page with a browser's tools, as its tests do.
    Reflect.set(box, 'plot', made);
    this.showSpan(this.together.span);
    if (view.kind === 'time')
      fingers(made.over, {
        walk: (left) => {
          made.setCursor({ left, top: 0 });
        },
        pinch: (by, left) => {
          this.zoomBy(by, this.binAt(left));
        },
      });
  }

  /** After the colours or the width have changed. */
  redraw(printing: boolean): void {
    const { plot, box } = this;
    if (!plot) return;
    const width = Math.max(
      100,
      printing ? Math.min(box.clientWidth, PAPER_WIDTH) : box.clientWidth,
    );
    if (width !== plot.width) plot.setSize({ width, height: box.clientHeight });
    plot.redraw(false);
  }

  showSpan(span: Span | null): void {
    if (!this.plot || this.view.kind !== 'time') return;
    const { ns } = unitOf(this.view);
    const [from, to] = span ?? [0, this.bins * this.view.widthNs];
    this.plot.setScale('x', { min: from / ns, max: to / ns });
  }

  showPlace(ns: number): void {
    if (this.plot) this.place(Math.min(this.bins - 1, Math.floor(ns / this.view.widthNs)));
  }

  /** Bins that are in sight: the first and the last. */
  private get shown(): [number, number] {
    const { min, max } = this.plot?.scales['x'] ?? {};
    if (this.view.kind !== 'time' || min === undefined || max === undefined)
      return [0, this.bins - 1];
    const width = this.view.widthNs / unitOf(this.view).ns;
    const first = Math.max(0, Math.round(min / width));
    return [first, Math.max(first, Math.min(this.bins, Math.round(max / width)) - 1)];
  }

  private key(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const [first, last] = this.shown;
    const page = Math.max(1, Math.round((last - first + 1) / 10));
    const step = event.shiftKey ? 10 : 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -step,
      ArrowRight: step,
      PageUp: -page,
      PageDown: page,
      Home: first - this.bin,
      End: last - this.bin,
    };
    const by = steps[event.key];
    if (by !== undefined) this.walkTo(this.bin + by);
    else if (this.view.kind !== 'time') return false;
    else if (event.key === '+' || event.key === '=') this.zoomBy(0.5);
    else if (event.key === '-' || event.key === '_') this.zoomBy(2);
    else if (event.key === '0' || event.key === 'Escape') this.zoomTo(null);
    else return false;
    return true;
  }

  private walkTo(wanted: number): void {
    const bin = Math.max(0, Math.min(this.bins - 1, wanted));
    const [first, last] = this.shown;
    if (bin < first || bin > last)
      this.zoomBins(bin < first ? bin : bin - (last - first), last - first + 1);
    this.place(bin);
    if (this.view.kind === 'time') this.together.walk((bin + 0.5) * this.view.widthNs, this);
  }

  /** Draws the cursor into the middle of a bin, and reads it out. */
  private place(bin: number): void {
    const { plot } = this;
    this.say(bin);
    // A new span is drawn a moment later; the cursor belongs where the bin is then.
    queueMicrotask(() => {
      const isTime = this.view.kind === 'time';
      const at = isTime ? ((bin + 0.5) * this.view.widthNs) / unitOf(this.view).ns : bin;
      plot?.setCursor({ left: plot.valToPos(at, 'x'), top: 0 }, false);
    });
  }

  private say(bin: number): void {
    if (bin === this.bin) return;
    this.bin = bin;
    const text = spokenText(this.view, bin);
    this.box.setAttribute('aria-valuenow', String(bin));
    this.box.setAttribute('aria-valuetext', text);
    if (this.says) this.says.textContent = text;
  }

  private binAt(left: number): number {
    const at = this.plot?.posToVal(left, 'x') ?? 0;
    const bin =
      this.view.kind === 'time'
        ? Math.floor((at * unitOf(this.view).ns) / this.view.widthNs)
        : Math.round(at);
    return Math.max(0, Math.min(this.bins - 1, bin));
  }

  /** By the mouse or a finger. */
  private moved(): void {
    const left = this.plot?.cursor.left ?? -1;
    if (left < 0) return;
    const bin = this.binAt(left);
    if (bin === this.bin) return;
    this.say(bin);
    if (this.view.kind === 'time') this.together.walk((bin + 0.5) * this.view.widthNs, this);
  }

  /** @param by 0.5 shows half as much, around a bin: that which was walked to, or the middle */
  private zoomBy(by: number, around = this.bin): void {
    const [first, last] = this.shown;
    const bins = last - first + 1;
    const centre = around >= first && around <= last ? around : (first + last) / 2;
    const wanted = Math.max(Math.min(LEAST_BINS, this.bins), Math.round(bins * by));
    this.zoomBins(Math.round(centre - ((centre - first) * wanted) / bins), wanted);
  }

  private zoomBins(first: number, bins: number): void {
    if (bins >= this.bins) {
      this.zoomTo(null);
      return;
    }
    const { widthNs } = this.view;
    const from = Math.max(0, Math.min(this.bins - bins, first));
    this.zoomTo([from * widthNs, (from + bins) * widthNs]);
  }

  private zoomTo(span: Span | null): void {
    this.together.zoom(span, this);
    this.showSpan(span);
  }

  /** uPlot has another span: by a key, the mouse, or another plot. */
  private zoomed(): void {
    const { min, max } = this.plot?.scales['x'] ?? {};
    if (this.view.kind !== 'time' || min == null || max == null) return;
    const { ns } = unitOf(this.view);
    const all = this.bins * this.view.widthNs;
    const isAll = min * ns <= this.view.widthNs * 1e-3 && max * ns >= all * (1 - 1e-6);
    this.together.zoom(isAll ? null : [min * ns, max * ns], this);
  }
}
