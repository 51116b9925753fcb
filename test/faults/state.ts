import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inspectBuffers } from '../../agent/delivery/buffer/inspect.ts';
import { lineFrom, stored } from './line.ts';
import type { Destination } from './sink.ts';

/** What lies in a state directory: names of lines. */
export interface Kept {
  readonly buffered: ReadonlySet<string>;
  /** In the order in which they were written. */
  readonly letters: readonly string[];
}

/** Reads the disk buffers and dead letters of a state directory. An agent may be at work in it. */
export async function kept(stateDir: string, destination: Destination): Promise<Kept> {
  if (!existsSync(stateDir)) return { buffered: new Set(), letters: [] };
  const buffered = new Set<string>();
  for (const buffer of await inspectBuffers(stateDir, () => undefined)) {
    for await (const record of buffer.read()) for (const { text } of stored(destination, bodyOf(destination, record))) buffered.add(text);
  }
  return { buffered, letters: letterFiles(stateDir).flatMap(lettersIn) };
}

/** Records lie in a buffer as they are encoded; a request to Datadog puts brackets around them. */
function bodyOf(destination: Destination, record: Uint8Array): string {
  const text = Buffer.from(record).toString();
  return destination === 'datadog' ? `[${text}]` : text;
}

function letterFiles(stateDir: string): string[] {
  return readdirSync(stateDir, { recursive: true }).map(String).filter((name) => /dead-letters-[^/]*\.ndjson/.test(name)).map((name) => path.join(stateDir, name));
}

/** Whole lines: the last one may be half written. */
function lettersIn(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1).flatMap((line) => {
    const letter = parsed(line) as { document?: { message?: unknown } } | undefined;
    return letter === undefined ? [] : [lineFrom(String(letter.document?.message), '').text];
  });
}

/** A letter that was cut off by a crash is no letter. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
