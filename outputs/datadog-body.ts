import { cutText, longestText } from './cut-text.ts';
import { LIMITS } from './datadog-limits.ts';
import { readTime, type Moment } from './rfc3339.ts';

/** What the intake would throw away although it says 202, in ms: older than this, or this far ahead. A minute is for the way. */
const OLDEST_MS = 18 * 3_600_000 - 60_000;
const NEWEST_MS = 2 * 3_600_000 - 60_000;
/** As Datadog's own Agent marks a text it has cut. */
const CUT = Buffer.from('...TRUNCATED...');
const [LF, COMMA, QUOTE, OPEN, CLOSE, END] = [0x0a, 0x2c, 0x22, Buffer.from('['), 0x5d, Buffer.from('}')];

/** A JSON array, and the places of the records that are not in it: they are longer than a log may be, and have no text to cut. */
export interface Entries {
  readonly bytes: Buffer;
  readonly refused: readonly number[];
  /** How many have another time now, and how many a text that was cut. */
  readonly restamped: number;
  readonly cut: number;
}

/**
 * Makes an array of records that are one per line. What would be lost without a word is put right: a text that makes
 * its log too long is cut, a time that is too old becomes now and is kept beside it. `head`: what stands before a time.
 */
export function toEntries(body: Uint8Array<ArrayBuffer>, head: Buffer, nowMs: number): Entries {
  const records = Buffer.from(body.buffer, body.byteOffset, body.length);
  const pieces: Uint8Array[] = [OPEN];
  const refused: number[] = [];
  const counts = { restamped: 0, cut: 0 };
  let copied = 0;
  let start = 0;
  for (let place = 0; start < records.length; place++) {
    const end = lineEnd(records, start);
    const changed = revise(records, start, end, head, nowMs, counts);
    if (changed !== AS_IT_IS) {
      pieces.push(records.subarray(copied, start));
      if (changed === undefined) refused.push(place);
      else pieces.push(changed, records.subarray(end, end + 1));
      copied = end + 1;
    }
    start = end + 1;
  }
  pieces.push(records.subarray(copied));
  return { bytes: close(Buffer.concat(pieces)), refused, ...counts };
}

const AS_IT_IS = Buffer.alloc(0);

function lineEnd(records: Buffer, start: number): number {
  const end = records.indexOf(LF, start);
  return end < 0 ? records.length : end;
}

/** No record has a line end in it: each one that is there becomes a comma, the last one the end of the array. */
function close(array: Buffer): Buffer {
  for (let at = array.indexOf(LF); at >= 0; at = array.indexOf(LF, at + 1)) array[at] = COMMA;
  if (array.length > 1) array[array.length - 1] = CLOSE;
  return array;
}

/** The record as it is to be sent; undefined: it can't be. */
function revise(records: Buffer, start: number, end: number, head: Buffer, nowMs: number, counts: { restamped: number; cut: number }): Buffer | undefined {
  const textEnd = timeEnd(records, start, end, head);
  const misdated = textEnd > 0 && isMisdated(records, start + head.length, textEnd, nowMs);
  if (!misdated && end - start <= LIMITS.entryBytes) return AS_IT_IS;
  const record = records.subarray(start, end);
  const stamped = misdated ? stampAgain(record, head.length, textEnd - start, nowMs) : record;
  const fitting = fit(stamped);
  if (fitting !== undefined && misdated) counts.restamped++;
  if (fitting !== undefined && fitting !== stamped) counts.cut++;
  return fitting;
}

/** Where the text of the record's time ends; 0: it has none. */
function timeEnd(records: Buffer, start: number, end: number, head: Buffer): number {
  const from = start + head.length;
  if (from >= end || records.compare(head, 0, head.length, start, from) !== 0) return 0;
  let at = from;
  while (at < end && records[at] !== QUOTE) at++;
  return at;
}

const moment: Moment = { seconds: 0, nanos: 0 };

function isMisdated(records: Buffer, start: number, end: number, nowMs: number): boolean {
  if (!readTime(records, start, end, moment)) return false;
  const ageMs = nowMs - (moment.seconds * 1000 + moment.nanos / 1e6);
  return ageMs > OLDEST_MS || ageMs < -NEWEST_MS;
}

function stampAgain(record: Buffer, start: number, end: number, nowMs: number): Buffer {
  const original = record.subarray(start, end);
  const name = freeKey(record, 'original_timestamp');
  return Buffer.concat([record.subarray(0, start), Buffer.from(`${new Date(nowMs).toISOString()}","${name}":"`), original, record.subarray(end)]);
}

/** A name that no member has, so that no key is there twice. In a text its quotes would be escaped. */
function freeKey(record: Buffer, name: string): string {
  let free = name;
  while (record.includes(`"${free}":`)) free += '_';
  return free;
}

/** Cuts the longest texts until the record is short enough, and marks it as `max_record_bytes` does. */
function fit(record: Buffer): Buffer | undefined {
  if (record.length <= LIMITS.entryBytes) return record;
  const isMarked = record.includes('"truncated":true');
  const mark = isMarked ? END : Buffer.from(`,"${freeKey(record, 'truncated')}":true,"${freeKey(record, 'original_bytes')}":${record.length}}`);
  let document = record.subarray(0, record.length - 1);
  while (document.length + mark.length > LIMITS.entryBytes) {
    const text = longestText(document);
    if (text.end - text.start <= CUT.length) return undefined;
    document = cutText(document, text, document.length + mark.length - LIMITS.entryBytes, CUT);
  }
  return Buffer.concat([document, mark]);
}
