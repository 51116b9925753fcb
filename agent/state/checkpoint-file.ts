import { readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { errorCode, errorText } from './error-code.ts';
import { withFile } from './with-file.ts';

const hash = z.string().max(64);
const position = z.int().nonnegative();

const Checkpoint = z.strictObject({
  /** The source's id. */
  id: z.string().min(1).max(64),
  /** The input of the configuration. */
  input: z.string(),
  /** The last of its names that was meant. */
  path: z.string(),
  /** Where it was seen last, when that is elsewhere: `path` is a link, or the file was renamed. */
  seenAt: z.string().optional(),
  /** As decimals: both may be wider than a double. */
  device: z.string().regex(/^\d+$/),
  inode: z.string().regex(/^\d+$/),
  /** Every byte below it is safe. */
  offset: position,
  /** A container's file: by stream, below what is safe beyond `offset`. The streams do not wait for each other. */
  ahead: z.record(z.string().max(16), position).optional(),
  /** SHA-256, cut short, of the file's first bytes. */
  prefix: z.strictObject({ bytes: position, hash }),
  /** The same of the `bytes` bytes before `end`: they change when a file is truncated and grows beyond its old size. */
  marker: z.strictObject({ end: position, bytes: position, hash }),
  /**
   * The file is compressed: `offset` is in what it holds, `prefix` and `marker` are of the file itself, the whole of it.
   * `end`: how long what it holds is, once that is known.
   */
  gzip: z.strictObject({ end: position.optional() }).optional(),
  /** The content is not in this file any more, which was truncated: at best there is a copy of it. */
  detached: z.literal(true).optional(),
  /** Id of the generation before it at the same path. */
  after: z.string().max(64).optional(),
  /** How headers were found to look, and from which offset on records were read so. */
  learned: z.array(z.strictObject({ stream: z.string(), from: position, shape: z.string() })).optional(),
  /** Since when no file is known that it belongs to, in ms since 1970. */
  goneSinceMs: z.number().optional(),
});

/** What is remembered of one generation of a file. */
export type Checkpoint = Readonly<z.infer<typeof Checkpoint>>;

const Generation = z.strictObject({ generation: z.int().positive(), checkpoints: z.array(Checkpoint) });
const HEADER = /^shipper-checkpoints 1 ([0-9a-f]{8})\n/;

/** What a folder's files say. */
export interface Loaded {
  readonly generation: number;
  readonly checkpoints: readonly Checkpoint[];
  /** What was found damaged, one message each. */
  readonly problems: readonly string[];
  /** There were checkpoints, and none can be read. */
  readonly lost: boolean;
}

/**
 * Reads the newest whole generation. There are two files that take turns, so the one before the newest is always
 * there, whatever happened to the newest.
 */
export function loadCheckpoints(folder: string): Loaded {
  const problems: string[] = [];
  const found: z.infer<typeof Generation>[] = [];
  for (const turn of [0, 1]) {
    const path = join(folder, fileName(turn));
    const bytes = readIfThere(path, problems);
    const read = bytes === undefined ? undefined : decodeCheckpoints(bytes);
    if (typeof read === 'string') problems.push(`${path}: ${read}`);
    else if (read !== undefined) found.push(read);
  }
  const newest = found.sort((a, b) => b.generation - a.generation)[0];
  return { generation: newest?.generation ?? 0, checkpoints: newest?.checkpoints ?? [], problems, lost: newest === undefined && problems.length > 0 };
}

/** Writes a generation beside the others, makes it durable, and puts it in the place of the one before the last. */
export async function storeCheckpoints(folder: string, generation: number, checkpoints: readonly Checkpoint[]): Promise<void> {
  const beside = join(folder, 'checkpoints.new');
  await withFile(beside, 'w', async (file) => {
    await file.writeFile(encodeCheckpoints(generation, checkpoints));
    await file.sync();
  });
  await rename(beside, join(folder, fileName(generation % 2)));
  await withFile(folder, 'r', (file) => file.sync()); // the rename itself
}

export function encodeCheckpoints(generation: number, checkpoints: readonly Checkpoint[]): Buffer {
  const body = JSON.stringify({ generation, checkpoints });
  return Buffer.from(`shipper-checkpoints 1 ${checksum(body)}\n${body}`);
}

/** The generation in `bytes`, or what is wrong with them. */
export function decodeCheckpoints(bytes: Buffer): z.infer<typeof Generation> | string {
  const header = HEADER.exec(bytes.toString('latin1', 0, 64));
  if (header === null) return 'is no checkpoint file';
  const body = bytes.subarray(header[0].length);
  if (checksum(body) !== header[1]) return 'its checksum is wrong';
  try {
    return Generation.parse(JSON.parse(body.toString('utf8')));
  } catch (error) {
    return `can't be understood: ${errorText(error)}`;
  }
}

function fileName(turn: number): string {
  return `checkpoints-${turn}.json`;
}

function checksum(body: string | Buffer): string {
  return crc32(body).toString(16).padStart(8, '0');
}

function readIfThere(path: string, problems: string[]): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') problems.push(errorText(error));
    return undefined;
  }
}
