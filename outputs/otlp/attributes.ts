/** An attribute is five integers: the inside of its key [start, end), its value [start, end), and what that is. */
export const ATTRIBUTE_INTS = 5;
export const Kind = {
  /** The inside of a string. */
  TEXT: 0,
  /** The same, as the only entry of a list: values of HTTP headers are lists. */
  HEADER: 1,
  /** Any other JSON value. */
  JSON: 2,
  /** Digits: the line in a source file, whose key is not in the body. */
  LINE: 3,
} as const;

/** The key of Kind.LINE. */
export const LINE_KEY = 'code.line.number';

/** Attributes of one record, as spans into the body that it lies in. */
export class Attributes {
  rows = new Int32Array(64 * ATTRIBUTE_INTS);
  count = 0;

  add(keyStart: number, keyEnd: number, start: number, end: number, kind: number): void {
    let at = this.count++ * ATTRIBUTE_INTS;
    if (at === this.rows.length) this.#grow();
    const { rows } = this;
    rows[at++] = keyStart;
    rows[at++] = keyEnd;
    rows[at++] = start;
    rows[at++] = end;
    rows[at] = kind;
  }

  /** Whether the other ones have the same keys and values in the same order. */
  equals(other: Attributes, json: Buffer): boolean {
    if (this.count !== other.count) return false;
    for (let at = 0; at < this.count * ATTRIBUTE_INTS; at += ATTRIBUTE_INTS) {
      if (!isSame(json, this.rows, other.rows, at) || !isSame(json, this.rows, other.rows, at + 2) || this.rows[at + 4] !== other.rows[at + 4]) return false;
    }
    return true;
  }

  copyFrom({ rows, count }: Attributes): void {
    this.count = 0;
    while (this.rows.length < count * ATTRIBUTE_INTS) this.#grow();
    this.rows.set(rows.subarray(0, count * ATTRIBUTE_INTS));
    this.count = count;
  }

  #grow(): void {
    const wider = new Int32Array(this.rows.length * 2);
    wider.set(this.rows);
    this.rows = wider;
  }
}

/** Whether the spans at `at` of two rows hold the same bytes. */
function isSame(json: Buffer, a: Int32Array, b: Int32Array, at: number): boolean {
  const [from, to, start, end] = [a[at] as number, a[at + 1] as number, b[at] as number, b[at + 1] as number];
  return to - from === end - start && json.compare(json, start, end, from, to) === 0;
}
