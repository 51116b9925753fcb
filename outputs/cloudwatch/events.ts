import { readTime, type Moment } from '../rfc3339.ts';

/** The records of a batch as events: record i is `body` from `starts[i]` to `ends[i]`, without framing, unless `replaced` has another message for it. */
export interface LogEvents {
  readonly body: Uint8Array;
  readonly count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Epoch ms. */
  readonly timesMs: Float64Array;
  readonly replaced: Map<number, Uint8Array>;
}

const [NEWLINE, SPACE, QUOTE] = [0x0a, 0x20, 0x22];
/** Every document of the flat dialect that has a time begins with it. */
const HEAD = Buffer.from('{"timestamp":"');

/** Finds the records of a body, one a line. What has no time of its own gets `nowMs`. */
export function readEvents(body: Uint8Array, count: number, nowMs: number): LogEvents {
  const events: LogEvents = { body, count, starts: new Int32Array(count), ends: new Int32Array(count), timesMs: new Float64Array(count), replaced: new Map() };
  let at = 0;
  for (let index = 0; index < count; index++) {
    while (body[at] === SPACE) at++; // the framing
    const newline = body.indexOf(NEWLINE, at);
    const end = newline < 0 ? body.length : newline;
    events.starts[index] = at;
    events.ends[index] = end;
    const timeMs = timeOf(body, at, end);
    events.timesMs[index] = Number.isNaN(timeMs) ? nowMs : timeMs;
    at = end + 1;
  }
  return events;
}

/** Bytes of an event's message. */
export function messageBytes(events: LogEvents, index: number): number {
  return events.replaced.get(index)?.length ?? (events.ends[index] as number) - (events.starts[index] as number);
}

/** An event's message. A view. */
export function messageOf(events: LogEvents, index: number): Uint8Array {
  return events.replaced.get(index) ?? events.body.subarray(events.starts[index], events.ends[index]);
}

const moment: Moment = { seconds: 0, nanos: 0 };

/** Epoch ms of the document at [start, end); NaN: it has no time. */
function timeOf(body: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < HEAD.length; i++) if (body[start + i] !== HEAD[i]) return NaN;
  const from = start + HEAD.length;
  let to = from;
  while (to < end && body[to] !== QUOTE) to++;
  return readTime(body, from, to, moment) ? moment.seconds * 1000 + Math.floor(moment.nanos / 1e6) : NaN;
}
