/** Values of FOLD: what ends a word, what stands in one without counting, and the last of the digits. */
export const BREAK = 0;
export const SILENT = 1;
export const LAST_DIGIT = 0x39;

/**
 * Words by a rolling hash, so that a scanner knows a word the moment it ends, without a string. Case, `_` and `-` make
 * no difference: `request_id`, `requestId` and `Request-ID` are one word. What has the same 32 bits of hash as a word of
 * the table is taken for it: one stranger in some ten million, and it costs a look at its neighbours.
 */
export const FOLD = Uint8Array.from({ length: 256 }, (_, byte) => foldOf(byte));

/** Bits that belong to words, by the word's hash: a mask, and then by slot a hash and its bits, side by side for the cache. */
export function wordTable(words: ReadonlyMap<string, number>): Int32Array {
  const slots = 2 ** Math.ceil(Math.log2(words.size * 3 + 1));
  const table = new Int32Array(1 + slots * 2);
  table[0] = slots - 1;
  for (const [word, bits] of words) {
    const hash = hashOf(word);
    const at = slotOf(table, hash);
    if (table[at + 1] !== 0) throw new Error('two words with one hash');
    table[at] = hash;
    table[at + 1] = bits;
  }
  return table;
}

/** Bits of the word with this hash; 0 if there is none. */
export function findWord(table: Int32Array, hash: number): number {
  return table[slotOf(table, hash) + 1] as number;
}

/** Where the word with this hash has its slot in the table, or would have it. */
function slotOf(table: Int32Array, hash: number): number {
  const mask = table[0] as number;
  let slot = (hash ^ (hash >>> 13)) & mask;
  for (;;) {
    const at = 1 + slot * 2;
    if (table[at + 1] === 0 || table[at] === hash) return at;
    slot = (slot + 1) & mask;
  }
}

/** Hash of the word's part in [start, end). */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) {
    const fold = FOLD[bytes[at] as number] as number;
    if (fold > SILENT) hash = (Math.imul(hash, 31) + fold) | 0;
  }
  return hash;
}

/** Where the word that begins at `at` ends. */
export function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  let to = at;
  while (to < end && FOLD[bytes[to] as number] !== BREAK) to++;
  return to;
}

function hashOf(word: string): number {
  const bytes = Buffer.from(word);
  return hashBytes(bytes, 0, bytes.length);
}

function foldOf(byte: number): number {
  if (byte >= 0x80 || (byte >= 0x30 && byte <= 0x39)) return byte;
  if ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)) return byte | 0x20;
  return byte === 0x5f || byte === 0x2d ? SILENT : BREAK;
}
