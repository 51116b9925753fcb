import type { Batch } from '../batch.ts';
import type { Journal, Segment } from './journal.ts';
import type { Span } from './place.ts';

/** A batch in memory on its way through a disk buffer. */
export interface Item {
  readonly batch: Batch;
  /** Where it is written, or was read from. */
  readonly journal: Journal | undefined;
  /** It was read back: its slot is one of those for reading. */
  readonly isRead: boolean;
  state: 'new' | 'writing' | 'written';
  /** Delivered or dead-lettered; if it is being written, the writer still needs its slot. */
  isSettled: boolean;
  /** Once it is written. */
  span: Span | undefined;
  segments: readonly Segment[];
}
