// SPDX-License-Identifier: GPL-2.0-only
// The steps of a TypeScript function, in the order of its text and in the spelling of the C.

import ts from 'typescript';
import type { Step, StepKind } from '../syntax/definition';
import { SPELLING } from '../syntax/conventions';

const SPELLED = new Set(SPELLING.flatMap((convention) => convention.names));

/** Objects of JavaScript itself, whose functions no kernel has. */
const BUILT_IN = new Set(['Math', 'Number', 'Object', 'Array', 'String', 'JSON', 'Symbol']);

/** Methods of arrays, maps, sets and strings. */
const BUILT_IN_METHODS = new Set(
  'slice map push pop fill entries keys values padStart padEnd toString join forEach filter find indexOf includes set has add delete subarray copyWithin reduce'.split(
    ' ',
  ),
);

/** C's spelling of what has one in JavaScript. */
const MATH: Readonly<Record<string, string>> = { min: 'min', max: 'max' };

function isConstant(name: string): boolean {
  return /^_*[A-Z][A-Z0-9_]+$/u.test(name);
}

/** The expression inside of parentheses and casts. */
function bare(node: ts.Expression): ts.Expression {
  let at = node;
  while (
    ts.isParenthesizedExpression(at) ||
    ts.isAsExpression(at) ||
    ts.isNonNullExpression(at) ||
    ts.isSatisfiesExpression(at)
  )
    at = at.expression;
  return at;
}

/** The pointer that deref() follows: a function pointer is called by the name of its field. */
function pointed(node: ts.Expression): ts.Expression {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return node;
  const [argument] = node.arguments;
  return node.expression.text === 'deref' && argument ? bare(argument) : node;
}

/** What C writes for a value that is returned as it is; null if it is computed. */
function plainValue(node: ts.Expression): string | null {
  const value = bare(node);
  if (value.kind === ts.SyntaxKind.TrueKeyword) return 'true';
  if (value.kind === ts.SyntaxKind.FalseKeyword) return 'false';
  if (value.kind === ts.SyntaxKind.NullKeyword) return 'NULL';
  if (ts.isNumericLiteral(value)) return value.text;
  if (ts.isIdentifier(value)) {
    if (value.text === 'NULL_ptr') return 'NULL';
    return isConstant(value.text) ? value.text : null;
  }
  if (ts.isPrefixUnaryExpression(value) && value.operator === ts.SyntaxKind.MinusToken) {
    const inner = plainValue(value.operand);
    return inner === null ? null : `-${inner}`;
  }
  // A cast of a constant is the constant.
  const [argument] = ts.isCallExpression(value) ? value.arguments : [];
  if (
    argument &&
    ts.isCallExpression(value) &&
    ts.isIdentifier(value.expression) &&
    SPELLED.has(value.expression.text) &&
    value.arguments.length === 1
  )
    return plainValue(argument);
  return null;
}

function statements(node: ts.Statement): readonly ts.Statement[] {
  return ts.isBlock(node) ? node.statements : [node];
}

function endsInJump(node: ts.Statement): boolean {
  const last = statements(node).at(-1);
  return (
    last !== undefined &&
    (ts.isReturnStatement(last) || ts.isBreakStatement(last) || ts.isContinueStatement(last))
  );
}

function onlyJump(node: ts.Statement): boolean {
  return statements(node).length === 1 && endsInJump(node);
}

/** The parts of a condition between `||`; `!a?.b` is `!a || !a.b`, and `a?.b !== c` is `!a || a.b !== c`. */
function disjuncts(node: ts.Expression): ts.Expression[] {
  const at = ts.isParenthesizedExpression(node) ? node.expression : node;
  if (ts.isBinaryExpression(at) && at.operatorToken.kind === ts.SyntaxKind.BarBarToken)
    return [...disjuncts(at.left), ...disjuncts(at.right)];
  if (
    ts.isBinaryExpression(at) &&
    at.operatorToken.kind === ts.SyntaxKind.ExclamationEqualsEqualsToken &&
    ts.isPropertyAccessExpression(at.left) &&
    at.left.questionDotToken
  )
    return [at.left.expression, at];
  if (
    ts.isPrefixUnaryExpression(at) &&
    at.operator === ts.SyntaxKind.ExclamationToken &&
    ts.isPropertyAccessExpression(at.operand) &&
    at.operand.questionDotToken
  )
    return [at.operand.expression, at];
  return [node];
}

function isDefaulting(node: ts.Node): node is ts.BinaryExpression {
  return (
    ts.isBinaryExpression(node) &&
    (node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionEqualsToken ||
      node.operatorToken.kind === ts.SyntaxKind.BarBarEqualsToken)
  );
}

/** Collects the steps of one function. */
export class StepsOfTs {
  private readonly steps: Step[] = [];
  /** Labelled loops that stand for a label at their head, innermost last. */
  private readonly loopLabels = new Set<string>();

  constructor(private readonly file: ts.SourceFile) {}

  of(body: ts.Node): readonly Step[] {
    this.visit(body);
    return this.steps;
  }

  private line(position: number): number {
    return this.file.getLineAndCharacterOfPosition(position).line + 1;
  }

  private add(kind: StepKind, name: string, node: ts.Node): void {
    this.steps.push({ kind, name, line: this.line(node.getStart(this.file)) });
  }

  private addEnd(node: ts.Node): void {
    this.steps.push({ kind: 'end', name: '', line: this.line(node.getEnd()) });
  }

  private children(node: ts.Node): void {
    ts.forEachChild(node, (child) => {
      this.visit(child);
    });
  }

  private visitAll(...nodes: readonly (ts.Node | undefined)[]): void {
    for (const node of nodes) if (node) this.visit(node);
  }

  private visit(node: ts.Node): void {
    if (ts.isTypeNode(node)) return;
    if (ts.isIfStatement(node)) this.visitIf(node);
    else if (ts.isLabeledStatement(node)) this.visitLabeled(node);
    else if (ts.isIterationStatement(node, false)) this.visitLoop(node);
    else if (ts.isSwitchStatement(node)) {
      this.visit(node.expression);
      this.add('switch', '', node);
      this.visit(node.caseBlock);
      this.addEnd(node);
    } else if (ts.isCaseClause(node)) {
      this.add('case', bare(node.expression).getText(this.file), node);
      for (const statement of node.statements) this.visit(statement);
    } else if (ts.isDefaultClause(node)) {
      this.add('case', 'default', node);
      this.children(node);
    } else if (ts.isBreakStatement(node)) {
      if (node.label) this.add('goto', node.label.text, node);
      else this.add('break', '', node);
    } else if (ts.isContinueStatement(node)) {
      if (node.label) this.add('goto', node.label.text, node);
      else this.add('continue', '', node);
    } else if (ts.isReturnStatement(node)) this.visitReturn(node);
    else if (ts.isCallExpression(node)) this.visitCall(node);
    else if (ts.isPropertyAccessExpression(node)) this.visitProperty(node);
    else if (isDefaulting(node)) {
      // `mark ??= f()`: if (!mark) mark = f();
      this.visit(node.left);
      this.add('if', '', node);
      this.visit(node.right);
      this.addEnd(node);
    } else if (ts.isIdentifier(node)) this.visitName(node.text, node);
    else if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) this.visitClosure(node);
    else if (ts.isPropertyAssignment(node)) this.visit(node.initializer);
    else if (ts.isVariableDeclaration(node)) this.visitAll(node.initializer);
    else if (ts.isNewExpression(node))
      for (const argument of node.arguments ?? []) this.visit(argument);
    else this.children(node);
  }

  /** In the form that the C is brought to as well: see StepsOfC. */
  private visitIf(node: ts.IfStatement): void {
    const { expression, thenStatement, elseStatement } = node;
    const jumps = endsInJump(thenStatement);
    const parts = onlyJump(thenStatement) && !elseStatement ? disjuncts(expression) : [expression];
    for (const part of parts) {
      this.visit(part);
      this.add('if', '', part === expression ? node : part);
      this.visit(thenStatement);
      if (elseStatement && !jumps) {
        this.add('else', '', elseStatement);
        this.visit(elseStatement);
      }
      this.addEnd(node);
    }
    if (elseStatement && jumps) this.visit(elseStatement);
  }

  /** A labelled block is left by `goto`, and its label comes after it; a labelled endless loop begins with its label. */
  private visitLabeled(node: ts.LabeledStatement): void {
    const { statement } = node;
    const name = node.label.text;
    if (!ts.isIterationStatement(statement, false)) {
      this.visit(statement);
      this.steps.push({ kind: 'label', name, line: this.line(statement.getEnd()) });
      return;
    }
    this.add('label', name, node);
    const endless = ts.isForStatement(statement) && !statement.condition;
    if (!endless) {
      this.visitLoop(statement);
      return;
    }
    // `label: for (;;) { …; break; }` is a backward goto's target: there is no loop in C.
    const inner = statement.statement;
    const statements = ts.isBlock(inner) ? [...inner.statements] : [inner];
    const last = statements.at(-1);
    if (last && ts.isBreakStatement(last) && !last.label) statements.pop();
    this.loopLabels.add(name);
    for (const child of statements) this.visit(child);
    this.loopLabels.delete(name);
  }

  private visitLoop(node: ts.IterationStatement): void {
    this.add('loop', '', node);
    if (ts.isForOfStatement(node)) {
      // The iterator has the name of C's loop macro.
      const list = bare(node.expression);
      if (ts.isCallExpression(list)) for (const argument of list.arguments) this.visit(argument);
      else this.visit(list);
      this.visit(node.statement);
    } else this.children(node);
    this.addEnd(node);
  }

  private visitReturn(node: ts.ReturnStatement): void {
    const plain = node.expression ? plainValue(node.expression) : '';
    if (node.expression && plain === null) this.visit(node.expression);
    this.add('return', plain ?? '', node);
  }

  /** `ops.flush?.(domain)` is C's `if (ops->flush) ops->flush(domain)`. */
  private visitCall(node: ts.CallExpression): void {
    if (node.questionDotToken) this.add('if', '', node);
    this.visitPlainCall(node);
    if (node.questionDotToken) this.addEnd(node);
  }

  private visitPlainCall(node: ts.CallExpression): void {
    const callee = pointed(bare(node.expression));
    if (ts.isPropertyAccessExpression(callee)) {
      const name = callee.name.text;
      const owner = bare(callee.expression);
      const isBuiltIn = ts.isIdentifier(owner) && BUILT_IN.has(owner.text);
      if (isBuiltIn) {
        const spelled = MATH[name];
        if (spelled !== undefined && owner.text === 'Math') this.add('call', spelled, callee.name);
      } else if (!BUILT_IN_METHODS.has(name)) this.add('call', name, callee.name);
      if (!isBuiltIn) this.visit(owner);
    } else if (ts.isIdentifier(callee)) {
      if (!SPELLED.has(callee.text)) this.add('call', callee.text, callee);
    } else this.visit(callee);
    for (const argument of node.arguments) this.visit(argument);
  }

  private visitProperty(node: ts.PropertyAccessExpression): void {
    const owner = bare(node.expression);
    // this.config.DMA_REMAP: IS_ENABLED(CONFIG_DMA_REMAP).
    if (ts.isPropertyAccessExpression(owner) && owner.name.text === 'config') {
      this.add('constant', `CONFIG_${node.name.text}`, node.name);
      return;
    }
    this.visit(owner);
    if (isConstant(node.name.text)) this.add('constant', node.name.text, node.name);
  }

  private visitName(name: string, node: ts.Node): void {
    if (isConstant(name)) this.add('constant', name, node);
  }

  /** A closure that only calls a function is a pointer to it; any other is part of the text. */
  private visitClosure(node: ts.ArrowFunction | ts.FunctionExpression): void {
    const { body } = node;
    const [only, ...more] = ts.isBlock(body) ? body.statements : [];
    const expression = ts.isBlock(body)
      ? only && more.length === 0 && (ts.isExpressionStatement(only) || ts.isReturnStatement(only))
        ? only.expression
        : undefined
      : body;
    if (expression && ts.isCallExpression(bare(expression))) return;
    this.visit(body);
  }
}
