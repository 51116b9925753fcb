import { Unavailable } from './cache.ts';

/** What one server of one kind said of what shipper sent it. */
export interface Row {
  readonly server: string;
  readonly version: string;
  readonly output: string;
  /** False: a stand-in of ours, made from the vendor's published model. */
  readonly real: boolean;
  readonly sent: number;
  /** Records that the server's own way of reading gave back, as they were meant. */
  readonly readBack: number;
  /** How many more there were after everything was sent a second time; null: that was not tried. */
  readonly replayAdded: number | null;
  /** Why it could not be tried at all; null: it was. */
  readonly skipped: string | null;
  /** What it was about, and how long it took, for people. */
  readonly what?: string;
  readonly seconds?: number;
}

export type About = Pick<Row, 'server' | 'version' | 'output'>;

/** A row of something that is not to be had here. */
export function skippedRow(about: About, reason: string): Row {
  return { ...about, real: true, sent: 0, readBack: 0, replayAdded: null, skipped: reason };
}

/** A row of something that was tried in vain. */
export function failedRow(about: About, what: string): Row {
  return { ...about, real: true, sent: 0, readBack: 0, replayAdded: null, skipped: null, what };
}

/** What a check finds out by itself; the rest of its row is the same for all checks of a server. */
export type Found = Pick<Row, 'sent' | 'readBack' | 'what'> & Partial<Row>;

/** Makes the row of a check. One that throws has failed, and the others go on. */
export async function rowOf(about: About, name: string, check: () => Promise<Found>): Promise<Row> {
  const row = { real: true, replayAdded: null, skipped: null, ...about };
  const startedAt = performance.now();
  try {
    const found = await check();
    return { ...row, ...found, seconds: (performance.now() - startedAt) / 1000 };
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    console.log(`FAIL ${about.server}, ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return failedRow(about, `${name}: see above`);
  }
}
