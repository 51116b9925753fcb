import type { FieldName } from '../../agent/fields.ts';

/** How a value is written where it is not written as it stands. */
export type Conversion =
  /** Milliseconds become whole nanoseconds. */
  | 'nanoseconds'
  /** What lies before `?`. */
  | 'before-query'
  /** What lies behind `?`; left out when there is none. */
  | 'query'
  /** The low 64 bits of an id of 16 or 32 hexadecimal digits, in decimal as text; any other id as it stands. */
  | 'decimal-id';

/** One place in the document a field is written to. */
export interface Leaf {
  readonly field: FieldName;
  /** Keys from the document's root. */
  readonly path: readonly string[];
  readonly as?: Conversion;
}

/** Turns canonical names into those of a destination. */
export interface Dialect {
  readonly name: string;
  /** In the order of the document; leaves that share the beginning of their path must be neighbours. */
  readonly leaves: readonly Leaf[];
  /** Constant members that every document carries, such as `ecs.version`: JSON without braces. */
  readonly constants?: string;
  /** Every document needs a timestamp: records without one get the time at which they were read. */
  readonly needsTimestamp?: boolean;
  /** Where a source's own key goes that would collide with one of the dialect's objects; absent: no key can collide. */
  readonly aside?: string;
}
