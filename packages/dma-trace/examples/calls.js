// SPDX-License-Identifier: GPL-2.0-only
// Counts the DMA API calls of a trace: node calls.js FILE
'use strict';
const { Assembler, readTrace } = require('@iommu-bounce/dma-trace');

async function main(file) {
  const assembler = new Assembler(null);
  const reader = readTrace(file);
  assembler.beginFile(file);
  for await (const events of reader.batches()) assembler.add(events);
  assembler.finish();
  const { mapCalls, unmapCalls, syncCalls } = assembler.counts;
  console.log(
    `${reader.counters.events} events: ${mapCalls} maps, ${unmapCalls} unmaps, ${syncCalls} syncs`,
  );
}

if (process.argv[2] === undefined) {
  console.error('calls.js: expected a trace');
  process.exitCode = 2;
} else
  main(process.argv[2]).catch((error) => {
    console.error(error.message);
    process.exitCode = 2;
  });
