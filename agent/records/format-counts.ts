/** Records by format. Those of the present run of one format are counted apart: they mostly come in long runs. */
export class FormatCounts {
  readonly #known = new Map<string, number>();
  #format = '';
  #records = 0;

  add(format: string, records: number): void {
    if (records === 0) return;
    if (format !== this.#format) this.#endRun(format);
    this.#records += records;
  }

  /** How many records of each format there were. */
  get all(): ReadonlyMap<string, number> {
    this.#endRun(this.#format);
    return this.#known;
  }

  #endRun(next: string): void {
    if (this.#records > 0) this.#known.set(this.#format, (this.#known.get(this.#format) ?? 0) + this.#records);
    this.#format = next;
    this.#records = 0;
  }
}
