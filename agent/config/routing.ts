import * as z from 'zod';
import { LEVELS, NO_LEVEL } from '../levels.ts';
import { oneOrMore, text } from './options.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const values = z
  .union([scalar, z.array(scalar).min(1)], { error: 'must be text, a number, true or false, or a list of them' })
  .transform((given) => (Array.isArray(given) ? given : [given]));
const PERCENT = /^(\d+(?:\.\d+)?) ?%$/;

/** Options of every output that say which records it gets. */
export function routing() {
  return {
    only: z
      .strictObject({
        level: oneOrMore(z.enum([...LEVELS, NO_LEVEL])).optional().describe('Levels; a record without one is only among them if `none` is'),
        input: oneOrMore(text()).optional().describe('Names of inputs'),
        source: oneOrMore(text()).optional().describe('Paths of files, or patterns of them; `stdin` is one, too'),
        fields: z
          .record(text(), values)
          .optional()
          .describe('Fields as `shipper explain` names them, with the value or the values of each; a dot leads into an object'),
      })
      .optional()
      .describe('Which records this output gets: those for which all of it holds. Without it, all'),
    sample: z
      .union([z.string().regex(PERCENT, { error: SAMPLE, abort: true }), z.number()], { error: SAMPLE })
      .transform((given) => (typeof given === 'number' ? given : Number(PERCENT.exec(given)?.[1]) / 100))
      .refine((share) => share > 0 && share <= 1, SAMPLE)
      .optional()
      .describe('Which share of these it gets, such as `10%` or `0.1`. The same records are chosen whenever they are read again, and a smaller share is part of a larger one'),
  };
}

const SAMPLE = 'must be a share such as 10% or 0.1, more than nothing and at most all';

/** What `routing` gives. */
export interface RoutingOptions {
  readonly only?: {
    readonly level?: readonly string[] | undefined;
    readonly input?: readonly string[] | undefined;
    readonly source?: readonly string[] | undefined;
    readonly fields?: Readonly<Record<string, readonly (string | number | boolean)[]>> | undefined;
  } | undefined;
  readonly sample?: number | undefined;
}
