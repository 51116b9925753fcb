import type { Arena, Region } from './arena.ts';
import type { Chunk } from './chunk.ts';
import { FIELDS, Field } from './fields.ts';
import { Slot, SLOT_SHIFT } from './kernel/pieces.ts';
import { Run } from './kernel/run-state.ts';
import { LEVELS } from './levels.ts';
import { readNumber, writeNumber } from './numbers.ts';
import { ruleText } from './kernel/modules.ts';
import { KEY_SET_BYTES } from './key-set.ts';
import { RecordKeys } from './record-keys.ts';

/** How a value lies in memory. */
export const Value = {
  /** Text, to be quoted and escaped. */
  TEXT: 0,
  /** A valid JSON value, to be copied. */
  JSON: 1,
} as const;
export type ValueKind = (typeof Value)[keyof typeof Value];

/** Names of members that no line brings with it, as positions in NAMES. */
export const Name = { REST: 0, CLIENT_HOST: 1 } as const;
const NAMES = ['rest', 'client_host'];

const PAGE_INTS = FIELDS.length << SLOT_SHIFT;
const PAGE_BYTES = PAGE_INTS * 4;

/** A member is six integers: key address, key length, value address, value length, shape, reserved (for a run: the value's address). */
export const MEMBER_INTS = 6;
/** More members than this are left in the message: a record's pieces must fit an encoder's list. */
export const MAX_MEMBERS = 2000;
/** What an event is, in integers of the arena, so that kernels can fill it: see kernel/portable/event.ts. */
const State = { PRESENT: 0, BLOCKED: 1, BYTES: 2, PAGE: 3, BASE: 4, SET: 5, KEYS: 6, MEMBERS: 8, COUNT: 9, RULES: 16, NUMBERS: 48 } as const;
const STATE_BYTES = (State.NUMBERS + 2 * FIELDS.length + 2) * 4;

/** Room for the members of one record. */
const MEMBERS_BYTES = MAX_MEMBERS * MEMBER_INTS * 4;

/** Bytes an event with that many pages claims of its arena. */
export function eventBytes(pages: number): number {
  return pages * PAGE_BYTES + STATE_BYTES + MEMBERS_BYTES + KEY_SET_BYTES + 512;
}

export const Shape = {
  /** The key is text, the value is text. */
  TEXT_TEXT: 0,
  /** The key is text, the value is JSON. */
  TEXT_JSON: 1,
  /** From the key's first quote to the value's end it is JSON already: several members may lie in one such run. */
  RUN: 2,
  /** The key is the inside of a JSON string, the value is text. */
  JSON_TEXT: 3,
} as const;

/**
 * The one event of a lane: spans into the current chunk and short computed values. It is filled by one parser,
 * completed by extraction, encoded, and reset: never keep a reference.
 *
 * Positions given to its methods are positions in the chunk of `begin`. The last setter of a field wins, so a parser
 * that must not overwrite asks `has` first. `rule` names who is setting, and is what `explain` shows.
 */
export class LogEvent {
  /** Bit mask of the fields that are set. */
  present = 0;
  /** Bit mask of the fields whose name is taken by a member: they can't be set. */
  blocked = 0;
  /** Bytes of all values that were set, at least those that still are. */
  bytes = 0;
  /** Index, in the arena's integers, of the page of slots of this record: one slot for each field. */
  page: number;
  /** By field, for numeric fields that were computed; NaN where only the digits are known. */
  readonly numbers: Float64Array;
  /** Who is setting fields now. */
  rule = '';
  /** Name of the parser that read the record. */
  format = '';
  /** JSON of the record may contain line ends between its tokens. */
  multiline = false;
  /** The parser has found all there is: the message holds nothing more. */
  complete = false;
  /** The record's place in the chunk. */
  start = 0;
  end = 0;
  memberCount = 0;
  readonly members: Int32Array;
  readonly keys: RecordKeys;
  readonly arena: Arena;
  /** Where kernels find the event, between `lend` and `takeBack`. */
  readonly address: number;
  #base = 0;
  /** Bit mask of the fields whose rule is known by its number. */
  #ruledByKernel = 0;
  readonly #ints: Int32Array;
  readonly #state: number;
  readonly #pages: Region;
  readonly #rules: string[] = FIELDS.map(() => '');
  readonly #levels: { address: number; length: number }[];
  readonly #true: { address: number; length: number };
  readonly #names: { address: number; length: number }[];

  /** `pages`: of how many records the slots are kept, so that they can be encoded together. */
  constructor(arena: Arena, pages = 1) {
    this.arena = arena;
    this.#ints = new Int32Array(arena.memory.buffer);
    this.#pages = arena.claim(pages * PAGE_BYTES);
    this.address = arena.claim(STATE_BYTES).start;
    this.#state = this.address / 4;
    const members = arena.claim(MEMBERS_BYTES).start;
    this.members = new Int32Array(arena.memory.buffer, members, MAX_MEMBERS * MEMBER_INTS);
    this.#ints[this.#state + State.MEMBERS] = members;
    this.numbers = new Float64Array(arena.memory.buffer, this.address + State.NUMBERS * 4, FIELDS.length).fill(NaN);
    this.page = this.#pages.start / 4;
    this.keys = new RecordKeys(arena);
    this.#levels = LEVELS.map((level) => arena.constant(level));
    this.#true = arena.constant('true');
    this.#names = NAMES.map((name) => arena.constant(name));
  }

  /** Address of the chunk the record lies in. */
  get base(): number {
    return this.#base;
  }

  /** Who set a field. */
  ruleOf(field: Field): string {
    if ((this.#ruledByKernel & (1 << field)) === 0) return this.#rules[field] as string;
    return ruleText(this.#ints[this.#state + State.RULES + field] as number);
  }

  /** Lets a kernel fill the event, until `takeBack`. */
  lend(): void {
    const [ints, at] = [this.#ints, this.#state];
    ints[at + State.PRESENT] = this.present;
    ints[at + State.BLOCKED] = this.blocked;
    ints[at + State.BYTES] = this.bytes;
    ints[at + State.PAGE] = this.page;
    ints[at + State.BASE] = this.#base;
    ints[at + State.SET] = 0;
    ints[at + State.KEYS] = this.keys.address;
    ints[at + State.COUNT] = this.memberCount;
  }

  /**
   * Lets a kernel begin and fill the event for one record after the other, between `lend` and `takeBack`. If it wraps, the
   * list was flushed before.
   */
  lendPages(run: Int32Array): void {
    this.keys.clear();
    if (this.wraps) this.page = this.#pages.start / 4 - PAGE_INTS;
    run[Run.EVENT] = this.address;
    run[Run.PAGE_INTS] = PAGE_INTS;
    run[Run.PAGES_END] = this.#pages.end / 4;
    run[Run.KEYS] = this.keys.address;
  }

  takeBack(): void {
    const [ints, at] = [this.#ints, this.#state];
    this.page = ints[at + State.PAGE] as number;
    this.present = ints[at + State.PRESENT] as number;
    this.blocked = ints[at + State.BLOCKED] as number;
    this.bytes = ints[at + State.BYTES] as number;
    this.#ruledByKernel |= ints[at + State.SET] as number;
    this.memberCount = ints[at + State.COUNT] as number;
  }

  /** Counts positions from another address from here on; gives the former one. */
  rebase(base: number): number {
    this.keys.fill();
    this.keys.base = base;
    const former = this.#base;
    this.#base = base;
    return former;
  }

  /**
   * Whether the next record gets a page that is in use. The list of an encoder points into pages, so it must be flushed
   * before.
   */
  get wraps(): boolean {
    return (this.page + PAGE_INTS) * 4 >= this.#pages.end;
  }

  /** Empties the event for the record at [start, end) of `chunk`. */
  begin(chunk: Chunk, start: number, end: number): void {
    this.#base = chunk.base;
    this.keys.base = chunk.base;
    this.keys.valid = chunk.valid;
    this.start = start;
    this.end = end;
    this.page = this.wraps ? this.#pages.start / 4 : this.page + PAGE_INTS;
    this.reset();
  }

  /** Throws away whatever was set for this record. */
  reset(): void {
    this.present = 0;
    this.bytes = 0;
    this.blocked = 0;
    this.memberCount = 0;
    this.multiline = false;
    this.complete = false;
    this.keys.clear();
  }

  has(field: Field): boolean {
    return ((this.present | this.blocked) & (1 << field)) !== 0;
  }

  /** The value of a field that is set lies elsewhere, and is another; what it was read from stays. */
  move(field: Field, address: number, length: number): void {
    this.bytes += Math.max(0, length - this.lengthOf(field));
    this.convert(field, Slot.ADDRESS, address);
    this.convert(field, Slot.LENGTH, length);
    this.numbers[field] = NaN;
  }

  // Of fields that are set. Places are positions in the chunk.
  addressOf(field: Field): number {
    return this.#ints[this.page + (field << SLOT_SHIFT)] as number;
  }

  lengthOf(field: Field): number {
    return this.#ints[this.page + (field << SLOT_SHIFT) + Slot.LENGTH] as number;
  }

  kindOf(field: Field): number {
    return this.#ints[this.page + (field << SLOT_SHIFT) + Slot.KIND] as number;
  }

  fromOf(field: Field): number {
    return this.#ints[this.page + (field << SLOT_SHIFT) + Slot.FROM] as number;
  }

  toOf(field: Field): number {
    return this.#ints[this.page + (field << SLOT_SHIFT) + Slot.TO] as number;
  }

  /** Says where in the chunk a field was read from. */
  setPlace(field: Field, from: number, to: number): void {
    this.convert(field, Slot.FROM, from);
    this.convert(field, Slot.TO, to);
  }

  /** Keeps a field from being set: its name is taken, or what stands there is known not to be one. */
  block(field: Field): void {
    this.blocked |= 1 << field;
  }

  unset(field: Field): void {
    this.present &= ~(1 << field);
  }

  /** Text as it stands in the chunk. An empty span sets nothing. */
  span(field: Field, start: number, end: number): void {
    if (end > start) this.#set(field, this.#base + start, end - start, Value.TEXT, start, end);
  }

  /** A JSON value as it stands in the chunk: a string with its quotes, a number, an object. */
  json(field: Field, start: number, end: number): void {
    this.#set(field, this.#base + start, end - start, Value.JSON, start, end);
    this.numbers[field] = NaN;
  }

  /** Text that had to be computed from [start, end) of the chunk. It may be read on as a record is. */
  value(field: Field, text: string, start: number, end: number): void {
    const length = Buffer.byteLength(text);
    const address = this.arena.beginText(length);
    if (address < 0) return;
    Buffer.from(this.arena.memory.buffer).write(text, address);
    this.arena.endText(address + length);
    this.#set(field, address, length, Value.TEXT, start, end);
  }

  /** Text that lies anywhere in the arena already, read from [start, end) of the chunk. */
  at(field: Field, address: number, length: number, start: number, end: number): void {
    this.#set(field, address, length, Value.TEXT, start, end);
  }

  /** A JSON value that lies anywhere in the arena already, read from [start, end) of the chunk. */
  jsonAt(field: Field, address: number, length: number, start: number, end: number): void {
    this.#set(field, address, length, Value.JSON, start, end);
    this.numbers[field] = NaN;
  }

  /** A finite number that had to be computed from [start, end) of the chunk. */
  number(field: Field, value: number, start: number, end: number): void {
    const address = this.arena.scratchSpace(32);
    if (address < 0 || !Number.isFinite(value)) return;
    const length = writeNumber(this.arena.bytes, address, value);
    this.arena.scratchShrink(address + length);
    this.#set(field, address, length, Value.JSON, start, end);
    this.numbers[field] = value;
  }

  /** A field that is true. */
  flag(field: Field, start: number, end: number): void {
    this.#set(field, this.#true.address, this.#true.length, Value.JSON, start, end);
  }

  /** One of LEVELS by its position. */
  level(level: number, start: number, end: number): void {
    const name = this.#levels[level];
    if (name !== undefined) this.#set(Field.level, name.address, name.length, Value.TEXT, start, end);
  }

  /** What a conversion needs beside the value: see Slot. */
  convert(field: Field, slot: number, integer: number): void {
    this.#ints[this.page + (field << SLOT_SHIFT) + slot] = integer;
  }

  /** Value of a numeric field that is set: computed, or read from its digits. */
  numberOf(field: Field): number {
    const known = this.numbers[field] ?? NaN;
    if (!Number.isNaN(known)) return known;
    return readNumber(this.arena.bytes, this.addressOf(field), this.lengthOf(field));
  }

  /**
   * Any other key with its value, both as they stand in the chunk. `kind` is that of the value: JSON as it stands, or
   * text to be quoted. A key that was there before, or is not UTF-8 (what is written of two such may be the same), is
   * left out, and false comes back. For keys of text; a JSON line's own members come through `run`. `reserved`: the key may collide with an object of a dialect.
   */
  member(keyStart: number, keyEnd: number, start: number, end: number, kind: ValueKind, reserved: boolean): boolean {
    const key = this.#base + keyStart;
    if (this.memberCount >= MAX_MEMBERS || !this.keys.add(key, keyEnd - keyStart)) return false;
    this.#push(key, keyEnd - keyStart, this.#base + start, end - start, kind === Value.JSON ? Shape.TEXT_JSON : Shape.TEXT_TEXT, reserved ? 1 : 0);
    return true;
  }

  /** Text as it stands in the chunk as a member that is called by one of NAMES. */
  named(name: number, start: number, end: number): void {
    const { address, length } = this.#names[name] as { address: number; length: number };
    const key = address - this.#base; // members are told by their place from the chunk's begin, wherever they lie
    this.member(key, key + length, start, end, Value.TEXT, false);
  }

  /**
   * Members of a JSON line as they stand, from a key's first quote to a value's end; a reserved one comes alone, with
   * the span of its key and the start of its value. The caller has seen to it that no key is there twice. False: there
   * are too many.
   */
  run(start: number, end: number, keyEnd: number, valueStart: number, reserved: boolean): boolean {
    if (this.memberCount >= MAX_MEMBERS) return false;
    this.#push(this.#base + start, keyEnd - start, this.#base + start, end - start, Shape.RUN, reserved ? this.#base + valueStart : 0);
    return true;
  }

  /** A member of a JSON line whose value is kept as text. Its key, without quotes, is a JSON string's inside already. */
  text(keyStart: number, keyEnd: number, start: number, end: number, reserved: boolean): boolean {
    if (this.memberCount >= MAX_MEMBERS) return false;
    this.#push(this.#base + keyStart, keyEnd - keyStart, this.#base + start, end - start, Shape.JSON_TEXT, reserved ? 1 : 0);
    return true;
  }

  /** Whether a member has the key that lies at `address`. */
  hasMember(address: number, length: number): boolean {
    return this.keys.has(address, length);
  }

  #push(key: number, keyLength: number, address: number, length: number, shape: number, reserved: number): void {
    const at = this.memberCount++ * MEMBER_INTS;
    const members = this.members;
    members[at] = key;
    members[at + 1] = keyLength;
    members[at + 2] = address;
    members[at + 3] = length;
    members[at + 4] = shape;
    members[at + 5] = reserved;
  }

  #set(field: Field, address: number, length: number, kind: number, from: number, to: number): void {
    const bit = 1 << field;
    if ((this.blocked & bit) !== 0) return;
    this.present |= bit;
    const slots = this.#ints;
    const slot = this.page + (field << SLOT_SHIFT);
    slots[slot] = address;
    slots[slot + Slot.LENGTH] = length;
    slots[slot + Slot.KIND] = kind;
    slots[slot + Slot.FROM] = from;
    slots[slot + Slot.TO] = to;
    this.bytes += length;
    this.#ruledByKernel &= ~bit;
    this.#rules[field] = this.rule;
  }
}
