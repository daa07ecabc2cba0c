// SPDX-License-Identifier: GPL-2.0-only
// Whole processes on a queue: two workers, one of them killed, Redis killed and started again, and the rows are the local pool's.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { WORKER_FILE } from '../../src/sweep/pool';
import { cli, withFolder } from '../commands/run-cli';
import { RedisServer, needsRedis } from './redis-server';

const LONG = process.env['TEST_LONG'] === '1';
const BIN = join(__dirname, '../../bin/iommu-bounce.js');
const POINTS = 200;
const SPEC = `verb: fio
args: [--no-data, --number-ios, 50, --bs, 4k, --policy, pool]
matrix: {seed: {from: 1001, to: ${String(1000 + POINTS)}, step: 1}}
columns: {p99: "runs[0].latency_ns.p99"}
`;

function started(env: NodeJS.ProcessEnv, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => child.once('exit', resolve));
  return child.exitCode;
}

if (LONG)
  describe('a sweep on machines @long', function () {
    this.timeout(300_000);
    const running: ChildProcess[] = [];
    let server: RedisServer | null = null;

    before(function () {
      needsRedis(this);
      if (existsSync(WORKER_FILE)) return;
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    });
    afterEach(async () => {
      for (const child of running.splice(0)) child.kill('SIGKILL');
      await server?.end();
      server = null;
    });

    it('has the rows of the local pool, though a worker is killed and Redis forgets', () =>
      withFolder(async (folder) => {
        const spec = join(folder, 's.yaml');
        writeFileSync(spec, SPEC);
        const [local, remote] = [join(folder, 'local'), join(folder, 'remote')];
        expect((await cli('sweep', spec, '--out', local)).status).to.equal(0);

        server = await RedisServer.start('--requirepass', 'secret');
        const url = server.url.replace('://', '://:secret@');
        const workers = [0, 1].map(() => started({}, 'worker', '--queue', url, '--jobs', '1'));
        const coordinator = started({}, 'sweep', spec, '--queue', url, '--out', remote);
        running.push(...workers, coordinator);
        const rows = (): string =>
          existsSync(join(remote, 'results.jsonl'))
            ? readFileSync(join(remote, 'results.jsonl'), 'utf8')
            : '';
        const has = async (n: number): Promise<void> => {
          while (coordinator.exitCode === null && rows().split('\n').length <= n)
            await setTimeout(5);
        };
        await has(10);
        workers[0]?.kill('SIGKILL');
        await has(40);
        await server.kill();
        await setTimeout(500);
        await server.again();
        expect(await ended(coordinator)).to.equal(0);
        expect(rows()).to.equal(readFileSync(join(local, 'results.jsonl'), 'utf8'));
        workers[1]?.kill('SIGINT');
        expect(await ended(workers[1] as ChildProcess)).to.equal(0);
      }));

    it('speaks TLS', function () {
      if (spawnSync('openssl', ['version']).error !== undefined) {
        console.log('      skipped: openssl is not installed');
        return void this.skip();
      }
      return withFolder(async (folder) => {
        const [spec, key, cert, out] = ['s.yaml', 'key.pem', 'cert.pem', 'out'].map((name) =>
          join(folder, name),
        ) as [string, string, string, string];
        writeFileSync(spec, SPEC.replace(String(1000 + POINTS), '1003'));
        const made = [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-subj',
          '/CN=localhost',
          '-addext',
          'subjectAltName=DNS:localhost',
          '-keyout',
          key,
          '-out',
          cert,
        ];
        expect(spawnSync('openssl', made).status).to.equal(0);
        server = await RedisServer.start(
          '--tls-port',
          '--tls-cert-file',
          cert,
          '--tls-key-file',
          key,
          '--tls-ca-cert-file',
          cert,
          '--tls-auth-clients',
          'no',
        );
        const url = server.url.replace('redis://127.0.0.1', 'rediss://localhost');
        const trust = { NODE_EXTRA_CA_CERTS: cert };
        running.push(started(trust, 'worker', '--queue', url, '--jobs', '1'));
        const coordinator = started(trust, 'sweep', spec, '--queue', url, '--out', out);
        running.push(coordinator);
        expect(await ended(coordinator)).to.equal(0);
        expect(readFileSync(join(out, 'results.jsonl'), 'utf8').split('\n')).to.have.length(4);
        // Who does not trust the certificate is refused.
        const refused = spawnSync(process.execPath, [BIN, 'worker', '--queue', url], {
          encoding: 'utf8',
        });
        expect(refused.status).to.equal(2);
        expect(refused.stderr).to.match(
          /^iommu-bounce: --queue: no Redis can be used at localhost:\d+ \(.*certificate.*\).*\n$/,
        );
      });
    });
  });
