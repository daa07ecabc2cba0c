// SPDX-License-Identifier: GPL-2.0-only
// ESLint: a test that TEST_LONG changes has @long in its title, or in that of a suite around it, and no other test has.
// `npm run test:long` runs those alone.

const TAG = '@long';
const HOOKS = new Set(['before', 'after', 'beforeEach', 'afterEach']);

/** `list.push`, `map.set`, `set.add` */
const fills = ({ object, property }) =>
  object?.type === 'Identifier' && ['push', 'set', 'add'].includes(property.name);

/** What is called, without `.skip` and `.only`, for instance of `(LONG ? it : it.skip)(…)`. */
function calledName({ callee }) {
  let called = callee;
  if (called.type === 'ConditionalExpression') called = called.consequent;
  if (called.type === 'MemberExpression') called = called.object;
  return called.type === 'Identifier' ? called.name : '';
}

const isSuite = (node) => node.type === 'CallExpression' && calledName(node) === 'describe';

function suiteOf({ parent }) {
  let node = parent;
  while (node && !isSuite(node)) node = node.parent;
  return node;
}

export const longTests = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const { sourceCode } = context;
    if (!/TEST_LONG|\bLONG\b|@long/.test(sourceCode.text)) return {};
    const children = (node) =>
      (sourceCode.visitorKeys[node.type] ?? []).flatMap((key) => node[key] ?? []).filter(Boolean);
    /** Variables and functions whose value TEST_LONG changes. */
    const changed = new Set();
    const variables = new Map();
    for (const scope of sourceCode.scopeManager.scopes) {
      for (const { identifier, resolved } of scope.references) variables.set(identifier, resolved);
      for (const one of scope.variables)
        for (const identifier of one.identifiers) variables.set(identifier, one);
    }
    const depends = (node) =>
      (node.type === 'Identifier' && changed.has(variables.get(node))) ||
      (node.type === 'Literal' && node.value === 'TEST_LONG') ||
      children(node).some(depends);

    const calls = [];
    /** [what is written, from what] */
    const written = [];
    const collect = (node) => {
      if (node.type === 'VariableDeclarator' && node.init) written.push([node.id, node.init]);
      if (node.type === 'AssignmentExpression') written.push([node.left, node.right]);
      if (node.type === 'FunctionDeclaration') written.push([node.id, node.body]);
      if (node.type === 'CallExpression') calls.push(node);
      if (node.type === 'CallExpression' && fills(node.callee))
        written.push(...node.arguments.map((from) => [node.callee.object, from]));
      children(node).forEach(collect);
    };
    const variablesOf = (pattern) =>
      pattern.type === 'Identifier'
        ? [variables.get(pattern) ?? pattern]
        : pattern.type === 'MemberExpression'
          ? variablesOf(pattern.object)
          : children(pattern).flatMap(variablesOf);
    /** What decides whether what is inside of a node is there: beside the part `child` of it. */
    const decides = (node, child) => {
      switch (node.type) {
        case 'IfStatement':
        case 'ConditionalExpression':
          return [node.test];
        case 'ForOfStatement':
          return [node.right];
        case 'ForStatement':
          return [node.init, node.test].filter(Boolean);
        case 'CallExpression':
          return isSuite(node)
            ? [node.callee, node.arguments[0]]
            : [node.callee, ...node.arguments].filter((one) => one !== child);
        default:
          return [];
      }
    };
    const differs = (test, hooks) => {
      if (depends(test)) return true;
      for (let [node, child] = [test.parent, test]; node; [node, child] = [node.parent, node])
        if (decides(node, child).some(depends) || hooks.some((hook) => suiteOf(hook) === node))
          return true;
      return false;
    };
    const tagged = (test) => {
      for (let node = test; node; node = suiteOf(node))
        if (sourceCode.getText(node.arguments[0]).includes(TAG)) return true;
      return false;
    };

    return {
      'Program:exit'(program) {
        collect(program);
        for (let before = -1; before !== changed.size;) {
          before = changed.size;
          for (const [to, from] of written)
            if (depends(from)) for (const variable of variablesOf(to)) changed.add(variable);
        }
        const hooks = calls.filter((call) => HOOKS.has(calledName(call)) && depends(call));
        for (const test of calls.filter((call) => calledName(call) === 'it')) {
          const differ = differs(test, hooks);
          if (differ === tagged(test)) continue;
          const message = differ
            ? `TEST_LONG changes this test: its title, or that of a suite around it, needs ${TAG}`
            : `TEST_LONG changes nothing of this test, which has ${TAG}`;
          context.report({ node: test.callee, message });
        }
      },
    };
  },
};
