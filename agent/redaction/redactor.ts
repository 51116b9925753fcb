import type { Arena } from '../arena.ts';
import { MEMBER_INTS, Shape, Value, type LogEvent } from '../event.ts';
import { Field, FIELDS } from '../fields.ts';
import { DIGIT, HARD, is, textOf, WORD } from './characters.ts';
import { addressed, Copy, copyBytes, markNumbers, type Secrets } from './copy.ts';
import { Disguises } from './disguise.ts';
import { isSecretText, keyKind } from './keyed.ts';
import type { Disguise, KindName, Secret } from './kinds.ts';
import { SecretScanner, united } from './scan.ts';
import { View } from './view.ts';

/** What shipper itself makes of a record, in words and numbers of its own. */
const OWN = [Field.level, Field.timestamp, Field.log_stream, Field.truncated, Field.original_bytes].reduce((mask, field) => mask | 1 << field, 0);

/** Where a text or a value lies. */
interface Span {
  readonly address: number;
  readonly length: number;
}

/**
 * Takes secrets out of an event, after it was parsed and before anything is encoded: so whatever leaves the lane (to
 * outputs, disk buffers, dead letters, explain) never had them, and fields are read from what the record says.
 *
 * Secrets are looked for in the record as a whole, where `password=` still stands before its value, and then in what is
 * elsewhere: messages that were taken out of JSON strings, computed values. The event's spans then point into copies
 * without the secrets; a span that begins or ends in a secret gets all of what stands for it. So a user's address is
 * the same in `user_id` and in `message`, and nothing that a field was cut from can show what another hides.
 */
export class Redactor {
  readonly #arena: Arena;
  readonly #scanner: SecretScanner;
  readonly #disguises: Disguises;
  readonly #view = new View();
  #copies: Copy[] = [];

  /** `key` is for hashes. */
  constructor(arena: Arena, kinds: Readonly<Partial<Record<KindName, Disguise>>>, key: Uint8Array) {
    this.#arena = arena;
    arena.texts = []; // the texts that values elsewhere were cut from
    const names = Object.keys(kinds) as KindName[]; // a record has no other keys than its type says
    this.#scanner = new SecretScanner(names);
    this.#disguises = new Disguises(kinds, key);
  }

  /** Scratch space that a record of this length may need, in bytes. */
  scratchFor(length: number): number {
    return 2 * copyBytes(length) + length;
  }

  /** Takes the secrets out of the event. */
  apply(event: LogEvent): void {
    this.#find(event);
    if (this.#arena.texts !== undefined) this.#arena.texts.length = 0;
    if (this.#copies.length === 0) return;
    this.#moveFields(event);
    this.#moveMembers(event);
  }

  #find(event: LogEvent): void {
    this.#copies = [];
    const [start, end] = [event.base + event.start, event.base + event.end];
    const given = this.#memberSecrets(event);
    this.#copy(event, start, end, given);
    for (const [from, to] of merged(this.#elsewhere(event, start, end))) this.#copy(event, from, to, given);
  }

  /** The record's text as it may be shown, and where a position of the chunk is in it. */
  shown(event: LogEvent): { readonly bytes: Uint8Array; placeOf(position: number, isEnd: boolean): number } {
    const [start, end] = [event.base + event.start, event.base + event.end];
    const copy = this.#copies.find(({ text }) => text.start === start && text.end === end);
    if (copy === undefined) return { bytes: this.#arena.bytes.subarray(start, end), placeOf: (position) => position - event.start };
    return { bytes: this.#arena.bytes.subarray(copy.start, copy.end), placeOf: (position, isEnd) => copy.placeOf(event.base + position, isEnd, true) - copy.start };
  }

  /** Where a record that is cut at `cut` is cut instead, so that no secret is cut in two and not known any more. */
  safeEnd(bytes: Uint8Array, start: number, cut: number): number {
    const limit = Math.max(start, cut - FARTHEST_BACK);
    let end = cut;
    while (end > limit && !is(bytes, end - 1, cut, HARD) && bytes[end - 1] !== 0x2c) end--;
    if (end === limit) return cut;
    for (let groups = 0; groups < MOST_GROUPS; groups++) { // a card's and an IBAN's digits stand in groups
      let from = end - 1;
      while (from > start && end - from <= GROUP_LENGTH && is(bytes, from - 1, cut, WORD)) from--;
      if (from <= start || end - from > GROUP_LENGTH || !is(bytes, from - 1, cut, HARD) && bytes[from - 1] !== 0x2d || !hasDigit(bytes, from, end)) break;
      end = from;
    }
    return end > start ? end : cut;
  }

  /** Values of members whose key says that they are secrets. */
  #memberSecrets(event: LogEvent): Secret[] {
    const { bytes } = this.#arena;
    const found: Secret[] = [];
    for (let at = 0; at < event.memberCount * MEMBER_INTS; at += MEMBER_INTS) {
      const [key = 0, keyLength = 0, value = 0, length = 0, shape] = event.members.subarray(at, at + MEMBER_INTS);
      if (shape === Shape.RUN) continue; // it stands in the record with its key
      const kind = keyKind(bytes, key, key + keyLength);
      if (kind === undefined || kind.doubt === 'word' || length === 0) continue;
      const isQuoted = shape === Shape.TEXT_JSON && bytes[value] === 0x22;
      const isText = shape === Shape.TEXT_TEXT || isQuoted || is(bytes, value, value + 1, DIGIT);
      const [from, to] = isQuoted ? [value + 1, value + length - 1] : [value, value + length];
      if (isText && isSecretText(bytes, from, to, kind.kind)) found.push({ from, to, kind: kind.kind, text: textOf(bytes, from, to) });
    }
    return found.filter(({ kind }) => this.#scanner.seeks(kind));
  }

  /** Texts and values that do not lie in the record's text. */
  #elsewhere(event: LogEvent, start: number, end: number): Span[] {
    const { texts = [] } = this.#arena;
    const spans: Span[] = [];
    for (let index = 0; index < texts.length; index += 2) spans.push({ address: texts[index] as number, length: (texts[index + 1] as number) - (texts[index] as number) });
    const add = (address: number, length: number): void => {
      if (address < start || address + length > end) spans.push({ address, length });
    };
    for (let rest = event.present & ~OWN; rest !== 0; rest &= rest - 1) {
      const field = 31 - Math.clz32(rest & -rest);
      add(event.addressOf(field), event.lengthOf(field));
    }
    const { members } = event;
    for (let at = 0; at < event.memberCount * MEMBER_INTS; at += MEMBER_INTS) {
      add(members[at] as number, members[at + 1] as number);
      add(members[at + 2] as number, members[at + 3] as number);
    }
    return spans;
  }

  /** Makes a copy of a text if there are secrets in it. */
  #copy(event: LogEvent, start: number, end: number, given: readonly Secret[]): void {
    this.#view.show(this.#arena.bytes, start, end);
    const scanned = addressed(this.#scanner.scan(this.#view), this.#view);
    const inside = given.length === 0 ? given : given.filter(({ from, to }) => from >= start && to <= end);
    if (scanned.length + inside.length === 0) return;
    const found = united([...scanned, ...inside]);
    const isNumber: boolean[] = [];
    for (const { address, length } of jsonSpans(event)) if (address >= start && address + length <= end) markNumbers(this.#arena.bytes, address, address + length, found, isNumber);
    const text: Secrets = { start, end, found };
    this.#copies.push(new Copy(this.#arena, text, this.#disguises, isNumber));
  }

  #moveFields(event: LogEvent): void {
    for (let rest = event.present; rest !== 0; rest &= rest - 1) {
      const field = 31 - Math.clz32(rest & -rest);
      if (field === Field.error_type && this.#tells(event)) event.unset(field);
      const [address, length] = [event.addressOf(field), event.lengthOf(field)];
      const copy = this.#copies.find((one) => one.holds(address, length));
      if (copy === undefined || (1 << field & OWN) !== 0 && !copy.touches(address, length)) continue;
      const isJson = event.kindOf(field) === Value.JSON;
      const isText = !isJson || this.#arena.bytes[address] === 0x22;
      if (copy.touches(address, length) && (!isText || (1 << field & OWN) !== 0)) {
        event.unset(field); // a number that is a secret says nothing
        continue;
      }
      const from = copy.placeOf(address, false, isJson);
      event.move(field, from, copy.placeOf(address + length, true, isJson) - from);
      // Back ends keep it as an address, and would refuse a record with something else.
      if (field === Field.client_ip && this.#arena.bytes[from] === 0x5b) event.unset(field);
    }
  }

  /** Whether the error's type, letters and `_` made of a phrase, was made of a secret. */
  #tells(event: LogEvent): boolean {
    const { bytes } = this.#arena;
    const type = textOf(bytes, event.addressOf(Field.error_type), event.addressOf(Field.error_type) + event.lengthOf(Field.error_type));
    return this.#copies.some(({ text, start }) => start !== text.start && text.found.some(({ from, to }) => {
      const slug = textOf(bytes, from, to).replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();
      return slug.length >= 4 && type.toLowerCase().includes(slug);
    }));
  }

  #moveMembers(event: LogEvent): void {
    const { members } = event;
    for (let at = 0; at < event.memberCount * MEMBER_INTS; at += MEMBER_INTS) {
      const shape = members[at + 4] as number;
      const [key, value] = [members[at] as number, members[at + 2] as number];
      const copy = this.#copies.find((one) => one.holds(value, members[at + 3] as number));
      if (copy !== undefined) this.#moveValue(members, at, shape, copy);
      const ofKey = shape === Shape.RUN ? copy : this.#copies.find((one) => one.holds(key, members[at + 1] as number));
      if (ofKey === undefined) continue;
      members[at] = ofKey.placeOf(key, false, true);
      members[at + 1] = ofKey.placeOf(key + (members[at + 1] as number), true, true) - (members[at] as number);
    }
  }

  #moveValue(members: Int32Array, at: number, shape: number, copy: Copy): void {
    const [value, length] = [members[at + 2] as number, members[at + 3] as number];
    const isJson = shape === Shape.RUN || shape === Shape.TEXT_JSON;
    if (shape === Shape.RUN && members[at + 5] !== 0) members[at + 5] = copy.placeOf(members[at + 5] as number, false, true);
    members[at + 2] = copy.placeOf(value, false, isJson);
    members[at + 3] = copy.placeOf(value + length, true, isJson) - (members[at + 2] as number);
  }
}

const FARTHEST_BACK = 4096;
const MOST_GROUPS = 9;
const GROUP_LENGTH = 7;

function hasDigit(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (is(bytes, at, end, DIGIT)) return true;
  return false;
}

/** The values of an event that are copied as JSON. */
function jsonSpans(event: LogEvent): Span[] {
  const spans: Span[] = [];
  for (let field = 0; field < FIELDS.length; field++) {
    if ((event.present & 1 << field) !== 0 && event.kindOf(field) === Value.JSON) spans.push({ address: event.addressOf(field), length: event.lengthOf(field) });
  }
  for (let at = 0; at < event.memberCount * MEMBER_INTS; at += MEMBER_INTS) {
    const shape = event.members[at + 4];
    if (shape === Shape.RUN || shape === Shape.TEXT_JSON) spans.push({ address: event.members[at + 2] as number, length: event.members[at + 3] as number });
  }
  return spans;
}

/** Texts that overlap as one: what was cut out of a message is looked at in the message. */
function merged(spans: readonly Span[]): [start: number, end: number][] {
  const texts: [number, number][] = [];
  for (const { address, length } of [...spans].sort((a, b) => a.address - b.address || b.length - a.length)) {
    const last = texts.at(-1);
    if (last !== undefined && address < last[1]) last[1] = Math.max(last[1], address + length);
    else if (length > 0) texts.push([address, address + length]);
  }
  return texts;
}
