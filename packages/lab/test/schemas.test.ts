// SPDX-License-Identifier: GPL-2.0-only
// The JSON Schemas: made of the types, one for each verb with --json, true of real documents, and false of wrong ones.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DocumentVerb } from '@iommu-bounce/lab';
import { CALIBRATION } from '@iommu-bounce/simulation';
import { schemaTexts } from '../tools/schemas';
import { cli, fixtures } from './commands/run-cli';
import { SCHEMAS, expectValid, validator } from './schema';

const LONG = process.env['TEST_LONG'] === '1';

const files = readdirSync(SCHEMAS);
type Node = Readonly<Record<string, unknown>>;
type Nodes = Readonly<Record<string, Node>>;

const verbs = files.map((file) => file.replace('.schema.json', '') as DocumentVerb);
const textOf = (verb: string): string => readFileSync(join(SCHEMAS, `${verb}.schema.json`), 'utf8');

const captures = join(fixtures, 'captures');
const transcripts = join(fixtures, 'transcripts/unit');

/** Each kind of document that the tests of the verbs do not look at. cli() compares it with its schema. */
const CASES: readonly (readonly [what: string, args: readonly string[], status?: number])[] = [
  ['verify, all passed', ['verify', join(transcripts, '14-sync-single.jsonl')]],
  ['verify, no such file', ['verify', join(transcripts, 'none.jsonl')], 2],
  ['series on virtio-iommu', ['series']],
  ['series on the table driver', ['series', '--driver', 'table']],
  ['kconfig of the series', ['kconfig']],
  ['kconfig, explained', ['kconfig', '--explain', 'IOMMU_IO_BUFFER']],
  [
    'kconfig of a tree',
    [
      ...['kconfig', '--tree', join(fixtures, 'kconfig-tree'), '--arch', 'x86'],
      ...['--config', join(fixtures, 'kconfig-tree/laptop.config'), '--explain', 'IOMMU_IO_BUFFER'],
    ],
  ],
  ['breakeven with a size', ['breakeven', '--preset', 'bare-metal-vtd', '--write']],
  ['breakeven without one', ['breakeven', '--preset', 'laptop-virtio']],
  ['replay of one state', ['replay', join(captures, 'second-unmap.trace.txt'), '--patches', '2']],
  [
    'replay with the pool off',
    [
      'replay',
      join(captures, 'never-unmapped.trace.txt'),
      '--params',
      'io_buffer_pool.num_slots=0',
    ],
  ],
  [
    'fio, jobs beside each other',
    [
      'fio',
      '--rw',
      'randrw',
      '--bs',
      '4k',
      '--numjobs',
      '2',
      '--number-ios',
      '200',
      '--policy',
      'none,strict,lazy,pool',
      '--no-data',
    ],
  ],
  [
    'fio on bare metal',
    ['fio', '--preset', 'bare-metal-smmuv3', '--bs', '4k', '--number-ios', '200'],
  ],
  ['nosync', ['scenario', 'nosync']],
  ['net rx', ['net', 'rx', '--packets', '1000', '--policy', 'strict,pool']],
  ['net tx', ['net', 'tx', '--packets', '1000', '--policy', 'lazy', '--no-data']],
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

  for (const name of readdirSync(captures).filter((file) => file.endsWith('.txt')))
    it(`describe the replay of ${name}`, async () => {
      expect((await cli('replay', join(captures, name), '--json')).out).to.not.equal('');
    });

  it('describe a replay with facts, and one of a kernel with the pool', async () => {
    const series = join(fixtures, 'traces/series/iobuf-def.randrw-512.trace.txt.gz');
    const { out } = await cli('replay', series, '--json');
    const { pool_agreement, pool_classes } = JSON.parse(out) as Record<string, unknown[]>;
    expect(pool_agreement).to.not.equal(undefined);
    expect(pool_classes).to.not.be.empty;
  });

  it('describe a calibration', () => {
    expectValid('calibrate', CALIBRATION);
  });

  if (LONG)
    it('are up to date: npm run schemas', () => {
      const made = schemaTexts();
      expect([...made.keys()]).to.have.members(verbs);
      for (const [verb, text] of made) expect(textOf(verb), verb).to.equal(text);
    });
  if (LONG)
    it('describe a new calibration', async () => {
      expect((await cli('calibrate', '--sets', '100', '--json')).status).to.equal(0);
    });
});
