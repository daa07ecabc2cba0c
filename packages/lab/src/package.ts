// SPDX-License-Identifier: GPL-2.0-only
// Where this package lies, and its version.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Of this package, wherever this module lies in it: in src, built, or built as one file. */
export const packageRequire = createRequire(join(__dirname, 'package.js'));

const manifest = packageRequire.resolve('@iommu-bounce/lab/package.json');

export const PACKAGE_FOLDER = dirname(manifest);

export const VERSION = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
