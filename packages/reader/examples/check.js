// SPDX-License-Identifier: GPL-2.0-only
const { openReading, checkReading } = require('@iommu-bounce/reader');

const main = async () => {
  // Without mails: our side alone. With `series: ['series.mbox.gz']`, reading.c has the C.
  const reading = await openReading({ series: [], kernel: null, port: null });
  console.log(reading.port.files.length > 0, reading.margin.findings.length > 0);
  if (reading.c) console.log(checkReading(reading, reading.c).differences.length);
};
void main();
