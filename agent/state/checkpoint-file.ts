import { readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { errorCode, errorText } from './error-code.ts';
import { listOf, mapOf, number, object, position, text, yes } from './shape.ts';
import { withFile } from './with-file.ts';

/** What is remembered of one generation of a file. */
export interface Checkpoint {
  /** The source's id. */
  readonly id: string;
  /** The input of the configuration. */
  readonly input: string;
  /** The last of its names that was meant. */
  readonly path: string;
  /** Where it was seen last, when that is elsewhere: `path` is a link, or the file was renamed. */
  readonly seenAt?: string | undefined;
  /** As decimals: both may be wider than a double. */
  readonly device: string;
  readonly inode: string;
  /** Every byte below it is safe. */
  readonly offset: number;
  /** A container's file: by stream, below what is safe beyond `offset`. The streams do not wait for each other. */
  readonly ahead?: Readonly<Record<string, number>> | undefined;
  /** SHA-256, cut short, of the file's first bytes; `steps`: CRC-32 of the first 32, 64, 128 … of them, for copies that are shorter. */
  readonly prefix: { readonly bytes: number; readonly hash: string; readonly steps?: readonly number[] | undefined };
  /** The same of the `bytes` bytes before `end`: they change when a file is truncated and grows beyond its old size. */
  readonly marker: { readonly end: number; readonly bytes: number; readonly hash: string };
  /**
   * The file is compressed: `offset` is in what it holds, `prefix` and `marker` are of the file itself, the whole of it.
   * `end`: how long what it holds is, once that is known.
   */
  readonly gzip?: { readonly end?: number | undefined } | undefined;
  /** The content is not in this file any more, which was truncated: at best there is a copy of it. */
  readonly detached?: true | undefined;
  /** When its file was written to last, as far as it was looked at in its place, in ns since 1970. */
  readonly changedNs?: string | undefined;
  /** Id of the generation before it at the same path. */
  readonly after?: string | undefined;
  /** How headers were found to look, and from which offset on records were read so. */
  readonly learned?: readonly { readonly stream: string; readonly from: number; readonly shape: string }[] | undefined;
  /** Since when no file is known that it belongs to, in ms since 1970. */
  readonly goneSinceMs?: number | undefined;
}

/** All checkpoints at one time. */
interface Generation {
  readonly generation: number;
  readonly checkpoints: readonly Checkpoint[];
}

const id = text(/./, 64);
const hash = text(/^/, 64);
const decimals = text(/^\d+$/);
const learned = object({ stream: text(), from: position, shape: text() });
const checkpoint = object(
  { id, input: text(), path: text(), device: decimals, inode: decimals, offset: position, prefix: object({ bytes: position, hash }, { steps: listOf(number) }), marker: object({ end: position, bytes: position, hash }) },
  { seenAt: text(), ahead: mapOf(text(/^/, 16), position), gzip: object({}, { end: position }), detached: yes, changedNs: decimals, after: hash, learned: listOf(learned), goneSinceMs: number },
);
const checkGeneration = object({ generation: position, checkpoints: listOf(checkpoint) });
/** A size of the file is a multiple of it, with at least as much to spare. */
const SLACK_BYTES = 1_024;
const HEADER_BYTES = 'shipper-checkpoints 1 01234567\n'.length;
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
  const found: Generation[] = [];
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

/**
 * Writes a generation beside the others, makes it durable, and puts it in the place of the one before the last. Where the
 * disk is full, it is written over that one, whose blocks it has.
 */
export async function storeCheckpoints(folder: string, generation: number, checkpoints: readonly Checkpoint[]): Promise<void> {
  const beside = join(folder, 'checkpoints.new');
  const path = join(folder, fileName(generation % 2));
  try {
    await withFile(beside, 'w', async (file) => {
      await file.writeFile(encodeCheckpoints(generation, checkpoints));
      await file.sync();
    });
  } catch (error) {
    await rm(beside, { force: true });
    if (!['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')) throw error;
    return writeOver(path, encodeCheckpoints(generation, checkpoints, 0), error);
  }
  await rename(beside, path);
  await withFile(folder, 'r', (file) => file.sync()); // the rename itself
}

/** A generation as it is written, with blanks behind it: room for as many bytes and a quarter of it to come. */
export function encodeCheckpoints(generation: number, checkpoints: readonly Checkpoint[], slack = SLACK_BYTES): Buffer {
  const body = JSON.stringify({ generation, checkpoints });
  if (slack === 0) return withHeader(Buffer.from(body));
  const length = HEADER_BYTES + Buffer.byteLength(body);
  return padded(Buffer.from(body), Math.ceil((length * 1.25 + slack) / slack) * slack);
}

/** The generation in `bytes`, or what is wrong with them. */
export function decodeCheckpoints(bytes: Buffer): Generation | string {
  const header = HEADER.exec(bytes.toString('latin1', 0, 64));
  if (header === null) return 'is no checkpoint file';
  const body = bytes.subarray(header[0].length);
  if (checksum(body) !== header[1]) return 'its checksum is wrong';
  try {
    const found: unknown = JSON.parse(body.toString('utf8'));
    const problem = checkGeneration(found);
    return problem === undefined ? found as Generation : `can't be understood:${problem}`; // it has been checked
  } catch (error) {
    return `can't be understood: ${errorText(error)}`;
  }
}

/** If the machine dies meanwhile, the last generation is there. `cause` is thrown if there is no room. */
async function writeOver(path: string, generation: Buffer, cause: unknown): Promise<void> {
  await withFile(path, 'r+', async (file) => {
    const { size } = await file.stat();
    if (generation.length > size) throw cause;
    await file.write(padded(generation.subarray(HEADER_BYTES), size), 0, size, 0);
    await file.sync();
  }).catch((error: unknown) => {
    throw errorCode(error) === 'ENOENT' ? cause : error;
  });
}

/** With blanks, which mean nothing in JSON, up to a size of the file. */
function padded(body: Buffer, size: number): Buffer {
  const whole = Buffer.alloc(size - HEADER_BYTES, ' ');
  body.copy(whole);
  return withHeader(whole);
}

function withHeader(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`shipper-checkpoints 1 ${checksum(body)}\n`), body]);
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
