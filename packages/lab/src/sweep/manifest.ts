// SPDX-License-Identifier: GPL-2.0-only
// The manifest of a folder of results: what a figure in it can be traced back to. It names no path and no host.

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { basename } from 'node:path';
import { UsageError } from '../errors';
import { codeOf, statOrNot } from '../files';
import { VERSION } from '../package';
import type { Spec } from './spec';

/** A file that points read. */
export interface InputFile {
  /** Without its folder. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  /** Of this package: figures of another one can differ. */
  readonly version: string;
  readonly verb: string;
  readonly spec: { readonly text: string; readonly sha256: string };
  /** Of the sample. */
  readonly seed: number;
  readonly points: number;
  readonly inputs: readonly InputFile[];
  readonly rows: number;
  readonly failures: number;
  /** Every point has its row, or failed. */
  readonly complete: boolean;
  /** Where the last part of it ran: the only part that differs between two runs. */
  readonly run: {
    readonly cpus: number;
    readonly cpu: string;
    readonly node: string;
    readonly platform: string;
    /** ISO 8601. */
    readonly started: string;
    /** Null until it is complete. */
    readonly finished: string | null;
  };
}

/** What is read of one. */
export interface ManifestBefore {
  readonly version: string;
  readonly spec?: { readonly sha256?: unknown };
  readonly inputs?: readonly unknown[];
  readonly complete?: unknown;
}

function isManifest(value: unknown): value is ManifestBefore {
  if (typeof value !== 'object' || value === null) return false;
  const { version, inputs = [] } = value as { version?: unknown; inputs?: unknown };
  return typeof version === 'string' && Array.isArray(inputs);
}

export async function newManifest(spec: Spec): Promise<Manifest> {
  const { text, verb, seed, points } = spec;
  return {
    ...{ version: VERSION, verb, spec: { text, sha256: sha256(text) }, seed },
    points: points.count,
    inputs: await inputsOf(spec.words),
    ...{ rows: 0, failures: 0, complete: false },
    run: {
      cpus: availableParallelism(),
      cpu: cpus()[0]?.model ?? '',
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      started: new Date().toISOString(),
      finished: null,
    },
  };
}

/** What another version can have written, too. @throws UsageError */
export function readManifest(path: string): ManifestBefore {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isManifest(manifest)) return manifest;
    throw new UsageError(noManifest(path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      error instanceof SyntaxError
        ? noManifest(path)
        : `${path}: cannot be read (${codeOf(error)})`,
    );
  }
}

const noManifest = (path: string): string =>
  `${path}: is no manifest of a sweep; expected the one that sweep wrote there, or another folder`;

/**
 * Whether a sweep can go on where the other one stopped.
 * @throws UsageError
 */
export function expectSame(folder: string, before: ManifestBefore, now: Manifest): void {
  if (before.version !== now.version)
    throw new UsageError(
      `${folder}: holds a sweep of version ${before.version}, this is version ${now.version}; expected another folder`,
    );
  if (before.spec?.sha256 !== now.spec.sha256)
    throw new UsageError(`${folder}: holds a sweep of another spec; expected another folder`);
  const inputs = new Set((before.inputs ?? []).map((one) => JSON.stringify(one)));
  for (const input of now.inputs)
    if (!inputs.delete(JSON.stringify(input)))
      throw new UsageError(
        `${folder}: ${input.name} is not as it was when the sweep began; expected another folder`,
      );
  if (inputs.size > 0)
    throw new UsageError(
      `${folder}: a file that the sweep began with is gone; expected another folder`,
    );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function inputsOf(words: ReadonlySet<string>): Promise<InputFile[]> {
  const inputs: InputFile[] = [];
  for (const word of [...words].sort()) {
    const stat = statOrNot(word);
    if (stat?.isFile() !== true) continue;
    const hash = createHash('sha256');
    try {
      for await (const block of createReadStream(word)) hash.update(block as Buffer);
    } catch (error) {
      throw new UsageError(
        `${word}: cannot be read (${codeOf(error)}), expected an input of the sweep`,
      );
    }
    inputs.push({ name: basename(word), bytes: stat.size, sha256: hash.digest('hex') });
  }
  return inputs;
}
