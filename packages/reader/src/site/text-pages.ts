// SPDX-License-Identifier: GPL-2.0-only
// The pages of text: findings and deviations, and what the check found.

import type { CheckResult, Explanation } from '../check/difference';
import type { Deviation, Finding, Margin, Mark } from '../margin/margin';
import { Html, attribute, markup } from '../html/html';
import { count } from '../words';
import { markdown } from './markdown';
import {
  FINDINGS_PAGE,
  type Notes,
  type NumberedDifference,
  deviationId,
  findingId,
} from './notes';
import type { Places } from './view';

/** Findings, then deviations by section, each with the lines it concerns. */
export function findingsPage(margin: Margin, places: Places): Html {
  const pageLink = findingLinks(margin);
  const findings = margin.findings.map((one) => findingHtml(one, margin, places, pageLink));
  const sections = [...new Set(margin.deviations.map(({ section }) => section))].map((section) => {
    const own = margin.deviations.filter((one) => one.section === section);
    return markup`<h3>${section}</h3><ol class=plain>${own.map((one) => deviationHtml(one, margin, places, pageLink))}</ol>`;
  });
  return markup`<div class=doc><p>Bugs and surprises of the C, which the port keeps, and the numbered places where the port differs. The same numbers are beside the code.</p>
<h2>Findings</h2>${findings}<h2>Deviations</h2>${sections}</div>`;
}

/** Links between findings, as the documents write them, within the site. */
function findingLinks({ findings }: Margin): (href: string) => string | null {
  const numbers = new Set(findings.map(({ number }) => number));
  return (href) => {
    const number = /^(?:findings\.md)?#(\d+)-/.exec(href)?.[1];
    if (number === undefined || !numbers.has(Number(number))) return null;
    return `${FINDINGS_PAGE}#${findingId(Number(number))}`;
  };
}

function findingHtml(
  { number, title, text }: Finding,
  margin: Margin,
  places: Places,
  pageLink: (href: string) => string | null,
): Html {
  const marks = margin.marks.filter((mark) => mark.kind === 'finding' && mark.number === number);
  return markup`<article id="${findingId(number)}"><h3><a href="#${findingId(number)}">${number}. ${title}</a></h3>${markdown(text, pageLink)}${markLinks(marks, places)}</article>`;
}

function deviationHtml(
  { section, number, text }: Deviation,
  margin: Margin,
  places: Places,
  pageLink: (href: string) => string | null,
): Html {
  const marks = margin.marks.filter(
    (mark) => mark.kind === 'deviation' && mark.section === section && mark.number === number,
  );
  const id = deviationId(section, number);
  return markup`<li id="${id}" value="${number}">${markdown(text, pageLink)}${markLinks(marks, places)}</li>`;
}

function markLinks(marks: readonly Mark[], places: Places): Html {
  const links = marks.flatMap((mark) => {
    const place = places.of(mark.path, mark.line);
    if (!place) return [];
    const name = mark.function ?? place.section.name ?? mark.path;
    return [markup`<li><a href="${place.page}#${place.anchor}">${name}</a>`];
  });
  return links.length === 0
    ? markup``
    : markup`<p class=hint>In the code:</p><ul class=row>${links}</ul>`;
}

/** The unexplained first. */
export function checkPage(check: CheckResult, notes: Notes, places: Places): Html {
  const pageLink = findingLinks(notes.margin);
  const open = notes.differences.filter(({ explanation }) => explanation === null);
  const explained = notes.differences.filter(({ explanation }) => explanation !== null);
  const verdict =
    open.length === 0
      ? markup`<p class=good>Every difference is explained.</p>`
      : markup`<p class=bad>${count(open.length, 'difference')} without an explanation.</p>`;
  return markup`<div class=doc><p>The check compared ${count(check.functions, 'function')} on both sides: their calls in order, branches, loops, labels, returns and constants.</p>${verdict}
<h2>Unexplained (${open.length})</h2>${differenceTable(open, places)}
<h2>Explained (${explained.length})</h2>${explainedList(explained, check, places, pageLink)}</div>`;
}

export function checkSummary({ functions, differences }: CheckResult): Html {
  const open = differences.filter(({ explanation }) => explanation === null).length;
  const explained = differences.length - open;
  return markup`<p class="${open === 0 ? 'good' : 'bad'}">${count(functions, 'function')} compared: ${count(open, 'unexplained difference')}, ${explained} explained.</p>`;
}

function differenceTable(differences: readonly NumberedDifference[], places: Places): Html {
  if (differences.length === 0) return markup`<p>None.</p>`;
  const rows = differences.map((one) => {
    const c = one.cLine === null ? markup`` : placeLink(one.cPath, one.cLine, places);
    const ts =
      one.tsPath === null || one.tsLine === null
        ? markup``
        : placeLink(one.tsPath, one.tsLine, places);
    return markup`<tr id="d${one.number}"><td>${one.number}</td><th scope=row>${one.name}</th><td>${one.kind}</td><td>${one.state}</td><td>${one.text}</td><td>${c}</td><td>${ts}</td></tr>`;
  });
  const heads = ['#', 'name', 'kind', 'state', 'difference', 'C', 'TypeScript'];
  return markup`<div class=scroll tabindex=0><table class=list><thead><tr>${heads.map((head) => markup`<th scope=col>${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** How much of a deviation's text is shown. */
const BEGIN = 120;

/** By explanation, since one often explains many differences: each with its differences in the order of the C. */
function explainedList(
  differences: readonly NumberedDifference[],
  { differences: all }: CheckResult,
  places: Places,
  pageLink: (href: string) => string | null,
): Html {
  if (differences.length === 0) return markup`<p>None.</p>`;
  const last = Math.max(...all.map(({ state }) => state));
  const groups = [...groupsOf(differences)].map(([explanation, group]) => {
    const items = group.map((one, i) =>
      differenceItem(one, group[i - 1]?.name === one.name, last, places),
    );
    return markup`<li>${explanationHtml(explanation, pageLink)}<ul>${items}</ul>`;
  });
  return markup`<ul class=why>${groups}</ul>`;
}

/** The differences of each explanation, in their order. */
function groupsOf(
  differences: readonly NumberedDifference[],
): Map<Explanation, NumberedDifference[]> {
  const same = new Map<string, Explanation>();
  const groups = new Map<Explanation, NumberedDifference[]>();
  for (const one of differences) {
    if (one.explanation === null) continue;
    const key = JSON.stringify(one.explanation);
    const explanation = same.get(key) ?? one.explanation;
    same.set(key, explanation);
    groups.set(explanation, [...(groups.get(explanation) ?? []), one]);
  }
  return groups;
}

/** The page of the deviations has a deviation's text: here is its number, and how it begins. */
function explanationHtml(
  { by, text, deviation }: Explanation,
  pageLink: (href: string) => string | null,
): Html {
  if (deviation === null) return markdown(`${by}: ${text}`, pageLink);
  const { section, number } = deviation;
  const begin = text.length > BEGIN ? `${text.slice(0, text.lastIndexOf(' ', BEGIN))} …` : text;
  const href = `${FINDINGS_PAGE}#${deviationId(section, number)}`;
  return markup`<p><a href="${href}">Deviation ${number} of ${section}</a>: ${begin.replaceAll('`', '')}</p>`;
}

/** As short as can be: there are hundreds. The name and its link are there once for all of a function. */
function differenceItem(
  { number, name, text, state, cPath, cLine, tsPath, tsLine }: NumberedDifference,
  sameName: boolean,
  last: number,
  places: Places,
): Html {
  const c = cLine === null ? null : places.of(cPath, cLine);
  const ts = tsPath === null || tsLine === null ? null : places.of(tsPath, tsLine);
  const place = state === last ? (c ?? ts) : null;
  const title = place
    ? markup`<a href=${new Html(attribute(`${place.page}#${place.anchor}`))}>${name}</a>`
    : markup`${name}`;
  const when = state === last ? markup`` : markup` (state ${state})`;
  return sameName
    ? markup`<li id=d${number}>≠${number} ${text}${when}`
    : markup`<li id=d${number}>≠${number} ${title}: ${text}${when}`;
}

function placeLink(path: string, line: number, places: Places): Html {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const place = places.of(path, line);
  const text = `${file}:${String(line)}`;
  return place ? markup`<a href="${place.page}#${place.anchor}">${text}</a>` : markup`${text}`;
}
