import type { ItemVerdict, Verdict } from '../../outputs/output.ts';
import type { Part } from './part.ts';

/** The records of a part by what a destination says of each. */
export interface Sorted {
  readonly delivered: Part;
  readonly rejected: Part;
  /** Takes a place in `rejected`. */
  readonly reasonOf: (at: number) => string;
  /** What has to be sent again: the part itself, with its history, if nothing became of any record. */
  readonly again: Part;
  /** What is to be made of those. */
  readonly because: Verdict & { readonly kind: 'retry' | 'blocked' };
  /** Some of them may fail for what they are. */
  readonly hasSuspects: boolean;
}

/** `items`: one for each record of the part. */
export function sortItems(part: Part, items: readonly ItemVerdict[]): Sorted {
  const delivered = part.where((at) => items[at]?.kind === 'delivered');
  const rejected = part.where((at) => items[at]?.kind === 'rejected');
  const reasons = items.flatMap((item) => (item.kind === 'rejected' ? [item.reason] : []));
  return {
    delivered,
    rejected,
    reasonOf: (at) => reasons[at] ?? '',
    again: delivered.count + rejected.count > 0 ? part.where((at) => items[at]?.kind === 'retry' || items[at]?.kind === 'blocked') : part,
    because: togetherOf(items),
    hasSuspects: items.some((item) => item.kind === 'retry' && item.stubborn === true),
  };
}

/** One that is blocked blocks all; they are suspects only if each of them is. */
function togetherOf(items: readonly ItemVerdict[]): Sorted['because'] {
  const blocked = items.find((item) => item.kind === 'blocked');
  if (blocked !== undefined) return { kind: 'blocked', reason: blocked.reason };
  const retries = items.filter((item) => item.kind === 'retry');
  return { kind: 'retry', reason: retries[0]?.reason ?? '', stubborn: retries.every((item) => item.stubborn === true) };
}
