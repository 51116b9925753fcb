import { findKey, KeyTable, MULTIPLIER, NORMAL, SEED } from '../keys.ts';

const { SLOTS, ROWS, ROW } = KeyTable;
const DOT = 0x2e;

/**
 * Finds known keys in bytes: case, `_` and `-` make no difference (`userId`, `User-Id`, `user_id`). A key with dots is
 * found as it stands, and as keys of nested objects: `err.type` is `type` in the container `err`.
 */
export class AliasTable {
  /** See KeyTable. */
  #table = new Int32Array(0);
  #size = 0;
  /** By id: whether keys begin with `key.`; by id: reserved or not. */
  readonly #isContainer: boolean[] = [];
  readonly #isReserved: boolean[] = [];

  /** What it always knows, and how much of that are keys. */
  readonly #own: readonly string[];
  readonly #ownReserved: readonly string[];
  readonly #ownContainers: ReadonlySet<string>;

  /** `keys` get their positions as ids (of two that are alike, the first one's); what is only reserved or a container comes behind them. */
  constructor(keys: readonly string[], reserved: readonly string[], wrappers: readonly string[]) {
    this.#ownContainers = new Set([...keys.flatMap(prefixes), ...wrappers.flatMap(prefixes), ...wrappers]);
    this.#own = [...keys, ...reserved, ...this.#ownContainers];
    this.#ownReserved = reserved;
    this.extend([]);
  }

  /** Makes `more` keys known, instead of those of the last call; their ids, which may be ids of keys that are always known. */
  extend(more: readonly string[]): number[] {
    const containers = new Set([...this.#ownContainers, ...more.flatMap(prefixes)]);
    this.#fill([...this.#own, ...more, ...containers].map(normal));
    for (const list of [this.#isContainer, this.#isReserved]) list.length = 0;
    for (const key of containers) this.#isContainer[this.#idOf(key)] = true;
    for (const key of this.#ownReserved) this.#isReserved[this.#idOf(key)] = true;
    return more.map((key) => this.#idOf(key));
  }

  /** Ids are below it. */
  get size(): number {
    return this.#size;
  }

  /** The keys as kernels read them. */
  get table(): Int32Array<ArrayBuffer> {
    return this.#table;
  }

  /** Id of the key at [start, end) of `bytes`, inside the container with id `container` (-1: none); -1: unknown. */
  find(bytes: Uint8Array, start: number, end: number, container: number): number {
    return findKey(this.#table, bytes, start, end, container);
  }

  /** Whether keys of the object under this key are known. */
  isContainer(id: number): boolean {
    return id >= 0 && this.#isContainer[id] === true;
  }

  /** Whether a dialect may have an object of its own under this key. */
  isReserved(id: number): boolean {
    return id >= 0 && this.#isReserved[id] === true;
  }

  #fill(texts: readonly Uint8Array[]): void {
    let textAt = ROWS + texts.length * ROW;
    const table = new Int32Array(texts.reduce((sum, { length }) => sum + length, textAt)).fill(-1, 0, ROWS);
    this.#table = table;
    this.#size = texts.length;
    texts.forEach((text, id) => {
      table.set([Math.imul(mix(text, SEED) ^ DOT, MULTIPLIER), textAt, text.length], ROWS + id * ROW);
      table.set(text, textAt);
      textAt += text.length;
      if (this.find(text, 0, text.length, -1) < 0) this.#put(id, text);
    });
  }

  #put(id: number, text: Uint8Array): void {
    const hash = finish(mix(text, SEED));
    let slot = hash & (SLOTS - 1);
    while ((this.#table[slot * 2] as number) >= 0) slot = (slot + 1) & (SLOTS - 1);
    this.#table.set([id, hash], slot * 2);
  }

  #idOf(key: string): number {
    const text = normal(key);
    return this.find(text, 0, text.length, -1);
  }
}

function mix(text: Uint8Array, seed: number): number {
  return text.reduce((hash, byte) => Math.imul(hash ^ byte, MULTIPLIER), seed);
}

function finish(hash: number): number {
  return hash ^ (hash >>> 15);
}

function normal(key: string): Uint8Array {
  return Buffer.from(key).map((byte) => NORMAL[byte] ?? 0).filter((byte) => byte !== 0);
}

/** `a.b.c` → `a`, `a.b`. */
function prefixes(key: string): string[] {
  const parts = key.split('.');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
}
