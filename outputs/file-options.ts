import * as z from 'zod';
import { batch, buffer, count, duration, size, text } from '../agent/config/options.ts';
import { routing } from '../agent/config/routing.ts';

/** Options of the output `file`: events as JSON lines, appended to a file. */
export const FileOptions = z.strictObject({
  type: z.literal('file'),
  path: text().describe('The file that events are appended to, one JSON object per line'),
  rotate: z
    .strictObject({
      bytes: size(1024, 2 ** 40).optional().describe('Size at which a new file is begun; the full one becomes `PATH.TIME`'),
      age: duration(1_000).optional().describe('Age at which a new file is begun, when the next events come'),
      keep: count(1, 100_000).optional().describe('Full files that are kept; older ones are deleted. Without it all are kept'),
      compression: z.enum(['gzip', 'none']).prefault('gzip').describe('What is done with full files'),
    })
    .prefault({})
    .describe('When a new file is begun; without `bytes` and `age` never'),
  ...routing(),
  batch: batch({ bytes: '1MiB', events: 10_000, age: '200ms' }),
  buffer: buffer(),
});
export type FileOptions = z.output<typeof FileOptions>;

/** `-o file=PATH` */
export function fileFlag(value: string | undefined): Record<string, unknown> {
  return { type: 'file', path: value };
}
