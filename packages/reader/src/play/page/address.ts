// SPDX-License-Identifier: GPL-2.0-only
// Writes the link to the present step into the address bar, as often as browsers allow.

/** Safari throws at 100 in 30 s, Chromium ignores more than 200. */
const REST_MS = 350;

export interface Address {
  /** Writes it now, or a little later if the last one is not long ago. */
  write(hash: string): void;
  /** Writes what is waiting. */
  flush(): void;
}

export function address(): Address {
  let waiting: string | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;

  function put(hash: string): void {
    waiting = null;
    if (location.hash !== hash) history.replaceState(null, '', hash);
  }

  function rest(): void {
    timer = setTimeout(() => {
      timer = null;
      if (waiting === null) return;
      put(waiting);
      rest();
    }, REST_MS);
  }

  return {
    write(hash) {
      waiting = hash;
      if (timer !== null) return;
      put(hash);
      rest();
    },
    flush() {
      if (waiting !== null) put(waiting);
    },
  };
}
