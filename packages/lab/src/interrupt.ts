// SPDX-License-Identifier: GPL-2.0-only
// Ctrl-C and a kill leave nothing half done. Most verbs need no handler: the system ends them at once, and they write
// at their end.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

/**
 * Cleans up before a signal ends the command.
 * @returns takes that back
 */
export function cleanedUp(clean: () => void): () => void {
  const end = (signal: Signal): void => {
    clean();
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, end);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return release;
}

/** Work without awaits that is done whole: a signal ends the command after it. */
export function whole<T>(work: () => T): T {
  const release = cleanedUp(() => undefined);
  try {
    return work();
  } finally {
    // Signals are told between two rounds of the event loop: one has passed then.
    setImmediate(() => setImmediate(release));
  }
}
