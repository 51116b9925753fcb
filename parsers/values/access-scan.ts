/**
 * Columns of the row a line of an access log is cut into, all positions in the chunk: begin and end of the virtual host
 * in front (both 0: none), of the client, the user, the time, then TIME_ROUND, begin and end of the request, the status'
 * begin and end, the size's end (its begin is behind the status), begin and end of referer and user agent (both 0: none),
 * and where what follows them begins. Three columns are the reader's own: where the time that was read last lies as a
 * value, how long it is, and the arena's round in which it lies there; the round is -1 once a line has not that time, letter
 * by letter.
 */
export const Column = {
  HOST: 0, CLIENT: 2, USER: 4, TIME: 6, TIME_ROUND: 8, REQUEST: 9, STATUS: 11, STATUS_END: 12, SIZE_END: 13, REFERER: 14, AGENT: 16, REST: 18,
  TIME_ADDRESS: 19, TIME_LENGTH: 20,
} as const;
export const COLUMNS = 21;

/** Cuts lines of access logs. A chunk brings one; this file has the plain one. */
export interface AccessScanner {
  readonly row: Int32Array;
  /** Fills the row for the line at [start, end). False: it can't be one. What the parts say is not looked at. */
  scan(start: number, end: number): boolean;
}

const [SPACE, QUOTE, BACKSLASH, DASH, OPEN, CLOSE] = [0x20, 0x22, 0x5c, 0x2d, 0x5b, 0x5d];
/** Longest time in brackets. */
const TIME_BYTES = 32;

/** Cuts lines in plain TypeScript: what the kernel is held against, and what reads chunks outside of an arena's input. */
export class PlainAccessScanner implements AccessScanner {
  readonly row = new Int32Array(COLUMNS);
  readonly #bytes: Uint8Array;
  #lastTime = '';

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  scan(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const head = cutHead(bytes, start, end);
    if (head === undefined) return false;
    const { time } = head;
    let at = time;
    while (at < end && at - time < TIME_BYTES && bytes[at] !== CLOSE) at++;
    if (at + 3 >= end || bytes[at] !== CLOSE || bytes[at + 1] !== SPACE || bytes[at + 2] !== QUOTE) return false;
    const requestEnd = quoteEnd(bytes, at + 3, end);
    if (requestEnd < 0 || requestEnd + 2 >= end) return false;
    const statusEnd = wordEnd(bytes, requestEnd + 2, end);
    const sizeEnd = statusEnd < end ? wordEnd(bytes, statusEnd + 1, end) : statusEnd;
    const timeText = Buffer.from(bytes.subarray(time, at)).toString('latin1');
    const round = timeText === this.#lastTime ? (this.row[Column.TIME_ROUND] as number) : -1;
    this.row.set([...head.columns, time, at, round, at + 3, requestEnd, requestEnd + 2, statusEnd, sizeEnd, ...tail(bytes, sizeEnd, end)]);
    this.#lastTime = timeText;
    return true;
  }
}

/** `host ident user [`, with a virtual host in front or not, and with spaces in the user or not. */
function cutHead(bytes: Uint8Array, start: number, end: number): { columns: number[]; time: number } | undefined {
  const first = wordEnd(bytes, start, end);
  const second = wordEnd(bytes, first + 1, end);
  let third = wordEnd(bytes, second + 1, end);
  let [hostEnd, client, clientEnd] = [0, start, first];
  if (third < end && bytes[third + 1] !== OPEN) {
    if (isDash(bytes, first + 1, second)) while (third < end && !(bytes[third] === SPACE && bytes[third + 1] === OPEN)) third++;
    else {
      [hostEnd, client, clientEnd] = [first, first + 1, second];
      third = wordEnd(bytes, third + 1, end);
    }
  }
  if (third + 2 >= end || bytes[third + 1] !== OPEN) return undefined;
  const ident = wordEnd(bytes, clientEnd + 1, third);
  const user = ident + 1 < third ? ident + 1 : clientEnd + 1;
  return { columns: [hostEnd > 0 ? start : 0, hostEnd, client, clientEnd, user, third], time: third + 2 };
}

/** Referer and user agent, when they follow at once, and where the rest begins. */
function tail(bytes: Uint8Array, start: number, end: number): number[] {
  const parts = [0, 0, 0, 0];
  let at = start;
  for (let part = 0; part < 4; part += 2) {
    if (at + 1 >= end || bytes[at] !== SPACE || bytes[at + 1] !== QUOTE) break;
    const close = quoteEnd(bytes, at + 2, end);
    if (close < 0) break;
    [parts[part], parts[part + 1]] = [at + 2, close];
    at = close + 1;
  }
  return [...parts, at];
}

function wordEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== SPACE) at++;
  return Math.min(at, end);
}

/** Whether there is nothing at [start, end), or a dash that says so. */
export function isDash(bytes: Uint8Array, start: number, end: number): boolean {
  return end <= start || (end - start === 1 && bytes[start] === DASH);
}

/** The closing quote: Apache writes a quote inside as `\\"`, nginx as `\\x22`. -1: none. */
export function quoteEnd(bytes: Uint8Array, at: number, end: number): number {
  for (; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}
