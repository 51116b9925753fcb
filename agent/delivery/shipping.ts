import type { Batch } from './batch.ts';
import type { HealthState } from './health.ts';

/** How long to wait for delivery: at most `quietMs` without progress, at most `totalMs` altogether. */
export interface DrainLimits {
  readonly quietMs: number;
  readonly totalMs: number;
}

/** Takes the sealed batches of one output and sees to it that every record is settled: straight from memory, or through a disk buffer. */
export interface Shipping {
  readonly health: HealthState;
  /** Whether an aged batch may be sealed. While not, small batches had better grow. */
  readonly idle: boolean;
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
  /** Everything comes to its end: what is still submitted may go beyond the limit of a disk buffer, as there is nowhere else for it. */
  lift(): void;
  /** Ends the requests under way and brings to safety what can be. */
  stop(): Promise<void>;
  /** After `stop`: where all that is not settled lies, if it will be sent by another run. */
  readonly keptIn: string | undefined;
}
