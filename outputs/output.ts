import type { Dialect } from './dialects/dialect.ts';
import type { BatchLimits } from '../agent/delivery/batch.ts';
import type { Check } from './check.ts';
import type { Degradation } from './degraded.ts';

/** What an answer means for one record of a batch. */
export type ItemVerdict =
  | { readonly kind: 'delivered' }
  /** `stubborn`: the record may be the reason (500), as opposed to a destination that is busy (429). */
  | { readonly kind: 'retry'; readonly reason: string; readonly stubborn?: boolean }
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string };

/** What an answer means for a batch. A value, never an exception. */
export type Verdict =
  | { readonly kind: 'delivered' }
  /** Try again, for as long as it takes. `afterMs`: what the destination asked for. `stubborn`: the same bytes may be the reason (5xx, connection closed, an answer that can't be read). */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs?: number; readonly stubborn?: boolean }
  /** Credentials, address, permission: keep everything, tell a person, try slowly. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Too large: halve it and remember the size. */
  | { readonly kind: 'split'; readonly reason: string }
  /** The request is bad: halve it until the record that is to blame stands alone. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** One verdict per record, in the batch's order. */
  | { readonly kind: 'partial'; readonly items: readonly ItemVerdict[] };

/** How records are framed in a body. `{id}` in `before` is the record's id: source id, offset and length. */
export interface Framing {
  readonly before: string;
  readonly after: string;
}

/** Where batches go. */
export interface Destination {
  /** Sends `count` records as one request. `body` must stay as it is until the promise settles. */
  send(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict>;
  /** A record that is sent again is known by its id, and stored once. */
  readonly keepsIds?: boolean;
  /** Records that were delivered not quite as they were, by how. */
  readonly degraded?: ReadonlyMap<Degradation, number>;
  /** Closes connections and files. */
  close(): Promise<void>;
}

/** An output as the pipeline sees it: how records are written for it, and where they go. */
export interface Output {
  /** The output's name in the configuration. */
  readonly name: string;
  readonly type: string;
  /** Where the records go, for people and to know it again: an address without credentials, and what is named at it. */
  readonly target?: string;
  /** Whether the records leave the machine: then `host` and `service` are filled in, and the source's position counts. */
  readonly network: boolean;
  /** Fields of records that have nothing of their own there: before those of the machine, behind those of the input. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly limits: BatchLimits;
  /** Longest wait of a record for others to share a request, in ms. */
  readonly ageMs: number;
  /** Requests under way at once. 1 keeps order. */
  readonly connections: number;
  /** Aborted when nothing more can ever be delivered and the run is to end: stdout's reader has gone. */
  readonly closed?: AbortSignal;
  open(): Promise<Destination>;
  /** Tries the destination with a harmless request, for `shipper validate --connect`. */
  check(signal: AbortSignal): Promise<Check>;
}

/** Does something with a destination, and closes it. */
export async function using<D extends Destination, T>(destination: D, use: (destination: D) => Promise<T>): Promise<T> {
  try {
    return await use(destination);
  } finally {
    await destination.close();
  }
}
