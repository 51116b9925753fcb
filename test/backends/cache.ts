import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Where downloads are kept, outside the checkout: a second run is fast. */
export function cacheFolder(name: string): string {
  const base = process.env['SHIPPER_TEST_CACHE'] ?? path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'shipper-tests');
  const folder = path.join(base, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** What a test needs can't be had here: the test is skipped, and this is why. */
export class Unavailable extends Error {}

const COMPLETE = 'complete';
const underWay = new Map<string, Promise<string>>();

/**
 * A folder of the cache that `get` fills, once: what is there already is not got again, and what was broken off is got
 * anew. Throws Unavailable if that fails, with the reason.
 */
export function obtained(name: string, get: (folder: string) => Promise<void>): Promise<string> {
  let folder = underWay.get(name);
  if (folder === undefined) underWay.set(name, (folder = obtain(name, get)));
  return folder;
}

async function obtain(name: string, get: (folder: string) => Promise<void>): Promise<string> {
  const folder = cacheFolder(name);
  const mark = path.join(folder, COMPLETE);
  if (existsSync(mark)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  try {
    await get(folder);
  } catch (error) {
    throw new Unavailable(`${name} can't be had: ${shortened(error)}`);
  }
  writeFileSync(mark, '');
  return folder;
}

const LONGEST_MESSAGE = 300;

/** What a program says is wrong, in one line: from the first error on, or the end of it. */
export function shortened(error: unknown): string {
  const text = stripVTControlCharacters(error instanceof Error ? error.message : String(error)).replace(/^NOTE: Picked up .*$/m, '');
  const from = text.search(/^\[?(?:ERROR|E:|error:)/m);
  const line = (from < 0 ? text : text.slice(from)).trim().replace(/\s+/g, ' ');
  return from < 0 ? line.slice(-LONGEST_MESSAGE) : line.slice(0, LONGEST_MESSAGE);
}
