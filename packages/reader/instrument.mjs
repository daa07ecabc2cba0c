// SPDX-License-Identifier: GPL-2.0-only
// Puts a probe before each statement of a TypeScript file, which tells the line that is executed next.

import ts from 'typescript';

/** Statements that nothing executes, or that must stay first. */
function isDeclaration(node) {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEmptyStatement(node) ||
    ts.isBlock(node)
  );
}

/**
 * JavaScript of the file with `$probe.on && $probe.hit(path, line);` before each statement inside of a function.
 * @param probe where `probe` is imported from
 */
export function instrumented(text, path, probe) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const { factory } = ts;
  const probeName = factory.createIdentifier('$probe');
  const pathName = factory.createIdentifier('$path');

  const lineOf = (node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

  const hit = (node) =>
    factory.createExpressionStatement(
      factory.createLogicalAnd(
        factory.createPropertyAccessExpression(probeName, 'on'),
        factory.createCallExpression(
          factory.createPropertyAccessExpression(probeName, 'hit'),
          undefined,
          [pathName, factory.createNumericLiteral(lineOf(node))],
        ),
      ),
    );

  const transform = (context) => {
    /** A list of statements, each with its probe. */
    const list = (statements) =>
      factory.createNodeArray(
        statements.flatMap((one) => {
          const done = ts.visitNode(one, visit);
          return isDeclaration(one) ? [done] : [hit(one), done];
        }),
      );
    /** A statement that stands alone, as behind an `if`. */
    const alone = (one) =>
      one === undefined || isDeclaration(one) || isElseIf(one) || lineOf(one) === lineOf(one.parent)
        ? ts.visitNode(one, visit)
        : factory.createBlock([hit(one), ts.visitNode(one, visit)], true);

    const visit = (node) => {
      if (ts.isBlock(node)) return factory.updateBlock(node, list(node.statements));
      if (ts.isCaseClause(node))
        return factory.updateCaseClause(
          node,
          ts.visitNode(node.expression, visit),
          list(node.statements),
        );
      if (ts.isDefaultClause(node)) return factory.updateDefaultClause(node, list(node.statements));
      if (ts.isIfStatement(node))
        return factory.updateIfStatement(
          node,
          ts.visitNode(node.expression, visit),
          alone(node.thenStatement),
          alone(node.elseStatement),
        );
      if (ts.isForStatement(node))
        return factory.updateForStatement(
          node,
          ts.visitNode(node.initializer, visit),
          ts.visitNode(node.condition, visit),
          ts.visitNode(node.incrementor, visit),
          alone(node.statement),
        );
      if (ts.isForOfStatement(node))
        return factory.updateForOfStatement(
          node,
          node.awaitModifier,
          ts.visitNode(node.initializer, visit),
          ts.visitNode(node.expression, visit),
          alone(node.statement),
        );
      if (ts.isWhileStatement(node))
        return factory.updateWhileStatement(
          node,
          ts.visitNode(node.expression, visit),
          alone(node.statement),
        );
      if (ts.isDoStatement(node))
        return factory.updateDoStatement(
          node,
          alone(node.statement),
          ts.visitNode(node.expression, visit),
        );
      return ts.visitEachChild(node, visit, context);
    };

    return (source) => {
      // The file's own statements are declarations and constants: only what functions do is shown.
      const body = source.statements.map((one) => ts.visitEachChild(one, visit, context));
      return factory.updateSourceFile(source, body);
    };
  };

  const { transformed } = ts.transform(file, [transform]);
  const printed = ts.createPrinter({ removeComments: true }).printFile(transformed[0]);
  return `import { probe as $probe } from ${JSON.stringify(probe)};\nconst $path = ${JSON.stringify(path)};\n${printed}`;
}

/** Whether an `if` is that of an `else if`, which is no statement of its own. */
function isElseIf(node) {
  return (
    ts.isIfStatement(node) && ts.isIfStatement(node.parent) && node.parent.elseStatement === node
  );
}
