// SPDX-License-Identifier: GPL-2.0-only
// Points as jobs on Redis: nothing lost, nothing counted twice, whatever dies.

import { existsSync } from 'node:fs';
import { type Job, type Queue, type QueueEvents, Worker } from 'bullmq';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { setTimeout } from 'node:timers/promises';
import sinon from 'sinon';
import { VERSION } from '../../src/package';
import { CoordinatorMark, coordinatorVersion } from '../../src/sweep/coordinator';
import type { PointOutcome, PointTask } from '../../src/sweep/engine';
import { WORKER_FILE } from '../../src/sweep/pool';
import { QUEUE_NAME, QueueEngine, jobId } from '../../src/sweep/queue';
import { QueueWorker } from '../../src/sweep/queue-worker';
import { redisPlace } from '../../src/sweep/redis';
import { cli } from '../commands/run-cli';
import { RedisServer, needsRedis } from './redis-server';

const LONG = process.env['TEST_LONG'] === '1';
/** Redis is away for so long. */
const AWAY_MS = LONG ? 30_000 : 500;

const quiet = (): void => undefined;
const ROW: PointOutcome = { row: { status: 0, values: [] } };

/** A point that takes some milliseconds. */
function task(i: number, more: readonly string[] = []): PointTask {
  const args = ['breakeven', '--set', `vmexitNs=${String(1000 + i)}`, ...more];
  return { hash: `point-${String(i)}`, args, columns: [] };
}

describe('the address of a queue', () => {
  it('has host, port, user, password, database and TLS', () => {
    const { options, shown } = redisPlace('rediss://me:p%40ss@redis.example:7000/3');
    expect(shown).to.equal('redis.example:7000');
    expect(options).to.deep.include({
      ...{ host: 'redis.example', port: 7000, db: 3, username: 'me', password: 'p@ss' },
      tls: { servername: 'redis.example' },
    });
    // An address is no name of a server: Node warns.
    expect(redisPlace('rediss://[::1]').options.tls).to.deep.equal({});
    expect(redisPlace('redis://[::1]').options).to.deep.include({ host: '::1', port: 6379, db: 0 });
    expect(redisPlace('redis://[::1]').options).to.not.have.any.keys('tls', 'password', 'username');
  });

  for (const url of [
    'http://:secret@h',
    'secret',
    'redis://',
    'redis://:secret@h/x',
    'redis://:secret@h?db=1',
    'redis://:secret@h:99999999',
  ])
    it(`is refused without its password: ${url.replace('secret', '...')}`, async () => {
      const { status, out, err } = await cli('worker', '--queue', url);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.match(/^iommu-bounce: --queue: expected redis:\/\/HOST:PORT, or rediss.*\n$/);
      expect(err).to.not.include('secret');
    });

  it('is refused in one line where no server is, without its password', async () => {
    // Port 1 of the loopback: nothing listens there.
    const { status, err } = await cli('worker', '--queue', 'redis://:secret@127.0.0.1:1');
    expect(status).to.equal(2);
    expect(err).to.match(
      /^iommu-bounce: --queue: no Redis can be used at 127\.0\.0\.1:1 \(.*ECONNREFUSED.*\); expected a running one.*\n$/,
    );
    expect(err).to.not.include('secret');
  });
});

(LONG ? describe : describe.skip)('a queue on Redis @long', function () {
  this.timeout(180_000);
  let server: RedisServer;
  const open: (() => Promise<void>)[] = [];

  before(async function () {
    needsRedis(this);
    if (!existsSync(WORKER_FILE)) {
      console.log('      skipped: the package is not built (npm run build)');
      this.skip();
    }
    server = await RedisServer.start('--requirepass', 'secret');
  });
  after(() => (server as RedisServer | undefined)?.end());
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    const client = new Redis(place().options);
    await client.flushall();
    client.disconnect();
  });

  const place = (): ReturnType<typeof redisPlace> =>
    redisPlace(server.url.replace('://', '://:secret@'));

  async function engine(): Promise<QueueEngine> {
    const started = await QueueEngine.start(place(), quiet);
    open.push(() => started.close());
    return started;
  }

  async function worker(
    lockMs = 15_000,
  ): Promise<{ readonly running: Promise<void>; readonly stop: () => void }> {
    const started = await QueueWorker.start(place(), 1, quiet, { lockMs });
    const running = started.run();
    running.catch(quiet);
    const stop = (): void => {
      started.stop();
    };
    open.push(() => {
      stop();
      return running.catch(quiet);
    });
    return { running, stop };
  }

  it('refuses a database or a password that the server does not have, and says what is expected', async () => {
    const withPassword = (password: string): string => server.url.replace('//', `//:${password}@`);
    for (const [url, message] of [
      [`${withPassword('secret')}/99`, 'DB index is out of range); expected redis://HOST:PORT/N'],
      [withPassword('wrong'), 'expected redis://USER:PASSWORD@HOST:PORT'],
      [server.url, 'expected redis://USER:PASSWORD@HOST:PORT'],
    ] as const) {
      const { status, err } = await cli('worker', '--queue', url);
      expect([status, err.split('\n').length]).to.deep.equal([2, 2]);
      expect(err).to.include(message).and.not.include(':secret@').and.not.include(':wrong@');
    }
  });

  it('runs points in workers, tries one that fails three times, and runs two that are alike once', async () => {
    const coordinator = await engine();
    await worker();
    const outcomes = await Promise.all([
      ...[0, 1, 2, 2].map((i) => coordinator.run(task(i))),
      coordinator.run(task(3, ['--layout', 'none'])),
    ]);
    expect(outcomes.slice(0, 4)).to.deep.equal([ROW, ROW, ROW, ROW]);
    expect(outcomes[4]).to.deep.include({ tries: 3 });
    expect((outcomes[4] as { error: string }).error).to.match(/^--layout: expected one of /);
  });

  it('counts a job once that was delivered twice, because its worker lost its lock', async () => {
    const coordinator = await engine();
    let given = 0;
    const late: unknown[] = [];
    let release = quiet;
    const gate = new Promise<void>((resolve) => (release = resolve));
    // It is stuck, so that nobody renews its lock, and gives another row when it is too late.
    const stuck = new Worker(
      QUEUE_NAME,
      async () => {
        given++;
        void stuck.pause(true);
        await gate;
        late.push(true);
        return { status: 1, values: ['late'] };
      },
      {
        connection: place().options,
        lockDuration: 500,
        skipLockRenewal: true,
        skipStalledCheck: true,
      },
    );
    stuck.on('error', quiet);
    open.push(() => stuck.close());
    const outcome = coordinator.run(task(0));
    while (given === 0) await setTimeout(10);
    await worker(500);
    expect(await outcome).to.deep.equal(ROW);
    release();
    while (late.length === 0) await setTimeout(20);
    await setTimeout(200);
    // The late row is nobody's: neither of this point, run once more, nor of the next one.
    expect(await coordinator.run(task(0))).to.deep.equal(ROW);
    expect(await coordinator.run(task(1))).to.deep.equal(ROW);
  });

  it('goes on after Redis was away and has forgotten everything', async () => {
    const said: string[] = [];
    const coordinator = await QueueEngine.start(place(), (text) => said.push(text));
    open.push(() => coordinator.close());
    await worker(1000);
    let settled = 0;
    const all = Array.from({ length: 12 }, (_, i) =>
      coordinator.run(task(i)).then((outcome) => {
        settled++;
        return outcome;
      }),
    );
    while (settled < 5) await setTimeout(5);
    await server.kill();
    const before = settled;
    await setTimeout(AWAY_MS);
    await server.again();
    expect(await Promise.all(all)).to.deep.equal(all.map(() => ROW));
    expect(before).to.be.below(12);
    expect(said).to.deep.equal([
      'Redis is away; the sweep goes on when it is back',
      'Redis is back',
    ]);
  });

  it('says once that no worker is there, and again when all have gone', async () => {
    const said: string[] = [];
    const coordinator = await QueueEngine.start(place(), (text) => said.push(text), {
      lookedForMs: 100,
    });
    open.push(() => coordinator.close());
    const NONE = 'no worker is there: iommu-bounce worker --queue URL';
    const wait = async (times: number): Promise<void> => {
      while (said.length < times) await setTimeout(20);
      // Four more looks say nothing.
      await setTimeout(400);
      expect(said).to.deep.equal(Array.from({ length: times }, () => NONE));
    };
    const first = coordinator.run(task(0));
    await wait(1);
    const { stop, running } = await worker();
    expect(await first).to.deep.equal(ROW);
    stop();
    await running;
    void coordinator.run(task(1)).catch(quiet);
    await wait(2);
  });

  it('takes what the job of a dead coordinator gives, if its point is wanted', async () => {
    const first = await engine();
    void first.run(task(5)).catch(quiet);
    await setTimeout(100);
    await first.close();
    const second = await engine();
    const outcome = second.run(task(5));
    await worker();
    expect(await outcome).to.deep.equal(ROW);
  });

  it('waits for the mark of a coordinator that was killed, and takes the queue then', async () => {
    const client = new Redis(place().options);
    await client.set('iommu-bounce:coordinator', '{"version":"0.1.0","id":"dead"}', 'PX', 1500);
    client.disconnect();
    const said: string[] = [];
    const coordinator = await QueueEngine.start(place(), (text) => said.push(text));
    open.push(() => coordinator.close());
    expect(said).to.deep.equal(['another sweep has the queue, or was killed; looks which']);
    await worker();
    expect(await coordinator.run(task(6))).to.deep.equal(ROW);
  });

  it('keeps its mark when Redis hung until it was gone, and two renewals wait', async () => {
    const client = new Redis(place().options);
    open.push(() => client.quit().then(quiet));
    const lost: unknown[] = [];
    const mark = await CoordinatorMark.take(client, (reason) => lost.push(reason), quiet);
    open.push(() => mark.release());
    await client.flushall();
    const { renew } = mark as unknown as { renew: () => Promise<void> };
    await Promise.all([renew.call(mark), renew.call(mark)]);
    expect(lost).to.deep.equal([]);
    expect(await coordinatorVersion(client)).to.equal(VERSION);
    // Another one's is another one's.
    await client.set('iommu-bounce:coordinator', '{"version":"0.1.0","id":"other"}');
    await renew.call(mark);
    expect(lost.map(String))
      .to.have.length(1)
      .and.match(/another sweep has the queue/);
  });

  it('takes no row from a job that was read before it had one', async () => {
    const coordinator = await engine();
    // As it happens when a job ends while it is looked for: what was read of it is older than its state.
    const { queue, events } = coordinator as unknown as { queue: Queue; events: QueueEvents };
    events.removeAllListeners('completed');
    const read = queue.getJob.bind(queue);
    const stub = sinon.stub(queue, 'getJob').callsFake(async (id) => {
      const job: unknown = await read(id);
      while ((await queue.getJobState(id)) !== 'completed') await setTimeout(10);
      return job as Job;
    });
    const all = [7, 8, 9].map((i) => coordinator.run(task(i)));
    const looked = (coordinator as unknown as { lookForAll(): Promise<void> }).lookForAll();
    await worker();
    await looked;
    stub.restore();
    expect(await Promise.all(all)).to.deep.equal([ROW, ROW, ROW]);
  });

  it('refuses a second sweep on the same Redis, while there is a first one', async () => {
    const first = await engine();
    const refused = await QueueEngine.start(place(), quiet).catch((error: unknown) => error);
    expect(String(refused)).to.equal(
      'UsageError: --queue: another sweep has the queue of this Redis; expected one at a time',
    );
    await first.close();
    await engine();
  });

  it('refuses a worker of another version, also one that is there already', async () => {
    const { running } = await worker();
    const client = new Redis(place().options);
    await client.set('iommu-bounce:coordinator', '{"version":"9.9.9","id":"x"}');
    client.disconnect();
    const message =
      'UsageError: --queue: the sweep there is of version 9.9.9, this worker of version 0.1.0; expected the same';
    const fresh = await QueueWorker.start(place(), 1, quiet).catch((error: unknown) => error);
    expect(String(fresh)).to.equal(message);
    expect(String(await running.catch((error: unknown) => error))).to.equal(message);
  });

  it('has another job for other columns of a point', () => {
    const column = { name: 'a', steps: [{ field: 'preset' }], kind: 'string' } as const;
    expect(jobId({ ...task(0), columns: [column] })).to.not.equal(jobId(task(0)));
    expect(jobId(task(0))).to.equal(jobId(task(0)));
  });
});
