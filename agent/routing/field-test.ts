import type { Arena } from '../arena.ts';
import { MEMBER_INTS, Shape, Value, type LogEvent } from '../event.ts';
import { Field, FIELDS, type FieldName } from '../fields.ts';
import { decodedKey } from '../record-keys.ts';
import type { Defaults, Stored } from '../stored.ts';

/** Whether a field of a record has one of some values. Text and number are the same where they are written the same: 504 and "504". */
export class FieldTest {
  readonly #arena: Arena;
  /** -1: none of the canonical fields. */
  readonly #field: Field;
  readonly #values: ReadonlySet<string>;
  readonly #raw: readonly Uint8Array[];
  /** The name; and where it has a dot, the key of the object it may lie in, and the keys from there on. */
  readonly #name: string;
  readonly #key: Stored;
  readonly #first: string;
  readonly #firstKey: Stored;

  constructor(arena: Arena, name: string, values: readonly (string | number | boolean)[]) {
    this.#arena = arena;
    this.#field = (FIELDS as readonly string[]).includes(name) ? Field[name as FieldName] : -1;
    this.#values = new Set(values.map(String));
    this.#raw = [...this.#values].map((value) => Buffer.from(value));
    this.#name = name;
    this.#first = name.split('.', 1)[0] ?? name;
    this.#key = arena.constant(name);
    this.#firstKey = arena.constant(this.#first);
  }

  /** Hot: once per record. What the record itself has counts before what its input gives it. */
  holds(event: LogEvent, defaults: Defaults): boolean {
    const field = this.#field;
    if (field >= 0 && (event.present & (1 << field)) !== 0) return this.#isValue(event.addressOf(field), event.lengthOf(field), event.kindOf(field));
    if (event.memberCount > 0 && event.hasMember(this.#key.address, this.#key.length)) return this.#isIn(event, this.#name);
    if (this.#first !== this.#name && event.memberCount > 0 && event.hasMember(this.#firstKey.address, this.#firstKey.length)) return this.#isIn(event, this.#first);
    return this.#isDefault(defaults);
  }

  #isDefault({ fields, members }: Defaults): boolean {
    for (const { field, value, kind } of fields) if (field === this.#field) return this.#isValue(value.address, value.length, kind);
    for (const { key, value } of members) {
      if (key.address === this.#key.address && key.length === this.#key.length) return this.#isValue(value.address, value.length, Value.JSON);
    }
    return false;
  }

  #isValue(address: number, length: number, kind: number): boolean {
    const { bytes } = this.#arena;
    const isQuoted = kind === Value.JSON && bytes[address] === 0x22;
    if (isQuoted && bytes.subarray(address, address + length).includes(0x5c)) return this.#values.has(String(parse(this.#text(address, length)))); // escapes
    const [from, size] = isQuoted ? [address + 1, length - 2] : [address, length];
    return this.#raw.some((raw) => raw.length === size && raw.every((byte, at) => bytes[from + at] === byte));
  }

  /** Looks among the members for one that is known to be there. */
  #isIn(event: LogEvent, key: string): boolean {
    const { members } = event;
    for (let at = 0; at < event.memberCount * MEMBER_INTS; at += MEMBER_INTS) {
      const shape = members[at + 4] as number;
      const [keyAt, keyLength, address, length] = [members[at] as number, members[at + 1] as number, members[at + 2] as number, members[at + 3] as number];
      if (shape === Shape.RUN) {
        const run = parse(`{${this.#text(address, length)}}`);
        if (isObject(run) && Object.hasOwn(run, key)) return this.#leads(run, key);
      } else if (this.#keyOf(keyAt, keyLength, shape) === key) {
        if (shape === Shape.TEXT_JSON) return this.#leads({ [key]: parse(this.#text(address, length)) }, key);
        return key === this.#name && this.#isValue(address, length, Value.TEXT);
      }
    }
    return false;
  }

  #keyOf(address: number, length: number, shape: number): string {
    return shape === Shape.JSON_TEXT ? decodedKey(this.#arena.bytes, address, address + length) : this.#text(address, length);
  }

  /** Follows the rest of the name from an object's member on. */
  #leads(run: Readonly<Record<string, unknown>>, key: string): boolean {
    const rest = key === this.#name ? [] : this.#name.slice(key.length + 1).split('.');
    let value = run[key];
    for (const step of rest) value = isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
    return (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') && this.#values.has(String(value));
  }

  #text(address: number, length: number): string {
    return Buffer.from(this.#arena.memory.buffer, address, length).toString();
  }
}

/** What lies in members is valid JSON; what is not matches nothing, since a log line must not end the agent. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
