// SPDX-License-Identifier: GPL-2.0-only
// Writes the tables of docs/protection.md anew. Takes half a minute.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { protectionOf } from '@iommu-bounce/safety';
import { protectionMarkdown } from '../src/tables/protection';
import { PROTECTION_PAGE, withTables } from './protection-page';

const page = join(__dirname, '../../..', PROTECTION_PAGE);
writeFileSync(page, withTables(readFileSync(page, 'utf8'), protectionMarkdown(protectionOf())));
