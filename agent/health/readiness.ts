import type { LaneStatus, OutputStatus } from './status.ts';

/**
 * Why the agent does not get on with its work, one line for each reason; none: it does. What counts is progress: an
 * output is stuck when records wait at it and nothing became of any of them for `stalledAfterMs`, whatever it says of
 * itself, or when a person has to act. Who has nothing to do is not stuck.
 */
export function reasonsAgainst({ outputs, unread }: LaneStatus, stalledAfterMs: number): string[] {
  const stuck = outputs.flatMap((output) => reasonOf(output, stalledAfterMs));
  if (stuck.length > 0 || unread.bytes === 0 || unread.stalledMs < stalledAfterMs) return stuck;
  return [`${unread.bytes} bytes wait to be read, and nothing was acknowledged for ${seconds(unread.stalledMs)}`];
}

function reasonOf({ name, health, waiting: { records, stalledMs } }: OutputStatus, stalledAfterMs: number): string[] {
  if (records === 0) return [];
  if (health.kind === 'blocked') return [`${name}: blocked, ${records} records wait: ${health.reason}`];
  if (stalledMs < stalledAfterMs) return [];
  return [`${name}: ${records} records wait, and none was delivered for ${seconds(stalledMs)}: ${health.kind === 'working' ? 'no answer' : health.reason}`];
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
