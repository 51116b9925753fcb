// AssemblyScript. What a portable function finds in place of a chunk, an arena and an event: they lie in the arena's
// memory, where agent/arena.ts and agent/event.ts keep them.

/** In place of agent/chunk.ts. */
@unmanaged class Chunk {
  bytes: Bytes;
  valid: bool;
  get base(): i32 { return <i32>changetype<usize>(this.bytes); }
}

/** In place of agent/arena.ts: all memory, and the scratch space in it. */
@unmanaged class Arena {
  get bytes(): Bytes { return changetype<Bytes>(0); }
  get round(): i32 { return load<i32>(ROUND); }
  scratchSpace(bytes: i32): i32 {
    const at = load<i32>(SCRATCH_AT);
    if (at + bytes > load<i32>(SCRATCH_END)) return -1;
    store<i32>(SCRATCH_AT, at + bytes);
    return at;
  }
  scratchShrink(at: i32): void { store<i32>(SCRATCH_AT, at); }
}
const SCRATCH_AT: usize = 64;
const SCRATCH_END: usize = 68;
const ROUND: usize = 72;

const VALUE_TEXT: i32 = 0;
const VALUE_JSON: i32 = 1;
const SLOT_BYTES_SHIFT: i32 = 5;
const MAX_MEMBERS: i32 = 2000;
const TEXT_TEXT: i32 = 0;
const TEXT_JSON: i32 = 1;
const RUN: i32 = 2;
const JSON_TEXT: i32 = 3;
const RULES: i32 = 64;
const NUMBERS: i32 = 192;

/** In place of agent/event.ts. */
@unmanaged class LogEvent {
  present: i32;
  blocked: i32;
  bytes: i32;
  page: i32;
  base: i32;
  /** The fields that were set here. */
  setHere: i32;
  /** Set of the members' keys, 0 if it is not to be added to here: see agent/key-set.ts. */
  keys: i32;
  /** Who is setting fields. */
  rule: Bytes;
  members: usize;
  memberCount: i32;

  get arena(): Arena { return changetype<Arena>(0); }

  reset(): void {
    this.present = 0;
    this.blocked = 0;
    this.bytes = 0;
    this.memberCount = 0;
  }
  has(field: i32): bool { return ((this.present | this.blocked) & (1 << field)) != 0; }
  block(field: i32): void { this.blocked |= 1 << field; }
  unset(field: i32): void { this.present &= ~(1 << field); }

  span(field: i32, start: i32, end: i32): void {
    if (end > start) this.set(field, this.base + start, end - start, VALUE_TEXT, start, end);
  }
  json(field: i32, start: i32, end: i32): void {
    this.set(field, this.base + start, end - start, VALUE_JSON, start, end);
    store<f64>(this.numberAt(field), NaN);
  }
  at(field: i32, address: i32, length: i32, start: i32, end: i32): void { this.set(field, address, length, VALUE_TEXT, start, end); }
  level(level: i32, start: i32, end: i32): void {
    const name = LEVEL_NAMES + (level << 4);
    this.set(FIELD_level, <i32>name + 4, load<i32>(name), VALUE_TEXT, start, end);
  }
  number(field: i32, value: f64, start: i32, end: i32): void {
    const address = this.arena.scratchSpace(32);
    if (address < 0 || !isFinite(value)) return;
    const isWhole = value >= 0 && value <= 2147483647 && Math.floor(value) == value;
    const length = isWhole ? writeWhole(address, <i32>value) : writeNumber(address, value);
    this.arena.scratchShrink(address + length);
    this.set(field, address, length, VALUE_JSON, start, end);
    store<f64>(this.numberAt(field), value);
  }

  run(start: i32, end: i32, keyEnd: i32, valueStart: i32, reserved: bool): bool {
    const from = this.base + start;
    return this.push(from, keyEnd - start, from, end - start, RUN, reserved ? this.base + valueStart : 0);
  }
  text(keyStart: i32, keyEnd: i32, start: i32, end: i32, reserved: bool): bool {
    return this.push(this.base + keyStart, keyEnd - keyStart, this.base + start, end - start, JSON_TEXT, reserved ? 1 : 0);
  }
  member(keyStart: i32, keyEnd: i32, start: i32, end: i32, kind: i32, reserved: bool): bool {
    const key = this.base + keyStart;
    if (this.memberCount >= MAX_MEMBERS || !this.addKey(key, keyEnd - keyStart)) return false;
    return this.push(key, keyEnd - keyStart, this.base + start, end - start, kind == VALUE_JSON ? TEXT_JSON : TEXT_TEXT, reserved ? 1 : 0);
  }
  named(name: i32, start: i32, end: i32): void {
    const text = NAMES + (name << 4);
    const key = <i32>text + 4 - this.base;
    this.member(key, key + load<i32>(text), start, end, VALUE_TEXT, false);
  }
  private addKey(key: i32, length: i32): bool {
    if (this.keys == 0 || isFull(changetype<Ints>(0), this.keys >> 2)) return askToAddKey(key, length);
    return addKey(changetype<Ints>(0), this.keys >> 2, changetype<Bytes>(0), key, key + length);
  }
  private push(key: i32, keyLength: i32, address: i32, length: i32, shape: i32, reserved: i32): bool {
    if (this.memberCount >= MAX_MEMBERS) return false;
    const at = this.members + 24 * this.memberCount++;
    store<i32>(at, key);
    store<i32>(at, keyLength, 4);
    store<i32>(at, address, 8);
    store<i32>(at, length, 12);
    store<i32>(at, shape, 16);
    store<i32>(at, reserved, 20);
    return true;
  }

  addressOf(field: i32): i32 { return load<i32>(this.slot(field)); }
  lengthOf(field: i32): i32 { return load<i32>(this.slot(field), 4); }
  kindOf(field: i32): i32 { return load<i32>(this.slot(field), 8); }
  fromOf(field: i32): i32 { return load<i32>(this.slot(field), 12); }
  toOf(field: i32): i32 { return load<i32>(this.slot(field), 16); }

  private set(field: i32, address: i32, length: i32, kind: i32, from: i32, to: i32): void {
    const bit = 1 << field;
    if ((this.blocked & bit) != 0) return;
    this.present |= bit;
    this.setHere |= bit;
    const slot = this.slot(field);
    store<i32>(slot, address);
    store<i32>(slot, length, 4);
    store<i32>(slot, kind, 8);
    store<i32>(slot, from, 12);
    store<i32>(slot, to, 16);
    this.bytes += length;
    store<i32>(changetype<usize>(this) + RULES + (field << 2), this.rule.number);
  }
  slot(field: i32): usize { return (<usize>this.page << 2) + (<usize>field << SLOT_BYTES_SHIFT); }
  numberAt(field: i32): usize { return changetype<usize>(this) + NUMBERS + (field << 3); }
}

/** Names of members, and of levels, by their position, 16 bytes each: length and text. */
const NAMES: usize = memory.data<u8>([
  4, 0, 0, 0, 114, 101, 115, 116, 0, 0, 0, 0, 0, 0, 0, 0, // rest
  11, 0, 0, 0, 99, 108, 105, 101, 110, 116, 95, 104, 111, 115, 116, 0, // client_host
], 16);
const LEVEL_NAMES: usize = memory.data<u8>([
  5, 0, 0, 0, 116, 114, 97, 99, 101, 0, 0, 0, 0, 0, 0, 0, // trace
  5, 0, 0, 0, 100, 101, 98, 117, 103, 0, 0, 0, 0, 0, 0, 0, // debug
  4, 0, 0, 0, 105, 110, 102, 111, 0, 0, 0, 0, 0, 0, 0, 0, // info
  4, 0, 0, 0, 119, 97, 114, 110, 0, 0, 0, 0, 0, 0, 0, 0, // warn
  5, 0, 0, 0, 101, 114, 114, 111, 114, 0, 0, 0, 0, 0, 0, 0, // error
  5, 0, 0, 0, 102, 97, 116, 97, 108, 0, 0, 0, 0, 0, 0, 0, // fatal
], 16);

/** Adds a key where this can't be done here: see agent/record-keys.ts. */
@external("host", "addKey") declare function askToAddKey(address: i32, length: i32): bool;

/** Writes any number as JavaScript does; gives its length. */
@external("host", "writeNumber") declare function writeNumber(address: i32, value: f64): i32;

function writeWhole(address: i32, value: i32): i32 {
  let digits = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits++;
  let rest = value;
  for (let at = address + digits - 1; at >= address; at--) {
    const next = rest / 10;
    store<u8>(at, <u8>(48 + rest - next * 10));
    rest = next;
  }
  return digits;
}
