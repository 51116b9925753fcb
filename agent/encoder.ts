import { DocumentPlan } from './document-plan.ts';
import type { Arena, Region } from './arena.ts';
import type { Batch } from './delivery/batch.ts';
import { MAX_MEMBERS, MEMBER_INTS, Shape, Value, type LogEvent } from './event.ts';
import { Field } from './fields.ts';
import { hex32, isHexId } from './hex-id.ts';
import { encodePlain } from './kernel/encode-plain.ts';
import type { Encode } from './kernel/kernel.ts';
import { As, Kind, PIECE_BYTES, PIECE_INTS, QUOTE_GROWTH, Slot, TEMPLATE_ROW } from './kernel/pieces.ts';
import type { Dialect } from '../outputs/dialects/dialect.ts';
import type { Framing } from '../outputs/output.ts';

/** Pieces in a list: some 200 KB, so that it stays in the processor's second cache. */
const LIST_PIECES = 16_384;
/** Pieces one record may need: framing, two for each leaf, and its members. */
const RECORD_PIECES = 128;
const MEMBER_PIECES = 4;
/** The last double before 2^63: back ends keep durations as signed 64-bit integers. */
const MOST_NANOSECONDS = 2 ** 63 - 1024;
/** U+FFFD for a single byte. */
const REPAIR_GROWTH = 3;

/** A text or a value that lies in the arena. */
export interface Stored {
  readonly address: number;
  readonly length: number;
}

/** What records carry that have no such field of their own: an input's `fields:`, and `host` and `service` on the network. */
export interface Defaults {
  readonly fields: readonly { readonly field: Field; readonly value: Stored; readonly kind: number }[];
  /** Keys that are no field; values are JSON. */
  readonly members: readonly { readonly key: Stored; readonly value: Stored }[];
}

export const NO_DEFAULTS: Defaults = { fields: [], members: [] };

/**
 * Turns events into the bytes of one output: a list of pieces per record, and one call of the kernel for many records.
 * `prepare` writes a record's pieces, `commit` makes them count: so a record is in the batches of all outputs or of
 * none.
 */
export class Encoder {
  readonly #arena: Arena;
  readonly #encode: Encode;
  readonly #ints: Int32Array;
  readonly #list: Region;
  readonly #plan: DocumentPlan;
  readonly #comma: Stored;
  readonly #colon: Stored;
  readonly #close: Stored;
  readonly #dash: Stored;
  readonly #quote: Stored;
  readonly #beforeId: Stored;
  readonly #afterId: Stored;
  readonly #after: Stored;
  readonly #hasId: boolean;
  /** Index of the next int; where the committed pieces end; and the bytes that those and all pieces become at most. */
  #at: number;
  #committed: number;
  #committedBytes = 0;
  #bytes = 0;
  #templateKind: number = Kind.TEMPLATE;
  /** By the kind of a value: the kind of its piece, and how much longer than the value its bytes may be. */
  readonly #kinds = new Int32Array(2);
  readonly #growth = Int32Array.of(QUOTE_GROWTH, 1);

  constructor(arena: Arena, encode: Encode, dialect: Dialect, framing: Framing) {
    this.#arena = arena;
    this.#encode = encode;
    this.#ints = new Int32Array(arena.memory.buffer);
    this.#list = arena.claim(LIST_PIECES * PIECE_BYTES);
    this.#at = this.#committed = this.#list.start / 4;
    this.#plan = new DocumentPlan(arena, dialect);
    this.#comma = arena.constant(',');
    this.#colon = arena.constant(':');
    this.#close = arena.constant('}');
    this.#dash = arena.constant('-');
    this.#quote = arena.constant('"');
    const [beforeId = '', afterId] = framing.before.split('{id}');
    this.#hasId = afterId !== undefined;
    this.#beforeId = arena.constant(beforeId);
    this.#afterId = arena.constant(afterId ?? '');
    this.#after = arena.constant(framing.after);
  }

  /** Bytes the pieces written so far become at most. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Whether the list has room for another record; if not, it must be flushed. */
  hasRoom(event: LogEvent, defaults: Defaults): boolean {
    const pieces = RECORD_PIECES + (event.memberCount + defaults.members.length) * MEMBER_PIECES;
    return this.#at + pieces * PIECE_INTS <= this.#list.end / 4;
  }

  /** Writes the pieces of the event as record number `index` of `batch`. `idAddress` is where the source's id lies. */
  prepare(event: LogEvent, defaults: Defaults, valid: boolean, idAddress: number, offset: number, length: number): void {
    this.#templateKind = valid && !event.multiline ? Kind.TEMPLATE : Kind.TEMPLATE_REPAIRED;
    this.#kinds[Value.TEXT] = valid ? Kind.QUOTE : Kind.QUOTE_REPAIRED;
    this.#kinds[Value.JSON] = valid && !event.multiline ? Kind.COPY : Kind.COPY_REPAIRED;
    this.#growth[Value.JSON] = valid && !event.multiline ? 1 : REPAIR_GROWTH;
    this.#copy(this.#beforeId);
    if (this.#hasId) this.#id(idAddress, offset, length);
    this.#document(event, defaults);
    this.#copy(this.#after);
  }

  /** The prepared record is record `index` of the batch. */
  commit(batch: Batch, index: number): void {
    this.#piece(batch.endAddress(index), 0, Kind.MARK);
    this.#committed = this.#at;
    this.#committedBytes = this.#bytes;
  }

  /** Forgets what was prepared and not committed. */
  rollback(): void {
    this.#at = this.#committed;
    this.#bytes = this.#committedBytes;
  }

  /** Counts what the prepared record really becomes; `pendingBytes` is what it becomes at most. Behind a `flush`: nothing else is pending then. */
  measure(): void {
    const list = this.#ints.subarray(this.#list.start / 4, this.#at);
    this.#bytes = encodePlain(this.#arena.bytes, list, list.length / PIECE_INTS, new Uint8Array(this.#bytes), 0, 0);
  }

  /** Writes the committed records into the batch; what was only prepared stays prepared. */
  flush(batch: Batch): void {
    const first = this.#list.start / 4;
    const count = (this.#committed - first) / PIECE_INTS;
    if (count > 0) {
      const start = batch.region.start + batch.length;
      batch.length = this.#encode(this.#list.start, count, start, batch.region.start) - batch.region.start;
      this.#ints.copyWithin(first, this.#committed, this.#at);
    }
    this.#at -= this.#committed - first;
    this.#bytes -= this.#committedBytes;
    this.#committed = first;
    this.#committedBytes = 0;
  }

  /** Writes a prepared record that may be longer than any slot, as the only record of an empty batch. */
  writeAlone(batch: Batch): void {
    this.#piece(batch.endAddress(0), 0, Kind.MARK);
    const list = this.#ints.subarray(this.#list.start / 4, this.#at);
    const out = new Uint8Array(this.#bytes);
    const length = encodePlain(this.#arena.bytes, list, list.length / PIECE_INTS, out, 0, 0);
    if (length <= batch.memory.length) batch.memory.set(out.subarray(0, length));
    else batch.holdOutsize(out.slice(0, length));
    batch.length = length;
    this.rollback();
  }

  #id(idAddress: number, offset: number, length: number): void {
    this.#piece(idAddress, ID_BYTES, Kind.COPY);
    this.#copy(this.#dash);
    this.#integer(offset);
    this.#copy(this.#dash);
    this.#integer(length);
    this.#copy(this.#afterId);
    this.#bytes += ID_BYTES;
  }

  /** Hot: once per record. The leaves are one piece, which the kernel expands. */
  #document(event: LogEvent, defaults: Defaults): void {
    const template = this.#plan.template(event, defaults);
    if (template.isPlain) this.#leaves(template.rows, event);
    else {
      if (template.inNanoseconds) this.#convertDuration(event);
      if (template.splitsQuery) this.#convertPath(event);
      this.#piece(template.address, event.page * 4, this.#templateKind);
      this.#bytes += template.bytes + event.bytes * QUOTE_GROWTH * 2; // a path may be written twice
    }
    this.#copyAt(template.end.address, template.end.length);
    if (event.memberCount + defaults.members.length > 0) this.#members(event, defaults, !template.isEmpty);
    this.#copy(this.#close);
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
      this.#copyAt(rows[row] as number, rows[row + 1] as number);
      const field = rows[row + 2] as number;
      if (rows[row + 3] === As.IS) this.#value(event.addressOf(field), event.lengthOf(field), event.kindOf(field));
      else this.#special(rows, row, event);
    }
  }

  /** A leaf whose value is a default, or converted. */
  #special(rows: Int32Array, row: number, event: LogEvent): void {
    if (rows[row + 3] === As.DEFAULT) this.#value(rows[row + 4] as number, rows[row + 5] as number, rows[row + 6] as number);
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
      if (!first) this.#copy(this.#comma);
      this.#member(members, at);
      first = false;
    }
    for (const member of defaults.members) {
      if (event.hasMember(member.key.address, member.key.length)) continue;
      if (this.#plan.isRoot(member.key)) {
        aside++;
        continue;
      }
      if (!first) this.#copy(this.#comma);
      this.#default(member);
      first = false;
    }
    if (aside > 0) this.#aside(event, first, defaults);
  }

  /** The members that would collide with the dialect's own objects, in an object of their own. */
  #aside(event: LogEvent, first: boolean, defaults: Defaults): void {
    const members = event.members;
    if (!first) this.#copy(this.#comma);
    this.#copy(this.#plan.asideOpen);
    let inner = true;
    for (let at = 0; at < event.memberCount * MEMBER_INTS; at += MEMBER_INTS) {
      if (members[at + 5] === 0 || !this.#plan.collides(event, at, defaults)) continue;
      if (!inner) this.#copy(this.#comma);
      this.#member(members, at);
      inner = false;
    }
    for (const member of defaults.members) {
      if (!this.#plan.isRoot(member.key) || event.hasMember(member.key.address, member.key.length)) continue;
      if (!inner) this.#copy(this.#comma);
      this.#default(member);
      inner = false;
    }
    this.#copy(this.#close);
  }

  #default({ key, value }: Defaults['members'][number]): void {
    this.#piece(key.address, key.length, Kind.QUOTE);
    this.#bytes += key.length * QUOTE_GROWTH + 2;
    this.#copy(this.#colon);
    this.#copyAt(value.address, value.length);
  }

  #member(members: Int32Array, at: number): void {
    const shape = members[at + 4] as number;
    if (shape === Shape.JSON_TEXT) this.#value((members[at] as number) - 1, (members[at + 1] as number) + 2, Value.JSON);
    else if (shape !== Shape.RUN) this.#value(members[at] as number, members[at + 1] as number, Value.TEXT);
    if (shape !== Shape.RUN) this.#copy(this.#colon);
    const isText = shape === Shape.TEXT_TEXT || shape === Shape.JSON_TEXT;
    this.#value(members[at + 2] as number, members[at + 3] as number, isText ? Value.TEXT : Value.JSON);
  }

  #converted(field: Field, as: number, event: LogEvent): void {
    const address = event.addressOf(field);
    const length = event.lengthOf(field);
    if (as === As.NANOSECONDS) return this.#integer(nanoseconds(event));
    if (as === As.DECIMAL_ID) return this.#decimalId(address, length, event.kindOf(field));
    const mark = this.#plan.queryOf(event);
    if (as === As.BEFORE_QUERY) this.#value(address, mark < 0 ? length : mark, event.kindOf(field));
    else this.#value(address + mark + 1, length - mark - 1, Value.TEXT);
  }

  #decimalId(address: number, length: number, kind: number): void {
    const bytes = this.#arena.bytes;
    if (kind !== Value.TEXT || !isHexId(bytes, address, length)) return this.#value(address, length, kind);
    const low = address + length - 8;
    this.#copy(this.#quote);
    this.#piece(hex32(bytes, low), hex32(bytes, low - 8), Kind.INTEGER);
    this.#bytes += 20;
    this.#copy(this.#quote);
  }

  #value(address: number, length: number, kind: number): void {
    this.#piece(address, length, this.#kinds[kind] as number);
    this.#bytes += length * (this.#growth[kind] as number) + 2;
  }

  #integer(value: number): void {
    this.#piece(value | 0, Math.floor(value / 2 ** 32), Kind.INTEGER);
    this.#bytes += 20;
  }

  #copy(text: Stored): void {
    this.#copyAt(text.address, text.length);
  }

  #copyAt(address: number, length: number): void {
    if (length === 0) return;
    this.#piece(address, length, Kind.COPY);
    this.#bytes += length;
  }

  #piece(address: number, length: number, kind: number): void {
    const ints = this.#ints;
    const at = this.#at;
    ints[at] = address;
    ints[at + 1] = length;
    ints[at + 2] = kind;
    this.#at = at + PIECE_INTS;
  }
}

function nanoseconds(event: LogEvent): number {
  return Math.min(MOST_NANOSECONDS, Math.max(0, Math.round(event.numberOf(Field.duration_ms) * 1e6)));
}

/** Characters of a source's id. */
export const ID_BYTES = 16;

// A record's members and framing must fit an empty list.
if ((RECORD_PIECES + MAX_MEMBERS * MEMBER_PIECES) > LIST_PIECES) throw new Error('MAX_MEMBERS is too large for LIST_PIECES');
