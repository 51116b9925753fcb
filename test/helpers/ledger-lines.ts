/** What the exit summary says of one source at one output. */
export interface Account {
  readonly source: string;
  readonly output: string;
  readonly read: number;
  readonly bytes: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly filtered: number;
  readonly dropped: number;
  readonly pending: number;
}

const SOURCE = /^shipper: (\S.*): read (\d+) records \((\d+) bytes\)/;
const OUTPUT = /^shipper: {3}(.+): (\d+) delivered, (\d+) dead-lettered, (\d+) filtered, (.*), (\d+) pending$/;

/** The accounts of an exit summary, as it stands on stderr. */
export function accounts(stderr: string): Account[] {
  const found: Account[] = [];
  let source: readonly [string, number, number] = ['', 0, 0];
  for (const line of stderr.split('\n')) {
    const head = SOURCE.exec(line);
    if (head !== null) source = [head[1] ?? '', Number(head[2]), Number(head[3])];
    const row = OUTPUT.exec(line);
    if (row === null) continue;
    const [, output = '', delivered, deadLettered, filtered, dropped = '', pending] = row;
    const droppedRecords = [...dropped.matchAll(/(\d+) dropped/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    found.push({ source: source[0], read: source[1], bytes: source[2], output, delivered: Number(delivered), deadLettered: Number(deadLettered), filtered: Number(filtered), dropped: droppedRecords, pending: Number(pending) });
  }
  return found;
}

/** Where the sum does not close; nothing, if all is well. */
export function openAccounts(stderr: string): Account[] {
  return accounts(stderr).filter(({ read, delivered, deadLettered, filtered, dropped, pending }) => read !== delivered + deadLettered + filtered + dropped + pending);
}
