import type { EnvelopeLine } from './envelope.ts';

const NOTHING = new Uint8Array();
/** An envelope's time at most. */
const TIME_BYTES = 40;

/** One line of a source that holds a piece of an application's line, or all of it. */
interface Place {
  /** The line is [offset, end) of the source; the next one begins at `after`. */
  readonly offset: number;
  end: number;
  after: number;
  /** Where its text begins in the text of the record, and in the source: -1 when it stands there in other letters. */
  at: number;
  readonly textOffset: number;
  readonly textEnd: number;
}

/** An application's line, put together from its pieces. Its text is [start, end) of the open record's. */
export class OpenLine {
  start = 0;
  end = 0;
  isBlank = false;
  /** Bytes that were too many to be kept. */
  cutBytes = 0;
  /** What the envelope of the first piece says: the time, the stream, and a member of JSON. */
  readonly time = new Uint8Array(TIME_BYTES);
  timeLength = 0;
  extra: Uint8Array = NOTHING;
  /** Where time and stream stand in the source. */
  timeOffset = 0;
  streamOffset = 0;
  readonly places: Place[] = [];
  /** Lines of the source it was put together from. */
  pieces = 0;

  begin(at: number, line: EnvelopeLine, bytes: Uint8Array, start: number, offset: number): void {
    this.start = this.end = at;
    this.isBlank = false;
    this.cutBytes = 0;
    this.timeLength = Math.min(line.timeEnd - line.timeStart, TIME_BYTES);
    for (let i = 0; i < this.timeLength; i++) this.time[i] = bytes[line.timeStart + i] as number;
    this.extra = line.extraEnd > line.extraStart ? bytes.slice(line.extraStart, line.extraEnd) : NOTHING;
    this.timeOffset = offset + line.timeStart - start;
    this.streamOffset = offset + line.streamStart - start;
    this.places.length = this.pieces = 0;
  }

  get offset(): number {
    return this.places[0]?.offset ?? Infinity;
  }

  /** Of the line's first piece in the source. */
  get length(): number {
    const first = this.places[0];
    return first === undefined ? 0 : first.end - first.offset;
  }

  /** It goes on where a line of the file before broke off, whose envelope counts. */
  inherit({ time, timeLength, extra, cutBytes }: OpenLine): void {
    this.time.set(time);
    this.timeLength = timeLength;
    this.extra = extra;
    this.cutBytes = cutBytes;
  }

  addPiece(offset: number, end: number, after: number, at: number, textOffset: number, textEnd: number): void {
    const last = this.places.at(-1);
    this.pieces++;
    if (this.cutBytes > 0 && last?.after === offset) {
      last.end = end; // its text is not kept, so it need not be found
      last.after = after;
    } else this.places.push({ offset, end, after, at, textOffset, textEnd });
  }

  /** Its text lies elsewhere in the open record's now. */
  move(by: number): void {
    this.start += by;
    this.end += by;
    for (const place of this.places) place.at += by;
  }

  /** Offset in the source of the byte at `position` of the text, or, as an end, of the one before and one more. */
  placeOf(position: number, isEnd: boolean): number {
    const at = isEnd ? position - 1 : position;
    const place = this.places.findLast((one) => one.at <= at) ?? this.places[0];
    if (place === undefined) return 0;
    if (place.textOffset < 0) return isEnd ? place.textEnd : place.offset;
    return Math.max(place.textOffset, Math.min(place.textOffset + position - place.at, place.textEnd)); // before it: inherited
  }
}

