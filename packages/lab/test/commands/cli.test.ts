// SPDX-License-Identifier: GPL-2.0-only
// The command as a whole: help, wrong usage, and the verbs series and kconfig.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type CliResult, cli, withFolder } from './run-cli';

describe('iommu-bounce', () => {
  it('prints help for the command and for each verb', async () => {
    const { status, out } = await cli('--help');
    expect(status).to.equal(0);
    for (const verb of ['fio', 'verify', 'series', 'kconfig', 'replay', 'demo']) {
      expect(out).to.include(`  ${verb}`);
      const help = await cli(verb, '--help');
      expect(help.status).to.equal(0);
      expect(help.out).to.match(new RegExp(`^Usage: iommu-bounce ${verb}`));
    }
  });

  for (const args of [[], ['nonsense'], ['series', '--wrong'], ['series', 'extra']])
    it(`refuses \`${args.join(' ')}\` with one line and status 2`, async () => {
      const { status, out, err } = await cli(...args);
      expect(status).to.equal(2);
      expect(out).to.equal('');
      expect(err).to.match(/^iommu-bounce: [^\n]+\n$/);
    });

  it('prints its version', async () => {
    const manifest = readFileSync(join(__dirname, '../../package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    expect(await cli('--version')).to.deep.equal({ status: 0, out: `${version}\n`, err: '' });
  });

  it('works through its bin', function () {
    const bin = join(__dirname, '../../bin/iommu-bounce.js');
    if (!existsSync(join(__dirname, '../../dist/cli.js'))) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' };
    expect(spawnSync(process.execPath, [bin, 'series', '--json'], { env }).status).to.equal(0);
    const wrong = spawnSync(process.execPath, [bin, 'verify', 'no-such-file'], {
      env,
      encoding: 'utf8',
    });
    expect(wrong.status).to.equal(2);
    expect(wrong.stderr).to.match(
      /^iommu-bounce: no-such-file: no such file, expected a transcript[^\n]*\n$/,
    );
  });

  it('starts without what one verb alone needs: the TypeScript compiler, the machines of safety', function () {
    const bundle = join(__dirname, '../../dist/command/cli.cjs');
    if (!existsSync(bundle)) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    const program = `require(${JSON.stringify(bundle)}); console.log(Object.keys(require.cache).join('\\n'))`;
    const { stdout } = spawnSync(process.execPath, ['-e', program], {
      env: { ...process.env, NODE_OPTIONS: '' },
      encoding: 'utf8',
    });
    expect(stdout).to.match(/reader.dist.light\.js$/m);
    expect(stdout).not.to.match(/typescript\.js$/m);
    expect(stdout).to.match(/safety.dist.light\.js$/m);
    expect(stdout).not.to.match(/safety.dist.index\.js$/m);
    expect(stdout).not.to.match(/fast-check/);
  });
});

describe('iommu-bounce series', () => {
  let onVirtio: CliResult;
  before(async () => {
    onVirtio = await cli('series');
  });

  it('prints the table and what was seen', () => {
    const { status, out } = onVirtio;
    expect(status).to.equal(0);
    expect(out).to.match(
      /│ 2\/4 .*│ misbehaves │ misbehaves │ behaves {4}│ behaves {4}│ behaves │/,
    );
    expect(out).to.include('before: 4 unresolved: __iommu_dma_alloc_iova');
  });

  it('runs on virtio-iommu, or on the table if told so', async () => {
    expect(onVirtio.out).to.include('sent the VMM 1 MAP or UNMAP request');
    const { status, out } = await cli('series', '--driver', 'table');
    expect(status).to.equal(0);
    expect(out).to.include('asked the IOMMU driver 1 time').and.not.to.include('VMM');
    expect(await cli('series', '--driver', 'amd')).to.deep.equal({
      status: 2,
      out: '',
      err: "iommu-bounce: --driver: expected virtio or table, got 'amd'\n",
    });
  });

  it('prints the results of every state as JSON', async () => {
    const { out } = await cli('series', '--json');
    const { probes } = JSON.parse(out) as {
      probes: { patch: number; name: string; results: boolean[] }[];
    };
    expect(probes.map((p) => [p.patch, p.results.indexOf(true)])).to.deep.equal([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
    ]);
  });
});

describe('iommu-bounce kconfig', () => {
  it("evaluates the series' own Kconfig and explains an option", async () => {
    expect((await cli('kconfig')).out).to.include('# CONFIG_IOMMU_IO_BUFFER is not set\n');
    const { out } = await cli('kconfig', '--explain', 'IOMMU_DMA');
    expect(out).to.match(/^IOMMU_DMA=y/);
    expect(out).to.include('VIRTIO_IOMMU');
  });

  it('writes no control characters of a .config on the terminal', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'in');
      writeFileSync(file, 'foo\u0007\u001b]0;pwn\u0007\nCONFIG_A\u001b[31m=y\nCONFIG_MODULES=y\n');
      const { err } = await cli('kconfig', '--config', file);
      expect(err).to.match(/^warning: .*in:1: expected CONFIG_NAME=value/);
      // oxlint-disable-next-line no-control-regex -- those are what is looked for
      expect(err).not.to.match(/[\u0000-\u0009\u000b-\u001f]/);
    }));

  it('reads a Kconfig that sources another, and a .config; writes one, but not over another', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'Kconfig'), 'config A\n\tbool "a"\n\nsource "sub.k"\n');
      writeFileSync(join(folder, 'sub.k'), 'config B\n\tint "b"\n\tdefault 7\n\tdepends on A\n');
      writeFileSync(join(folder, 'in'), 'CONFIG_A=y\n');
      const args = [
        'kconfig',
        '--file',
        join(folder, 'Kconfig'),
        '--config',
        join(folder, 'in'),
        '--out',
        join(folder, 'out'),
      ];
      expect((await cli(...args)).status).to.equal(0);
      expect(readFileSync(join(folder, 'out'), 'utf8')).to.include('CONFIG_A=y\nCONFIG_B=7\n');
      const again = await cli(...args);
      expect(again.status).to.equal(2);
      expect(again.err).to.match(/exists already; give --force/);
      expect((await cli(...args, '--force')).status).to.equal(0);
      const { out } = await cli(...args.slice(0, 5), '--json');
      expect((JSON.parse(out) as { symbols: unknown }).symbols).to.deep.equal({
        A: { type: 'bool', value: 'y', visibility: 'y' },
        B: { type: 'int', value: '7', visibility: 'y' },
      });
    }));

  it('refuses bad input with file, line and one line', () =>
    withFolder(async (folder) => {
      for (const [text, message] of [
        ['config A\n\tbool "a\n', /Kconfig:2: /],
        ['config A\n\tcolour red\n', /Kconfig:2: /],
        ['source "missing"\n', /Kconfig:1: /],
        ['config A\n\tbool\n\tdefault $(none,ls)\n', /Kconfig:3: /],
      ] as const) {
        writeFileSync(join(folder, 'Kconfig'), text);
        const { status, out, err } = await cli('kconfig', '--file', join(folder, 'Kconfig'));
        expect(status).to.equal(2);
        expect(out).to.equal('');
        expect(err)
          .to.match(message)
          .and.to.match(/^iommu-bounce: [^\n]+\n$/);
      }
      expect((await cli('kconfig', '--config', join(folder, 'none'))).status).to.equal(2);
      expect((await cli('kconfig', '--explain', 'NO_SUCH_OPTION')).status).to.equal(2);
    }));
});
