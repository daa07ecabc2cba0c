// SPDX-License-Identifier: GPL-2.0-only
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { longTests } from './eslint-long-tests.mjs';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      'out/**',
      'coverage/**',
      'test-fixtures/reader/port/**',
      'packages/safety/src/schedules/derived/**',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [
      js.configs.recommended,
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked,
    ],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.test.json', './tsconfig.page.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // A parameter that a C signature has and the port does not need keeps its place, with a leading underscore.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // `as T` where C would follow a pointer that is known to be good; `!` is not allowed.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // An allocator's result type is named once, at the call, as the C's cast names it.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // C writes 0 for "not set" too: `??` would keep the 0.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignoreTernaryTests: true }],
      // Translation units are classes with the C's lower-case names, structs too.
      '@typescript-eslint/class-literal-property-style': 'off',
    },
  },
  {
    files: ['**/test/**/*.ts'],
    plugins: { house: { rules: { 'long-tests': longTests } } },
    rules: { '@typescript-eslint/no-unused-expressions': 'off', 'house/long-tests': 'error' },
  },
);
