const SLOTS = 1024; // a power of two
const MULTIPLIER = 0x9e3779b1;

/**
 * The keys of one record, to see one that comes twice. Cleared by counting up, not by writing; grows with a record
 * that has more keys than usual. Keys are addresses into the arena.
 */
export class KeySet {
  readonly #bytes: Uint8Array;
  #slots = SLOTS;
  #round = 1;
  #count = 0;
  #rounds = new Int32Array(SLOTS);
  #starts = new Int32Array(SLOTS);
  #ends = new Int32Array(SLOTS);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  clear(): void {
    this.#count = 0;
    if (++this.#round < 0x7fffffff) return;
    this.#rounds.fill(0);
    this.#round = 1;
  }

  /** Adds the key whose bytes lie at [start, end); false if it is there already. */
  add(start: number, end: number): boolean {
    if (this.#count * 2 >= this.#slots) this.#grow();
    const slot = this.#find(start, end);
    if (this.#rounds[slot] === this.#round) return false;
    this.#put(slot, start, end);
    return true;
  }

  has(start: number, end: number): boolean {
    return this.#count > 0 && this.#rounds[this.#find(start, end)] === this.#round;
  }

  /** The slot that holds the key, or the free one it belongs in. */
  #find(start: number, end: number): number {
    const bytes = this.#bytes;
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), MULTIPLIER);
    const mask = this.#slots - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#rounds[slot] === this.#round && !this.#same(slot, start, end)) slot = (slot + 1) & mask;
    return slot;
  }

  #same(slot: number, start: number, end: number): boolean {
    const other = this.#starts[slot] as number;
    if ((this.#ends[slot] as number) - other !== end - start) return false;
    for (let at = start, to = other; at < end; at++, to++) if (this.#bytes[at] !== this.#bytes[to]) return false;
    return true;
  }

  #put(slot: number, start: number, end: number): void {
    this.#rounds[slot] = this.#round;
    this.#starts[slot] = start;
    this.#ends[slot] = end;
    this.#count++;
  }

  #grow(): void {
    const [rounds, starts, ends] = [this.#rounds, this.#starts, this.#ends];
    const round = this.#round;
    this.#slots *= 2;
    this.#rounds = new Int32Array(this.#slots);
    this.#starts = new Int32Array(this.#slots);
    this.#ends = new Int32Array(this.#slots);
    this.#count = 0;
    for (let slot = 0; slot < rounds.length; slot++) {
      if (rounds[slot] !== round) continue;
      const [start, end] = [starts[slot] ?? 0, ends[slot] ?? 0];
      this.#put(this.#find(start, end), start, end);
    }
  }
}
