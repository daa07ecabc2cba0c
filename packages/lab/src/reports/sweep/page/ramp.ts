// SPDX-License-Identifier: GPL-2.0-only
// Colours of a heat map: viridis, which can be told apart by whoever sees few colours, and in grey.

const STOPS = [
  ...[0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e],
  ...[0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725],
];
/** Of a colour on which white text is as legible as black. */
const MIDDLE = 0.179;

/** @param share 0 to 1 */
export function rampColour(share: number): { readonly back: string; readonly ink: string } {
  const at = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(at));
  const [a, b] = [parts(STOPS[i] ?? 0), parts(STOPS[i + 1] ?? 0)];
  const rgb = a.map((from, part) => Math.round(from + (at - i) * ((b[part] ?? 0) - from)));
  const [r = 0, g = 0, blue = 0] = rgb.map(linear);
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  return { back: `rgb(${rgb.join(' ')})`, ink: light > MIDDLE ? '#000' : '#fff' };
}

export function rampGradient(): string {
  return `linear-gradient(to right, ${STOPS.map((_, i) => rampColour(i / (STOPS.length - 1)).back).join(', ')})`;
}

function parts(colour: number): number[] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

/** Of sRGB. */
function linear(part: number): number {
  const share = part / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
