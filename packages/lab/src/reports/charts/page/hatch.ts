// SPDX-License-Identifier: GPL-2.0-only
// A colour as hatching: what protects less.

const SIZE = 8;

/** @param page the colour behind it */
export function hatched(colour: string, page: string): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = tile.height = SIZE;
  const context = tile.getContext('2d');
  if (!context) return colour;
  context.fillStyle = page;
  context.fillRect(0, 0, SIZE, SIZE);
  context.strokeStyle = colour;
  context.lineWidth = 2.5;
  context.beginPath();
  // Beyond the tile's corners too, so that the lines go on in the next.
  for (const x of [-SIZE, 0, SIZE]) {
    context.moveTo(x - 1, SIZE + 1);
    context.lineTo(x + SIZE + 1, -1);
  }
  context.stroke();
  return context.createPattern(tile, 'repeat') ?? colour;
}
