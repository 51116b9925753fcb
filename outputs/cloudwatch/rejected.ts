import type { ItemVerdict } from '../output.ts';

/**
 * Verdicts on `count` events from an answer's `rejectedLogEventsInfo`, by their place in the request. Ends are exclusive,
 * the start is inclusive; what lies between is stored. Undefined: all of them are.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedLogEventsInfo.html
 */
export function rejectedVerdicts(info: unknown, count: number): ItemVerdict[] | undefined {
  if (typeof info !== 'object' || info === null) return undefined;
  const { tooOldLogEventEndIndex: old, expiredLogEventEndIndex: expired, tooNewLogEventStartIndex: young } = info as Record<string, unknown>;
  const [oldEnd, expiredEnd, youngStart] = [indexOf(old, 0), indexOf(expired, 0), indexOf(young, count)];
  if (oldEnd <= 0 && expiredEnd <= 0 && youngStart >= count) return undefined;
  return Array.from({ length: count }, (_, at) => {
    if (at < oldEnd) return { kind: 'rejected', reason: 'CloudWatch Logs: older than 14 days, or than the log group' };
    if (at < expiredEnd) return { kind: 'rejected', reason: "CloudWatch Logs: older than the log group's retention" };
    if (at >= youngStart) return { kind: 'rejected', reason: 'CloudWatch Logs: more than 2 h in the future' };
    return { kind: 'delivered' };
  });
}

function indexOf(value: unknown, absent: number): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : absent;
}
