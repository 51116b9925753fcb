import { setTimeout as wait } from 'node:timers/promises';

export { cacheFolder, obtained, shortened, Unavailable } from './cache.ts';
export { inTemporaryFolder, javaOptions } from './cleanup.ts';
export { command, freePort, isInstalled, startServer, type Running } from './processes.ts';

const GIVEN_UP_MS = 300_000; // a busy machine is slow, and no test depends on how long it is
const POLL_MS = 100;

/** Waits until something holds; throws if it never does. */
export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const givenUpAt = Date.now() + GIVEN_UP_MS;
  while (!(await holds())) {
    if (Date.now() > givenUpAt) throw new Error(`waited in vain until ${what}`);
    await wait(POLL_MS);
  }
}

/** Throws if something is not as it should be: the row would be worth nothing. */
export function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
