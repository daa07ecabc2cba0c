// SPDX-License-Identifier: GPL-2.0-only
// The JSON Schemas: made of the types, one for each verb with --json, true of real documents, and false of wrong ones.

import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DocumentVerb } from '@iommu-bounce/lab';
import { CALIBRATION } from '@iommu-bounce/simulation';
import { schemaTexts } from '../tools/schemas';
import { cli, fixtures, withFolder } from './commands/run-cli';
import { SCHEMAS, expectValid, validator } from './schema';

const LONG = process.env['TEST_LONG'] === '1';

const files = readdirSync(SCHEMAS);
type Node = Readonly<Record<string, unknown>>;
type Nodes = Readonly<Record<string, Node>>;

const verbs = files.map((file) => file.replace('.schema.json', '') as DocumentVerb);
const textOf = (verb: string): string => readFileSync(join(SCHEMAS, `${verb}.schema.json`), 'utf8');

const docs = readFileSync(join(__dirname, '../../../docs/json.md'), 'utf8');
const captures = join(fixtures, 'captures');
const transcripts = join(fixtures, 'transcripts/unit');

/** Kinds of documents that no other test prints: cli() compares each with its schema. */
const CASES: readonly (readonly [what: string, args: readonly string[], status?: number])[] = [
  ['verify, all passed', ['verify', join(transcripts, '14-sync-single.jsonl')]],
  ['verify, no such file', ['verify', join(transcripts, 'none.jsonl')], 2],
  ['series on the table driver', ['series', '--driver', 'table']],
  ['kconfig of the series', ['kconfig']],
  ['kconfig, explained', ['kconfig', '--explain', 'IOMMU_IO_BUFFER']],
  [
    'kconfig of a tree',
    [
      ...['kconfig', '--tree', join(fixtures, 'kconfig-tree'), '--arch', 'x86'],
      ...['--config', join(fixtures, 'kconfig-tree/laptop.config'), '--explain', 'GUEST_IOMMU'],
    ],
  ],
  ['breakeven without one', ['breakeven', '--preset', 'laptop-virtio']],
  ['replay of one state', ['replay', join(captures, 'second-unmap.trace.txt'), '--patches', '2']],
  [
    'replay with the pool off',
    [
      ...['replay', join(captures, 'never-unmapped.trace.txt'), '--patches', '4'],
      ...['--params', 'io_buffer_pool.num_slots=0'],
    ],
  ],
  [
    'fio, jobs beside each other',
    [
      ...['fio', '--rw', 'randrw', '--bs', '4k', '--numjobs', '2', '--number-ios', '200'],
      ...['--policy', 'none,strict,lazy,pool', '--no-data'],
    ],
  ],
  [
    'fio on bare metal',
    ['fio', '--preset', 'bare-metal-smmuv3', '--bs', '4k', '--number-ios', '200'],
  ],
  ['net rx', ['net', 'rx', '--packets', '1000', '--policy', 'strict,pool']],
];

/** All parts of a schema that are schemas, with their places. */
function* partsOf(node: Node, at = ''): Generator<readonly [place: string, part: Node]> {
  yield [at, node];
  for (const key of ['properties', '$defs'])
    for (const [name, part] of Object.entries((node[key] ?? {}) as Nodes))
      yield* partsOf(part, key === '$defs' ? name : `${at}.${name}`);
  for (const key of ['anyOf', 'prefixItems'])
    for (const part of (node[key] ?? []) as readonly Node[]) yield* partsOf(part, at);
  for (const key of ['items', 'additionalProperties'])
    if (typeof node[key] === 'object') yield* partsOf(node[key] as Node, `${at}[]`);
}

/** Fields without text. Where each name of a list has a field of the same kind, the text is the whole's. */
function undescribed(schema: Node): string[] {
  return [...partsOf(schema)].flatMap(([at, { properties = {} }]) => {
    const fields = Object.entries(properties as Nodes);
    if (new Set(fields.map(([, field]) => JSON.stringify(field))).size === 1 && fields.length > 1)
      return [];
    return fields.flatMap(([name, field]) =>
      field['description'] === undefined ? [`${at}.${name}`] : [],
    );
  });
}

/** Objects that allow any field, and parts that allow anything. */
function open(schema: Node): string[] {
  return [...partsOf(schema)].flatMap(([at, part]) => {
    const kinds = ['type', '$ref', 'anyOf', 'enum', 'const'].filter((key) => key in part);
    const isOpen = part['type'] === 'object' && !('additionalProperties' in part);
    return kinds.length === 0 || isOpen ? [at] : [];
  });
}

interface Holder {
  readonly holder: Record<string, unknown>;
  readonly at: string;
}

/** Every object of a document; of a list its first one. */
function* objectsOf(value: unknown, at = ''): Generator<Holder> {
  if (Array.isArray(value)) yield* objectsOf(value[0], `${at}[0]`);
  else if (typeof value === 'object' && value !== null) {
    yield { holder: value as Record<string, unknown>, at };
    for (const [name, one] of Object.entries(value)) yield* objectsOf(one, `${at}.${name}`);
  }
}

describe('the JSON Schemas', function () {
  this.timeout(180_000);

  it('are there for each verb that has --json, and named in its help', async () => {
    const man = (await cli('man')).out.replaceAll('\\-', '-');
    const sections = man.split(/^\.SS /m).slice(1);
    const withJson = sections.filter((text) => text.includes('\n.B --json\n'));
    expect(withJson.map((text) => /^[\w-]+/.exec(text)?.[0])).to.have.members(verbs);
    for (const verb of verbs) {
      expect(withJson.join('')).to.include(`its schema: iommu-bounce schema ${verb}\n`);
      expect(await cli('schema', verb)).to.deep.equal({ status: 0, out: textOf(verb), err: '' });
    }
  });

  for (const args of [
    ['schema', 'man'],
    ['schema', '../package'],
    ['schema', ''],
  ])
    it(`refuse \`${args.join(' ')}\` with one line that lists the verbs, and status 2`, async () => {
      const { status, out, err } = await cli(...args);
      expect([status, out]).to.deep.equal([2, '']);
      expect(err).to.equal(
        `iommu-bounce: schema: expected one of ${[...verbs].sort().join(', ')}, got '${args[1] ?? ''}'\n`,
      );
    });

  it('have an address of their own, and text for every field', () => {
    for (const verb of verbs) {
      const schema = JSON.parse(textOf(verb)) as Node;
      expect(schema['$id']).to.equal(`urn:iommu-bounce:${verb}:1`);
      expect(schema['title']).to.equal(`iommu-bounce ${verb} --json`);
      expect(schema['description'], verb).to.be.a('string');
      expect(undescribed(schema), verb).to.deep.equal([]);
      expect(open(schema), verb).to.deep.equal([]);
    }
  });

  for (const [what, args, status = 0] of CASES)
    it(`describe ${what}`, async () => {
      const result = await cli(...args, '--json');
      expect(result.status, result.err).to.equal(status);
      expect(result.out).to.not.equal('');
    });

  // What a mailer broke is refused. The verdict is the same for all: one state has none.
  for (const name of readdirSync(captures).filter((file) => /(?<!wrapped)\.trace\.txt$/.test(file)))
    it(`describe the replay of ${name} @long`, async () => {
      expect(
        (await cli('replay', join(captures, name), '--patches', LONG ? '4' : '0', '--json')).out,
      ).to.not.equal('');
    });

  it('describe a replay with facts, and one of a kernel with the pool', async () => {
    const series = join(fixtures, 'traces/series/iobuf-def.randrw-1m.trace.txt.gz');
    const { out } = await cli('replay', series, '--patches', '4', '--json');
    const { pool_agreement, pool_classes } = JSON.parse(out) as Record<string, unknown[]>;
    expect(pool_agreement).to.not.equal(undefined);
    expect(pool_classes).to.not.be.empty;
  });

  it('describe a calibration', () => {
    expectValid('calibrate', CALIBRATION);
  });

  it('check a document as docs/json.md says, which names them all', () =>
    withFolder(async (folder) => {
      // Past the head and the rule: verbs, schema, fields.
      const rows = [...docs.matchAll(/^\|(.*)\|$/gm)]
        .map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
        .slice(2);
      for (const row of rows) expect(row, row.join()).to.have.length(3);
      expect(rows.map(([, schema]) => schema?.replaceAll('`', '') ?? '').sort()).to.deep.equal(
        [...verbs].sort(),
      );
      const [, program = ''] = /^```js\n(.*?)^```$/ms.exec(docs) ?? [];
      const [check, document, schema] = ['check.cjs', 'document.json', 'schema.json'].map((name) =>
        join(folder, name),
      ) as [string, string, string];
      writeFileSync(check, program);
      writeFileSync(schema, textOf('kconfig'));
      const { out } = await cli('kconfig', '--json');
      const env = { ...process.env, NODE_PATH: join(__dirname, '../node_modules') };
      const statusOf = (text: string): number | null => {
        writeFileSync(document, text);
        return spawnSync(process.execPath, [check, schema, document], { env }).status;
      };
      expect(statusOf(out)).to.equal(0);
      expect(statusOf(out.replace('"warnings"', '"warning"'))).to.equal(1);
    }));

  it('refuse a document with a field less, a field more, or another type, wherever it is', async () => {
    const { out } = await cli('replay', join(captures, 'fault-after-free.trace.txt'), '--json');
    const validate = validator('replay');
    let refused = 0;
    const expectRefused = (document: unknown, what: string): void => {
      expect(validate(document), what).to.equal(false);
      refused++;
    };
    const whole: unknown = JSON.parse(out);
    for (const { holder, at } of objectsOf(whole)) {
      for (const [name, value] of Object.entries(holder)) {
        const place = `${at}.${name}`;
        Reflect.deleteProperty(holder, name);
        // Fields of it are names of what was counted.
        if (!/\.(?:not_compared|by_cause)\./.test(place)) expectRefused(whole, `without ${place}`);
        holder[name] = [{}];
        expectRefused(whole, `another type of ${place}`);
        holder[name] = value;
      }
      holder['nonsense'] = 'text';
      expectRefused(whole, `one more field in ${at}`);
      Reflect.deleteProperty(holder, 'nonsense');
    }
    expect(refused).to.be.above(500);
    expect(validate(whole)).to.equal(true);
  });

  if (LONG)
    it('are up to date: npm run schemas @long', () => {
      const made = schemaTexts();
      expect([...made.keys()]).to.have.members(verbs);
      for (const [verb, text] of made) expect(textOf(verb), verb).to.equal(text);
    });
});
