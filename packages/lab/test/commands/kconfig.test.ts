// SPDX-License-Identifier: GPL-2.0-only
// `kconfig` on trees of files: where source looks, what the shell is asked, what no .config is, what reaches a terminal.

import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { cli, withFolder } from './run-cli';
import type { CliResult } from './run-cli';

type Run = (...args: readonly string[]) => Promise<CliResult>;

/** Runs `kconfig` beside these files; `at` gives a path in their folder. */
function withTree(
  files: Record<string, string | Buffer>,
  use: (run: Run, at: (path: string) => string) => Promise<void>,
): Promise<void> {
  return withFolder(async (folder) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    await use(
      (...args) => cli('kconfig', ...args),
      (path) => join(folder, path),
    );
  });
}

const option = (name: string, ...lines: string[]) =>
  `config ${name}\n${lines.map((line) => `\t${line}\n`).join('')}\n`;

const LINUX = {
  Makefile: 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\nEXTRAVERSION = -rc2\n',
  Kconfig:
    'mainmenu "Linux/$(ARCH) $(KERNELVERSION) Kernel Configuration"\nsource "arch/$(SRCARCH)/Kconfig"\nsource "drivers/Kconfig"\n',
  'arch/x86/Kconfig':
    option('X86', 'def_bool y') + option('BITS', 'bool', 'default "$(ARCH)" != "i386"'),
  'arch/arm64/Kconfig': option('ARM64', 'def_bool y', 'select BUS'),
  'drivers/Kconfig':
    'source "drivers/bus/Kconfig"\n' + option('DEV', 'bool "device"', 'depends on BUS'),
  'drivers/bus/Kconfig': option('BUS', 'bool "bus"'),
};

describe('kconfig --tree', () => {
  it('reads the tree of an architecture, with its version in the heading', () =>
    withTree(LINUX, async (run, at) => {
      const { status, out } = await run('--tree', at('.'), '--arch', 'x86_64');
      expect(status).to.equal(0);
      expect(out).to.include('# Linux/x86_64 6.1.0-rc2 Kernel Configuration\n');
      expect(out).to.include('CONFIG_X86=y\nCONFIG_BITS=y\n# CONFIG_BUS is not set\n');
      const other = await run('--tree', at('.'), '--arch', 'arm64', '--explain', 'DEV');
      expect(other.out).to.match(/^DEV=n \(bool, drivers\/Kconfig:2\)\n/);
      const i386 = await run('--tree', at('.'), '--arch', 'i386', '--explain', 'BITS');
      expect(i386.out).to.match(/^BITS=n/);
    }));

  it('says of a folder that is not there only that', async () => {
    const { status, out, err } = await cli('kconfig', '--tree', 'not-there');
    expect([status, out]).to.deep.equal([2, '']);
    expect(err).to.match(/^iommu-bounce: not-there: no such folder, [^\n]+\n$/);
  });

  for (const args of [['--arch', 'x86'], ['--allow-shell'], ['--set-macro', 'CC=clang']])
    it(`is needed for ${args.join(' ')}, or --file`, async () => {
      const { status, out, err } = await cli('kconfig', ...args);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.equal(
        `iommu-bounce: ${args[0] ?? ''}: the series' own Kconfig does not ask for it; expected --tree or --file\n`,
      );
    });

  it('takes the architecture of the .config, and names those there are', () =>
    withTree(
      { ...LINUX, config: '# Linux/arm64 6.1.0 Kernel Configuration\nCONFIG_DEV=y\n' },
      async (run, at) => {
        const { out, err } = await run('--tree', at('.'), '--config', at('config'));
        expect(err).to.equal('');
        expect(out).to.include('CONFIG_ARM64=y\nCONFIG_BUS=y\nCONFIG_DEV=y\n');
        const wrong = await run('--tree', at('.'), '--arch', 'z80');
        expect(wrong.status).to.equal(2);
        expect(wrong.err).to.equal(
          'iommu-bounce: --arch z80: no arch/z80 in the tree, only arm64, x86\n',
        );
        const none = await run('--tree', at('none'));
        expect(none.err).to.match(/no such folder, expected the root of a source tree/);
      },
    ));

  it('finds the root above a file deep in the tree', () =>
    withTree(LINUX, async (run, at) => {
      for (const args of [
        ['--file', at('drivers/Kconfig')],
        ['--tree', at('.'), '--file', 'drivers/Kconfig', '--arch', 'x86'],
        ['--tree', at('.'), '--file', at('drivers/Kconfig'), '--arch', 'x86'],
      ]) {
        const { status, out } = await run(...args);
        expect(status).to.equal(0);
        expect(out).to.include('# CONFIG_BUS is not set\n');
      }
    }));

  it('takes the first file of Buildroot, patterns, and names without CONFIG_', () =>
    withTree(
      {
        'Config.in':
          option('BR2_A', 'bool "a"') + 'source "package/[ab]*/Config.in"\nosource "x/*"\n',
        'package/bzip/Config.in': option('BR2_BZIP', 'bool "bzip"', 'depends on BR2_A'),
        'package/attr/Config.in': option('BR2_ATTR', 'bool "attr"'),
        'package/.bad/Config.in': 'bad\n',
        config: 'BR2_A=y\nBR2_BZIP=y\n# BR2_ATTR is not set\n',
      },
      async (run, at) => {
        const args = ['--tree', at('.'), '--arch', 'x86', '--config', at('config')];
        const { out } = await run(...args, '--prefix', '');
        expect(out).to.match(/BR2_A=y\n# BR2_ATTR is not set\nBR2_BZIP=y\n$/);
        const { status, err } = await run(...args);
        expect(status).to.equal(2);
        expect(err).to.match(/no line starts with CONFIG_.*--prefix ""/);
      },
    ));
});

const MACROS = {
  Kconfig:
    'ok = $(shell,{ $(1); } >/dev/null 2>&1 && echo y || echo n)\n' +
    option('T', 'def_bool $(ok,true)') +
    option('F', 'def_bool $(ok,false)') +
    option('N', 'int "n"', 'default $(shell,echo 4; touch ran)') +
    '$(info,read)\n',
};

describe('kconfig and the shell', () => {
  it('runs nothing, and names each call once', () =>
    withTree(MACROS, async (run, at) => {
      const { out, err } = await run('--file', at('Kconfig'));
      expect(err.split('\n')).to.deep.equal([
        'info: read',
        `note: not run: ${at('Kconfig')}:3: $(ok,true)`,
        `note: not run: ${at('Kconfig')}:6: $(ok,false)`,
        `note: not run: ${at('Kconfig')}:10: $(shell,echo 4; touch ran)`,
        'note: 3 shell commands count as empty; --allow-shell runs them, --set-macro gives their values',
        '',
      ]);
      expect(out).to.match(/#\nCONFIG_N=\n$/);
      expect(() => readFileSync(at('ran'))).to.throw();
    }));

  it('runs them in the tree with --allow-shell', () =>
    withTree(MACROS, async (run, at) => {
      const { out, err } = await run('--file', at('Kconfig'), '--allow-shell');
      expect(err).to.equal('info: read\n');
      expect(out).to.match(/#\nCONFIG_T=y\nCONFIG_N=4\n$/);
      expect(readFileSync(at('ran'), 'utf8')).to.equal('');
    }));

  it('takes values of variables, functions and calls from --set-macro', () =>
    withTree(MACROS, async (run, at) => {
      const { out } = await run(
        ...['--file', at('Kconfig'), '--set-macro', 'ok,false=y'],
        ...['--set-macro', 'shell,echo 4; touch ran=8'],
      );
      expect(out).to.match(/#\nCONFIG_F=y\nCONFIG_N=8\n$/);
      const { status, err } = await run('--file', at('Kconfig'), '--set-macro', 'x');
      expect(status).to.equal(2);
      expect(err).to.equal('iommu-bounce: --set-macro x: expected NAME=VALUE\n');
    }));
});

describe('kconfig --config', () => {
  const TWO = { Kconfig: option('A', 'bool "a"') + option('B', 'bool "b"') };

  it('reads gzip, as /proc/config.gz', () =>
    withTree({ ...TWO, 'config.gz': gzipSync('CONFIG_B=y\n') }, async (run, at) => {
      const { out } = await run('--file', at('Kconfig'), '--config', at('config.gz'));
      expect(out).to.match(/# CONFIG_A is not set\nCONFIG_B=y\n$/);
    }));

  for (const [what, content, message] of [
    ['binary data', Buffer.from([0x7f, 0x45, 0, 1]), /binary data/],
    ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n', /no line is like CONFIG_NAME=value/],
    ['a mail', 'From: me\n\nCONFIG_A is off\n', /no line is like CONFIG_NAME=value/],
  ] as const) {
    it(`refuses ${what} with one line`, () =>
      withTree({ ...TWO, file: content }, async (run, at) => {
        const { status, out, err } = await run('--file', at('Kconfig'), '--config', at('file'));
        expect([status, out]).to.deep.equal([2, '']);
        expect(err)
          .to.match(message)
          .and.to.match(/^iommu-bounce: [^\n]+ expected a \.config[^\n]+\n$/);
      }));
  }

  it('says that an empty one sets nothing', () =>
    withTree({ ...TWO, empty: '', comment: '# none\n' }, async (run, at) => {
      for (const file of ['empty', 'comment']) {
        const { status, err } = await run('--file', at('Kconfig'), '--config', at(file));
        expect(status).to.equal(0);
        expect(err).to.match(/^note: .* sets no option; all values are the Kconfig's own\n$/);
      }
    }));
});

describe('kconfig --explain', () => {
  it('suggests names near a mistyped one', () =>
    withTree(
      { Kconfig: option('VIRTIO_IOMMU', 'bool "v"', 'depends on GONE_ELSEWHERE') },
      async (run, at) => {
        const { status, err } = await run(
          '--file',
          at('Kconfig'),
          '--explain',
          'CONFIG_VIRTO_IOMU',
        );
        expect(status).to.equal(2);
        expect(err).to.match(/no option CONFIG_VIRTO_IOMU; did you mean VIRTIO_IOMMU\?\n$/);
        const used = await run('--file', at('Kconfig'), '--explain', 'GONE_ELSEWHERE');
        expect(used.err).to.match(/the files name it, but none of them defines it\n$/);
      },
    ));

  const EVIL = '\u001b]0;owned\u0007\u009b31m\u202e';
  it('lets no control characters of a file through, in no output', () =>
    withTree(
      {
        Kconfig:
          `mainmenu "${EVIL}"\nmenu "${EVIL}"\n` +
          option('A', `bool "${EVIL}"`, `depends on B = "${EVIL}"`) +
          option('B', 'string "b"', `default "${EVIL}"`) +
          `endmenu\n$(info,${EVIL})\n$(warning-if,y,${EVIL})\n`,
        config: `CONFIG_B="${EVIL}"\nCONFIG_${EVIL}=y\nnoise${EVIL}\n`,
        bad: `config A\n\tbool ${EVIL}\n`,
      },
      async (run, at) => {
        const kconfig = ['--file', at('Kconfig'), '--config', at('config')];
        for (const args of [
          kconfig,
          [...kconfig, '--explain', 'A'],
          [...kconfig, '--explain', 'B'],
          [...kconfig, '--explain', EVIL],
          [...kconfig, '--json'],
          ['--file', at('bad')],
          ['--file', at('Kconfig'), '--config', EVIL],
        ]) {
          const { out, err } = await run(...args);
          expect(out + err).to.match(/owned/);
          // oxlint-disable-next-line no-control-regex -- those are what is looked for
          expect(out + err).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
        }
      },
    ));
});
