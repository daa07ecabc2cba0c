// SPDX-License-Identifier: GPL-2.0-only
// Small wrong changes of a TypeScript text, as a careless port would have them.

import ts from 'typescript';

/** A changed text, what was done, and in which function. */
export interface Mutant {
  readonly kind: string;
  readonly text: string;
  readonly line: number;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

const SPELLED =
  /^(?:deref|to_\w+|dma_addr_t|phys_addr_t|virt_addr_t|String|Number|BUG|u64_\w+|and64|or64|mod_pow2|BIT|pa)$/u;

/** The first function that a node calls, of those that count. */
function firstCall(node: ts.Node): string | null {
  let found: string | null = null;
  const visit = (child: ts.Node): void => {
    if (found !== null || ts.isArrowFunction(child)) return;
    if (ts.isCallExpression(child)) {
      const { expression } = child;
      const name = ts.isPropertyAccessExpression(expression)
        ? expression.name.text
        : ts.isIdentifier(expression)
          ? expression.text
          : '';
      if (name !== '' && !SPELLED.test(name)) found = name;
    }
    ts.forEachChild(child, visit);
  };
  visit(node);
  return found;
}

function apply(text: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((now, { start, end, by }) => now.slice(0, start) + by + now.slice(end), text);
}

/**
 * All mutants of the function of a file that begins on a line.
 * @param calls the functions whose calls are steps: to lose another one is no mutant
 */
export function mutantsOf(
  text: string,
  name: string,
  line: number,
  calls: ReadonlySet<string>,
): Mutant[] {
  const file = ts.createSourceFile('a.ts', text, ts.ScriptTarget.ES2022, true);
  const mutants: Mutant[] = [];
  const lineOf = (node: ts.Node): number =>
    file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  const add = (kind: string, node: ts.Node, ...edits: readonly Edit[]): void => {
    mutants.push({ kind: `${name}: ${kind}`, text: apply(text, edits), line: lineOf(node) });
  };
  const over = (node: ts.Node, by: string): Edit => ({
    start: node.getStart(file),
    end: node.getEnd(),
    by,
  });
  const calledIn = (node: ts.Node): string | null => {
    const called = firstCall(node);
    return called !== null && calls.has(called) ? called : null;
  };
  const textOf = (node: ts.Node): string => node.getText(file);

  const inBlock = (statements: readonly ts.Statement[]): void => {
    for (const [i, statement] of statements.entries()) {
      const next = statements[i + 1];
      if (!next || !ts.isExpressionStatement(statement) || !ts.isExpressionStatement(next))
        continue;
      const [a, b] = [calledIn(statement), calledIn(next)];
      if (a !== null && b !== null && a !== b)
        add(
          `swap ${a} and ${b}`,
          statement,
          over(statement, textOf(next)),
          over(next, textOf(statement)),
        );
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isArrowFunction(node)) return;
    if (ts.isBlock(node)) inBlock(node.statements);
    if (ts.isExpressionStatement(node)) {
      const called = calledIn(node);
      if (called !== null) add(`remove ${called}`, node, over(node, ';'));
    }
    if (ts.isIfStatement(node)) {
      if (!node.elseStatement)
        add('do without asking', node, over(node, textOf(node.thenStatement)));
      add('drop a branch', node, over(node, ';'));
      if (node.elseStatement)
        add('drop an else', node, {
          start: node.thenStatement.getEnd(),
          end: node.getEnd(),
          by: '',
        });
    }
    if (ts.isReturnStatement(node) && node.expression) {
      const value = textOf(node.expression);
      if (/^-E[A-Z]+$/u.test(value))
        add(`return -EIO for ${value}`, node, over(node.expression, '-EIO'));
      if (value === 'true' || value === 'false')
        add(
          `return not ${value}`,
          node,
          over(node.expression, value === 'true' ? 'false' : 'true'),
        );
    }
    if (ts.isReturnStatement(node) || ts.isExpressionStatement(node))
      add('return early', node, {
        start: node.getStart(file),
        end: node.getStart(file),
        by: 'if (x) return 1; ',
      });
    if (ts.isBreakStatement(node)) {
      if (node.label) add(`rename ${node.label.text}`, node, over(node.label, 'elsewhere'));
      else add('continue for break', node, over(node, 'continue;'));
    }
    if (ts.isWhileStatement(node) || ts.isForStatement(node))
      add('once instead of in a loop', node, over(node, textOf(node.statement)));
    if (
      ts.isIdentifier(node) &&
      /^(?:GFP_ATOMIC|GFP_KERNEL|DMA_MAPPING_ERROR|IOMMU_READ)$/u.test(node.text)
    )
      add(`another ${node.text}`, node, over(node, 'WRONG_ONE'));
    ts.forEachChild(node, visit);
  };
  const find = (node: ts.Node): void => {
    const isIt =
      (ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node)) && lineOf(node) === line;
    if (isIt && node.body) visit(node.body);
    else ts.forEachChild(node, find);
  };
  find(file);
  return mutants;
}
