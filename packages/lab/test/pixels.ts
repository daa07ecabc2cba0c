// SPDX-License-Identifier: GPL-2.0-only
// What is drawn on a canvas of an open page.

/**
 * For a script that `page.evaluate` runs: the colours that a canvas has.
 * @param canvas name of a variable of that script
 * @param least pixels that a colour has at least
 * @returns an expression, an array of `r,g,b`
 */
export function coloursOf(canvas: string, least: number): string {
  return `(() => {
    // Read from a copy: Chromium remarks on canvases that are drawn and read.
    const copy = document.createElement('canvas');
    Object.assign(copy, { width: ${canvas}.width, height: ${canvas}.height });
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(${canvas}, 0, 0);
    const pixels = context.getImageData(0, 0, copy.width, copy.height).data;
    const seen = new Map();
    for (let i = 0; i < pixels.length; i += 4) {
      if (pixels[i + 3] < 255) continue;
      const rgb = pixels[i] + ',' + pixels[i + 1] + ',' + pixels[i + 2];
      seen.set(rgb, (seen.get(rgb) ?? 0) + 1);
    }
    return [...seen].filter(([, n]) => n >= ${String(least)}).map(([rgb]) => rgb);
  })()`;
}
