// SPDX-License-Identifier: GPL-2.0-only
// What a TypeScript module declares, read from its syntax tree: names, kinds, modifiers, places.

import { readFileSync } from 'node:fs';
import ts from 'typescript';

export interface Member {
  readonly name: string;
  readonly kind: 'method' | 'property';
  /** private or protected: what C calls static. */
  readonly hidden: boolean;
  readonly pos: number;
  /** The strings of a property that is a list or an object of strings: keys with values, or values alone. */
  readonly strings: ReadonlyMap<string, string>;
}

export interface Declaration {
  readonly name: string;
  readonly kind: 'class' | 'interface' | 'type' | 'const' | 'function' | 'import';
  readonly pos: number;
  readonly members: readonly Member[];
}

export function declarationsOf(file: string): Declaration[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.ES2022,
    true,
  );
  return source.statements.flatMap(declared);
}

function declared(node: ts.Statement): Declaration[] {
  const make = (
    kind: Declaration['kind'],
    name: ts.Node | undefined,
    members: readonly Member[] = [],
  ): Declaration[] => (name ? [{ name: name.getText(), kind, pos: node.pos, members }] : []);
  if (ts.isClassDeclaration(node)) return make('class', node.name, node.members.flatMap(member));
  if (ts.isInterfaceDeclaration(node))
    return make('interface', node.name, node.members.flatMap(member));
  if (ts.isTypeAliasDeclaration(node)) return make('type', node.name);
  if (ts.isFunctionDeclaration(node)) return make('function', node.name);
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.flatMap((d) => make('const', d.name));
  if (ts.isImportDeclaration(node)) {
    const bindings = node.importClause?.namedBindings;
    return bindings && ts.isNamedImports(bindings)
      ? bindings.elements.flatMap((e) => make('import', e.name))
      : [];
  }
  return [];
}

function member(node: ts.ClassElement | ts.TypeElement): Member[] {
  if (!node.name) return [];
  const flags = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  const hidden = flags.some(
    (m) => m.kind === ts.SyntaxKind.PrivateKeyword || m.kind === ts.SyntaxKind.ProtectedKeyword,
  );
  const kind = ts.isMethodDeclaration(node) || ts.isMethodSignature(node) ? 'method' : 'property';
  const strings = ts.isPropertyDeclaration(node)
    ? stringsIn(node.initializer)
    : new Map<string, string>();
  return [{ name: node.name.getText(), kind, hidden, pos: node.pos, strings }];
}

function stringsIn(node: ts.Expression | undefined): Map<string, string> {
  if (!node) return new Map();
  if (ts.isAsExpression(node)) return stringsIn(node.expression);
  if (ts.isStringLiteral(node)) return new Map([[node.text, node.text]]);
  if (ts.isArrayLiteralExpression(node))
    return new Map(node.elements.filter(ts.isStringLiteral).map((e) => [e.text, e.text]));
  if (ts.isObjectLiteralExpression(node))
    return new Map(
      node.properties
        .filter(ts.isPropertyAssignment)
        .map((p) => [
          ts.isStringLiteral(p.name) ? p.name.text : p.name.getText(),
          ts.isStringLiteral(p.initializer) ? p.initializer.text : p.initializer.getText(),
        ]),
    );
  return new Map();
}
