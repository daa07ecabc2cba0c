// SPDX-License-Identifier: GPL-2.0-only
// One finger walks a plot, two zoom it; up and down they scroll the page.

export interface Touched {
  /** @param left CSS pixels from the left edge */
  readonly walk: (left: number) => void;
  /** @param by below 1: the fingers have moved apart */
  readonly pinch: (by: number, left: number) => void;
}

/** The fingers have to move so far, as a factor, before a plot is zoomed. */
const STEP = 1.15;

export function fingers(over: HTMLElement, { walk, pinch }: Touched): void {
  const down = new Map<number, number>();
  let apart = 0;
  const distance = (): number => {
    const [a = 0, b = a] = down.values();
    return Math.max(1, Math.abs(a - b));
  };
  over.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch') return;
    down.set(event.pointerId, event.offsetX);
    if (down.size === 2) apart = distance();
  });
  over.addEventListener('pointermove', (event) => {
    if (!down.has(event.pointerId)) return;
    down.set(event.pointerId, event.offsetX);
    if (down.size === 1) walk(event.offsetX);
    if (down.size !== 2) return;
    const by = apart / distance();
    if (by < STEP && by > 1 / STEP) return;
    const [a = 0, b = a] = down.values();
    pinch(by, (a + b) / 2);
    apart = distance();
  });
  const up = (event: PointerEvent): void => {
    down.delete(event.pointerId);
  };
  over.addEventListener('pointerup', up);
  over.addEventListener('pointercancel', up);
}
