import type { LearnedShape } from '../../records/head.ts';
import type { Places, Source, StreamPositions } from '../source.ts';
import { byteOrderMark, MARK_BYTES, mayBeMark } from './byte-order-mark.ts';
import type { Charset } from './charset.ts';
import { charsetOf } from './encodings.ts';
import type { Encoding } from './names.ts';
import { Transcoder } from './transcoder.ts';

/**
 * The source as UTF-8: itself, if its first bytes say that it is that already. `encoding`: what it is in, unless it
 * begins with a byte order mark, which says so itself and is no text.
 */
export function decoded(source: Source, encoding: Encoding): Source {
  const head = encoding === 'utf-8' ? headOf(source) : undefined;
  const isPlain = head !== undefined && byteOrderMark(head) === undefined && !mayBeMark(head);
  return isPlain ? source : new DecodedSource(source, encoding);
}

/** One for all sources: each is read and made into records before the next has its turn. */
const transcoder = new Transcoder();

/**
 * A source that is read as UTF-8, whatever it is in. Positions are those of the source's own bytes, ids and checkpoints
 * with them; where they lie in the text that `read` gave last, `places` says.
 */
class DecodedSource implements Source {
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly #source: Source;
  readonly #encoding: Encoding;
  /** 'unknown' until its first bytes are there; undefined: it is UTF-8. */
  #charset: Charset | undefined | 'unknown' = 'unknown';
  #markBytes = 0;
  /** Bytes, in UTF-8, of the character at `offset` that were taken: of a line that is too long to be kept. */
  #inside = 0;
  #isHeld = false;

  constructor(source: Source, encoding: Encoding) {
    this.#source = source;
    this.#encoding = encoding;
    this.index = source.index;
    this.id = source.id;
    this.name = source.name;
    this.input = source.input;
  }

  read(target: Uint8Array<ArrayBuffer>, skip: number): number {
    if (target.length === 0) return 0;
    const charset = this.#charset === 'unknown' ? this.#look() : this.#charset;
    if (charset === 'unknown') return 0;
    if (skip === 0) this.#passOver(charset);
    if (charset === undefined) return this.#source.read(target, skip);
    if (skip === 0) transcoder.begin(this, charset, this.#source.offset, this.#inside);
    else this.#mustBeRead(skip);
    return transcoder.fill(target, (raw, from) => this.#source.read(raw, from), () => this.#source.ended || this.#isHeld);
  }

  readHead(target: Uint8Array<ArrayBuffer>, bytes: number): number {
    const charset = this.#charset === 'unknown' ? this.#look() : this.#charset;
    const text = headOf(this.#source, bytes)?.subarray(this.#markBytes);
    if (text === undefined || charset === 'unknown') return 0;
    if (charset === undefined) return copyTo(target, text);
    transcoder.begin(this, charset, this.#markBytes, 0);
    return transcoder.fill(target, (raw, from) => copyTo(raw, text.subarray(from)), () => true);
  }

  advance(bytes: number): void {
    if (typeof this.#charset !== 'object') return this.#source.advance(bytes);
    this.#mustBeRead();
    const { raw, inside } = transcoder.split(bytes);
    this.#source.advance(raw);
    this.#inside = inside;
  }

  get places(): Places | undefined {
    return typeof this.#charset === 'object' ? transcoder : undefined;
  }

  hold(): void {
    this.#isHeld = true;
    this.#source.hold?.();
  }

  acknowledge(offset: number, ahead?: StreamPositions): void {
    this.#source.acknowledge(offset, ahead);
  }

  get offset(): number {
    return this.#source.offset;
  }

  get knownEnd(): number {
    return this.#source.knownEnd ?? this.offset;
  }

  get unread(): number {
    return this.#source.unread ?? 0;
  }

  get predecessor(): Source | undefined {
    return this.#source.predecessor;
  }

  get lost(): number {
    return this.#source.lost ?? 0;
  }

  get hasOwnMessages(): boolean {
    return this.#source.hasOwnMessages === true;
  }

  get readOnce(): boolean {
    return this.#source.readOnce === true;
  }

  get isCutShort(): boolean {
    return this.#source.isCutShort === true;
  }

  get ended(): boolean {
    return this.#source.ended;
  }

  get activeAtMs(): number {
    return this.#source.activeAtMs;
  }

  get learned(): readonly LearnedShape[] | undefined {
    return this.#source.learned;
  }

  set learned(learned: readonly LearnedShape[] | undefined) {
    this.#source.learned = learned;
  }

  get ahead(): StreamPositions | undefined {
    return this.#source.ahead;
  }

  /** For bugs: whoever reads another source in between has lost the places of this one. */
  #mustBeRead(bytes = transcoder.textLength): void {
    if (transcoder.user !== this || transcoder.textLength !== bytes) throw new Error(`${this.name} was not the last source to be read`);
  }

  /** Finds out what it is in, once its first bytes are there. */
  #look(): Charset | undefined | 'unknown' {
    const { offset, ended } = this.#source;
    const first = new Uint8Array(MARK_BYTES);
    const length = this.#source.read(first, 0);
    const head = offset === 0 ? first.subarray(0, length) : headOf(this.#source);
    if (length === 0 || (head !== undefined && mayBeMark(head) && !ended && !this.#isHeld)) return 'unknown';
    const mark = head && byteOrderMark(head);
    this.#markBytes = mark?.bytes ?? 0;
    return (this.#charset = charsetOf(mark?.encoding ?? this.#encoding));
  }

  /** What is no text: the mark, and the second half of a unit of which the first was the end of all there was. */
  #passOver(charset: Charset | undefined): void {
    const { offset } = this.#source;
    if (offset < this.#markBytes) this.#source.advance(this.#markBytes - offset);
    else if (charset !== undefined && offset % charset.unitBytes !== 0) this.#source.advance(1);
  }
}

/** The first bytes of a source, at most so many; undefined: they can't be read again. */
function headOf(source: Source, bytes = MARK_BYTES): Uint8Array | undefined {
  if (source.readHead === undefined) return undefined;
  const head = new Uint8Array(bytes);
  return head.subarray(0, source.readHead(head, bytes));
}

function copyTo(target: Uint8Array, bytes: Uint8Array): number {
  const copied = bytes.subarray(0, target.length);
  target.set(copied);
  return copied.length;
}
