import { isAscii } from 'node:buffer';
import type { Chunk } from '../../agent/chunk.ts';
import { From, type Pattern } from './compile.ts';

/**
 * The text of [start, end) of a chunk, as patterns see it. Where all of it is ASCII, or none of it need be valid UTF-8, a
 * character is a byte; else the text is decoded, so that `.` is a letter and not half of one, and places are counted back.
 */
export class Subject {
  text = '';
  #start = 0;
  #isDecoded = false;
  #chunk: Chunk | undefined;
  #chunkText = '';
  #isAscii = false;

  /** The record or message at [start, end). Slices of the chunk's text are no copies. */
  set(chunk: Chunk, start: number, end: number): void {
    this.#start = start;
    const { text } = chunk;
    if (chunk !== this.#chunk || text !== this.#chunkText) this.#look(chunk);
    this.#chunkText = text; // of equal texts the chunk's own: to compare it with itself costs nothing
    this.#isDecoded = !this.#isAscii && chunk.valid && !isAscii(chunk.bytes.subarray(start, end));
    this.text = this.#isDecoded ? decoded(chunk.bytes, start, end) : this.#chunkText.slice(start, end);
  }

  /** The same for bytes that are no chunk with a text. */
  setBytes(bytes: Uint8Array, start: number, end: number, valid: boolean): void {
    this.#start = start;
    this.#isDecoded = valid && !isAscii(bytes.subarray(start, end));
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    this.text = buffer.toString(this.#isDecoded ? 'utf8' : 'latin1');
  }

  /** Position in the chunk of a position in the text. */
  placeOf(position: number): number {
    return this.#start + (this.#isDecoded ? Buffer.byteLength(this.text.slice(0, position)) : position);
  }

  #look(chunk: Chunk): void {
    this.#chunk = chunk;
    this.#isAscii = isAscii(chunk.bytes.subarray(0, chunk.text.length));
  }
}

function decoded(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

/** Where the groups of the last match begin and end in the text. */
export const starts = new Int32Array(1024);
export const ends = new Int32Array(1024);

/** Matches, and fills `starts` and `ends`. Null: no match. */
export function matchAt({ regex, places }: Pattern, text: string): RegExpExecArray | null {
  regex.lastIndex = 0;
  const match = regex.exec(text);
  if (match === null) return null;
  starts[0] = match.index;
  ends[0] = match.index + match[0].length;
  for (let group = 1; group < match.length; group++) {
    const length = (match[group] as string | undefined)?.length ?? 0; // a group that took no part is undefined
    const other = places[group * 3 + 1] as number;
    const from = places[group * 3];
    const start = from === From.LAST ? (ends[other] as number) - length : ((from === From.START ? starts : ends)[other] as number) + (places[group * 3 + 2] as number);
    starts[group] = start;
    ends[group] = start + length;
  }
  return match;
}
