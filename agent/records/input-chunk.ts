import { isUtf8 } from 'node:buffer';
import type { Arena } from '../arena.ts';
import type { Chunk } from '../chunk.ts';
import type { Scanners } from '../../parsers/values/scanners.ts';
import type { EnvelopeHead } from './envelope.ts';
import type { OpenRecord } from './open-record.ts';

const [LF, SPACE, ESCAPE] = [0x0a, 0x20, 0x1b];

/** The chunk that lies in the arena's input region: filled again and again. */
export class InputChunk implements Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly base: number;
  valid = true;
  coloured = false;
  readonly scanners: Scanners;
  readonly #buffer: Buffer<ArrayBuffer>;
  /** Bytes of it that are filled. */
  length = 0;
  #text: string | undefined;

  constructor(arena: Arena, scanners: Scanners) {
    this.scanners = scanners;
    const { start, end } = arena.input;
    this.base = start;
    this.bytes = arena.bytes.subarray(start, end);
    this.#buffer = Buffer.from(this.bytes.buffer, start, end - start);
  }

  /** Bytes it can hold. */
  get room(): number {
    return this.bytes.length;
  }

  /** Where bytes are read into: from position `from` up to `to`. */
  target(from: number, to: number): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from, to);
  }

  /** Its first `length` bytes are new. */
  set(length: number): void {
    this.length = length;
    this.#text = undefined;
    if (length < this.room) this.bytes[length] = LF; // who looks past the last record sees a line's end, not what was there before
    this.#lookAt(0, length);
  }

  /** Whether a record that was unwrapped has room behind what is there, with what its envelope says. */
  holds(record: OpenRecord): boolean {
    return this.length + headBytes(record) + record.end - record.start + 2 <= this.room;
  }

  /**
   * Puts a record that was unwrapped behind what is there: time, stream and the rest of its envelope, then its text, each
   * with a line's end. Where the text begins; it ends before the last byte.
   */
  put(head: EnvelopeHead, record: OpenRecord): number {
    const { bytes } = this;
    const from = this.length;
    const { first } = record;
    let at = from;
    head.timeStart = at;
    for (let i = 0; i < first.timeLength; i++) bytes[at++] = first.time[i] as number;
    head.timeEnd = at;
    bytes[at++] = SPACE;
    head.streamStart = at;
    for (let i = 0; i < record.stream.length; i++) bytes[at++] = record.stream.charCodeAt(i);
    head.streamEnd = at;
    bytes[at++] = SPACE;
    head.extraStart = at;
    bytes.set(first.extra, at);
    head.extraEnd = at += first.extra.length;
    bytes[at++] = LF;
    const end = Math.min(record.end, record.start + this.room - at - 1);
    bytes.set(record.bytes.subarray(record.start, end), at);
    this.length = at + end - record.start + 1;
    bytes[this.length - 1] = LF;
    this.#text = undefined;
    this.#lookAt(from, this.length);
    return at;
  }

  /** What is known of the bytes at [from, to), which are new. */
  #lookAt(from: number, to: number): void {
    const bytes = this.#buffer.subarray(from, to);
    this.valid = isUtf8(bytes);
    this.coloured = bytes.includes(ESCAPE); // a Buffer's search: that of a plain array goes byte by byte
  }

  get text(): string {
    return (this.#text ??= this.#buffer.toString('latin1', 0, this.length));
  }
}

function headBytes({ first, stream }: OpenRecord): number {
  return first.timeLength + stream.length + first.extra.length + 3;
}
