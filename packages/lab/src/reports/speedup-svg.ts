// SPDX-License-Identifier: GPL-2.0-only
// The speed-up by block size as a picture that stands alone: docs/speedup.svg is one.

import type { FioComparison } from '@iommu-bounce/simulation';
import { blockSize } from '../show/format';
import { Html, html } from '../show/html';
import { policyColour } from './charts/colours';

export type SpeedupRow = Pick<FioComparison, 'bs' | 'speedup' | 'speedup_published'>;

const TITLE = 'fio reads on a passed-through NVMe: throughput with the pool, strict = 1x';
const WIDTH = 720;
const HEIGHT = 380;
/** Of the plot, within the picture. */
const LEFT = 52;
const RIGHT = 618;
const TOP = 92;
const BOTTOM = 326;
/** Of a bar, and between the two of a group. */
const BAR = 46;
const GAP = 8;

/** Has a background of its own: the page around an image need not follow the reader's scheme. */
const STYLE = new Html(`
    text { font: 14px system-ui, sans-serif; fill: #1c2024; }
    .title { font-size: 16px; font-weight: bold; }
    .value { font-weight: bold; }
    .middle { text-anchor: middle; } .end { text-anchor: end; }
    .page { fill: #fff; } .grid { stroke: #d5dae0; } .strict { stroke: ${policyColour('strict')}; stroke-width: 2; stroke-dasharray: 6 6; }
    .simulated { fill: ${policyColour('pool')}; } .published { fill: none; stroke: #1c2024; stroke-width: 3; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6e8eb; } .page { fill: #15181b; } .grid { stroke: #3a424a; }
      .published { stroke: #e6e8eb; }
    }
  `);

/** @param rows at least one */
export function speedupSvg(rows: readonly SpeedupRow[]): string {
  const highest = Math.max(1, ...rows.flatMap((row) => [row.speedup, row.speedup_published ?? 0]));
  const top = Math.ceil(highest);
  const y = (ratio: number): number => BOTTOM - ((BOTTOM - TOP) * ratio) / top;
  const step = (RIGHT - LEFT) / rows.length;
  const ticks = Array.from({ length: top + 1 }, (_, ratio) => tick(ratio, y(ratio)));
  const groups = rows.map((row, i) => group(row, LEFT + step * (i + 0.5), y));
  const text = html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${WIDTH}"
    height="${HEIGHT}"
    viewBox="0 0 ${WIDTH} ${HEIGHT}"
    role="img"
    aria-label="${TITLE}"
  >
    <style>
      ${STYLE}
    </style>
    <rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="6" />
    <text class="title" x="20" y="32">${TITLE}</text>
    <rect class="simulated" x="20" y="48" width="14" height="14" />
    <text x="42" y="60">pool, simulated</text>
    <rect class="published" x="182" y="49.5" width="12" height="12" />
    <text x="204" y="60">pool, published (cover letter, patch 0/4)</text>
    ${ticks}${groups}${strictLine(y(1))}
    <text class="middle" x="${(LEFT + RIGHT) / 2}" y="368">block size</text>
  </svg> `;
  // An element a line, so that a change of one figure changes few lines.
  return `${text.text.trim().replace(/\s+/g, ' ').replaceAll('> <', '>\n<')}\n`;
}

function tick(ratio: number, y: number): Html {
  return html`<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${fixed(y)}" y2="${fixed(y)}" />
    <text class="end" x="${LEFT - 8}" y="${fixed(y + 5)}">${ratio}x</text> `;
}

/** Over the bars, with its name where no bar is. */
function strictLine(y: number): Html {
  return html`<line class="strict" x1="${LEFT}" x2="${RIGHT}" y1="${fixed(y)}" y2="${fixed(y)}" />
    <text x="${RIGHT + 8}" y="${fixed(y + 5)}">strict = 1x</text> `;
}

function group(row: SpeedupRow, middle: number, y: (ratio: number) => number): Html {
  const { bs, speedup, speedup_published: published } = row;
  return html`<text class="middle" x="${fixed(middle)}" y="346">${blockSize(bs)}</text>
    ${bar('simulated', middle - GAP / 2 - BAR, speedup, 2, y)}${published === null ? html`` : bar('published', middle + GAP / 2, published, 1, y)}`;
}

/** As high as the value that is printed on it. */
function bar(
  kind: string,
  x: number,
  ratio: number,
  digits: number,
  y: (r: number) => number,
): Html {
  const printed = ratio.toFixed(digits);
  const at = y(Number(printed));
  return html`<rect
      class="${kind}"
      x="${fixed(x)}"
      y="${fixed(at)}"
      width="${BAR}"
      height="${fixed(BOTTOM - at)}"
    />
    <text class="value middle" x="${fixed(x + BAR / 2)}" y="${fixed(at - 8)}">${printed}x</text> `;
}

function fixed(x: number): string {
  return x.toFixed(1);
}
