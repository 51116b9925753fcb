/** A position in the stream of all records that ever went into a disk buffer: how many lie before it, and their bytes in their sources. */
export interface Place {
  readonly record: number;
  readonly byte: number;
}

export const START: Place = { record: 0, byte: 0 };

/** A stretch of the stream. */
export interface Span {
  readonly from: Place;
  readonly to: Place;
}

export function later(a: Place, b: Place): Place {
  return a.record >= b.record ? a : b;
}
