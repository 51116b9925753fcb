import { readdirSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Place, Span } from './place.ts';
import { atLeast, listOf, number, position, text, type Check } from '../../state/shape.ts';
import { withFile } from '../../state/with-file.ts';

/** Whose buffer a folder is. A later run with the same output delivers what is in it. */
export interface Owner {
  readonly output: string;
  readonly type: string;
  /** Where the records were meant to go: an address without credentials. */
  readonly target: string;
  /** When it was begun, in ms since 1970. */
  readonly sinceMs: number;
}

/** How far a buffer is delivered, and which stretches behind that were dropped on purpose. */
export interface Progress {
  readonly next: Place;
  readonly dropped: readonly Span[];
}

/** A segment's name says where in the stream it begins, so that what a missing one held is known. `number` counts the files. */
export interface SegmentName {
  readonly number: number;
  readonly first: Place;
}

const OWNER = 'about.json';
const PROGRESS = 'progress';
const SEGMENT = /^(\d{8,})-(\d+)-(\d+)\.segment$/;
const FOLDER = /^buffer-[a-z]+-.+$/;

const place = atLeast({ record: position, byte: position });
const isOwner = atLeast({ output: text(), type: text(), target: text(), sinceMs: number });
const isProgress = atLeast({ next: place, dropped: listOf(atLeast({ from: place, to: place })) });

export function folderName(owner: Pick<Owner, 'output' | 'type'>): string {
  return `buffer-${owner.type}-${owner.output}`;
}

/** Buffers of all outputs in a folder, by their folders' names. */
export function buffersIn(folder: string): string[] {
  return entriesOf(folder).filter((name) => FOLDER.test(name));
}

export function segmentsIn(folder: string): SegmentName[] {
  const found = entriesOf(folder).flatMap((name) => {
    const [, number, record, byte] = SEGMENT.exec(name) ?? [];
    return number === undefined ? [] : [{ number: Number(number), first: { record: Number(record), byte: Number(byte) } }];
  });
  return found.sort((a, b) => a.number - b.number);
}

export function segmentPath(folder: string, { number, first }: SegmentName): string {
  return join(folder, `${String(number).padStart(8, '0')}-${first.record}-${first.byte}.segment`);
}

export function readOwner(folder: string): Owner | undefined {
  return readChecked(join(folder, OWNER), isOwner) as Owner | undefined; // it has been checked
}

export function writeOwner(folder: string, owner: Owner): Promise<void> {
  return writeChecked(folder, OWNER, owner);
}

/** Where to go on; unreadable or not there: at the beginning of what is there, since repeats are better than gaps. */
export function readProgress(folder: string): Progress | undefined {
  return readChecked(join(folder, PROGRESS), isProgress) as Progress | undefined; // it has been checked
}

export function writeProgress(folder: string, progress: Progress): Promise<void> {
  return writeChecked(folder, PROGRESS, progress);
}

/** Makes what was created, renamed or deleted in a folder durable. */
export function syncFolder(folder: string): Promise<void> {
  return withFile(folder, 'r', (file) => file.sync());
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readChecked(path: string, check: Check): unknown {
  try {
    const [checksum, body = ''] = readFileSync(path, 'utf8').split('\n');
    const found: unknown = checksum === crc32(body).toString(16) ? JSON.parse(body) : undefined;
    return check(found) === undefined ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside, made durable, and renamed: it is the old one or the new one at any moment. */
async function writeChecked(folder: string, name: string, content: object): Promise<void> {
  const body = JSON.stringify(content);
  const beside = join(folder, `${name}.new`);
  await withFile(beside, 'w', async (file) => {
    await file.writeFile(`${crc32(body).toString(16)}\n${body}\n`);
    await file.datasync();
  });
  await rename(beside, join(folder, name));
}
