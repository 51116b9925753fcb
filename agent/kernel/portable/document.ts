// AssemblyScript. The pieces of a record that is taken in a run: what agent/encoder.ts, agent/document-plan.ts and
// agent/piece-list.ts do for the others.

/** A template's rows, and what stands behind them: see agent/document-plan.ts. */
const TEMPLATE_BITS: i32 = 24;
const ROW_BYTES: i32 = 28;
const HAS_QUERY: i32 = 1 << 31;
const IN_NANOSECONDS: i32 = 1;
const SPLITS_QUERY: i32 = 2;
const IS_EMPTY: i32 = 4;

/** As `Encoder.prepare` and `Outlet.commit`. False: the record has to be prepared there. */
function document(run: Run, offset: f64, length: i32): bool {
  const event = run.event;
  const query = run.splitsQuery != 0 && (event.present & (1 << FIELD_http_path)) != 0 ? queryOf(event) : -1;
  const template = templateOf(run, query < 0 ? event.present : event.present | HAS_QUERY);
  if (event.blocked != 0 || template == 0) return false;
  const rest = <usize>(template + 4 + load<i32>(template) * ROW_BYTES);
  const flags = load<i32>(rest, 12);
  if ((flags & IN_NANOSECONDS) != 0 && !convertDuration(event)) return false;
  if ((flags & SPLITS_QUERY) != 0) store<i32>(event.slot(FIELD_http_path), query, 28);
  const list = run.list;
  const listBytes = run.listBytes;
  if (run.listEnd - list < <usize>(7 + 4 * event.memberCount) * 12 + (run.defaultsEnd - run.defaults) * 3) return false;
  head(run, offset, length);
  piece(run, template, event.page << 2, TEMPLATE);
  run.listBytes += load<i32>(rest) + (event.bytes + repeated(event, rest)) * QUOTE_GROWTH;
  copyPiece(run, load<i32>(rest, 4), load<i32>(rest, 8));
  if (!members(run, (flags & IS_EMPTY) == 0)) return undo(run, list, listBytes);
  copyPiece(run, run.tail, run.tailBytes);
  if (run.listBytes > run.room) return undo(run, list, listBytes);
  const record = <usize>(run.count++);
  piece(run, <i32>run.ends + <i32>(record << 2), 0, MARK);
  store<f64>(run.offsets + (record << 3), offset);
  store<i32>(run.lengths + (record << 2), length);
  store<i32>(run.sources + (record << 2), run.source);
  return true;
}

function undo(run: Run, list: usize, listBytes: i32): bool {
  run.list = list;
  run.listBytes = listBytes;
  return false;
}

/** Address of the template of records with these fields; 0: it is not known here. */
function templateOf(run: Run, mask: i32): i32 {
  const entry = run.templates + (<usize>(<u32>(mask * 0x9e3779b1) >> TEMPLATE_BITS) << 3);
  return load<i32>(entry) == mask ? load<i32>(entry, 4) : 0;
}

/** Bytes of the fields that the template writes once more, which stand behind its rows. */
function repeated(event: LogEvent, rest: usize): i32 {
  let bytes = 0;
  const stop = rest + 20 + (<usize>load<i32>(rest, 16) << 2);
  for (let at = rest + 20; at < stop; at += 4) bytes += event.lengthOf(load<i32>(at));
  return bytes;
}

function head(run: Run, offset: f64, length: i32): void {
  copyPiece(run, run.head, run.headBytes);
  if (run.isPlaced == 0) return;
  const whole = <u64>offset;
  piece(run, <i32>whole, length, PLACE | (<i32>(whole >> 32) << 8));
  run.listBytes += PLACE_BYTES;
}

/** As `Encoder.#members`. False: one may collide with an object of the dialect. */
function members(run: Run, follows: bool): bool {
  let comma = follows;
  const event = run.event;
  const stop = event.members + <usize>event.memberCount * 24;
  for (let member = event.members; member < stop; member += 24) {
    if (load<i32>(member, 20) != 0 && run.hasAside != 0) return false;
    if (comma) copyPiece(run, run.comma, 1);
    comma = true;
    const shape = load<i32>(member, 16);
    if (shape != RUN) {
      if (shape == JSON_TEXT) copyPiece(run, load<i32>(member) - 1, load<i32>(member, 4) + 2);
      else quotePiece(run, load<i32>(member), load<i32>(member, 4));
      copyPiece(run, run.colon, 1);
    }
    if (shape == RUN || shape == TEXT_JSON) copyPiece(run, load<i32>(member, 8), load<i32>(member, 12));
    else quotePiece(run, load<i32>(member, 8), load<i32>(member, 12));
  }
  for (let fallback = run.defaults; fallback < run.defaultsEnd; fallback += 16) {
    if (hasKey(run, load<i32>(fallback), load<i32>(fallback, 4))) continue;
    if (comma) copyPiece(run, run.comma, 1);
    comma = true;
    quotePiece(run, load<i32>(fallback), load<i32>(fallback, 4));
    copyPiece(run, run.colon, 1);
    copyPiece(run, load<i32>(fallback, 8), load<i32>(fallback, 12));
  }
  return true;
}

/** As `LogEvent.hasMember`: whether a line of JSON had the key, whatever became of it, or a text a member of that name. */
function hasKey(run: Run, key: i32, length: i32): bool {
  const event = run.event;
  if (event.keys == 0) {
    for (let row = 0, rows = listedMembers() * 6; row < rows; row += 6) {
      const start = run.table[row];
      if (run.table[row + 1] - start == length && memory.compare(run.base + start, key, length) == 0) return true;
    }
    return false;
  }
  const stop = event.members + <usize>event.memberCount * 24;
  for (let member = event.members; member < stop; member += 24) {
    if (load<i32>(member, 4) == length && memory.compare(load<i32>(member), key, length) == 0) return true;
  }
  return false;
}

// Kinds of pieces, and what they may become: see agent/kernel/pieces.ts and agent/piece-list.ts.
const COPY: i32 = 0;
const QUOTE: i32 = 1;
const MARK: i32 = 5;
const TEMPLATE: i32 = 6;
const PLACE: i32 = 8;
const QUOTE_GROWTH: i32 = 6;
const PLACE_BYTES: i32 = 32;

function copyPiece(run: Run, address: i32, length: i32): void {
  if (length == 0) return;
  piece(run, address, length, COPY);
  run.listBytes += length + 2;
}

function quotePiece(run: Run, address: i32, length: i32): void {
  piece(run, address, length, QUOTE);
  run.listBytes += length * QUOTE_GROWTH + 2;
}

// @ts-ignore: decorator
@inline
function piece(run: Run, address: i32, length: i32, kind: i32): void {
  const at = run.list;
  store<i32>(at, address);
  store<i32>(at, length, 4);
  store<i32>(at, kind, 8);
  run.list = at + 12;
}

const QUESTION_MARK: u8 = 0x3f;

/** Position of the `?` in the event's path; -1: none. */
function queryOf(event: LogEvent): i32 {
  if (event.kindOf(FIELD_http_path) != VALUE_TEXT) return -1;
  const address = <usize>event.addressOf(FIELD_http_path);
  const length = event.lengthOf(FIELD_http_path);
  for (let at = 0; at < length; at++) if (load<u8>(address + <usize>at) == QUESTION_MARK) return at;
  return -1;
}

/** The last double before 2^63: see agent/encoder.ts. */
const MOST_NANOSECONDS: f64 = 9223372036854774784.0;

/** Puts the nanoseconds of the event's duration where the template finds them. False: its digits are not simple. */
function convertDuration(event: LogEvent): bool {
  let value = load<f64>(event.numberAt(FIELD_duration_ms));
  if (isNaN(value)) value = simpleNumber(<usize>event.addressOf(FIELD_duration_ms), event.lengthOf(FIELD_duration_ms));
  if (isNaN(value)) return false;
  const whole = <u64>Math.min(MOST_NANOSECONDS, Math.max(0, Math.round(value * 1e6)));
  store<i32>(event.slot(FIELD_duration_ms), <i32>whole, 20);
  store<i32>(event.slot(FIELD_duration_ms), <i32>(whole >> 32), 24);
  return true;
}

/** A number of at most 15 digits, with a point or without: one division of two exact doubles, and so what JavaScript reads. NaN: another one. */
function simpleNumber(address: usize, length: i32): f64 {
  if (length > 16) return NaN;
  let digits: i64 = 0;
  let scale = 1.0;
  let hasPoint = false;
  for (let at = address, end = address + <usize>length; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == 0x2e && !hasPoint) {
      hasPoint = true;
      continue;
    }
    if (byte < 0x30 || byte > 0x39) return NaN;
    digits = digits * 10 + <i64>(byte - 0x30);
    if (hasPoint) scale *= 10;
  }
  return length > 15 && !hasPoint ? NaN : <f64>digits / scale;
}
