// SPDX-License-Identifier: GPL-2.0-only
// The steps of a C function, in the order of its text.

import type { Node } from 'web-tree-sitter';
import type { Step, StepKind } from '../syntax/definition';

/** An upper-case name of at least two letters. */
export function isConstant(name: string): boolean {
  return /^_*[A-Z][A-Z0-9_]+$/u.test(name) && name !== 'NULL';
}

const JUMP = /^(?:return|goto|break|continue)_statement$/u;

/** The statements of a block, or the statement itself. */
function statements(node: Node): Node[] {
  const all = node.type === 'compound_statement' ? node.namedChildren : [node];
  return all.filter((child) => child !== null && child.type !== 'comment') as Node[];
}

function endsInJump(node: Node): boolean {
  return JUMP.test(statements(node).at(-1)?.type ?? '');
}

function onlyJump(node: Node): boolean {
  return statements(node).length === 1 && endsInJump(node);
}

/** The parts of a condition between `||`. */
function disjuncts(node: Node | null): (Node | null)[] {
  let at = node;
  for (;;) {
    const hint =
      at?.type === 'call_expression' &&
      /^(?:un)?likely$/u.test(at.childForFieldName('function')?.text ?? '');
    if (hint) at = at?.childForFieldName('arguments')?.namedChildren[0] ?? null;
    else if (at?.type === 'parenthesized_expression') at = at.namedChildren[0] ?? null;
    else break;
  }
  if (at?.type !== 'binary_expression' || at.childForFieldName('operator')?.type !== '||')
    return [node];
  return [...disjuncts(at.childForFieldName('left')), ...disjuncts(at.childForFieldName('right'))];
}

/** Collects the steps of a body; lines are rows of the parsed text, from 0. */
export class StepsOfC {
  private readonly steps: Step[] = [];

  /** @param loops names of loop macros by offset in the parsed text */
  constructor(private readonly loops: ReadonlyMap<number, string>) {}

  of(body: Node): readonly Step[] {
    this.children(body);
    return this.steps;
  }

  private add(kind: StepKind, name: string, node: Node): void {
    this.steps.push({ kind, name, line: node.startPosition.row });
  }

  private addEnd(node: Node): void {
    this.steps.push({ kind: 'end', name: '', line: node.endPosition.row });
  }

  private children(node: Node): void {
    for (const child of node.namedChildren) if (child) this.visit(child);
  }

  private visitAll(...nodes: readonly (Node | null)[]): void {
    for (const node of nodes) if (node) this.visit(node);
  }

  private visit(node: Node): void {
    switch (node.type) {
      case 'comment':
        return;
      case 'if_statement':
        this.visitIf(node);
        return;
      case 'for_statement':
      case 'while_statement':
        this.add('loop', this.loops.get(node.startIndex) ?? '', node);
        this.children(node);
        this.addEnd(node);
        return;
      case 'do_statement':
        this.add('loop', '', node);
        this.children(node);
        this.addEnd(node);
        return;
      case 'switch_statement':
        this.visitAll(node.childForFieldName('condition'));
        this.add('switch', '', node);
        this.visitAll(node.childForFieldName('body'));
        this.addEnd(node);
        return;
      case 'case_statement': {
        const value = node.childForFieldName('value');
        this.add('case', value?.text ?? 'default', node);
        for (const child of node.namedChildren)
          if (child && child.id !== value?.id) this.visit(child);
        return;
      }
      case 'labeled_statement':
        this.add('label', node.childForFieldName('label')?.text ?? '', node);
        for (const child of node.namedChildren.slice(1)) if (child) this.visit(child);
        return;
      case 'goto_statement':
        this.add('goto', node.childForFieldName('label')?.text ?? '', node);
        return;
      case 'break_statement':
        this.add('break', '', node);
        return;
      case 'continue_statement':
        this.add('continue', '', node);
        return;
      case 'return_statement':
        this.visitReturn(node);
        return;
      case 'call_expression':
        this.visitCall(node);
        return;
      case 'identifier':
        if (isConstant(node.text)) this.add('constant', node.text, node);
        return;
      case 'unary_expression':
        // ~0UL and ~(phys_addr_t)0: the port has a name for all ones.
        if (/^~\s*(?:\(\s*\w+\s*\)\s*)?0[uUlL]*$/u.test(node.text))
          this.add('constant', 'U64_MAX', node);
        else this.children(node);
        return;
      case 'sizeof_expression':
      case 'type_descriptor':
        return;
      case 'assignment_expression':
        this.visitAssignment(node);
        return;
      default:
        this.children(node);
    }
  }

  /**
   * In the form that both languages are brought to: a condition comes before its branch, as if it were computed first,
   * `if (a || b) return` is two branches, and what follows a jump is no else.
   */
  private visitIf(node: Node): void {
    const condition = node.childForFieldName('condition');
    const consequence = node.childForFieldName('consequence');
    const alternative = node.childForFieldName('alternative');
    const jumps = consequence !== null && endsInJump(consequence);
    const only = consequence !== null && onlyJump(consequence);
    const parts = only && !alternative ? disjuncts(condition) : [condition];
    for (const part of parts) {
      this.visitAll(part);
      this.add('if', '', part === condition || !part ? node : part);
      this.visitAll(consequence);
      if (alternative && !jumps) {
        this.add('else', '', alternative);
        this.children(alternative);
      }
      this.addEnd(node);
    }
    if (alternative && jumps) this.children(alternative);
  }

  private visitReturn(node: Node): void {
    const value = node.namedChildren.find((child) => child && child.type !== 'comment');
    const error = /^ERR_PTR\(-\w+\)$/u.test(value?.text ?? '');
    if (error) {
      this.add('return', value?.text ?? '', node);
      return;
    }
    const text = value?.text.replace(/[\s()]/gu, '') ?? '';
    const plain =
      /^-?(?:\w+)$/u.test(text) &&
      (isConstant(text.replace(/^-/u, '')) || /^(?:-?\d+|true|false|NULL)$/u.test(text));
    if (value && !plain) this.visit(value);
    this.add('return', plain ? text : '', node);
  }

  private visitCall(node: Node): void {
    const callee = node.childForFieldName('function');
    const args = node.childForFieldName('arguments');
    const name =
      callee?.type === 'field_expression'
        ? callee.childForFieldName('field')?.text
        : callee?.text.replace(/[\s()*]/gu, '');
    const config = name === 'IS_ENABLED' ? args?.namedChildren[0]?.text : undefined;
    if (config !== undefined) {
      this.add('constant', config, node);
      return;
    }
    this.add('call', name ?? '', node);
    if (callee?.type === 'field_expression') this.children(callee);
    if (args) this.children(args);
  }

  /** An accessor on the left side, `sg_dma_len(sg) = 0`, is a field and no call. */
  private visitAssignment(node: Node): void {
    const left = node.childForFieldName('left');
    const args = left?.type === 'call_expression' ? left.childForFieldName('arguments') : null;
    if (args) this.children(args);
    else this.visitAll(left);
    this.visitAll(node.childForFieldName('right'));
  }
}
