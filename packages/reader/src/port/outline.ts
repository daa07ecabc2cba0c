// SPDX-License-Identifier: GPL-2.0-only
// The named things of a TypeScript file, as the C would count them: methods of a translation unit are functions.

import ts from 'typescript';
import type { DefinitionKind, Step } from '../syntax/definition';
import type { Comment } from './comments';
import type { PortDefinition } from './port';
import { StepsOfTs } from './steps';

const REGISTRATIONS =
  /^(?:EXPORT_SYMBOL(?:_GPL)?|module_param|early_param|core_param|\w+_initcall|module_init)$/u;

/**
 * The lines that a comment on a line speaks of: those of the statement that begins there, or holds the line. Of a branch,
 * loop or labelled block only the head, and the body if it is one statement.
 */
function coveredBy(
  file: ts.SourceFile,
  root: ts.Node,
  line: number,
): readonly [number, number] | null {
  const lineOf = (offset: number): number => file.getLineAndCharacterOfPosition(offset).line + 1;
  let found: ts.Node | null = null;
  const visit = (node: ts.Node): void => {
    const [from, to] = [lineOf(node.getStart(file)), lineOf(node.getEnd())];
    if (line < from || line > to) return;
    const counts =
      (ts.isStatement(node) && !ts.isBlock(node) && !ts.isClassDeclaration(node)) ||
      ts.isClassElement(node);
    // The outermost that begins on the line, or else the innermost that holds it.
    if (counts && (found === null || lineOf(found.getStart(file)) < line)) found = node;
    ts.forEachChild(node, visit);
  };
  visit(root);
  const node = found as ts.Node | null;
  if (!node) return null;
  return [lineOf(node.getStart(file)), lineOf(endOfHead(file, node))];
}

/** Where a statement ends; of a compound one whose body is more than one simple statement, where the body begins. */
function endOfHead(file: ts.SourceFile, node: ts.Node): number {
  const body = bodyOf(node);
  if (body === null) return node.getEnd();
  if (!ts.isBlock(body)) return endOfHead(file, body);
  const [only, ...more] = body.statements;
  if (more.length > 0) return body.getStart(file);
  return only && bodyOf(only) ? endOfHead(file, only) : node.getEnd();
}

/** The body of a compound statement; null for a simple one. */
function bodyOf(node: ts.Node): ts.Node | null {
  if (ts.isIfStatement(node)) return node.elseStatement ?? node.thenStatement;
  if (ts.isIterationStatement(node, false) || ts.isLabeledStatement(node)) return node.statement;
  if (ts.isSwitchStatement(node)) return node.caseBlock;
  if (ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node)) return node.body ?? null;
  return null;
}

/** Collects the definitions of a file. */
export class OutlineOfTs {
  private readonly definitions: PortDefinition[] = [];

  constructor(
    private readonly file: ts.SourceFile,
    private readonly comments: readonly Comment[],
  ) {}

  outline(): readonly PortDefinition[] {
    for (const statement of this.file.statements) this.visitStatement(statement, null);
    return this.definitions;
  }

  private lineOf(offset: number): number {
    return this.file.getLineAndCharacterOfPosition(offset).line + 1;
  }

  private add(
    kind: DefinitionKind,
    name: string,
    node: ts.Node,
    unit: string | null,
    owner: string | null = null,
    steps: readonly Step[] = [],
  ): void {
    const from = this.lineOf(node.getStart(this.file));
    const to = this.lineOf(node.getEnd());
    const doc = this.comments.find((comment) => comment.to === from - 1 && !comment.trailing);
    const inside = this.comments.filter((comment) => comment.from >= from && comment.to <= to);
    const all = doc ? [doc, ...inside] : inside;
    const reasons = all.flatMap((comment) => {
      const js = /\bJS: (.*)/u.exec(comment.text)?.[1];
      if (js === undefined && !/\bdeviation \d+/u.test(comment.text)) return [];
      const line = comment.trailing ? comment.from : comment.to + 1;
      return [
        {
          line: comment.from,
          kind: js === undefined ? ('deviation' as const) : ('JS' as const),
          text: js ?? comment.text,
          covers: comment === doc ? null : coveredBy(this.file, node, line),
        },
      ];
    });
    const patch = /\bpatch(?:es)?\b[^.]*?\b(\d+)\/\d+/u.exec(doc?.text ?? '')?.[1];
    this.definitions.push({
      kind,
      name,
      from,
      to,
      owner,
      steps,
      unit,
      patch: patch === undefined ? null : Number(patch),
      reasons,
    });
  }

  private addFunction(name: string, node: ts.Node, body: ts.Node, unit: string | null): void {
    this.add('function', name, node, unit, null, new StepsOfTs(this.file).of(body));
  }

  private visitStatement(node: ts.Statement, unit: string | null): void {
    if (ts.isFunctionDeclaration(node) && node.name && node.body)
      this.addFunction(node.name.text, node, node.body, unit);
    else if (ts.isClassDeclaration(node)) this.visitClass(node);
    else if (ts.isInterfaceDeclaration(node)) this.visitInterface(node);
    else if (ts.isTypeAliasDeclaration(node)) this.add('struct', node.name.text, node, unit);
    else if (ts.isVariableStatement(node)) {
      for (const declaration of node.declarationList.declarations)
        if (ts.isIdentifier(declaration.name))
          this.visitVariable(declaration.name.text, declaration.initializer, node, unit);
    }
  }

  private visitVariable(
    name: string,
    value: ts.Expression | undefined,
    node: ts.Node,
    unit: string | null,
  ): void {
    if (value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)))
      this.addFunction(name, node, value.body, unit);
    else this.add(/^_*[A-Z][A-Z0-9_]+$/u.test(name) ? 'macro' : 'variable', name, node, unit);
  }

  private visitInterface(node: ts.InterfaceDeclaration): void {
    const owner = node.name.text;
    this.add('struct', owner, node, null);
    for (const member of node.members) {
      if (!member.name || !ts.isIdentifier(member.name)) continue;
      this.add(
        ts.isMethodSignature(member) ? 'prototype' : 'field',
        member.name.text,
        member,
        null,
        owner,
      );
    }
  }

  /** A class with methods is a translation unit, any other a struct. */
  private visitClass(node: ts.ClassDeclaration): void {
    const name = node.name?.text ?? '';
    const isUnit = node.members.some((member) => ts.isMethodDeclaration(member));
    this.add('struct', name, node, null);
    for (const member of node.members) {
      if (ts.isConstructorDeclaration(member)) this.visitConstructor(member, name);
      if (!member.name || !(ts.isIdentifier(member.name) || ts.isPrivateIdentifier(member.name)))
        continue;
      const own = member.name.text;
      if (ts.isMethodDeclaration(member) && member.body)
        this.addFunction(own, member, member.body, name);
      else if (ts.isGetAccessorDeclaration(member) && member.body)
        this.addFunction(own, member, member.body, name);
      else if (ts.isPropertyDeclaration(member)) {
        const isStatic =
          member.modifiers?.some((m) => m.kind === ts.SyntaxKind.StaticKeyword) === true;
        if (isStatic) this.visitStatic(own, member, name);
        else if (isUnit) this.visitVariable(own, member.initializer, member, name);
        else this.add('field', own, member, null, name);
      }
    }
  }

  /** `static readonly EXPORT_SYMBOL = ['a', 'b']`: one registration for each name. */
  private visitStatic(kind: string, member: ts.PropertyDeclaration, unit: string): void {
    if (!REGISTRATIONS.test(kind)) return;
    const names: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAssignment(node))
        names.push(node.name.getText(this.file).replace(/'/gu, ''));
      else if (ts.isStringLiteral(node)) names.push(node.text);
      else ts.forEachChild(node, visit);
    };
    if (member.initializer) visit(member.initializer);
    for (const name of names) this.add('registration', name, member, unit, kind);
  }

  /** What a constructor makes: functions that are closures, and parameters that are fields. */
  private visitConstructor(node: ts.ConstructorDeclaration, unit: string): void {
    for (const statement of node.body?.statements ?? []) {
      if (ts.isVariableStatement(statement) || ts.isFunctionDeclaration(statement)) {
        const before = this.definitions.length;
        this.visitStatement(statement, unit);
        for (let i = this.definitions.length - 1; i >= before; i--)
          if (this.definitions[i]?.kind !== 'function') this.definitions.splice(i, 1);
      }
    }
  }
}
