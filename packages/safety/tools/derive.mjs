// SPDX-License-Identifier: GPL-2.0-only
// Derives suspendable forms of ported files: a function that can come to a step becomes a generator, calls of it become
// `yield*`, and before each step and each access to a shared field a line of the runtime is called.
// Usage, in the root: node packages/safety/tools/derive.mjs; writes packages/safety/src/schedules/derived, if it is old: the
// forms of the sources as they are; in `marked` those of the same sources with accesses of MARKS marked; in `now` the same functions
// as plain ones, `NAME_now`, which have other threads run on top of their stack where a generator yields.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  AFTER,
  ATOMICS,
  CONTAINERS,
  DRIVER_STEPS,
  FILES,
  FREES,
  INTERFACES,
  IN_ONE_STEP,
  MARKS,
  OURS,
  STEPS,
  STRUCTS,
} from './derive-rules.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../../..');
const OUT = resolve(HERE, '../src/schedules/derived');

/** Of the ported files, of this one and of its rules; not of the compiler, whose version the lock file keeps. */
function stamp() {
  const hash = createHash('sha256');
  for (const path of [
    ...FILES.map(([file]) => join(ROOT, file)),
    fileURLToPath(import.meta.url),
    join(HERE, 'derive-rules.mjs'),
  ])
    hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

/** Whether the derived files are those of the sources as they are now. */
export function isCurrent() {
  const sites = join(OUT, 'sites.ts');
  return existsSync(sites) && readFileSync(sites, 'utf8').includes(`sources ${stamp()}`);
}

class Deriver {
  /** @param fields names of fields by number: those that are new are added */
  constructor(ts, program, fields, marks) {
    this.ts = ts;
    this.checker = program.getTypeChecker();
    this.sources = FILES.map(([file]) => program.getSourceFile(join(ROOT, file)));
    this.suspendable = new Set(DRIVER_STEPS);
    this.fields = fields;
    this.atomics = new Set([...ATOMICS, ...marks]);
    this.findSuspendable();
  }

  /** `class.member` of what is called or accessed; undefined for anything else. */
  member(node) {
    const symbol = this.checker.getSymbolAtLocation(node.name);
    const declaration = symbol?.declarations?.[0];
    const parent = declaration?.parent;
    if (parent?.name === undefined || !this.ts.isIdentifier(parent.name)) return undefined;
    return { parent: parent.name.text, name: node.name.text, declaration };
  }

  /** The step that a call is, its class and method. */
  stepOf(call) {
    const { ts } = this;
    let callee = call.expression;
    // deref(iovad.flush_cb)(iovad)
    if (ts.isCallExpression(callee) && callee.expression.getText() === 'deref')
      callee = callee.arguments[0];
    if (!ts.isPropertyAccessExpression(callee)) return undefined;
    const member = this.member(callee);
    return member === undefined ? undefined : `${member.parent}.${member.name}`;
  }

  /** Whether a call leads to a function that can come to a step. */
  isSuspendableCall(call) {
    const { ts } = this;
    const callee = call.expression;
    if (ts.isIdentifier(callee)) return this.suspendable.has(`${callee.text}()`);
    if (!ts.isPropertyAccessExpression(callee) || !this.suspendable.has(callee.name.text))
      return false;
    const member = this.member(callee);
    return member !== undefined && (INTERFACES.has(member.parent) || member.parent.endsWith('_c'));
  }

  comesToStep(node) {
    const { ts } = this;
    let found = false;
    const visit = (at) => {
      if (found || ts.isTypeNode(at)) return;
      if (ts.isArrowFunction(at)) return; // its own function
      if (ts.isCallExpression(at)) {
        const step = this.stepOf(at);
        if (
          (step !== undefined && (STEPS[step] ?? AFTER[step]) !== undefined) ||
          this.isSuspendableCall(at)
        )
          found = true;
      }
      if (ts.isPropertyAccessExpression(at)) {
        const field = this.fieldOf(at);
        if (field !== undefined && this.atomics.has(field)) found = true;
      }
      ts.forEachChild(at, visit);
    };
    if (node.body) visit(node.body);
    return found;
  }

  /** Adds the functions that call those that are known, until there are no more. */
  findSuspendable() {
    const { ts } = this;
    const candidates = [];
    for (const source of this.sources) {
      for (const one of source.statements) {
        if (ts.isFunctionDeclaration(one) && one.name) candidates.push([`${one.name.text}()`, one]);
        if (ts.isClassDeclaration(one) && one.name?.text.endsWith('_c'))
          for (const method of one.members)
            if (ts.isMethodDeclaration(method) && !IN_ONE_STEP.has(method.name.getText()))
              candidates.push([method.name.getText(), method]);
      }
    }
    for (let grown = true; grown;) {
      grown = false;
      for (const [name, node] of candidates)
        if (!this.suspendable.has(name) && this.comesToStep(node)) {
          this.suspendable.add(name);
          grown = true;
        }
    }
  }

  /** `struct.field` if it is memory that threads share. */
  fieldOf(access) {
    const { ts } = this;
    const symbol = this.checker.getSymbolAtLocation(access.name);
    const declaration = symbol?.valueDeclaration;
    if (!declaration || !(ts.isPropertyDeclaration(declaration) || ts.isParameter(declaration)))
      return undefined;
    const parent = ts.isParameter(declaration) ? declaration.parent.parent : declaration.parent;
    const struct = parent.name?.text;
    if (!STRUCTS.has(struct)) return undefined;
    const text = declaration.getSourceFile().text;
    const comments = ts.getLeadingCommentRanges(text, declaration.getFullStart()) ?? [];
    if (comments.some(({ pos, end }) => text.slice(pos, end).includes('JS:'))) return undefined;
    const readonly = (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly) !== 0;
    // The place of an embedded struct does not change; what an array holds does.
    if (
      readonly &&
      !(ts.isElementAccessExpression(access.parent) && access.parent.expression === access)
    )
      return undefined;
    const field = `${struct}.${access.name.text}`;
    return OURS.has(field) ? undefined : field;
  }

  isListNode(expression) {
    return this.checker.getTypeAtLocation(expression).symbol?.name === 'list_head';
  }
}

/** Texts that are put in at places of a source; what begins first is outside. */
class Edits {
  inserts = [];

  before(at, text) {
    this.inserts.push({ at, text, order: this.inserts.length });
  }

  replace(from, to, text) {
    this.inserts.push({ at: from, to, text, order: this.inserts.length });
  }

  apply(source) {
    const all = this.inserts.toSorted((x, y) => x.at - y.at || x.order - y.order);
    let out = '';
    let done = 0;
    for (const { at, to, text } of all) {
      if (at < done) continue; // inside of what was replaced
      out += source.slice(done, at) + text;
      done = to ?? at;
    }
    return out + source.slice(done);
  }
}

/** Blank lines as many as a text has, so that lines keep their numbers. */
function blank(text) {
  return text.replace(/[^\n]/g, '');
}

class FileDeriver {
  /** @param now plain functions in place of generators */
  constructor(all, index, now = false) {
    Object.assign(this, { all, ts: all.ts, source: all.sources[index], index, now });
    this.edits = new Edits();
    this.text = this.source.text;
    this.exported = [];
    this.inClass = false;
  }

  derive() {
    const { ts, source } = this;
    const [file, self] = FILES[this.index];
    for (const one of source.statements) {
      if (ts.isImportDeclaration(one)) this.importOf(one, self);
      else if (ts.isClassDeclaration(one) && one.name.text.endsWith('_c')) this.classOf(one);
      else if (this.overlayOf(one)) this.classOf(this.overlayOf(one));
      else if (ts.isFunctionDeclaration(one) && this.all.suspendable.has(`${one.name.text}()`))
        this.functionOf(one);
      else if (
        (ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Export || this.isExportedConst(one)) &&
        this.nameOf(one)
      ) {
        this.exported.push(this.nameOf(one));
        this.edits.replace(one.getStart(), one.getEnd(), blank(one.getText()));
      }
    }
    const derived = this.edits.apply(this.text);
    const used = this.exported.filter((name) => new RegExp(`\\b${name}\\b`).test(derived));
    const head = `// @ts-nocheck Derived from ${file} by packages/safety/tools/derive.mjs. `;
    const imports = used.length > 0 ? `import { ${used.join(', ')} } from '${self}'; ` : '';
    return `${head}\n${imports}${derived.replace(/^\/\/ SPDX[^\n]*\n/, '')}`;
  }

  /** The class of a function that lays one over a base: `function fix(base) { return class extends base { … }; }` */
  overlayOf(one) {
    const { ts } = this;
    const last = ts.isFunctionDeclaration(one) ? one.body?.statements.at(-1) : undefined;
    const made = last !== undefined && ts.isReturnStatement(last) ? last.expression : undefined;
    return made !== undefined && ts.isClassExpression(made) ? made : undefined;
  }

  isExportedConst(one) {
    return (
      this.ts.isVariableStatement(one) &&
      (one.modifiers ?? []).some((m) => m.kind === this.ts.SyntaxKind.ExportKeyword)
    );
  }

  nameOf(one) {
    if (this.ts.isVariableStatement(one)) return one.declarationList.declarations[0].name.getText();
    return one.name?.getText();
  }

  /** Sibling modules are reached through their package; suspendable functions of other files through theirs. */
  importOf(one, self) {
    const from = one.moduleSpecifier.text;
    if (from.startsWith('.')) {
      const target = resolve(dirname(this.source.fileName), `${from}.ts`);
      this.edits.replace(one.moduleSpecifier.getStart(), one.moduleSpecifier.getEnd(), `'${self}'`);
      if (!existsSync(target)) throw new Error(`${from}: no such module`);
    }
    const names = one.importClause?.namedBindings?.elements ?? [];
    for (const element of names) {
      const name = element.name.text;
      if (!this.all.suspendable.has(`${name}()`)) continue;
      const home = this.all.sources.findIndex((s) =>
        s.statements.some((x) => this.ts.isFunctionDeclaration(x) && x.name?.text === name),
      );
      // The name is taken out of the list, and a line of its own put behind, on the same line of the text.
      const end = this.text[element.getEnd()] === ',' ? element.getEnd() + 1 : element.getEnd();
      this.edits.replace(element.getStart(), end, '');
      this.edits.before(
        one.getEnd(),
        ` import { ${name} } from './${basename(FILES[home][0], '.ts')}';`,
      );
    }
  }

  classOf(one) {
    this.inClass = true;
    for (const member of one.members) {
      const isOfStep =
        this.ts.isMethodDeclaration(member) &&
        this.all.suspendable.has(member.name.getText()) &&
        member.body &&
        !IN_ONE_STEP.has(member.name.getText());
      if (this.now && !isOfStep) {
        // The class of generators has it.
        this.edits.replace(member.getStart(), member.getEnd(), blank(member.getText()));
        continue;
      }
      if (IN_ONE_STEP.has(member.name?.getText())) continue;
      if (isOfStep && this.now) this.edits.before(member.name.getEnd(), '_now');
      else if (isOfStep) this.generator(member, member.name.getStart());
      this.visit(member);
    }
    this.inClass = false;
  }

  functionOf(one) {
    if (!this.now) {
      this.edits.before(one.name.getStart(), '* ');
      this.returnType(one);
    }
    this.visit(one);
  }

  generator(member, at) {
    this.returnType(member);
    this.tail = this.tailOf(member);
    if (this.tail === undefined) this.edits.before(at, '*');
    else if (!this.ts.isReturnStatement(this.tail.parent))
      this.edits.before(this.tail.getStart(), 'return ');
  }

  /**
   * The call that a function ends with, if it comes to a step only there: then it gives back what the call gives, and is no
   * generator of its own.
   */
  tailOf({ body }) {
    const { ts } = this;
    const last = body.statements.at(-1);
    if (last === undefined || !(ts.isReturnStatement(last) || ts.isExpressionStatement(last)))
      return undefined;
    const call = last.expression;
    if (call === undefined || !ts.isCallExpression(call) || !this.all.isSuspendableCall(call))
      return undefined;
    const others = [...body.statements.slice(0, -1), ...call.arguments];
    const returns = (node) =>
      ts.isReturnStatement(node) || (!ts.isFunctionLike(node) && ts.forEachChild(node, returns));
    const isPlain = others.every(
      (node) => !this.all.comesToStep({ body: node }) && returns(node) !== true,
    );
    return isPlain ? call : undefined;
  }

  returnType(node) {
    if (!node.type) return;
    this.edits.before(node.type.getStart(), 'Generator<undefined, ');
    this.edits.before(node.type.getEnd(), ', undefined>');
  }

  visit(node) {
    const { ts } = this;
    if (ts.isTypeNode(node)) return;
    if (ts.isArrowFunction(node)) return this.arrow(node);
    if (ts.isCallExpression(node)) return this.call(node);
    if (ts.isBinaryExpression(node) && this.isAssignment(node)) return this.assignment(node);
    if (
      (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) &&
      (node.operator === ts.SyntaxKind.PlusPlusToken ||
        node.operator === ts.SyntaxKind.MinusMinusToken)
    )
      return this.target(node.operand, () => this.base(node.operand), node);
    if (ts.isPropertyAccessExpression(node)) return this.read(node);
    return ts.forEachChild(node, (x) => this.visit(x));
  }

  arrow(node) {
    // A driver's table and timers: an arrow that can come to a step is never called by the derived forms themselves, but
    // run by a thread.
    if (!this.all.comesToStep({ body: node.body }))
      return this.ts.forEachChild(node, (x) => this.visit(x));
    const params = node.parameters.map((p) => p.name.getText()).join(', ');
    const isBlock = this.ts.isBlock(node.body);
    this.edits.replace(
      node.getStart(),
      node.body.getStart(),
      `function* (${params}) ${isBlock ? '' : '{ return '}`,
    );
    const { now } = this;
    this.now = false;
    this.visit(node.body);
    this.now = now;
    this.edits.before(node.body.getEnd(), `${isBlock ? '' : '; }'}.bind(this)`);
    return undefined;
  }

  isAssignment(node) {
    const { SyntaxKind } = this.ts;
    const kind = node.operatorToken.kind;
    return kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment;
  }

  assignment(node) {
    const later = this.hasYield(node.right);
    this.target(
      node.left,
      () => {
        this.base(node.left);
        this.visit(node.right);
      },
      node,
      later,
    );
  }

  /** What is read to find the place that is written. */
  base(left) {
    if (left.expression) this.visit(left.expression);
    if (this.ts.isElementAccessExpression(left)) this.visit(left.argumentExpression);
  }

  hasYield(node) {
    return this.all.comesToStep({ body: node });
  }

  /** A field that is written: told before, or after where the value has to be waited for. */
  target(left, inner, whole, later = false) {
    const access = this.fieldAccess(left);
    if (access === undefined || !this.hasThis()) return inner();
    const { field, base } = access;
    if (this.all.atomics.has(field)) {
      this.edits.before(
        whole.getStart(),
        `(this.k.rt.atomic(${base.getText()}, ${this.code(field, whole)}, true) && ${this.stop()}, `,
      );
      inner();
      this.edits.before(whole.getEnd(), ')');
      return undefined;
    }
    const told = `this.k.rt.w(${base.getText()}, ${this.code(field, whole)})`;
    if (later) {
      this.edits.before(whole.getStart(), '(');
      inner();
      this.edits.before(whole.getEnd(), `, ${told})`);
    } else {
      this.edits.before(whole.getStart(), `(${told}, `);
      inner();
      this.edits.before(whole.getEnd(), ')');
    }
    return undefined;
  }

  /** The shared field that an expression names, itself or an element of it. */
  fieldAccess(node) {
    const { ts } = this;
    const access = ts.isElementAccessExpression(node) ? node.expression : node;
    if (!ts.isPropertyAccessExpression(access)) return undefined;
    const field = this.all.fieldOf(access);
    return field === undefined ? undefined : { field, base: access.expression };
  }

  hasThis() {
    return this.inClass;
  }

  /** Lets another thread go first. */
  stop() {
    return this.now ? 'this.k.rt.wait()' : '(yield)';
  }

  read(node) {
    const { ts } = this;
    const field = this.hasThis() ? this.all.fieldOf(node) : undefined;
    const isNext =
      this.hasThis() && node.name.text === 'next' && this.all.isListNode(node.expression);
    if (field !== undefined && this.all.atomics.has(field)) {
      this.edits.before(
        node.getStart(),
        `(this.k.rt.atomic(${node.expression.getText()}, ${this.code(field, node)}, false) && ${this.stop()}, `,
      );
      ts.forEachChild(node, (x) => this.visit(x));
      this.edits.before(node.getEnd(), ')');
    } else if (field !== undefined || isNext) {
      this.edits.before(node.expression.getStart(), 'this.k.rt.r(');
      ts.forEachChild(node, (x) => this.visit(x));
      this.edits.before(node.expression.getEnd(), `, ${this.code(field ?? 'list', node)})`);
    } else ts.forEachChild(node, (x) => this.visit(x));
  }

  code(field, node) {
    let at = this.all.fields.indexOf(field);
    if (at < 0) at = this.all.fields.push(field) - 1;
    return this.site(node) * 256 + at;
  }

  site(node) {
    return this.index * 4096 + this.source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  }

  call(node) {
    const { ts } = this;
    const step = this.all.stepOf(node);
    const args = node.arguments.map((x) => x.getText());
    const fill = (text) =>
      text
        .replace(/\$(\d)/g, (_, i) => args[i])
        .replace('NEXT', String(this.site(node) * 256))
        .replace('NODE', String(this.site(node) * 256 + 1))
        .replace('SITE', String(this.site(node) * 256));
    const ask = (text) =>
      `this.k.rt.${fill(text).replace(/\)$/, `${/\(\)$/.test(text) ? '' : ', '}${this.site(node)})`)} && ${this.stop()}`;
    const inner = () => ts.forEachChild(node, (x) => this.visit(x));
    const container =
      ts.isIdentifier(node.expression) && this.hasThis()
        ? CONTAINERS[node.expression.text]
        : undefined;
    const before = (step && STEPS[step]) ?? [];
    const after = (step && AFTER[step]) ?? [];
    if (node === this.tail) inner();
    else if (this.all.isSuspendableCall(node)) {
      this.edits.before(node.getStart(), this.now ? '(' : '(yield* ');
      if (this.now && ts.isPropertyAccessExpression(node.expression))
        this.edits.before(node.expression.getEnd(), '_now');
      inner();
      this.edits.before(node.getEnd(), ')');
    } else if (before.length > 0 || after.length > 0) {
      this.edits.before(node.getStart(), `(${before.map((x) => `${ask(x)}, `).join('')}`);
      inner();
      this.edits.before(node.getEnd(), `${after.map((x) => `, ${ask(x)}`).join('')})`);
    } else if (container !== undefined) {
      this.edits.before(node.getStart(), `(this.k.rt.${fill(container)}, `);
      inner();
      this.edits.before(node.getEnd(), ')');
    } else if (step && FREES.has(step)) {
      this.edits.before(node.getStart(), `(this.k.rt.freed(${args[0]}, ${this.site(node)}), `);
      inner();
      this.edits.before(node.getEnd(), ')');
    } else inner();
  }
}

function programOf(ts) {
  return ts.createProgram(
    FILES.map(([file]) => join(ROOT, file)),
    {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      lib: ['lib.es2023.d.ts'],
      types: [],
      strict: true,
      skipLibCheck: true,
      customConditions: ['source'],
      noEmit: true,
    },
  );
}

/** The derived files by name. */
export async function derive() {
  const { default: ts } = await import('typescript');
  const program = programOf(ts);
  const fields = ['list', 'tree'];
  const files = {};
  for (const [folder, marks] of [
    ['', []],
    ['marked/', MARKS],
  ]) {
    const all = new Deriver(ts, program, fields, marks);
    FILES.forEach(([file], index) => {
      files[folder + basename(file)] = new FileDeriver(all, index).derive();
      if (marks.length === 0 && !file.includes('fixes'))
        files[`now/${basename(file)}`] = new FileDeriver(all, index, true).derive();
    });
  }
  files['sites.ts'] = `// Derived by packages/safety/tools/derive.mjs, sources ${stamp()}.
export const FIELDS: readonly string[] = ${JSON.stringify(fields)};
export const FILES: readonly string[] = ${JSON.stringify(FILES.map(([file]) => basename(file)))};
`;
  return files;
}

/** No await at the top: tests require this file. */
async function write() {
  for (const folder of ['marked', 'now']) mkdirSync(join(OUT, folder), { recursive: true });
  for (const [name, text] of Object.entries(await derive())) writeFileSync(join(OUT, name), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !isCurrent()) void write();
