// SPDX-License-Identifier: GPL-2.0-only
// `npm run findings`: writes the tables of docs/findings.md, and what of its entries is data.

import { readFileSync, writeFileSync } from 'node:fs';
import { PAGE, findingsPage } from './findings-page';

writeFileSync(PAGE, findingsPage(readFileSync(PAGE, 'utf8')));
