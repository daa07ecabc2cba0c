// SPDX-License-Identifier: GPL-2.0-only
// Colours of the page's style, as the screen or the paper has them.

/** Paper is white whatever the scheme of the screen. */
const PAPER: Readonly<Record<string, string>> = {
  '--ink': '#1c2024',
  '--faint': '#565e66',
  '--page': '#ffffff',
  '--line': '#d5dae0',
  '--link': '#0b57a4',
  '--before': '#8a5a00',
  '--after': '#0b6e4f',
  '--bad': '#a5231c',
};

export class Ink {
  printing = false;

  /** @param name of a variable of the page's style */
  readonly of = (name: string): string =>
    (this.printing ? PAPER[name] : undefined) ??
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /** @param redraw when the colours have changed, and before and after the page is printed */
  follow(redraw: () => void): void {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
    for (const [event, printing] of [
      ['beforeprint', true],
      ['afterprint', false],
    ] as const)
      addEventListener(event, () => {
        this.printing = printing;
        redraw();
      });
  }
}
