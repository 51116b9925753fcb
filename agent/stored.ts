import type { Field } from './fields.ts';

/** A text or a value that lies in the arena. */
export interface Stored {
  readonly address: number;
  readonly length: number;
}

/** What records carry that have no such field of their own: an input's `fields:`, and `host` and `service` on the network. */
export interface Defaults {
  readonly fields: readonly { readonly field: Field; readonly value: Stored; readonly kind: number }[];
  /** Keys that are no field; values are JSON. */
  readonly members: readonly { readonly key: Stored; readonly value: Stored }[];
}

/** Nothing. */
export const NO_DEFAULTS: Defaults = { fields: [], members: [] };
