// SPDX-License-Identifier: GPL-2.0-only
// The port's real text changed for the worse: the check has to see it, with the unchanged text in the place of the C.

import { expect } from 'chai';
import fc from 'fast-check';
import { compareFunctions } from '../../src/check/compare';
import { Explainer } from '../../src/check/explain';
import { readPort } from '../../src/port/files';
import { parsePortFile } from '../../src/port/parse';
import type { PortDefinition, PortFile } from '../../src/port/port';
import { realDeviations } from '../fixture-tree';
import { mutantsOf, type Mutant } from './mutants';

interface Case {
  readonly mutant: Mutant;
  readonly original: PortDefinition;
  readonly path: string;
  readonly mirrors: string;
}

/** A function alone in a file, so that a mutant of it is parsed at once. */
function alone(file: PortFile, { name, from, to, unit }: PortDefinition): string {
  const lines = file.lines.slice(from - 1, to).join('\n');
  const inside = unit === null ? lines : `class ${unit} {\n${lines}\n}`;
  return `// C: ${file.mirrors}, ${name}\n${inside}\n`;
}

function parsed(
  path: string,
  text: string,
  name: string,
): { file: PortFile; definition: PortDefinition } {
  const file = parsePortFile(path, 'x', text);
  const definition = file?.definitions.find((d) => d.kind === 'function' && d.name === name);
  if (!file || !definition) throw new Error(`${name} is not in its own text`);
  return { file, definition };
}

const FILES = /\/(?:dma-iommu|before-patch-4|io-buffer-pool|iova)\.ts$/u;

/** Every mutant of every function. */
function cases(): Case[] {
  return readPort()
    .files.filter((file) => FILES.test(file.path))
    .flatMap((file) =>
      file.definitions
        .filter((definition) => definition.kind === 'function')
        .flatMap((definition) => {
          const text = alone(file, definition);
          const { definition: original } = parsed(file.path, text, definition.name);
          const calls = new Set(original.steps.flatMap((s) => (s.kind === 'call' ? [s.name] : [])));
          return mutantsOf(text, original.name, original.from, calls).map((mutant) => ({
            mutant,
            original,
            path: file.path,
            mirrors: file.mirrors,
          }));
        }),
    );
}

describe('a mutant of the port', () => {
  const all = cases();
  const functions = new Set(all.map(({ original }) => original.name));
  const deviations = realDeviations();

  it('is one of many', () => {
    expect(all.length).to.be.greaterThan(1000);
  });

  it('is seen, whatever was done to it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), ({ mutant, original, path }) => {
        const { definition } = parsed(path, mutant.text, original.name);
        expect(compareFunctions(original, definition), mutant.kind).to.not.have.length(0);
      }),
      { numRuns: 300 },
    );
  });

  it('is not explained where no comment and no deviation is about the function @long-only', () => {
    const silent = all.filter(
      ({ original: { name, reasons } }) =>
        reasons.length === 0 && !deviations.some(({ text }) => text.includes(`\`${name}\``)),
    );
    expect(silent.length).to.be.greaterThan(500);
    fc.assert(
      fc.property(fc.constantFrom(...silent), ({ mutant, original, path, mirrors }) => {
        const { definition, file } = parsed(path, mutant.text, original.name);
        const odds = compareFunctions(original, definition);
        const explainer = new Explainer(mirrors, deviations, functions);
        expect(explainer.function(odds, definition, file), mutant.kind).to.include(null);
      }),
      { numRuns: 300 },
    );
  });
});
