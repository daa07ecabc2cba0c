#!/usr/bin/env node
// SPDX-License-Identifier: GPL-2.0-only
// The command's entry: committed, because npm links no bin whose file is missing at install time.
// It loads the bundle: one file starts faster than a hundred.
'use strict';
// Reports name places of the ported code: in its sources, not in the bundle.
process.setSourceMapsEnabled(true);
require('../dist/command/cli.cjs').main(process.argv.slice(2));
