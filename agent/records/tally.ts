/** What a lane has read: of the chunk at work records and their bytes, and by format all of them. */
export class Tally {
  records = 0;
  bytes = 0;
  readonly #formats = new Map<string, number>();
  // Those of the present run of one format are counted apart: they mostly come in long runs.
  #format = '';
  #inFormat = 0;

  /** How many records of each format there were. */
  get formats(): ReadonlyMap<string, number> {
    this.#endFormat(this.#format);
    return this.#formats;
  }

  /** Hot: once per record. */
  add(format: string, bytes: number): void {
    this.read(1, bytes);
    this.count(format, 1);
  }

  /** Records of no format, or of several, which are counted by `count`. */
  read(records: number, bytes: number): void {
    this.records += records;
    this.bytes += bytes;
  }

  count(format: string, records: number): void {
    if (records === 0) return;
    if (format !== this.#format) this.#endFormat(format);
    this.#inFormat += records;
  }

  /** The next chunk begins. */
  reset(): void {
    this.records = this.bytes = 0;
  }

  #endFormat(next: string): void {
    if (this.#inFormat > 0) this.#formats.set(this.#format, (this.#formats.get(this.#format) ?? 0) + this.#inFormat);
    this.#format = next;
    this.#inFormat = 0;
  }
}
