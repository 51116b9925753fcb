import type { ItemVerdict, Verdict } from '../output.ts';
import type { PartitionAnswer } from './apis.ts';
import { describeCode, meaningOf } from './errors.ts';
import type { Failure } from './failure.ts';
import type { PartitionRecords } from './records.ts';

/** What became of the records of one partition. */
export interface Outcome {
  readonly positions: Int32Array;
  readonly verdict: Exclude<Verdict, { kind: 'partial' }>;
  /** They may be stored although nobody says so. */
  readonly mayBeStored: boolean;
  /** What is known of the cluster is old. */
  readonly isStale: boolean;
  /** The broker does not know the producer. */
  readonly isStranger: boolean;
}

/** There was no answer. */
export function outcomeOfFailure({ positions }: PartitionRecords, { kind, reason, stubborn, sent }: Failure): Outcome {
  const verdict: Outcome['verdict'] = kind === 'blocked' ? { kind, reason } : { kind, reason, stubborn };
  return { positions, verdict, mayBeStored: sent, isStale: true, isStranger: false };
}

/** What a broker answered for a partition. */
export function outcomeOf({ partition, positions }: PartitionRecords, answer: PartitionAnswer | undefined): Outcome {
  const nothing = { positions, mayBeStored: false, isStale: false, isStranger: false };
  if (answer === undefined) return { ...nothing, mayBeStored: true, verdict: { kind: 'retry', reason: `the answer says nothing of partition ${partition}`, stubborn: true } };
  if (answer.errorCode === 0) return { ...nothing, verdict: { kind: 'delivered' } };
  const meaning = meaningOf(answer.errorCode);
  const reason = describeCode(answer.errorCode, answer.errorMessage);
  switch (meaning.kind) {
    case 'delivered':
      return { ...nothing, verdict: { kind: 'delivered' } };
    case 'retry':
      return { ...nothing, mayBeStored: meaning.stored === true, isStale: meaning.stale === true, verdict: { kind: 'retry', reason, stubborn: meaning.stubborn === true } };
    case 'stranger':
      return { ...nothing, isStranger: true, verdict: { kind: 'retry', reason } };
    default:
      return { ...nothing, isStale: meaning.kind === 'blocked', verdict: { kind: meaning.kind, reason } };
  }
}

/** One verdict from those of all partitions: that of all, if they are alike, else one for each record. */
export function verdictOf(outcomes: readonly Outcome[], count: number): Verdict {
  const [first] = outcomes;
  if (first === undefined) return { kind: 'delivered' };
  if (outcomes.every(({ verdict }) => verdict.kind === first.verdict.kind)) {
    const { verdict } = outcomes.find((outcome) => !isStubborn(outcome.verdict)) ?? first;
    return verdict;
  }
  const items = new Array<ItemVerdict>(count).fill({ kind: 'retry', reason: 'not sent yet' });
  for (const { positions, verdict } of outcomes) for (const position of positions) items[position] = itemOf(verdict);
  return { kind: 'partial', items };
}

function isStubborn(verdict: Verdict): boolean {
  return verdict.kind === 'retry' && verdict.stubborn === true;
}

/** What is bad as a whole is judged anew when its records come without those of other partitions. */
function itemOf(verdict: Outcome['verdict']): ItemVerdict {
  return verdict.kind === 'split' || verdict.kind === 'invalid' ? { kind: 'retry', reason: verdict.reason } : verdict;
}
