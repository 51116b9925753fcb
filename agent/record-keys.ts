import { isUtf8 } from 'node:buffer';
import type { Arena } from './arena.ts';
import { KeySet } from './key-set.ts';

const BACKSLASH = 0x5c;

/**
 * The keys of one record's members, as their reader will see them. Those of a JSON line are only looked at when
 * something else sets members as well.
 */
export class RecordKeys {
  /** Address that positions count from, and whether what lies there is valid UTF-8. */
  base = 0;
  valid = true;
  readonly #arena: Arena;
  readonly #set: KeySet;
  #table: Int32Array = new Int32Array(0);
  #count = 0;
  #stride = 1;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#set = new KeySet(arena);
  }

  /** Where kernels may add keys, which are addresses; 0: they must ask `add`. */
  get address(): number {
    return this.#count === 0 && this.valid ? this.#set.address : 0;
  }

  clear(): void {
    this.#count = 0;
    this.#set.clear();
  }

  /**
   * The keys of a JSON line: `count` rows of `stride` integers, of which the first two are a key's start and end in the
   * chunk, without its quotes.
   */
  later(table: Int32Array, count: number, stride: number): void {
    this.#table = table;
    this.#count = count;
    this.#stride = stride;
  }

  /** Adds the key that lies at `address`; false if it is there, or is not UTF-8: what is written of two such may be the same. */
  add(address: number, length: number): boolean {
    this.fill();
    if (!this.valid && !isUtf8(this.#arena.bytes.subarray(address, address + length))) return false;
    return this.#set.add(address, address + length);
  }

  has(address: number, length: number): boolean {
    this.fill();
    return this.#set.has(address, address + length);
  }

  /** Takes up the keys that were put off; they are positions from `base`. */
  fill(): void {
    for (let row = 0; row < this.#count; row++) {
      const at = row * this.#stride;
      const start = this.base + (this.#table[at] as number);
      const end = this.base + (this.#table[at + 1] as number);
      if (this.#isPlain(start, end)) this.#set.add(start, end);
      else this.#addDecoded(start, end);
    }
    this.#count = 0;
  }

  /** Whether a key's bytes are what its reader will see. */
  #isPlain(start: number, end: number): boolean {
    if (!this.valid) return false;
    for (let at = start; at < end; at++) if (this.#arena.bytes[at] === BACKSLASH) return false;
    return true;
  }

  #addDecoded(start: number, end: number): void {
    const text = Buffer.from(decodedKey(this.#arena.bytes, start, end));
    const address = this.#arena.scratchSpace(text.length);
    if (address < 0) return;
    this.#arena.bytes.set(text, address);
    this.#set.add(address, address + text.length);
  }
}

/** The key of a JSON object whose bytes lie at [start, end), without its quotes, as its reader will see it. */
export function decodedKey(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
  return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text;
}
