import type { HttpResult } from './http.ts';
import type { Failure, Stage } from './network/failure.ts';
import type { Verdict } from './output.ts';

/** What trying a destination with a harmless request has shown. */
export type Check =
  /** `detail`: what a person may want to know all the same. */
  | { readonly kind: 'ok'; readonly detail?: string }
  | { readonly kind: 'problem'; readonly stage: CheckStage; readonly reason: string };

/** Where a destination turned out not to be usable: on the way to it, or by what it answered. */
export type CheckStage = Stage | 'credentials' | 'permission' | 'index' | 'file';

/** Of a request that was not sent, or not answered. `failed` is one for which there was no region or no credentials. */
export function unreached(sent: Failure | { readonly kind: 'failed'; readonly verdict: Verdict }): Check {
  if (sent.kind === 'failure') return { kind: 'problem', stage: sent.stage, reason: sent.reason };
  return { kind: 'problem', stage: 'credentials', reason: 'reason' in sent.verdict ? sent.verdict.reason : sent.verdict.kind };
}

/** Of an answer that is no success, by what it means for records and by its status. */
export function refusal(status: number, verdict: Verdict): Check {
  const reason = 'reason' in verdict ? verdict.reason : `HTTP ${status}`;
  return { kind: 'problem', stage: STAGES[status] ?? 'answer', reason };
}

const STAGES: Readonly<Record<number, CheckStage>> = { 401: 'credentials', 403: 'permission', 404: 'index' };

export function isUnreached(sent: HttpResult | { readonly kind: 'failed'; readonly verdict: Verdict }): sent is Failure | { readonly kind: 'failed'; readonly verdict: Verdict } {
  return sent.kind !== 'answer';
}
