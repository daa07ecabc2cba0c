// SPDX-License-Identifier: GPL-2.0-only
// The options of the series themselves, and the example.

import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import { evaluate, linkedObjects, parseKconfig, seriesKconfig, seriesMakefile } from '../src';

const series = parseKconfig('Kconfig', () => seriesKconfig);
const configure = (dot = '') => evaluate(series, dot);

describe('the options of the series', () => {
  it('parse without a warning', () => {
    expect(series.warnings).to.deep.equal([]);
    expect(configure().warnings).to.deep.equal([]);
  });

  it('have IOMMU_DMA by default, with what it selects, and no pool', () => {
    const config = configure();
    for (const name of [
      'IOMMU_DMA',
      'IOMMU_API',
      'IOMMU_IOVA',
      'IRQ_MSI_IOMMU',
      'NEED_SG_DMA_LENGTH',
    ]) {
      expect(config.isEnabled(name), name).to.equal(true);
    }
    expect(config.value('IOMMU_IO_BUFFER')).to.equal('n');
    expect(config.visibility('IOMMU_IO_BUFFER')).to.equal('y');
    expect(linkedObjects(seriesMakefile, config).builtIn).to.deep.equal([
      'iommu.o',
      'dma-iommu.o',
      'iova.o',
      'virtio-iommu.o',
    ]);
  });

  it('link the pool with IOMMU_IO_BUFFER=y', () => {
    const config = configure('CONFIG_IOMMU_IO_BUFFER=y\n');
    expect(linkedObjects(seriesMakefile, config).builtIn).to.include('io-buffer-pool.o');
  });

  it('drop IOMMU_IO_BUFFER=y while nothing selects IOMMU_DMA, and say why', () => {
    const config = configure('# CONFIG_VIRTIO_IOMMU is not set\nCONFIG_IOMMU_IO_BUFFER=y\n');
    expect(config.value('IOMMU_DMA')).to.equal('n');
    expect(config.value('IOMMU_IO_BUFFER')).to.equal('n');
    expect(config.toDotConfig()).not.to.include('IOMMU_IO_BUFFER');
    expect(config.explain('IOMMU_IO_BUFFER').text).to.include(
      'its prompt is invisible because IOMMU_DMA=n',
    );
    expect(linkedObjects(seriesMakefile, config)).to.deep.equal({ builtIn: [], modules: [] });
  });

  for (const driver of ['INTEL_IOMMU', 'AMD_IOMMU']) {
    it(`have IOMMU_DMA with ${driver} in place of virtio-iommu`, () => {
      const config = configure(`# CONFIG_VIRTIO_IOMMU is not set\nCONFIG_${driver}=y\n`);
      expect(config.value('IOMMU_DMA')).to.equal('y');
      expect(linkedObjects(seriesMakefile, config).builtIn).not.to.include('virtio-iommu.o');
    });
  }

  it('build virtio-iommu as a module, with dma-iommu in the kernel', () => {
    const config = configure('CONFIG_VIRTIO_IOMMU=m\n');
    const { builtIn, modules } = linkedObjects(seriesMakefile, config);
    expect(config.value('IOMMU_DMA')).to.equal('y');
    expect(builtIn).to.include('dma-iommu.o');
    expect(modules).to.deep.equal(['virtio-iommu.o']);
  });
});

describe('examples/kconfig.js', () => {
  it('runs from plain JavaScript', function () {
    const folder = path.join(__dirname, '..');
    if (!existsSync(path.join(folder, 'dist', 'index.js'))) {
      console.log('      SKIPPED: dist/ is missing (npx tsc -b packages/kconfig-options)');
      this.skip();
    }
    const run = spawnSync(process.execPath, [path.join(folder, 'examples', 'kconfig.js')], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    expect(run.stderr).to.equal('');
    expect(run.status).to.equal(0);
    expect(run.stdout).to.include('IOMMU_IO_BUFFER is y');
    expect(run.stdout).to.include('its prompt is invisible because IOMMU_DMA=n');
    expect(run.stdout).to.include('io-buffer-pool.o');
    expect(run.stdout).to.include('32 slots');
  }).timeout(10_000);
});
