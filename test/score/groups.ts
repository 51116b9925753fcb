// Which lines of a stream became one event, as the multi-line scorer wants it: {"stream","events":[lines of each]}.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LaneRig, streamOf } from '../helpers/lane-rig.ts';

/** For each stream of the manifest, read by the lane that ships: one line of JSON. */
export function groups(manifest: string): string {
  const rig = new LaneRig();
  const streams = readFileSync(manifest, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { id: string; file: string });
  return streams.map(({ id, file }) => {
    const bytes = readFileSync(path.join(path.dirname(manifest), file));
    const starts = rig.records(streamOf(bytes)).map(({ offset }) => offset);
    return `${JSON.stringify({ stream: id, events: linesBetween(bytes, starts) })}\n`;
  }).join('');
}

/** Lines from each start to the next one: blank lines count with the record before them. */
function linesBetween(bytes: Uint8Array, starts: readonly number[]): number[] {
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? bytes.length;
    const part = bytes.subarray(index === 0 ? 0 : start, end);
    const newlines = part.reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0);
    return part.at(-1) === 0x0a ? newlines : newlines + 1;
  });
}
