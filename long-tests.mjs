// SPDX-License-Identifier: GPL-2.0-only
// A rule of oxlint: a test that TEST_LONG changes has @long in its title, or in that of a suite around it, and no other test has.
// `npm run test:long` runs those alone.
//
// TEST_LONG changes a variable whose value, and a function whose body, mentions it or what it changes above. A test is changed if
// it mentions such a name, if one decides whether the test is there, or if a hook of a suite around it mentions one.

const TAG = '@long';
/** Of a test that `npm test` leaves out, whether TEST_LONG changes it or not. */
const ONLY = '@long-only';
const HOOKS = new Set(['before', 'after', 'beforeEach', 'afterEach']);

/** The name of what is called: `it` in `it(…)` and in `(LONG ? it : it.skip)(…)`. */
function calledName({ callee }) {
  const called = callee.type === 'ConditionalExpression' ? callee.consequent : callee;
  return called.type === 'Identifier' ? called.name : '';
}

/** What stands around a node, from the inside out. */
function* around(node) {
  for (let at = node.parent; at; at = at.parent) yield at;
}

const suitesAround = (node) =>
  [...around(node)].filter(
    (one) => one.type === 'CallExpression' && calledName(one) === 'describe',
  );

/** What decides whether, and how often, the part `child` of a node is carried out. */
function deciders(node, child) {
  if (node.type === 'IfStatement') return [node.test];
  if (node.type === 'ForOfStatement') return [node.right];
  if (node.type === 'CallExpression')
    return [node.callee, ...node.arguments].filter((one) => one !== child);
  return [];
}

const longTests = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const { sourceCode } = context;
    if (!/TEST_LONG|@long/.test(sourceCode.text)) return {};
    const children = (node) =>
      (sourceCode.visitorKeys[node.type] ?? []).flatMap((key) => node[key] ?? []).filter(Boolean);
    const variables = new Map();
    for (const scope of sourceCode.scopeManager.scopes)
      for (const { identifier, resolved } of scope.references) variables.set(identifier, resolved);
    const changed = new Set();
    const depends = (node) =>
      (node.type === 'Identifier' && changed.has(variables.get(node))) ||
      (node.type === 'Literal' && node.value === 'TEST_LONG') ||
      children(node).some(depends);
    const calls = [];

    const decides = (test) => {
      let child = test;
      for (const node of around(test)) {
        if (deciders(node, child).some(depends)) return true;
        child = node;
      }
      return false;
    };
    const isPrepared = (test) => {
      const suites = suitesAround(test);
      return calls
        .filter((call) => HOOKS.has(calledName(call)) && depends(call))
        .map((hook) => suitesAround(hook)[0])
        .some((suite) => suite === undefined || suites.includes(suite));
    };
    const hasInTitle = (test, tag) =>
      [test, ...suitesAround(test)].some((one) =>
        sourceCode.getText(one.arguments[0]).includes(tag),
      );

    return {
      'VariableDeclarator:exit'(node) {
        if (!node.init || !depends(node.init)) return;
        for (const variable of sourceCode.getDeclaredVariables(node)) changed.add(variable);
      },
      'FunctionDeclaration:exit'(node) {
        // The first is its name, the others are its parameters.
        if (depends(node.body)) changed.add(sourceCode.getDeclaredVariables(node)[0]);
      },
      CallExpression(node) {
        calls.push(node);
      },
      'Program:exit'() {
        for (const test of calls.filter((call) => calledName(call) === 'it')) {
          if (hasInTitle(test, ONLY)) continue;
          const isChanged = depends(test) || decides(test) || isPrepared(test);
          if (isChanged === hasInTitle(test, TAG)) continue;
          const message = isChanged
            ? `TEST_LONG changes this test: its title, or that of a suite around it, needs ${TAG}`
            : `TEST_LONG changes nothing of this test, which has ${TAG}`;
          context.report({ node: test.callee, message });
        }
      },
    };
  },
};

export default { meta: { name: 'house' }, rules: { 'long-tests': longTests } };
