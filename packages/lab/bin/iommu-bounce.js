#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only
// The command's entry: committed, because npm links no bin whose file is missing at install time.
'use strict';
require('../dist/cli.js').main(process.argv.slice(2));
