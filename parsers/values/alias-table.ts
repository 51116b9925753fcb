const SLOTS = 4096; // a power of two, at least four times the number of keys
const MULTIPLIER = 0x01000193;
const SEED = 0x811c9dc5 | 0;
const DOT = 0x2e;

/** By byte: what a key is compared by. Letters in lower case; 0 for `_`, `-` and space, which are passed over. */
const NORMAL = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return '_- '.includes(char) ? 0 : byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
});

/**
 * Finds known keys in bytes: case, `_` and `-` make no difference (`userId`, `User-Id`, `user_id`). A key with dots is
 * found as it stands, and as keys of nested objects: `err.type` is `type` in the container `err`.
 */
export class AliasTable {
  /** Ids by slot, -1 where free, and their hashes. */
  readonly #ids = new Int32Array(SLOTS).fill(-1);
  readonly #hashes = new Int32Array(SLOTS);
  readonly #texts: Uint8Array[] = [];
  /** By id: the unfinished hash of `key.`; by id: whether keys begin with `key.`; by id: reserved or not. */
  readonly #prefixes: number[] = [];
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
    this.#ids.fill(-1);
    for (const list of [this.#texts, this.#prefixes, this.#isContainer, this.#isReserved]) list.length = 0;
    [...this.#own, ...more, ...containers].forEach((key, id) => this.#add(key, id));
    for (const key of containers) this.#isContainer[this.#idOf(key)] = true;
    for (const key of this.#ownReserved) this.#isReserved[this.#idOf(key)] = true;
    return more.map((key) => this.#idOf(key));
  }

  /** Ids are below it. */
  get size(): number {
    return this.#texts.length;
  }

  /** Hot: once per key. Id of the key at [start, end) of `bytes`, inside the container with id `container` (-1: none); -1: unknown. */
  find(bytes: Uint8Array, start: number, end: number, container: number): number {
    let hash = container < 0 ? SEED : (this.#prefixes[container] as number);
    for (let at = start; at < end; at++) {
      const byte = NORMAL[bytes[at] as number] as number;
      if (byte !== 0) hash = Math.imul(hash ^ byte, MULTIPLIER);
    }
    hash ^= hash >>> 15;
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const id = this.#ids[slot] as number;
      if (id < 0) return -1;
      if (this.#hashes[slot] === hash && this.#matches(id, bytes, start, end, container)) return id;
    }
  }

  /** Whether keys of the object under this key are known. */
  isContainer(id: number): boolean {
    return id >= 0 && this.#isContainer[id] === true;
  }

  /** Whether a dialect may have an object of its own under this key. */
  isReserved(id: number): boolean {
    return id >= 0 && this.#isReserved[id] === true;
  }

  #matches(id: number, bytes: Uint8Array, start: number, end: number, container: number): boolean {
    const text = this.#texts[id] as Uint8Array;
    let expected = container < 0 ? 0 : (this.#texts[container] as Uint8Array).length + 1;
    for (let at = start; at < end; at++) {
      const byte = NORMAL[bytes[at] as number] as number;
      if (byte !== 0 && text[expected++] !== byte) return false;
    }
    return expected === text.length;
  }

  #add(key: string, id: number): void {
    const text = normal(key);
    this.#texts.push(text);
    this.#prefixes.push(Math.imul(mix(text, SEED) ^ DOT, MULTIPLIER));
    this.#isContainer.push(false);
    this.#isReserved.push(false);
    if (this.find(text, 0, text.length, -1) < 0) this.#put(id, text);
  }

  #put(id: number, text: Uint8Array): void {
    const hash = finish(mix(text, SEED));
    let slot = hash & (SLOTS - 1);
    while ((this.#ids[slot] as number) >= 0) slot = (slot + 1) & (SLOTS - 1);
    this.#ids[slot] = id;
    this.#hashes[slot] = hash;
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
