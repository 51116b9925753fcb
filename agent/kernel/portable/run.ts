// AssemblyScript. Runs: neighbouring records that need nothing of TypeScript, cut, read and made into pieces in one call.
// What agent/lane.ts, agent/encoder.ts and agent/delivery/outlet.ts do for each record is done here in the same way; a
// test holds what comes of both against each other. What is unusual is left to them: the run ends before it.

/** See agent/kernel/run-state.ts. */
@unmanaged class Run {
  offset: f64;
  base: usize;
  newlines: usize;
  found: i32;
  taken: i32;
  after: i32;
  maxBytes: i32;
  event: LogEvent;
  pageInts: i32;
  pagesEnd: i32;
  keys: i32;
  table: Ints;
  row: Ints;
  list: usize;
  listEnd: usize;
  listBytes: i32;
  room: i32;
  head: i32;
  headBytes: i32;
  isPlaced: i32;
  tail: i32;
  tailBytes: i32;
  comma: i32;
  colon: i32;
  defaults: usize;
  defaultsEnd: usize;
  templates: usize;
  splitsQuery: i32;
  hasAside: i32;
  ends: usize;
  offsets: usize;
  lengths: usize;
  sources: usize;
  count: i32;
  limit: i32;
  source: i32;
  bytes: i32;
  json: i32;
  access: i32;
  gaveUp: i32;
  isFull: i32;

  /** Position of newline `index`. */
  newline(index: i32): i32 { return load<i32>(this.newlines + (<usize>index << 2)) - <i32>this.base; }
}

const RETURN: u8 = 0x0d;
const DASH: u8 = 0x2d;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;
const QUOTE_BYTE: u8 = 0x22;

const SCRATCH_PER_RECORD: i32 = 65536;
const LAST_ROUND: i32 = 0x7ffffffe;

/** Takes records as long as it can; how many. Nothing is left of one that it began and could not take. */
export function run(state: usize): i32 {
  const run = changetype<Run>(state);
  theChunk.bytes = changetype<Bytes>(run.base);
  theChunk.valid = true;
  const first = run.count;
  while (take(run)) {}
  return run.count - first;
}

/** Takes the record that begins with the next line. */
function take(run: Run): bool {
  if (run.taken >= run.found || run.count >= run.limit) return false;
  const start = run.after;
  const newline = run.newline(run.taken);
  const end = newline > start && load<u8>(run.base + newline - 1) == RETURN ? newline - 1 : newline;
  if (end - start > run.maxBytes || !isOneLine(run, start, end)) return false;
  if (!begin(run)) {
    run.isFull = 1;
    return false;
  }
  run.event.keys = load<u8>(run.base + start) == OPEN_BRACE ? 0 : run.keys; // the keys of a JSON line are looked at elsewhere
  const as = readAlone(theChunk, run.table, run.row, start, end, run.event);
  if (as == 0 || run.gaveUp != 0) return false;
  if (!document(run, run.offset + <f64>start, end - start)) return false;
  run.taken++;
  run.after = newline + 1;
  run.bytes += end - start;
  if (as == 1) run.json++;
  else if (as == 3) run.access++;
  return true;
}

/**
 * Whether the line at [start, end) is a record that no other line continues: an object, or a line that begins with a date in
 * front of another one. One that begins with a digit may be, if `readAlone` takes it for a line of an access log.
 */
function isOneLine(run: Run, start: i32, end: i32): bool {
  const line = run.base + start;
  if (end - start < 12) return false;
  if (load<u8>(line) == OPEN_BRACE) return load<u8>(line, 1) == QUOTE_BYTE && load<u8>(run.base + end - 1) == CLOSE_BRACE;
  if (!beginsWithDate(line)) return <u32>load<u8>(line) - 0x30 < 10;
  if (run.taken + 1 >= run.found) return false;
  const next = run.newline(run.taken) + 1;
  return run.newline(run.taken + 1) - next > 10 && beginsWithDate(run.base + next);
}

/** See `headOf` in parsers/continuations/headers.ts. */
function beginsWithDate(line: usize): bool {
  const first = load<u8>(line);
  return load<u8>(line, 4) == DASH && load<u8>(line, 7) == DASH && first >= 0x30 && first <= 0x39;
}

/** As `LogEvent.begin`. False: there is no room for another record before those that are in the list are written. */
function begin(run: Run): bool {
  const event = run.event;
  const page = event.page + run.pageInts;
  if (page + run.pageInts > run.pagesEnd || load<i32>(SCRATCH_END) - load<i32>(SCRATCH_AT) < SCRATCH_PER_RECORD) return false;
  const round = load<i32>(run.keys);
  if (round >= LAST_ROUND) return false;
  store<i32>(run.keys, round + 1);
  store<i32>(run.keys, 0, 4);
  event.page = page;
  event.reset();
  return true;
}
