import { z } from 'zod';
import { batch, buffer, text } from '../agent/config/options.ts';

/** Options of the output `file`: events as JSON lines, appended to a file. */
export const FileOptions = z.strictObject({
  type: z.literal('file'),
  path: text().describe('The file that events are appended to, one JSON object per line'),
  batch: batch({ bytes: '1MiB', events: 10_000, age: '200ms' }),
  buffer: buffer(),
});
export type FileOptions = z.output<typeof FileOptions>;

/** `-o file=PATH` */
export function fileFlag(value: string | undefined): Record<string, unknown> {
  return { type: 'file', path: value };
}
