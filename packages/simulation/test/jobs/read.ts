// SPDX-License-Identifier: GPL-2.0-only
// Job files from texts, for tests.

import { expect } from 'chai';
import { JobError, type FioJob, type ReadJobs, readJobFile } from '../../src/jobs';

/** Options that keep a job without anything else from being refused or warned about. */
export const QUIET = 'direct=1\nioengine=libaio\nsize=1g\n';

export function read(text: string, files: Record<string, string> = {}): ReadJobs {
  return readJobFile('a.fio', {
    read: (path) => (path === 'a.fio' ? text : files[path]),
    environment: { SIZE: '64m', BAD: 'x' },
  });
}

/** The only job of a section with these options. */
export function job(options: string): FioJob {
  const { jobs } = read(`[j]\n${QUIET}${options}\n`);
  expect(jobs).to.have.length(1);
  return jobs[0] as FioJob;
}

/** What is said of a text that is refused. */
export function refusal(text: string, files: Record<string, string> = {}): string {
  try {
    read(text, files);
  } catch (error) {
    if (error instanceof JobError) {
      expect(error.message).not.to.match(/\n/);
      return error.message;
    }
    throw error;
  }
  throw new Error(`accepted:\n${text}`);
}
