import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Config } from './config/schema.ts';

/** What a file output adds to the name of a full file that it puts aside (outputs/rotation.ts). */
const PUT_ASIDE = /^\.\d{8}T\d{9}Z(?:-\d+)?(?:\.gz(?:\.tmp)?)?$/;
/** What shipper makes in its state directory, in which others may have files, too. */
const STATE = /^(?:checkpoints-\d\.json$|checkpoints\.new$|dead-letters-|lock\.\d+$|lock-[0-9a-f]{12}$|redaction-key|runs\/|buffer-[a-z]+-[^/]+\/)/;
const MOST_FOLDERS = 10_000;

/**
 * Whether shipper itself writes what is at a path: the file of an output, full ones beside it, its state. To read that
 * would feed it its own output. Paths may lead through links.
 */
export function ownPaths(outputs: Config['outputs'], stateDir: string): (path: string) => boolean {
  const folders = new Map<string, string>();
  const real = (path: string): string => {
    const folder = dirname(path);
    const known = folders.get(folder) ?? realOf(folder);
    if (folders.size >= MOST_FOLDERS) folders.clear();
    folders.set(folder, known);
    return join(known, basename(path));
  };
  const files = Object.values(outputs).flatMap((output) => (output.type === 'file' ? [real(resolve(output.path))] : []));
  const state = `${realOf(resolve(stateDir))}/`;
  return (path) => {
    const at = real(path);
    return files.some((file) => at.startsWith(file) && (at.length === file.length || PUT_ASIDE.test(at.slice(file.length)))) || (at.startsWith(state) && STATE.test(at.slice(state.length)));
  };
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder; // not there yet
  }
}
