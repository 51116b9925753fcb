import { join } from 'node:path';
import { isHeld } from '../../state/lock.ts';
import { buffersIn } from './buffer-files.ts';
import { inspect, type Inspected } from './inspect.ts';
import { runsWithBuffers, type OpenBuffers } from './open-buffers.ts';

/** Said of no more than these, so that the line can be read. */
const MOST_NAMED = 3;

/** What earlier runs have left for outputs that this run has not, as one line for its user; undefined: nothing. */
export async function orphansText(root: string, folder: string, buffers: OpenBuffers): Promise<string | undefined> {
  const found: Inspected[] = [];
  for (const dir of new Set([root, ...runsWithBuffers(root)])) {
    if (dir !== folder && !buffers.holds(dir) && (await isHeld(dir))) continue; // whose run is alive sends it
    for (const path of buffersIn(dir).map((name) => join(dir, name))) {
      const inspected = buffers.isOpen(path) ? undefined : await inspect(path, () => undefined);
      if (inspected !== undefined && inspected.records > 0) found.push(inspected);
    }
  }
  if (found.length === 0) return undefined;
  const records = found.reduce((sum, one) => sum + one.records, 0);
  const targets = [...new Set(found.map(({ owner }) => (owner === undefined ? 'an unknown output' : `${owner.output} (${owner.type}: ${owner.target})`)))];
  const named = targets.slice(0, MOST_NAMED).join(', ') + (targets.length > MOST_NAMED ? ` and ${targets.length - MOST_NAMED} more` : '');
  return `${records} records of earlier runs lie undelivered in ${root}, for ${named}: no output of this run. A run with that output sends them; with --adopt, one with another address of the same type does. \`shipper buffer\` shows them`;
}
