// SPDX-License-Identifier: GPL-2.0-only
// The two sides compared in every state of the series.

import type { CReader } from '../c/parse';
import { isC } from '../beside/files-beside';
import type { Deviation } from '../margin/margin';
import type { Port, PortFile } from '../port/port';
import { functionsAfter, mirrorOf, type Placed } from '../port/state';
import { commentAbove } from '../syntax/comment-above';
import type { Definition, Step } from '../syntax/definition';
import type { CFile, CTree } from '../tree/c-file';
import { compareFunctions, type Odd } from './compare';
import type { CheckResult, Difference, DifferenceKind, Explanation } from './difference';
import { Explainer } from './explain';

export interface CheckInput {
  readonly reader: CReader;
  readonly tree: CTree;
  readonly port: Port;
  /** The numbered deviations of porting.md. */
  readonly deviations: readonly Deviation[];
}

const KIND: Readonly<Record<Step['kind'], DifferenceKind>> = {
  call: 'call',
  if: 'flow',
  else: 'flow',
  loop: 'flow',
  switch: 'flow',
  case: 'flow',
  end: 'flow',
  break: 'flow',
  continue: 'flow',
  label: 'label',
  goto: 'label',
  return: 'return',
  constant: 'constant',
};

function what(step: Step): string {
  switch (step.kind) {
    case 'call':
      return `calls ${step.name}()`;
    case 'constant':
      return `uses ${step.name}`;
    case 'return':
      return step.name === '' ? 'returns here' : `returns ${step.name}`;
    case 'label':
      return `has the label ${step.name}`;
    case 'goto':
      return `goes to ${step.name}`;
    case 'case':
      return `has case ${step.name}`;
    case 'if':
      return 'has a branch';
    case 'else':
      return 'has an else';
    case 'loop':
      return step.name === '' ? 'has a loop' : `loops with ${step.name}`;
    case 'switch':
      return 'has a switch';
    case 'end':
      return 'ends a branch or loop here';
    case 'break':
      return 'leaves the loop or switch';
    case 'continue':
      return 'continues the loop';
  }
}

function sentence(odd: Odd): string {
  const [has, other] = odd.side === 'c' ? ['the C', 'the TypeScript'] : ['the TypeScript', 'the C'];
  if (odd.instead) return `${has} ${what(odd.step)}; ${other} ${what(odd.instead)}`;
  if (odd.moved) return `${has} ${what(odd.step)}; ${other} does it at another place`;
  return `${has} ${what(odd.step)}; ${other} does not`;
}

/** Checks one file in all states, the last one first: what is the same in two states is said once. */
class FileCheck {
  private readonly done = new Set<string>();
  readonly differences: Difference[] = [];
  functions = 0;
  private readonly explainer: Explainer;
  private readonly states: (readonly Definition[] | null)[];
  /** Functions of the C in any state. */
  private readonly everInC: ReadonlySet<string>;

  constructor(
    private readonly input: CheckInput,
    private readonly file: CFile,
  ) {
    this.states = file.states.map((text) =>
      text === null
        ? null
        : input.reader.parse(file.path, text).definitions.filter((d) => d.kind === 'function'),
    );
    this.everInC = new Set(this.states.flatMap((functions) => functions?.map((f) => f.name) ?? []));
    this.explainer = new Explainer(file.path, input.deviations, this.everInC);
  }

  run(): void {
    for (let state = this.states.length - 1; state >= 0; state--) this.checkState(state);
  }

  private checkState(state: number): void {
    const functions = this.states[state];
    if (!functions) return;
    const ts = functionsAfter(this.input.port, this.file.path, state);
    const helpers = new Map(
      [...ts].flatMap(([name, { definition }]) =>
        this.everInC.has(name) ? [] : [[name, definition] as const],
      ),
    );
    for (const c of functions) this.checkFunction(c, ts.get(c.name) ?? null, helpers, state);
    if (this.file.states[state]?.whole === true)
      for (const placed of ts.values()) this.checkExtra(placed, state);
  }

  /** True the first time. */
  private isNew(key: string): boolean {
    const size = this.done.size;
    this.done.add(key);
    return this.done.size > size;
  }

  private checkFunction(
    c: Definition,
    ts: Placed | null,
    helpers: ReadonlyMap<string, Definition>,
    state: number,
  ): void {
    // What was compared in a later state needs no second look; lines may have moved meanwhile.
    const steps = c.steps.map((s) => `${s.kind} ${s.name} ${String(s.line - c.from)}`).join();
    const place = ts ? `${ts.file.path}:${String(ts.definition.from)}` : '';
    if (!this.isNew(`${c.name} ${place} ${steps}`)) return;
    this.functions++;
    if (!ts) {
      this.add(
        'missing',
        c.name,
        state,
        c.from,
        null,
        'the C has this function; the port does not',
        this.explainer.missing(c.name),
      );
      return;
    }
    const odds = compareFunctions(c, ts.definition, helpers);
    const explanations = this.explainer.function(odds, ts.definition, ts.file);
    for (const [i, odd] of odds.entries()) {
      const kind = odd.moved ? 'order' : KIND[odd.step.kind];
      const cLine = odd.side === 'c' ? odd.step.line : null;
      const tsLine = odd.side === 'ts' ? odd.step.line : (odd.instead?.line ?? odd.gap[0]);
      this.add(
        kind,
        c.name,
        state,
        cLine ?? c.from,
        { file: ts.file, line: tsLine },
        sentence(odd),
        explanations[i] ?? null,
      );
    }
  }

  private checkExtra({ definition, file }: Placed, state: number): void {
    if (this.everInC.has(definition.name)) return;
    if (!this.isNew(`extra ${file.path} ${definition.name}`)) return;
    const { from } = definition;
    const doc = file.lines.slice(commentAbove(file, from) - 1, from - 1).join(' ');
    this.add(
      'extra',
      definition.name,
      state,
      null,
      { file, line: definition.from },
      'the port has this function; the C does not',
      this.explainer.extra(definition, doc),
    );
  }

  private add(
    kind: DifferenceKind,
    name: string,
    state: number,
    cLine: number | null,
    ts: { readonly file: PortFile; readonly line: number } | null,
    text: string,
    explanation: Explanation | null,
  ): void {
    this.differences.push({
      kind,
      name,
      state,
      cPath: this.file.path,
      cLine,
      tsPath: ts?.file.path ?? null,
      tsLine: ts?.line ?? null,
      text,
      explanation,
    });
  }
}

/**
 * Compares the C with the port: every function of each C file that the port mirrors or the series changes, in every
 * state. What is the same in several states is listed once, with the last of them.
 */
export function checkSides(input: CheckInput): CheckResult {
  const checks = input.tree.files
    .filter((file) => isC(file.path))
    .filter((file) => file.deltas.length > 0 || mirrorOf(input.port, file.path))
    .map((file) => {
      const check = new FileCheck(input, file);
      check.run();
      return check;
    });
  return {
    functions: checks.reduce((sum, check) => sum + check.functions, 0),
    differences: checks.flatMap((check) =>
      check.differences.sort((a, b) => b.state - a.state || (a.cLine ?? 0) - (b.cLine ?? 0)),
    ),
  };
}
