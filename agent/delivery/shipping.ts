import type { Verdict } from '../../outputs/output.ts';
import type { Batch } from './batch.ts';
import type { HealthState } from './health.ts';

/** How long to wait for delivery: at most `quietMs` without progress, at most `totalMs` altogether. */
export interface DrainLimits {
  readonly quietMs: number;
  readonly totalMs: number;
}

/** How many requests got which verdict, and how often something had to be sent again. */
export type Traffic = Record<Verdict['kind'] | 'again', number>;

/** Takes the sealed batches of one output and sees to it that every record is settled: straight from memory, or through a disk buffer. */
export interface Shipping {
  readonly health: HealthState;
  readonly traffic: Readonly<Traffic>;
  /** What its disk buffers hold, in bytes. */
  readonly diskBytes: number;
  /** Whether an aged batch may be sealed. While not, small batches had better grow. */
  readonly idle: boolean;
  /** Whether slots come free by themselves, delivered or not: there is a disk buffer, and it can be written. */
  readonly makesRoom: boolean;
  /** Settles when `idle` may be true, or when it has ended and never will be again. */
  whenIdle(): Promise<void>;
  /**
   * Notes that `records` of a source, none of them below `from`, were written into a batch that is still open. Once per
   * chunk, source and batch; before the tracker's `advance` goes beyond `from`.
   */
  opened(batch: Batch, source: number, from: number, records: number, bytes: number): void;
  /** Takes a sealed batch; its slot goes back to the pool when it is not needed any more. Never waits: the slots are the bound. */
  submit(batch: Batch): void;
  /** Waits until all that was submitted is settled. False: something is left. Back-off waits end at once. */
  drain(limits: DrainLimits): Promise<boolean>;
  /** Ends the waits between tries: all that fails is tried once more at once. */
  hurry(): void;
  /** Everything comes to its end: what is still submitted may go beyond the limit of a disk buffer, as there is nowhere else for it. */
  lift(): void;
  /** Ends the requests under way and brings to safety what can be. */
  stop(): Promise<void>;
  /** After `stop`: where what is not settled lies, to be sent by another run. */
  readonly keptIn: string | undefined;
  /** After `stop`: how many of the records that are not settled are in no disk buffer; more, if some of a batch are settled. */
  readonly unkept: number;
}

export function newTraffic(): Traffic {
  return { delivered: 0, retry: 0, blocked: 0, split: 0, invalid: 0, partial: 0, again: 0 };
}
