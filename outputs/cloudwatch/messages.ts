import { cutText, longestText } from '../cut-text.ts';
import type { ItemVerdict } from '../output.ts';
import { messageBytes, messageOf, type LogEvents } from './events.ts';
import { AGE_MARGIN_MS, LIMITS } from './limits.ts';
import { memberOf } from '../json-members.ts';

/** What to do with events that CloudWatch would refuse for their time. */
export interface TimePolicy {
  readonly outsideWindow: 'observed_time' | 'dead_letter';
  /** Days after which the log group forgets; undefined: as shipper has set none. */
  readonly retentionDays?: number | undefined;
}

/** How many events have another time now, and how many a text that was cut. */
export interface Fitted {
  readonly restamped: number;
  readonly cut: number;
}

/**
 * Makes every event one that CloudWatch takes, or gives it a verdict. Too old or too new: sent under the present time,
 * which is noted beside its own. Too long: its longest text is cut.
 */
export function fitEvents(events: LogEvents, verdicts: (ItemVerdict | undefined)[], policy: TimePolicy, nowMs: number): Fitted {
  const fitted = { restamped: 0, cut: 0 };
  const days = Math.min(LIMITS.oldMs, (policy.retentionDays ?? Infinity) * 24 * 3_600_000);
  const [oldestMs, newestMs] = [nowMs - days + AGE_MARGIN_MS, nowMs + LIMITS.newMs];
  for (let index = 0; index < events.count; index++) {
    const timeMs = events.timesMs[index] as number;
    const isOutside = timeMs < oldestMs || timeMs > newestMs;
    if (isOutside) verdicts[index] = moveInTime(events, index, policy, nowMs, timeMs < oldestMs);
    const isLong = messageBytes(events, index) > LIMITS.messageBytes;
    if (isLong) verdicts[index] ??= shorten(events, index);
    if (verdicts[index] !== undefined) continue;
    if (isOutside) fitted.restamped++;
    if (isLong) fitted.cut++;
  }
  return fitted;
}

function moveInTime(events: LogEvents, index: number, policy: TimePolicy, nowMs: number, isOld: boolean): ItemVerdict | undefined {
  if (policy.outsideWindow === 'dead_letter') return { kind: 'rejected', reason: isOld ? 'older than CloudWatch Logs takes' : 'more than 2 h in the future' };
  events.timesMs[index] = nowMs;
  const message = messageOf(events, index);
  if (memberOf(message, 0, message.length, OBSERVED) !== undefined) return undefined;
  // Its own time stays where it is, and where it was read stands behind it.
  const after = memberOf(message, 0, message.length, TIMESTAMP)?.end;
  if (after === undefined) return undefined;
  const added = Buffer.from(`,"observed_timestamp":"${new Date(nowMs).toISOString()}"`);
  events.replaced.set(index, Buffer.concat([message.subarray(0, after), added, message.subarray(after)]));
  return undefined;
}

const OBSERVED = Buffer.from('observed_timestamp');
const TIMESTAMP = Buffer.from('timestamp');
const TRUNCATED = Buffer.from('truncated');

/** Cuts the longest text of a document, so that what is left is valid and fits, and marks it as `max_record_bytes` does. */
function shorten(events: LogEvents, index: number): ItemVerdict | undefined {
  const message = Buffer.from(messageOf(events, index));
  const isMarked = memberOf(message, 0, message.length, TRUNCATED) !== undefined;
  const mark = isMarked ? '}' : `,"truncated":true,"original_bytes":${message.length}}`;
  const excess = message.length - 1 + mark.length - LIMITS.messageBytes;
  const text = longestText(message);
  if (text.end - text.start < excess) return { kind: 'rejected', reason: `an event of ${message.length} bytes, where CloudWatch Logs takes ${LIMITS.messageBytes}, and no text in it that could be cut` };
  events.replaced.set(index, Buffer.concat([cutText(message, text, excess, NOTHING).subarray(0, -1), Buffer.from(mark)]));
  return undefined;
}

const NOTHING = Buffer.alloc(0);
