// SPDX-License-Identifier: GPL-2.0-only
// `npm run schemas`: writes packages/lab/schemas.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCHEMA_FOLDER, schemaTexts } from './schemas';

const texts = schemaTexts();
rmSync(SCHEMA_FOLDER, { recursive: true, force: true });
mkdirSync(SCHEMA_FOLDER);
for (const [verb, text] of texts) writeFileSync(join(SCHEMA_FOLDER, `${verb}.schema.json`), text);
