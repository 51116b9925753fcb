// AssemblyScript. Finds the parts of a line of an access log, 16 bytes at a time. The plain version, with the meaning of
// each column of the row, is parsers/values/access-scan.ts; a test holds the two against each other.

const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const DASH: u8 = 0x2d;
const OPEN: u8 = 0x5b;
const CLOSE: u8 = 0x5d;

let lastTime: usize = 0;
let lastLength: usize = 0;
let row: usize = 0;
let base: usize = 0;

/** Where the time of the line before is kept, 32 bytes; the row of columns; and where positions count from. */
export function setUpAccess(address: usize, columns: usize, origin: usize): void {
  lastTime = address;
  lastLength = 0;
  row = columns;
  base = origin;
}

/** Fills the row for the line at these positions. 0: not an access log. */
export function access(from: usize, to: usize): i32 {
  const start = base + from;
  const end = base + to;
  const first = wordEnd(start, end);
  const second = wordEnd(first + 1, end);
  let third = wordEnd(second + 1, end);
  let host: usize = 0;
  let client = start;
  let clientEnd = first;
  if (third < end && load<u8>(third + 1) != OPEN) {
    if (isDash(first + 1, second)) third = bracket(third, end);
    else {
      host = start;
      client = first + 1;
      clientEnd = second;
      third = wordEnd(third + 1, end);
    }
  }
  if (third + 2 >= end || load<u8>(third + 1) != OPEN) return 0;
  const time = third + 2;
  let at = time;
  while (at < end && at - time < 32 && load<u8>(at) != CLOSE) at++;
  if (at + 3 >= end || load<u8>(at) != CLOSE || load<u8>(at + 1) != SPACE || load<u8>(at + 2) != QUOTE) return 0;
  const request = at + 3;
  const requestEnd = quoteEnd(request, end);
  if (requestEnd == 0) return 0;
  const status = requestEnd + 2;
  if (status >= end) return 0;
  const statusEnd = wordEnd(status, end);
  const sizeEnd = statusEnd < end ? wordEnd(statusEnd + 1, end) : statusEnd;
  const ident = wordEnd(clientEnd + 1, third);
  const user = ident + 1 < third ? ident + 1 : clientEnd + 1;
  put(0, host == 0 ? base : host);
  put(1, host == 0 ? base : first);
  put(2, client);
  put(3, clientEnd);
  put(4, user);
  put(5, third);
  put(6, time);
  put(7, at);
  if (!sameTime(time, at - time)) store<i32>(row, -1, 32);
  put(9, request);
  put(10, requestEnd);
  put(11, status);
  put(12, statusEnd);
  put(13, sizeEnd);
  tail(sizeEnd, end);
  return 1;
}

/** Referer and user agent, when they follow at once, and where the rest begins. */
function tail(at: usize, end: usize): void {
  for (let column: usize = 14; column <= 16; column += 2) {
    put(column, base);
    put(column + 1, base);
  }
  for (let column: usize = 14; column <= 16; column += 2) {
    if (at + 1 >= end || load<u8>(at) != SPACE || load<u8>(at + 1) != QUOTE) break;
    const close = quoteEnd(at + 2, end);
    if (close == 0) break;
    put(column, at + 2);
    put(column + 1, close);
    at = close + 1;
  }
  put(18, at);
}

// @ts-ignore: decorator
@inline
function put(column: usize, value: usize): void {
  store<u32>(row + (column << 2), <u32>(value - base));
}

/** Position of the next space from `at` on, or `end`. */
// @ts-ignore: decorator
@inline
function wordEnd(at: usize, end: usize): usize {
  while (at < end) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x20)));
    if (found != 0) {
      at += <usize>ctz(found);
      return at < end ? at : end;
    }
    at += 16;
  }
  return end;
}

/** Position of the next ` [` from `at` on, or `end`. */
function bracket(at: usize, end: usize): usize {
  while (at < end && !(load<u8>(at) == SPACE && load<u8>(at + 1) == OPEN)) at++;
  return at;
}

/** Position of the closing quote of the text at `at`; 0: none. A backslash takes the next byte with it. */
function quoteEnd(at: usize, end: usize): usize {
  while (at < end) {
    const block = v128.load(at);
    const found = i8x16.bitmask(v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))));
    if (found == 0) {
      at += 16;
      continue;
    }
    at += <usize>ctz(found);
    if (at >= end) return 0;
    if (load<u8>(at) == QUOTE) return at;
    at += 2;
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function isDash(start: usize, end: usize): bool {
  return end <= start || (end - start == 1 && load<u8>(start) == DASH);
}

/** Whether the time is that of the line before, letter by letter. */
function sameTime(start: usize, length: usize): bool {
  if (length == lastLength) {
    let same = true;
    for (let i: usize = 0; i < length; i++) {
      if (load<u8>(start + i) != load<u8>(lastTime + i)) {
        same = false;
        break;
      }
    }
    if (same) return true;
  }
  memory.copy(lastTime, start, length);
  lastLength = length;
  return false;
}
