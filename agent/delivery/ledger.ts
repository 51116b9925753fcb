/** Records and their bytes in the source. */
export interface Amount {
  records: number;
  bytes: number;
}

/** What can become of a record at an output, besides being dropped. */
export type Fate = 'delivered' | 'dead_lettered' | 'filtered' | 'pending';

/** What became of the records of a source at one output. */
export type Account = Readonly<Record<Fate, Amount>> & { readonly dropped: Map<string, Amount> };

/** The records of one source. */
export interface Row {
  readonly name: string;
  readonly read: Amount;
  cutBytes: number;
  /** Bytes that were gone before they could be read, as far as is known. They are no part of what was read. */
  lostBytes: number;
  /** The only output whose account counts; absent: all do. */
  readonly output?: number;
  /** One account per output. */
  readonly accounts: readonly Account[];
}

/** Pending records of one output, and when one of them was settled last or they began to pend. */
interface Wait {
  records: number;
  sinceMs: number;
}

const FATES: readonly Fate[] = ['delivered', 'dead_lettered', 'filtered', 'pending'];
const MAX_ROWS = 1_000;
const SUMMARY_ROWS = 20;
const OTHER_SOURCES = 'other sources';

/**
 * What became of every record: for each source and output, at any moment,
 * `read = delivered + dead_lettered + filtered + dropped{reason} + pending`, in records and in bytes.
 * Counted per chunk and batch, not per record.
 */
export class Ledger {
  readonly #outputs: readonly string[];
  readonly #rows = new Map<number, Row>();
  readonly #others: Row;
  readonly #waits: Wait[];
  readonly #now: () => number;

  /** `outputs`: their names; later an output is its position among them. `now`: monotonic, in ms. */
  constructor(outputs: readonly string[], now = (): number => performance.now()) {
    this.#outputs = outputs;
    this.#now = now;
    this.#waits = outputs.map(() => ({ records: 0, sinceMs: 0 }));
    this.#others = newRow(OTHER_SOURCES, outputs.length);
  }

  /** Opens the row of a source. Beyond a thousand of them, further ones share one row. */
  add(source: { readonly index: number; readonly name: string }): void {
    const row = this.#rows.size < MAX_ROWS ? newRow(source.name, this.#outputs.length) : this.#others;
    this.#rows.set(source.index, row);
  }

  /** Opens a row for what an earlier run has left to one output: it counts as read and pending. */
  addEarlier(source: { readonly index: number; readonly name: string }, output: number, records: number, bytes: number): void {
    const row = { ...newRow(source.name, this.#outputs.length), output };
    this.#rows.set(source.index, row);
    add(row.read, records, bytes);
    this.opened(source.index, output, records, bytes);
  }

  /** Books of `source` are those of another. */
  alias(source: number, of: number): void {
    this.#rows.set(source, this.#row(of));
  }

  /** A source is done: where there are many rows, its row is added to the shared one, so that rotated files do not pile up. */
  retire(source: number): void {
    const row = this.#rows.get(source);
    if (row === undefined || this.#rows.size < MAX_ROWS / 2) return;
    this.#rows.delete(source);
    if (row !== this.#others && row.output === undefined) addRow(this.#others, row);
  }

  read(source: number, records: number, bytes: number): void {
    add(this.#row(source).read, records, bytes);
  }

  /** Bytes that were cut off over-long records. They are part of what was read. */
  cut(source: number, bytes: number): void {
    this.#row(source).cutBytes += bytes;
  }

  /** Bytes of a file that were gone before they could be read. */
  lost(source: number, bytes: number): void {
    this.#row(source).lostBytes += bytes;
  }

  /** Records that are settled at an output without ever being pending there. */
  filtered(source: number, output: number, records: number, bytes: number): void {
    add(this.#account(source, output).filtered, records, bytes);
  }

  /** Records on their way to an output. */
  opened(source: number, output: number, records: number, bytes: number): void {
    add(this.#account(source, output).pending, records, bytes);
    const wait = this.#waits[output];
    if (wait === undefined) return;
    if (wait.records === 0) wait.sinceMs = this.#now();
    wait.records += records;
  }

  /** Pending records whose fate is known now. */
  settled(source: number, output: number, fate: 'delivered' | 'dead_lettered', records: number, bytes: number): void {
    const account = this.#account(source, output);
    add(account.pending, -records, -bytes);
    add(account[fate], records, bytes);
    this.#progress(output, records);
  }

  /** Records that a policy of the configuration has thrown away. `pending`: whether they were on their way already. */
  dropped(source: number, output: number, reason: string, records: number, bytes: number, pending: boolean): void {
    const account = this.#account(source, output);
    if (pending) add(account.pending, -records, -bytes);
    add(amountOf(account.dropped, reason), records, bytes);
    if (pending) this.#progress(output, records);
  }

  /** Records that are pending at an output, and for how long nothing has become of any of them, in ms. */
  waiting(output: number): { readonly records: number; readonly stalledMs: number } {
    const { records, sinceMs } = this.#waits[output] ?? { records: 0, sinceMs: 0 };
    return { records, stalledMs: records === 0 ? 0 : this.#now() - sinceMs };
  }

  /** All sources together, at one output. */
  total(output: number, fate: Fate): Amount {
    const total = { records: 0, bytes: 0 };
    for (const row of this.#all()) {
      const amount = row.accounts[output]?.[fate];
      if (amount !== undefined) add(total, amount.records, amount.bytes);
    }
    return total;
  }

  /** Every source's row, the shared one last. To be looked at only. */
  rows(): readonly Row[] {
    return this.#all();
  }

  /** Where the sum does not close; nothing, unless there is a bug. */
  imbalance(): string[] {
    return this.#all().flatMap((row) =>
      row.accounts.flatMap((account, output) => {
        if (output !== (row.output ?? output)) return [];
        const sum = sumOf(account);
        if (sum.records === row.read.records && sum.bytes === row.read.bytes) return [];
        return [`${row.name} at ${this.#outputs[output] ?? output}: read ${show(row.read)}, accounted for ${show(sum)}`];
      }),
    );
  }

  /** Lines of the exit summary. */
  summary(): string[] {
    return summaryOf(this.#all(), this.#outputs);
  }

  #progress(output: number, records: number): void {
    const wait = this.#waits[output];
    if (wait === undefined) return;
    wait.records -= records;
    wait.sinceMs = this.#now();
  }

  #all(): Row[] {
    const rows = [...new Set(this.#rows.values())].filter((row) => row !== this.#others);
    return [...rows, this.#others];
  }

  #row(source: number): Row {
    return this.#rows.get(source) ?? this.#others;
  }

  #account(source: number, output: number): Account {
    const account = this.#row(source).accounts[output];
    if (account === undefined) throw new Error(`the ledger knows no output ${output}`);
    return account;
  }
}

/** Lines of the exit summary: the sources that gave most, then the rest as one. `outputs`: their names. */
export function summaryOf(all: readonly Row[], outputs: readonly string[]): string[] {
  const rows = all.filter((row) => row.read.records > 0 || row.cutBytes > 0 || row.lostBytes > 0);
  rows.sort((a, b) => b.read.bytes - a.read.bytes);
  const shown = rows.length > SUMMARY_ROWS ? rows.slice(0, SUMMARY_ROWS - 1) : rows;
  const rest = rows.slice(shown.length);
  if (rest.length > 0) {
    const sum = newRow(`${rest.length} more sources`, outputs.length);
    for (const row of rest) addRow(sum, row);
    shown.push(sum);
  }
  return shown.flatMap((row) => linesOf(row, outputs));
}

function linesOf(row: Row, outputs: readonly string[]): string[] {
  const cut = row.cutBytes > 0 ? `, ${row.cutBytes} bytes cut off long records` : '';
  const lost = row.lostBytes > 0 ? `, ${row.lostBytes} bytes lost: they were gone before they could be read` : '';
  return [
    `${row.name}: read ${show(row.read)}${cut}${lost}`,
    ...row.accounts.flatMap((account, output) => (output === (row.output ?? output) ? [`  ${outputs[output] ?? output}: ${describe(account)}`] : [])),
  ];
}

function newRow(name: string, outputs: number): Row {
  return { name, read: zero(), cutBytes: 0, lostBytes: 0, accounts: Array.from({ length: outputs }, newAccount) };
}

function newAccount(): Account {
  return { delivered: zero(), dead_lettered: zero(), filtered: zero(), pending: zero(), dropped: new Map() };
}

function zero(): Amount {
  return { records: 0, bytes: 0 };
}

function add(amount: Amount, records: number, bytes: number): void {
  amount.records += records;
  amount.bytes += bytes;
}

function addRow(sum: Row, row: Row): void {
  add(sum.read, row.read.records, row.read.bytes);
  sum.cutBytes += row.cutBytes;
  sum.lostBytes += row.lostBytes;
  row.accounts.forEach((account, output) => {
    const into = sum.accounts[output];
    if (into === undefined) return;
    for (const fate of FATES) add(into[fate], account[fate].records, account[fate].bytes);
    for (const [reason, amount] of account.dropped) add(amountOf(into.dropped, reason), amount.records, amount.bytes);
  });
}

function amountOf(dropped: Map<string, Amount>, reason: string): Amount {
  const amount = dropped.get(reason) ?? zero();
  dropped.set(reason, amount);
  return amount;
}

function sumOf(account: Account): Amount {
  const sum = zero();
  for (const fate of FATES) add(sum, account[fate].records, account[fate].bytes);
  for (const amount of account.dropped.values()) add(sum, amount.records, amount.bytes);
  return sum;
}

function describe(account: Account): string {
  const dropped = [...account.dropped].map(([reason, amount]) => `${amount.records} dropped (${reason})`);
  return [
    `${account.delivered.records} delivered`,
    `${account.dead_lettered.records} dead-lettered`,
    `${account.filtered.records} filtered`,
    ...(dropped.length > 0 ? dropped : ['0 dropped']),
    `${account.pending.records} pending`,
  ].join(', ');
}

function show(amount: Amount): string {
  return `${amount.records} records (${amount.bytes} bytes)`;
}
