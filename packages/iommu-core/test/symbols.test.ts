// SPDX-License-Identifier: GPL-2.0-only
// Holds each translation unit's list of symbols against what its class leaves open to others.

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { iommu_c, iova_c } from '@iommu-bounce/iommu-core';

const STATIC_IN_C = [ts.SyntaxKind.PrivateKeyword, ts.SyntaxKind.ProtectedKeyword];

/** Methods that are neither private, or protected for an overlay, nor by their comment there for JavaScript's sake only; in order. */
function public_methods(file: string, unit: string): string[] {
  const text = readFileSync(path.join(__dirname, '../src', file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found = source.statements.find(
    (s): s is ts.ClassDeclaration => ts.isClassDeclaration(s) && s.name?.text === unit,
  );
  const names: string[] = [];
  for (const m of found?.members ?? []) {
    if (!ts.isMethodDeclaration(m)) continue;
    if (m.modifiers?.some(({ kind }) => STATIC_IN_C.includes(kind))) continue;
    const comment = text.slice(m.getFullStart(), m.getStart());
    if (!comment.includes('/** JS:')) names.push(m.name.getText());
  }
  return names;
}

describe('symbols', () => {
  for (const [file, unit, symbols] of [
    ['iova.ts', 'iova_c', iova_c.symbols],
    ['iommu.ts', 'iommu_c', iommu_c.symbols],
  ] as const)
    it(`of ${unit} are its methods that are not static in C, in order`, () => {
      expect(public_methods(file, unit)).to.deep.equal([...symbols]);
    });
});
