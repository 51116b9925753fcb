import * as z from 'zod';
import { batch } from '../agent/config/options.ts';
import { routing } from '../agent/config/routing.ts';

/** Options of the output `console`: events on stdout. */
export const ConsoleOptions = z.strictObject({
  type: z.literal('console'),
  format: z
    .enum(['auto', 'pretty', 'json'])
    .prefault('auto')
    .describe('`pretty` is for people, `json` is one JSON object per line, `auto` is `pretty` on a terminal and `json` elsewhere'),
  ...routing(),
  batch: batch({ bytes: '256KiB', events: 10_000, age: '0s' }),
});
export type ConsoleOptions = z.output<typeof ConsoleOptions>;

/** `-o console`, `-o console=json` */
export function consoleFlag(value: string | undefined): Record<string, unknown> {
  return value === undefined ? { type: 'console' } : { type: 'console', format: value };
}
