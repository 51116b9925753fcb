import type { Chunk } from '../../agent/chunk.ts';
import type { Envelopes } from '../../agent/records/envelope.ts';
import { Value, type LogEvent } from '../../agent/event.ts';
import { Field } from '../../agent/fields.ts';
import { unescapeInto } from '../scratch-chunk.ts';
import { Byte, isDigit } from '../values/bytes.ts';
import { readTimestamp } from '../values/timestamps.ts';
import { setTimeContext, timeContext } from '../values/zones.ts';
import { readCri } from './cri.ts';
import { readDocker } from './docker.ts';

/** What container runtimes put around the lines of an application: CRI's text and Docker's JSON. */
export const envelopes: Envelopes = {
  read(bytes, start, end, line) {
    const first = bytes[start];
    if (isDigit(first)) return readCri(bytes, start, end, line);
    return first === Byte.OPEN_BRACE && readDocker(bytes, start, end, line);
  },

  unescape: unescapeInto,

  near(bytes, start, end) {
    if (end === start || isKnownHour(bytes, start) && timeContext() === known) return;
    knownHour.set(bytes.subarray(start, start + knownHour.length));
    const hourMs = Date.parse(`${knownHour.toString('latin1')}:00:00Z`);
    known = Number.isNaN(hourMs) ? timeContext() : { ...timeContext(), fallbackDateMs: hourMs };
    setTimeContext(known);
  },

  complete(chunk, head, event) {
    event.rule = 'envelope';
    if (!event.has(Field.timestamp)) readTimestamp(chunk, head.timeStart, head.timeEnd, event);
    if (!event.has(Field.log_stream)) event.span(Field.log_stream, head.streamStart, head.streamEnd);
    if (head.extraEnd > head.extraStart) takeAttributes(chunk, head.extraStart, head.extraEnd, event);
  },
};

/** Docker's `"attrs":{…}`: labels and variables of the container, as a member of the record if it has none of that name. */
function takeAttributes(chunk: Chunk, start: number, end: number, event: LogEvent): void {
  const value = start + '"attrs":'.length;
  try {
    JSON.parse(Buffer.from(chunk.bytes.subarray(value, end)).toString());
  } catch {
    return; // Docker writes no such thing
  }
  event.member(start + 1, value - 2, value, end, Value.JSON, false);
}

/** Hot: once per record. */
function isKnownHour(bytes: Uint8Array, start: number): boolean {
  for (let i = knownHour.length - 1; i >= 0; i--) if (bytes[start + i] !== knownHour[i]) return false;
  return true;
}

/** The hour of the last time that `near` was told, `2026-11-25T12`, and what it set. */
const knownHour = Buffer.alloc(13);
let known = timeContext();
