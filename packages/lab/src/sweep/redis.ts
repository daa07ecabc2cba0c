// SPDX-License-Identifier: GPL-2.0-only
// The Redis server of a queue: its address, and whether one is there. The password of an address is never printed.

import { isIP } from 'node:net';
import { UsageError } from '../errors';

/** What both libraries take. */
export interface RedisOptions {
  host: string;
  port: number;
  db: number;
  username?: string;
  password?: string;
  tls?: { servername?: string };
  maxRetriesPerRequest: null;
  retryStrategy: () => number;
}

export interface RedisPlace {
  readonly options: RedisOptions;
  /** Host and port, for messages. */
  readonly shown: string;
}

const PORT = 6379;
/** Between two tries to reach it again. */
const RETRY_MS = 500;
const CONNECT_MS = 5000;

/**
 * @param text `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]`; `rediss:` with TLS
 * @throws UsageError
 */
export function redisPlace(text: string): RedisPlace {
  const expected =
    '--queue: expected redis://HOST:PORT, or rediss://HOST:PORT with TLS; a user, a password and the number of a database can be in it';
  const url = URL.canParse(text) ? new URL(text) : null;
  const isTls = url?.protocol === 'rediss:';
  if (
    !url ||
    !(isTls || url.protocol === 'redis:') ||
    url.hostname === '' ||
    !/^\/?\d{0,5}$/.test(url.pathname) ||
    url.search !== '' ||
    url.hash !== ''
  )
    throw new UsageError(expected);
  const port = url.port === '' ? PORT : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const [username, password] = [url.username, url.password].map(decoded) as [string, string];
  return {
    shown: `${host}:${String(port)}`,
    options: {
      ...{ host, port, db: Number(url.pathname.replace('/', '')) },
      ...(username === '' ? {} : { username }),
      ...(password === '' ? {} : { password }),
      ...(isTls ? { tls: isIP(host) > 0 ? {} : { servername: host } } : {}),
      // A server that is away is waited for, however long.
      maxRetriesPerRequest: null,
      retryStrategy: () => RETRY_MS,
    },
  };
}

/**
 * Whether a server answers.
 * @throws UsageError: one line
 */
export async function expectRedis({ options, shown }: RedisPlace): Promise<void> {
  const { Redis } = (await import('ioredis')).default;
  const client = new Redis({
    ...options,
    ...{ lazyConnect: true, connectTimeout: CONNECT_MS, maxRetriesPerRequest: 0 },
    retryStrategy: () => null,
  });
  let why = '';
  client.on('error', (error) => {
    why ||= error.message;
  });
  try {
    await client.connect();
    // The library goes on in database 0 where the server has no such one.
    await client.select(options.db);
  } catch (error) {
    const reason = why || (error instanceof Error ? error.message : String(error));
    throw new UsageError(
      `--queue: no Redis can be used at ${shown} (${reason}); expected ${expectedAfter(reason)}`,
    );
  } finally {
    client.disconnect();
  }
}

function expectedAfter(reason: string): string {
  if (/certificate/i.test(reason))
    return 'a certificate that NODE_EXTRA_CA_CERTS=ca.pem vouches for';
  if (/^(?:WRONGPASS|NOAUTH|NOPERM)/.test(reason)) return 'redis://USER:PASSWORD@HOST:PORT';
  if (reason.includes('DB index')) return 'redis://HOST:PORT/N with a database that it has';
  return "a running one, for instance Debian's redis-server";
}

/** A password may hold what stands for something in an address: then it is encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
