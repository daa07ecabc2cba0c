// SPDX-License-Identifier: GPL-2.0-only
// The port after some patches: which text of a function counts.

import type { Port, PortDefinition, PortFile } from './port';

/** A definition with the file that has it. */
export interface Placed {
  readonly definition: PortDefinition;
  readonly file: PortFile;
}

/** True for an override that only hands on to the text below it, for its types. */
function handsOn(definition: PortDefinition): boolean {
  const steps = definition.steps.filter((step) => step.kind !== 'return');
  return steps.length === 1 && steps[0]?.kind === 'call' && steps[0].name === definition.name;
}

/** The file without a state that mirrors a C file; null if none does. */
export function mirrorOf(port: Port, cPath: string): PortFile | null {
  return port.files.find((file) => file.mirrors === cPath && file.beforePatch === null) ?? null;
}

/**
 * The functions that mirror a C file after `state` patches, by name: for each the text of the before-patch-n file with
 * the least n above `state`, else that of the file itself.
 */
export function functionsAfter(port: Port, cPath: string, state: number): Map<string, Placed> {
  const layers = port.files
    .filter((file) => file.mirrors === cPath)
    .filter((file) => file.beforePatch === null || file.beforePatch > state)
    .sort((a, b) => (b.beforePatch ?? Infinity) - (a.beforePatch ?? Infinity));
  const found = new Map<string, Placed>();
  for (const file of layers)
    for (const definition of file.definitions)
      if (definition.kind === 'function' && !handsOn(definition)) {
        const before = found.get(definition.name);
        // Two of a name in one file: a function of the header and a stub, say. The first counts.
        if (before?.file !== file) found.set(definition.name, { definition, file });
      }
  return found;
}
