// SPDX-License-Identifier: GPL-2.0-only
// Which options does the series have, what do they link, and why is one of them off?
'use strict';

const kconfig = require('@iommu-bounce/kconfig-options');

const series = kconfig.parseKconfig('Kconfig', () => kconfig.seriesKconfig);
const config = kconfig.evaluate(series, 'CONFIG_IOMMU_IO_BUFFER=y\n');
console.log('IOMMU_IO_BUFFER is', config.value('IOMMU_IO_BUFFER'));
console.log('linked:', kconfig.linkedObjects(kconfig.seriesMakefile, config).builtIn.join(' '));

const bare = '# CONFIG_VIRTIO_IOMMU is not set\nCONFIG_IOMMU_IO_BUFFER=y\n';
console.log(kconfig.evaluate(series, bare).explain('IOMMU_IO_BUFFER').text);

const { params } = kconfig.parseCmdline('io_buffer_pool.num_slots=32 iommu.strict=1');
console.log(params.numSlots, 'slots, strict:', params.strict);
