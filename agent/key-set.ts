import type { Arena } from './arena.ts';

const MULTIPLIER = 0x9e3779b1;

/** A set of keys in integers: the number of the round, of keys and of slots, then slots of three: round, and start and end of a key. SLOTS: a power of two. */
const State = { ROUND: 0, COUNT: 1, SLOTS: 2, TABLE: 3, SLOT: 3 } as const;
const SLOTS = 1024;

/** Bytes a set claims of an arena. */
export const KEY_SET_BYTES = (State.TABLE + SLOTS * State.SLOT) * 4;

/**
 * The keys of one record, to see one that comes twice. Cleared by counting up, not by writing. It lies in the arena, so
 * that kernels add to it too; with a record that has more keys than usual it moves out of it. Keys are addresses.
 */
export class KeySet {
  readonly #bytes: Uint8Array;
  readonly #own: Int32Array;
  readonly #ownAt: number;
  /** Where the set is now: integers, and the index of its first. */
  #ints: Int32Array;
  #at: number;

  constructor(arena: Arena) {
    this.#bytes = arena.bytes;
    this.#own = this.#ints = new Int32Array(arena.memory.buffer);
    this.#ownAt = this.#at = arena.claim(KEY_SET_BYTES).start / 4;
    this.#ints[this.#at + State.ROUND] = 1;
    this.#ints[this.#at + State.SLOTS] = SLOTS;
  }

  /** Where kernels find the set; 0: it has grown out of the arena. */
  get address(): number {
    return this.#ints === this.#own ? this.#ownAt * 4 : 0;
  }

  clear(): void {
    this.#ints = this.#own;
    this.#at = this.#ownAt;
    const round = this.#ints[this.#at + State.ROUND] as number;
    this.#ints[this.#at + State.COUNT] = 0;
    this.#ints[this.#at + State.ROUND] = round + 1;
    if (round < 0x7ffffffe) return;
    this.#ints.fill(0, this.#at + State.TABLE, this.#at + State.TABLE + SLOTS * State.SLOT);
    this.#ints[this.#at + State.ROUND] = 1;
  }

  /** Adds the key whose bytes lie at [start, end); false if it is there already. */
  add(start: number, end: number): boolean {
    if (isFull(this.#ints, this.#at)) this.#grow();
    return addKey(this.#ints, this.#at, this.#bytes, start, end);
  }

  has(start: number, end: number): boolean {
    return this.#ints[this.#at + State.COUNT] !== 0 && this.#ints[slotOf(this.#ints, this.#at, this.#bytes, start, end)] === this.#ints[this.#at + State.ROUND];
  }

  #grow(): void {
    const [ints, at] = [this.#ints, this.#at];
    const slots = ints[at + State.SLOTS] as number;
    const round = ints[at + State.ROUND];
    this.#ints = new Int32Array(State.TABLE + 2 * slots * State.SLOT);
    this.#at = 0;
    this.#ints[State.ROUND] = 1;
    this.#ints[State.SLOTS] = 2 * slots;
    for (let slot = at + State.TABLE; slot < at + State.TABLE + slots * State.SLOT; slot += State.SLOT) {
      if (ints[slot] === round) addKey(this.#ints, 0, this.#bytes, ints[slot + 1] as number, ints[slot + 2] as number);
    }
  }
}

// Portable: kernels add keys by the same functions (see kernel/portable/event.ts).

/** Whether the set at index `at` needs more room for another key. */
export function isFull(ints: Int32Array, at: number): boolean {
  return (ints[at + State.COUNT] as number) * 2 >= (ints[at + State.SLOTS] as number);
}

/** Adds the key at [start, end) of `bytes` to the set at index `at`, which is not full; false if it is there already. */
export function addKey(ints: Int32Array, at: number, bytes: Uint8Array, start: number, end: number): boolean {
  const slot = slotOf(ints, at, bytes, start, end);
  const round = ints[at + State.ROUND] as number;
  if (ints[slot] === round) return false;
  ints[slot] = round;
  ints[slot + 1] = start;
  ints[slot + 2] = end;
  ints[at + State.COUNT] = (ints[at + State.COUNT] as number) + 1;
  return true;
}

/** Index of the slot that holds the key, or of the free one it belongs in. */
function slotOf(ints: Int32Array, at: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let from = start; from < end; from++) hash = Math.imul(hash ^ (bytes[from] as number), MULTIPLIER);
  const mask = (ints[at + State.SLOTS] as number) - 1;
  const round = ints[at + State.ROUND] as number;
  let number = (hash ^ (hash >>> 15)) & mask;
  for (;;) {
    const slot = at + State.TABLE + number * State.SLOT;
    if (ints[slot] !== round || isSame(bytes, ints[slot + 1] as number, ints[slot + 2] as number, start, end)) return slot;
    number = (number + 1) & mask;
  }
}

function isSame(bytes: Uint8Array, otherStart: number, otherEnd: number, start: number, end: number): boolean {
  if (otherEnd - otherStart !== end - start) return false;
  for (let at = start, to = otherStart; at < end; at++, to++) if (bytes[at] !== bytes[to]) return false;
  return true;
}
