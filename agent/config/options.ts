import * as z from 'zod';
import { ADDRESS, hostAndPort } from './address.ts';
import { DURATION, SIZE, durationMs, formatDuration, formatSize, sizeBytes } from './units.ts';

// A timer takes at most 2^31 - 1 ms, and no wait of ours is meant to last longer than a day.
const LONGEST_MS = 24 * 3_600_000;

/** Text that is not empty. */
export function text() {
  return z.string().min(1, 'must not be empty');
}

/** Text that no message, dump or log line may show. `writeOnly` is what JSON Schema calls it. */
export function secret() {
  return text().meta({ writeOnly: true });
}

/** One or more of `item`, read as a list. */
export function oneOrMore<T extends z.ZodType>(item: T) {
  return z
    .union([item, z.array(item).min(1, 'must name at least one')])
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<T>[]); // no item is itself a list
}

/** `500ms`, `1s`, `2m`; read as milliseconds. */
export function duration(leastMs = 0) {
  const error = 'must be a duration with its unit, such as 500ms, 1s or 2m';
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : error) })
    .regex(DURATION, { error, abort: true })
    .transform(durationMs)
    .refine((ms) => ms >= leastMs && ms <= LONGEST_MS, `must be between ${formatDuration(leastMs)} and 24h`);
}

/** Where a server listens: HOST:PORT. */
export function address() {
  const error = 'must be an address such as 127.0.0.1:9598, 0.0.0.0:9598 or [::1]:9598';
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : error) })
    .regex(ADDRESS, { error, abort: true })
    .refine((given) => hostAndPort(given).port <= 65_535, error);
}

/** `2MiB`, `10MB` or a number of bytes; read as bytes. */
export function size(leastBytes: number, mostBytes: number) {
  const error = 'must be a size such as 2MiB, 10MB or a number of bytes';
  return z
    .union([z.string().regex(SIZE, { error, abort: true }), z.int().nonnegative()], { error: (issue) => (issue.input === undefined ? undefined : error) })
    .transform((value) => (typeof value === 'number' ? value : sizeBytes(value)))
    .refine((bytes) => bytes >= leastBytes && bytes <= mostBytes, `must be between ${formatSize(leastBytes)} and ${formatSize(mostBytes)}`);
}

/** A whole number, also as text: what comes from the environment is text. */
export function count(least: number, most: number) {
  const error = `must be a whole number between ${least} and ${most}`;
  return z
    .union([z.int(), z.string().regex(/^\d+$/, { error, abort: true })], { error: (issue) => (issue.input === undefined ? undefined : error) })
    .transform(Number)
    .refine((value) => value >= least && value <= most, error);
}

/** When a batch is sent: as soon as one of the three is reached. The defaults are the output's, and so is what its destination takes at `most`. */
export function batch(defaults: { bytes: string; events: number; age: string }, most = { bytes: 64 * 2 ** 20, events: 100_000 }) {
  return z
    .strictObject({
      bytes: size(65_536, most.bytes).prefault(defaults.bytes).describe('Longest body, before compression'),
      events: count(1, most.events).prefault(defaults.events).describe('Most records in one body'),
      age: duration().prefault(defaults.age).describe('Longest wait of a record for others to share a body'),
    })
    .prefault({})
    .describe('A batch is sent when the first of these is reached');
}

/** What holds records that can't be sent: on the disk, beside the memory. */
export function buffer() {
  return z
    .strictObject({
      disk: z
        .enum(['auto', 'on', 'off'])
        .prefault('auto')
        .describe('Whether records wait on the disk, and outlast a crash there: `auto` is `on` where an input can\'t be read again (stdin, exec) and the output is not on this machine'),
      max_bytes: size(1_048_576, 2 ** 50).prefault('1GiB').describe('Most that lies on the disk'),
      when_full: z
        .enum(['block', 'drop_oldest', 'drop_newest'])
        .prefault('block')
        .describe('What happens when it is full: reading waits, or records are dropped and counted'),
    })
    .prefault({})
    .describe('Records that can\'t be sent for now wait on the disk');
}
