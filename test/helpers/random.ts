/** A seeded source of chance, so that a run that fails can be repeated: SEED=… in the environment. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0 up to `limit`, which is left out. */
  below(limit: number): number;
  /** True in one of `times` calls. */
  oneIn(times: number): boolean;
  of<T>(list: ArrayLike<T>): T;
  bytes(length: number): Buffer;
}

/** mulberry32, which is in the public domain. */
export function seeded(seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    seed,
    below,
    oneIn: (times) => below(times) === 0,
    of: (list) => list[below(list.length)] as (typeof list)[number],
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}
