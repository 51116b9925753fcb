import { join } from 'node:path';
import { isHeld } from '../../state/lock.ts';
import { isLaneFolder } from '../../state/state-directory.ts';
import { buffersIn } from './buffer-files.ts';
import { inspect, type Inspected } from './inspect.ts';
import { runsWithBuffers, type OpenBuffers } from './open-buffers.ts';

/** Said of no more than these, so that the line can be read. */
const MOST_NAMED = 3;

/** What earlier runs have left for outputs that this run has not, as one line for its user; undefined: nothing. */
export async function orphansText(root: string, folder: string, buffers: OpenBuffers, warn: (message: string) => void): Promise<string | undefined> {
  const what = await leftIn([root, ...runsWithBuffers(root)], folder, buffers, warn);
  return what && `${what.records} records of earlier runs lie undelivered in ${root}, for ${what.targets}: no output of this run. A run with that output sends them; with --adopt, one with another address of the same type does. ${HINT}`;
}

/** The same after a reload: what this agent has on the disk for outputs that the new configuration has not. */
export async function leftBehindText(root: string, folder: string, buffers: OpenBuffers, warn: (message: string) => void): Promise<string | undefined> {
  const what = await leftIn([folder, ...runsWithBuffers(root).filter(isLaneFolder)], folder, buffers, warn);
  return what && `${what.records} records lie undelivered in ${root}, for ${what.targets}: no output of the new configuration. They stay there until there is an output of that name and type again. ${HINT}`;
}

const HINT = '`shipper buffer` shows them';

/** What lies in folders for no output of this run. Undefined: nothing. */
async function leftIn(folders: readonly string[], own: string, buffers: OpenBuffers, warn: (message: string) => void): Promise<{ records: number; targets: string } | undefined> {
  const found: Inspected[] = [];
  for (const folder of new Set(folders)) {
    if (folder !== own && !buffers.holds(folder) && (await isHeld(folder))) continue; // whose run is alive sends it
    for (const path of buffersIn(folder).map((name) => join(folder, name))) {
      const inspected = buffers.isOpen(path) ? undefined : await inspect(path, () => undefined, warn);
      if (inspected !== undefined && inspected.records > 0) found.push(inspected);
    }
  }
  if (found.length === 0) return undefined;
  const targets = [...new Set(found.map(({ owner }) => (owner === undefined ? 'an unknown output' : `${owner.output} (${owner.type}: ${owner.target})`)))];
  const named = targets.slice(0, MOST_NAMED).join(', ') + (targets.length > MOST_NAMED ? ` and ${targets.length - MOST_NAMED} more` : '');
  return { records: found.reduce((sum, one) => sum + one.records, 0), targets: named };
}
