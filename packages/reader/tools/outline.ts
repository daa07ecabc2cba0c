// SPDX-License-Identifier: GPL-2.0-only
// What a TypeScript or JavaScript file has where: named things, comments, and the statements of its functions.

import ts from 'typescript';

/** A named thing; the comment in front of it does not belong to it. */
export interface Named {
  readonly kind:
    | 'class'
    | 'interface'
    | 'type'
    | 'import'
    | 'const'
    | 'function'
    | 'method'
    | 'property'
    | 'entry';
  readonly name: string;
  /** The class or interface of a member, the property of an entry; null at the top of the file. */
  readonly owner: string | null;
  /** First and last line, from 1. */
  readonly from: number;
  readonly to: number;
  /** Its name's offset in the text. */
  readonly at: number;
  /** Of a function or method with a body: the statements in it, those of closures included; null without a body. */
  readonly statements: readonly Statement[] | null;
}

/** Where a statement begins. */
export interface Statement {
  readonly line: number;
  readonly at: number;
}

/** A comment, and the line of code that it is about: its own, or the next one that has code. */
export interface Comment {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly code: number;
}

export interface Outline {
  readonly path: string;
  readonly lines: readonly string[];
  /** In the order of the text; a class comes before its members. */
  readonly named: readonly Named[];
  readonly comments: readonly Comment[];
}

/** A text that has a name. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** @param source TypeScript, or JavaScript if its path ends so; broken text gives what can be made of it */
export function outlineOf({ path, text }: SourceText): Outline {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const lineAt = (at: number): number => file.getLineAndCharacterOfPosition(at).line + 1;
  return {
    path,
    lines: text.split(/\r?\n/),
    named: file.statements.flatMap((node) => namedIn(node, file, lineAt)),
    comments: commentsIn(file, lineAt),
  };
}

/** The functions and methods that have a body, but for constructors, by the name they have in the file. */
export function functionsOf(outline: Outline): Map<string, Named> {
  const all = outline.named.filter(
    (n) => n.statements !== null && n.name !== 'constructor' && n.kind !== 'property',
  );
  const times = new Map<string, number>();
  for (const { name } of all) times.set(name, (times.get(name) ?? 0) + 1);
  return new Map(
    all.map((n) => [times.get(n.name) === 1 ? n.name : `${n.owner ?? ''}.${n.name}`, n]),
  );
}

/** The function or method that a line is in; null outside of one. */
export function functionAt(outline: Outline, line: number): string | null {
  const at = outline.named.find((n) => n.statements !== null && n.from <= line && line <= n.to);
  return at?.name ?? null;
}

type LineAt = (at: number) => number;

function namedIn(node: ts.Statement, file: ts.SourceFile, lineAt: LineAt): Named[] {
  const make = (
    kind: Named['kind'],
    name: ts.Node | undefined,
    whole: ts.Node,
    owner: string | null = null,
    body?: ts.Node,
  ): Named[] =>
    name
      ? [
          {
            kind,
            name: name.getText(file).replace(/^(['"])(.*)\1$/, '$2'),
            owner,
            from: lineAt(whole.getStart(file)),
            to: lineAt(whole.getEnd()),
            at: name.getStart(file),
            statements: body ? statementsIn(body, file, lineAt) : null,
          },
        ]
      : [];

  const membersOf = (
    type: ts.ClassLikeDeclaration | ts.InterfaceDeclaration,
    owner: string,
  ): Named[] =>
    [...type.members].flatMap((member) => {
      if (ts.isConstructorDeclaration(member)) {
        const keyword = member
          .getChildren(file)
          .find((c) => c.kind === ts.SyntaxKind.ConstructorKeyword);
        return make('method', keyword, member, owner, member.body);
      }
      if (ts.isMethodDeclaration(member) || ts.isAccessor(member))
        return make('method', member.name, member, owner, member.body);
      if (ts.isMethodSignature(member)) return make('method', member.name, member, owner);
      if (!member.name) return [];
      const name = member.name.getText(file);
      const initializer = ts.isPropertyDeclaration(member) ? member.initializer : undefined;
      return [
        ...make('property', member.name, member, owner),
        ...entriesIn(initializer).flatMap((entry) => make('entry', entry, entry, name)),
      ];
    });

  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node))
    return [
      ...make(ts.isClassDeclaration(node) ? 'class' : 'interface', node.name, node),
      ...membersOf(node, node.name?.text ?? ''),
    ];
  if (ts.isTypeAliasDeclaration(node)) return make('type', node.name, node);
  if (ts.isFunctionDeclaration(node)) return make('function', node.name, node, null, node.body);
  if (ts.isVariableStatement(node))
    return node.declarationList.declarations.flatMap((d) =>
      // What a compiler makes of a class: let x = class x { … }.
      d.initializer && ts.isClassExpression(d.initializer)
        ? [...make('class', d.name, node), ...membersOf(d.initializer, d.name.getText(file))]
        : make('const', d.name, node),
    );
  if (ts.isImportDeclaration(node)) {
    const bindings = node.importClause?.namedBindings;
    return bindings && ts.isNamedImports(bindings)
      ? bindings.elements.flatMap((e) => make('import', e.name, e))
      : [];
  }
  return [];
}

/** The keys of an object, or the strings of a list. */
function entriesIn(node: ts.Expression | undefined): ts.Node[] {
  if (!node) return [];
  if (ts.isAsExpression(node)) return entriesIn(node.expression);
  if (ts.isStringLiteral(node)) return [node];
  if (ts.isArrayLiteralExpression(node)) return node.elements.filter(ts.isStringLiteral);
  if (ts.isObjectLiteralExpression(node))
    return node.properties.filter(ts.isPropertyAssignment).map((p) => p.name);
  return [];
}

/** Blocks, labels and declarations without a value do nothing themselves; the value of a short arrow function does. */
function statementsIn(body: ts.Node, file: ts.SourceFile, lineAt: LineAt): Statement[] {
  const found: Statement[] = [];
  const add = (node: ts.Node): void => {
    const at = node.getStart(file);
    found.push({ line: lineAt(at), at });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isVariableStatement(node)) {
      if (node.declarationList.declarations.some((d) => d.initializer)) add(node);
    } else if (ts.isArrowFunction(node)) {
      if (!ts.isBlock(node.body)) add(node.body);
    } else if (
      ts.isStatement(node) &&
      !ts.isBlock(node) &&
      !ts.isLabeledStatement(node) &&
      !ts.isFunctionDeclaration(node) &&
      !ts.isEmptyStatement(node)
    )
      add(node);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return found;
}

/** All comments are in front of some token; the last token is the end of the file. */
function commentsIn(file: ts.SourceFile, lineAt: LineAt): Comment[] {
  const found: Comment[] = [];
  const { text } = file;
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(file);
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const start = node.getStart(file);
    const before = text.slice(node.pos, start);
    if (!before.includes('/')) return;
    const previous = node.pos > 0 ? lineAt(node.pos) : 0; // of the token before, which ends there
    for (const match of before.matchAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g)) {
      const from = lineAt(node.pos + match.index);
      const to = lineAt(node.pos + match.index + match[0].length);
      found.push({
        text: match[0].trimEnd(),
        from,
        to,
        code: from === previous ? from : lineAt(start),
      });
    }
  };
  visit(file);
  return found;
}
