import type { Arena, Region } from './arena.ts';
import type { Batch } from './delivery/batch.ts';
import { DocumentPlan } from './document-plan.ts';
import { MAX_MEMBERS, MEMBER_INTS, Shape, Value, type LogEvent } from './event.ts';
import { Field } from './fields.ts';
import { hex32, isHexId } from './hex-id.ts';
import type { Encode } from './kernel/kernel.ts';
import { As, QUOTE_GROWTH, Slot, TEMPLATE_ROW } from './kernel/pieces.ts';
import { Run } from './kernel/run-state.ts';
import { LIST_PIECES, PieceList } from './piece-list.ts';
import type { Defaults, Stored } from './stored.ts';
import type { Dialect } from '../outputs/dialects/dialect.ts';
import type { Framing } from '../outputs/output.ts';

/** Pieces one record may need: framing, two for each leaf, and its members. */
const RECORD_PIECES = 128;
const MEMBER_PIECES = 4;
/** Defaults that kernels know of, at most, and integers of each: see Run.DEFAULTS. */
const [MOST_LENT, DEFAULT_INTS] = [64, 4];
/** The last double before 2^63: back ends keep durations as signed 64-bit integers. */
const MOST_NANOSECONDS = 2 ** 63 - 1024;

/**
 * Turns events into the bytes of one output: a list of pieces per record, and one call of the kernel for many records.
 * `prepare` writes a record's pieces, `commit` makes them count: so a record is in the batches of all outputs or of
 * none.
 */
export class Encoder {
  readonly #arena: Arena;
  readonly #list: PieceList;
  readonly #plan: DocumentPlan;
  /** What stands in front of a record's place: the framing's beginning and the id of its source. */
  readonly #head: Region;
  /** Where a kernel finds the defaults that are no fields. */
  readonly #lent: Region;
  readonly #comma: Stored;
  readonly #colon: Stored;
  readonly #close: Stored;
  readonly #quote: Stored;
  readonly #beforeId: Stored;
  readonly #after: Stored;
  readonly #hasId: boolean;

  constructor(arena: Arena, encode: Encode, dialect: Dialect, framing: Framing) {
    this.#arena = arena;
    this.#list = new PieceList(arena, encode);
    this.#lent = arena.claim(MOST_LENT * DEFAULT_INTS * 4);
    this.#comma = arena.constant(',');
    this.#colon = arena.constant(':');
    this.#close = arena.constant('}');
    this.#quote = arena.constant('"');
    const [beforeId = '', afterId] = framing.before.split('{id}');
    this.#hasId = afterId !== undefined;
    this.#beforeId = arena.constant(beforeId);
    this.#after = arena.constant(`}${framing.after}`);
    this.#plan = new DocumentPlan(arena, dialect, afterId ?? '');
    this.#head = this.#headOf(beforeId);
  }

  /** Bytes that what was prepared and committed becomes at most. */
  get pendingBytes(): number {
    return this.#list.bytes;
  }

  /** Whether the list has room for another record; if not, it must be flushed. */
  hasRoom(event: LogEvent, defaults: Defaults): boolean {
    return this.#list.hasRoom(RECORD_PIECES + (event.memberCount + defaults.members.length) * MEMBER_PIECES);
  }

  /** Writes the pieces of the event. `idAddress` is where the source's id lies; `offset` and `length` make the record's id with it. */
  prepare(event: LogEvent, defaults: Defaults, valid: boolean, idAddress: number, offset: number, length: number): void {
    this.#list.expect(valid, event.multiline);
    if (this.#hasId) this.#id(idAddress, offset, length);
    else this.#list.copy(this.#beforeId);
    this.#document(event, defaults);
    this.#list.copy(this.#after);
  }

  /** Lets a kernel write records of a source to the list, until `takeBack`. False: what they carry beside their own is not for a kernel. */
  lend(run: Int32Array, defaults: Defaults, idAddress: number, room: number): boolean {
    if (defaults.members.length > MOST_LENT || defaults.members.some(({ key }) => this.#plan.isRoot(key))) return false;
    const head = this.#hasId ? this.#head : { start: this.#beforeId.address, end: this.#beforeId.address + this.#beforeId.length };
    if (this.#hasId && this.#list.isEmpty) this.#putId(idAddress);
    run[Run.HEAD] = head.start;
    run[Run.HEAD_BYTES] = head.end - head.start;
    run[Run.IS_PLACED] = this.#hasId ? 1 : 0;
    run[Run.TAIL] = this.#after.address;
    run[Run.TAIL_BYTES] = this.#after.length;
    run[Run.COMMA] = this.#comma.address;
    run[Run.COLON] = this.#colon.address;
    this.#lendDefaults(run, defaults);
    this.#plan.lend(run, defaults);
    this.#list.expect(true, false);
    this.#list.lend(run, room);
    return true;
  }

  takeBack(run: Int32Array): void {
    this.#list.takeBack(run);
  }

  #lendDefaults(run: Int32Array, { members }: Defaults): void {
    const { start } = this.#lent;
    const ints = new Int32Array(this.#arena.memory.buffer, start, members.length * DEFAULT_INTS);
    for (const [index, { key, value }] of members.entries()) ints.set([key.address, key.length, value.address, value.length], index * DEFAULT_INTS);
    run[Run.DEFAULTS] = start;
    run[Run.DEFAULTS_END] = start + ints.byteLength;
  }

  /** The prepared record is record `index` of the batch. */
  commit(batch: Batch, index: number): void {
    this.#list.commit(batch.endAddress(index));
  }

  /** Forgets what was prepared and not committed. */
  rollback(): void {
    this.#list.rollback();
  }

  /** Counts what the prepared record really becomes; `pendingBytes` is what it becomes at most. Behind a `flush`. */
  measure(): void {
    this.#list.measure();
  }

  /** Writes the committed records into the batch; what was only prepared stays prepared. */
  flush(batch: Batch): void {
    this.#list.flush(batch);
  }

  /** Writes a prepared record that may be longer than any slot, as the only record of an empty batch. */
  writeAlone(batch: Batch): void {
    const bytes = this.#list.takeAlone(batch.endAddress(0));
    if (bytes.length <= batch.memory.length) batch.memory.set(bytes);
    else batch.holdOutsize(bytes.slice());
    batch.length = bytes.length;
  }

  #id(idAddress: number, offset: number, length: number): void {
    if (this.#list.isEmpty) this.#putId(idAddress);
    this.#list.copyAt(this.#head.start, this.#head.end - this.#head.start);
    this.#list.place(offset, length);
  }

  /** All that is in a list is of one source. */
  #putId(idAddress: number): void {
    this.#arena.bytes.copyWithin(this.#head.end - ID_BYTES - 1, idAddress, idAddress + ID_BYTES);
  }

  /** Room for what stands in front of a record's place; the source's id is put into it when there is one. */
  #headOf(beforeId: string): Region {
    const region = this.#arena.claim(Buffer.byteLength(beforeId) + ID_BYTES + 1);
    Buffer.from(this.#arena.memory.buffer, region.start, region.end - region.start).write(`${beforeId}${' '.repeat(ID_BYTES)}-`);
    return region;
  }

  /** Hot: once per record. The leaves are one piece, which the kernel expands. */
  #document(event: LogEvent, defaults: Defaults): void {
    const template = this.#plan.template(event, defaults);
    if (template.isPlain) this.#leaves(template.rows, event);
    else {
      if (template.inNanoseconds) this.#convertDuration(event);
      if (template.splitsQuery) this.#convertPath(event);
      let bytes = event.bytes;
      for (const field of template.repeated) bytes += event.lengthOf(field);
      this.#list.template(template.address, event.page * 4, template.bytes + bytes * QUOTE_GROWTH);
    }
    this.#list.copyAt(template.end.address, template.end.length);
    if (event.memberCount + defaults.members.length > 0) this.#members(event, defaults, !template.isEmpty);
  }

  #convertDuration(event: LogEvent): void {
    const value = nanoseconds(event);
    event.convert(Field.duration_ms, Slot.LOW, value | 0);
    event.convert(Field.duration_ms, Slot.HIGH, Math.floor(value / 2 ** 32));
  }

  #convertPath(event: LogEvent): void {
    event.convert(Field.http_path, Slot.QUERY, this.#plan.queryOf(event));
  }

  /** The leaves one by one, for templates that the kernel can't expand. */
  #leaves(rows: Int32Array, event: LogEvent): void {
    for (let row = 0; row < rows.length; row += TEMPLATE_ROW) {
      this.#list.copyAt(rows[row] as number, rows[row + 1] as number);
      const field = rows[row + 2] as number;
      if (rows[row + 3] === As.IS) this.#list.value(event.addressOf(field), event.lengthOf(field), event.kindOf(field));
      else this.#special(rows, row, event);
    }
  }

  /** A leaf whose value is a default, or converted. */
  #special(rows: Int32Array, row: number, event: LogEvent): void {
    if (rows[row + 3] === As.DEFAULT) this.#list.value(rows[row + 4] as number, rows[row + 5] as number, rows[row + 6] as number);
    else this.#converted(rows[row + 2] as number, rows[row + 3] as number, event);
  }

  #members(event: LogEvent, defaults: Defaults, follows: boolean): void {
    const members = event.members;
    let first = !follows;
    let aside = 0;
    for (let at = 0; at < event.memberCount * MEMBER_INTS; at += MEMBER_INTS) {
      if (members[at + 5] !== 0 && this.#plan.collides(event, at, defaults)) {
        aside++;
        continue;
      }
      if (!first) this.#list.copy(this.#comma);
      this.#member(members, at);
      first = false;
    }
    for (const member of defaults.members) {
      if (event.hasMember(member.key.address, member.key.length)) continue;
      if (this.#plan.isRoot(member.key)) {
        aside++;
        continue;
      }
      if (!first) this.#list.copy(this.#comma);
      this.#default(member);
      first = false;
    }
    if (aside > 0) this.#aside(event, first, defaults);
  }

  /** The members that would collide with the dialect's own objects, in an object of their own. */
  #aside(event: LogEvent, first: boolean, defaults: Defaults): void {
    const members = event.members;
    if (!first) this.#list.copy(this.#comma);
    this.#list.copy(this.#plan.asideOpen);
    let inner = true;
    for (let at = 0; at < event.memberCount * MEMBER_INTS; at += MEMBER_INTS) {
      if (members[at + 5] === 0 || !this.#plan.collides(event, at, defaults)) continue;
      if (!inner) this.#list.copy(this.#comma);
      this.#member(members, at);
      inner = false;
    }
    for (const member of defaults.members) {
      if (!this.#plan.isRoot(member.key) || event.hasMember(member.key.address, member.key.length)) continue;
      if (!inner) this.#list.copy(this.#comma);
      this.#default(member);
      inner = false;
    }
    this.#list.copy(this.#close);
  }

  #default({ key, value }: Defaults['members'][number]): void {
    this.#list.quoted(key);
    this.#list.copy(this.#colon);
    this.#list.copyAt(value.address, value.length);
  }

  #member(members: Int32Array, at: number): void {
    const shape = members[at + 4] as number;
    if (shape === Shape.JSON_TEXT) this.#list.value((members[at] as number) - 1, (members[at + 1] as number) + 2, Value.JSON);
    else if (shape !== Shape.RUN) this.#list.value(members[at] as number, members[at + 1] as number, Value.TEXT);
    if (shape !== Shape.RUN) this.#list.copy(this.#colon);
    const isText = shape === Shape.TEXT_TEXT || shape === Shape.JSON_TEXT;
    this.#list.value(members[at + 2] as number, members[at + 3] as number, isText ? Value.TEXT : Value.JSON);
  }

  #converted(field: Field, as: number, event: LogEvent): void {
    const address = event.addressOf(field);
    const length = event.lengthOf(field);
    if (as === As.NANOSECONDS) return this.#list.integer(nanoseconds(event));
    if (as === As.DECIMAL_ID) return this.#decimalId(address, length, event.kindOf(field));
    const mark = this.#plan.queryOf(event);
    if (as === As.BEFORE_QUERY) this.#list.value(address, mark < 0 ? length : mark, event.kindOf(field));
    else this.#list.value(address + mark + 1, length - mark - 1, Value.TEXT);
  }

  #decimalId(address: number, length: number, kind: number): void {
    const bytes = this.#arena.bytes;
    if (kind !== Value.TEXT || !isHexId(bytes, address, length)) return this.#list.value(address, length, kind);
    const low = address + length - 8;
    this.#list.copy(this.#quote);
    this.#list.integerOf(hex32(bytes, low), hex32(bytes, low - 8));
    this.#list.copy(this.#quote);
  }
}

function nanoseconds(event: LogEvent): number {
  return Math.min(MOST_NANOSECONDS, Math.max(0, Math.round(event.numberOf(Field.duration_ms) * 1e6)));
}

/** Characters of a source's id. */
export const ID_BYTES = 16;

// A record's members and framing must fit an empty list.
if ((RECORD_PIECES + MAX_MEMBERS * MEMBER_PIECES) > LIST_PIECES) throw new Error('MAX_MEMBERS is too large for LIST_PIECES');
