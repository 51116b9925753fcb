/** Bytes that are written one after the other, into memory that grows. `room` is asked for before writing; the other methods do not check. */
export class ByteWriter {
  bytes: Buffer<ArrayBuffer>;
  at = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  /** Makes sure that `count` more bytes can be written. */
  room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.at + count, this.bytes.length * 2));
    this.bytes.copy(wider, 0, 0, this.at);
    this.bytes = wider;
  }

  /** Copies [start, end). */
  copy(source: Buffer, start: number, end: number): void {
    const { bytes } = this;
    let at = this.at;
    if (end - start > LOOP_BYTES) at += source.copy(bytes, at, start, end);
    else while (start < end) bytes[at++] = source[start++] as number; // a call takes longer than this many steps
    this.at = at;
  }

  /** Writes ASCII. */
  ascii(text: string): void {
    this.at += this.bytes.write(text, this.at, 'latin1');
  }

  written(): Buffer<ArrayBuffer> {
    return this.bytes.subarray(0, this.at);
  }
}

const LOOP_BYTES = 32;
