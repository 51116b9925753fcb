import type { Arena } from './arena.ts';
import { Shape, Value, type LogEvent } from './event.ts';
import { Field, FIELDS } from './fields.ts';
import { As, QUOTE_GROWTH, TEMPLATE_ROW, TemplateFlag } from './kernel/pieces.ts';
import { Run } from './kernel/run-state.ts';
import { decodedKey } from './record-keys.ts';
import type { Defaults, Stored } from './stored.ts';
import type { Conversion, Dialect } from '../outputs/dialects/dialect.ts';

const CODES: Record<Conversion, number> = { nanoseconds: As.NANOSECONDS, 'before-query': As.BEFORE_QUERY, query: As.QUERY, 'decimal-id': As.DECIMAL_ID };

interface Step {
  readonly field: Field;
  readonly path: readonly string[];
  readonly as: number;
}

/** The document of all records that have the same fields. */
export interface Template {
  /** Where it lies for the kernel: see TEMPLATE_ROW. */
  readonly address: number;
  /** The same rows; and bytes of all that isn't a value from a slot, at most. */
  readonly rows: Int32Array;
  readonly bytes: number;
  /** Fields that it writes more than once, each time but the first. */
  readonly repeated: readonly Field[];
  /** Which conversions its values need. `isPlain`: one that the kernel has not. */
  readonly inNanoseconds: boolean;
  readonly splitsQuery: boolean;
  readonly isPlain: boolean;
  /** What stands behind the last leaf, back at the root. */
  readonly end: Stored;
  /** Nothing stands before the members. */
  readonly isEmpty: boolean;
}

const QUESTION_MARK = 0x3f;
const OPEN_BRACE = 0x7b;
/** Bit of a template's key that no field has: the path has a query. */
const HAS_QUERY = 1 << 31;
/** Places for templates that kernels find: LENT_BITS is how far a hash of 32 bits is shifted for their number. */
const [LENT_MULTIPLIER, LENT_BITS] = [0x9e3779b1, 24];
const LENT_BYTES = 8 * 2 ** (32 - LENT_BITS);
/** Streams have a few dozen; one that has more is made anew each time. */
const MAX_TEMPLATES = 1024;

/**
 * A dialect made ready for writing. Records that have the same fields have the same document but for the values: what
 * stands between two values (braces, commas, keys) is prepared once for each set of fields, and found by its bit mask.
 */
export class DocumentPlan {
  readonly asideOpen: Stored;
  readonly #arena: Arena;
  readonly #steps: readonly Step[];
  readonly #constants: string;
  readonly #prefix: string;
  readonly #hasAside: boolean;
  readonly #splitsQuery: boolean;
  /** For each root key of the dialect: bits of the fields that lie below it; all bits if it is always written. */
  readonly #roots = new Map<string, number>();
  readonly #isRoot = new Map<Stored, boolean>();
  /** By the defaults that are fields: members are no part of a template. */
  readonly #templates = new Map<Defaults['fields'], Map<number, Template>>();
  /** For kernels: two integers for each place, a mask and the address of its template. They are those with the defaults that were lent last. */
  readonly #lent: Int32Array;
  readonly #lentAt: number;
  #lentFields: Defaults['fields'] | undefined;
  #last: { readonly fields: Defaults['fields']; readonly mask: number; readonly template: Template } | undefined;

  /** `prefix`: what stands in front of each document. */
  constructor(arena: Arena, dialect: Dialect, prefix: string) {
    this.#prefix = prefix;
    this.#arena = arena;
    const lent = arena.claim(LENT_BYTES);
    this.#lent = new Int32Array(arena.memory.buffer, lent.start, LENT_BYTES / 4);
    this.#lentAt = lent.start;
    this.#steps = dialect.leaves.map(({ field, path, as }) => ({ field: Field[field], path, as: as === undefined ? As.IS : CODES[as] }));
    this.#constants = dialect.constants ?? '';
    this.#hasAside = dialect.aside !== undefined;
    this.#splitsQuery = this.#steps.some(({ as }) => as === As.QUERY);
    this.asideOpen = arena.constant(`${JSON.stringify(dialect.aside ?? '')}:{`);
    for (const { field, path: [root = ''] } of this.#steps) this.#roots.set(root, (this.#roots.get(root) ?? 0) | (1 << field));
    for (const root of Object.keys(JSON.parse(`{${this.#constants}}`) as object)) this.#roots.set(root, ~0);
    if (dialect.aside !== undefined) this.#roots.set(dialect.aside, ~0);
  }

  /** Hot: once per record. The template of the event's fields. */
  template(event: LogEvent, defaults: Defaults): Template {
    let mask = event.present;
    if (event.blocked !== 0 && this.#isTaken(event, defaults)) return this.#make(mask, this.#untaken(event, defaults), false);
    if (this.#splitsQuery && (mask & (1 << Field.http_path)) !== 0 && this.queryOf(event) >= 0) mask |= HAS_QUERY;
    const last = this.#last;
    if (last !== undefined && last.mask === mask && last.fields === defaults.fields) return this.#offer(mask, defaults, last.template);
    const template = this.#find(mask, defaults);
    this.#last = { fields: defaults.fields, mask, template };
    return this.#offer(mask, defaults, template);
  }

  /** Lets a kernel find the templates that were asked for with these defaults. */
  lend(run: Int32Array, { fields }: Defaults): void {
    if (this.#lentFields !== fields) this.#lent.fill(0);
    this.#lentFields = fields;
    run[Run.TEMPLATES] = this.#lentAt;
    run[Run.SPLITS_QUERY] = this.#splitsQuery ? 1 : 0;
    run[Run.HAS_ASIDE] = this.#hasAside ? 1 : 0;
  }

  #offer(mask: number, { fields }: Defaults, template: Template): Template {
    if (fields !== this.#lentFields || template.isPlain) return template;
    const at = (Math.imul(mask, LENT_MULTIPLIER) >>> LENT_BITS) * 2;
    this.#lent[at] = mask;
    this.#lent[at + 1] = template.address;
    return template;
  }

  /** Whether a member of the record has the name under which a default would be written. */
  #isTaken(event: LogEvent, defaults: Defaults): boolean {
    return !this.#hasAside && defaults.fields.some(({ field }) => this.#hasMember(event, field));
  }

  #untaken(event: LogEvent, { fields, members }: Defaults): Defaults {
    return { fields: fields.filter(({ field }) => !this.#hasMember(event, field)), members };
  }

  #hasMember(event: LogEvent, field: Field): boolean {
    const { address, length } = this.#arena.constant(FIELDS[field] ?? '');
    return (event.blocked & (1 << field)) !== 0 && event.hasMember(address, length);
  }

  /** Position of the `?` in the event's path; -1: none. */
  queryOf(event: LogEvent): number {
    if (event.kindOf(Field.http_path) !== Value.TEXT) return -1;
    const bytes = this.#arena.bytes;
    const address = event.addressOf(Field.http_path);
    const end = address + event.lengthOf(Field.http_path);
    for (let at = address; at < end; at++) if (bytes[at] === QUESTION_MARK) return at - address;
    return -1;
  }

  /**
   * Whether the event's member at `at` must go aside: its key is a root of this dialect, and it isn't an object that
   * would stand alone there. Runs for keys that are reserved in some dialect only.
   */
  collides(event: LogEvent, at: number, defaults: Defaults): boolean {
    if (!this.#hasAside) return false;
    const members = event.members;
    const [key = 0, keyLength = 0] = [members[at], members[at + 1]];
    const run = members[at + 4] === Shape.RUN;
    const quote = run ? 1 : 0;
    const isText = members[at + 4] === Shape.TEXT_TEXT || members[at + 4] === Shape.TEXT_JSON;
    const below = this.#roots.get(isText ? this.#text(key, keyLength) : decodedKey(this.#arena.bytes, key + quote, key + keyLength - quote));
    if (below === undefined) return false;
    const present = defaults.fields.reduce((mask, { field }) => mask | (1 << field), event.present);
    return below === ~0 || (below & present) !== 0 || !run || this.#arena.bytes[members[at + 5] ?? 0] !== OPEN_BRACE;
  }

  /** Whether a default that is no field must go aside: its key is a root of this dialect. */
  isRoot(key: Stored): boolean {
    let isRoot = this.#isRoot.get(key);
    if (isRoot === undefined) this.#isRoot.set(key, (isRoot = this.#hasAside && this.#roots.has(this.#text(key.address, key.length))));
    return isRoot;
  }

  #text(address: number, length: number): string {
    return Buffer.from(this.#arena.memory.buffer, address, length).toString();
  }

  #find(mask: number, defaults: Defaults): Template {
    let templates = this.#templates.get(defaults.fields);
    if (templates === undefined) this.#templates.set(defaults.fields, (templates = new Map<number, Template>()));
    const known = templates.get(mask);
    if (known !== undefined) return known;
    const template = this.#make(mask, defaults, templates.size < MAX_TEMPLATES);
    if (templates.size < MAX_TEMPLATES) templates.set(mask, template);
    return template;
  }

  #make(mask: number, defaults: Defaults, isKept: boolean): Template {
    const rows: number[] = [];
    let previous: Step | undefined;
    for (const step of this.#steps) {
      const isSet = (mask & (1 << step.field)) !== 0;
      const fallback = isSet ? undefined : defaults.fields.find(({ field }) => field === step.field);
      if ((!isSet && fallback === undefined) || (step.as === As.QUERY && (mask & HAS_QUERY) === 0)) continue;
      const before = this.#between(previous, step);
      const as = step.as === As.BEFORE_QUERY && (mask & HAS_QUERY) === 0 ? As.IS : step.as;
      const value = fallback === undefined ? [as, 0, 0, 0] : [As.DEFAULT, fallback.value.address, fallback.value.length, fallback.kind];
      rows.push(before.address, before.length, step.field, ...value);
      previous = step;
    }
    return this.#store(Int32Array.from(rows), this.#between(previous, undefined), previous === undefined && this.#constants === '', isKept);
  }

  #store(rows: Int32Array, end: Stored, isEmpty: boolean, isKept: boolean): Template {
    const has = (as: number): boolean => rows.some((code, index) => index % TEMPLATE_ROW === 3 && code === as);
    const bytes = rows.reduce((sum, length, index) => {
      const column = index % TEMPLATE_ROW;
      return sum + (column === 1 ? length + 22 : column === 5 ? length * QUOTE_GROWTH : 0); // 22: quotes, or an integer
    }, 0);
    const fields = Array.from({ length: rows.length / TEMPLATE_ROW }, (_, row) => rows[row * TEMPLATE_ROW + 2] ?? 0);
    const repeated = fields.filter((field, index) => fields.indexOf(field) < index);
    const [inNanoseconds, splitsQuery] = [has(As.NANOSECONDS), has(As.QUERY) || has(As.BEFORE_QUERY)];
    const flags = (inNanoseconds ? TemplateFlag.IN_NANOSECONDS : 0) | (splitsQuery ? TemplateFlag.SPLITS_QUERY : 0) | (isEmpty ? TemplateFlag.IS_EMPTY : 0);
    const stored = Int32Array.of(rows.length / TEMPLATE_ROW, ...rows, bytes, end.address, end.length, flags, repeated.length, ...repeated);
    const address = isKept ? this.#arena.integers(stored) : -1;
    return { address, rows, bytes, repeated, end, isEmpty, inNanoseconds, splitsQuery, isPlain: address < 0 || has(As.DECIMAL_ID) };
  }

  /** What stands between two leaves; at the document's start and end there is only one. */
  #between(previous: Step | undefined, next: Step | undefined): Stored {
    const before = previous?.path;
    const after = next?.path;
    const shared = before !== undefined && after !== undefined ? sharedKeys(before, after) : 0;
    const start = before === undefined ? `${this.#prefix}{${this.#constants}${this.#constants !== '' && after !== undefined ? ',' : ''}` : '}'.repeat(before.length - 1 - shared);
    const comma = before !== undefined && after !== undefined ? ',' : '';
    const opening = after === undefined ? '' : `${after.slice(shared, -1).map((key) => `${JSON.stringify(key)}:{`).join('')}${JSON.stringify(after.at(-1))}:`;
    return this.#arena.constant(start + comma + opening);
  }
}

/** How many objects, from the root on, both paths lie in. */
function sharedKeys(a: readonly string[], b: readonly string[]): number {
  let shared = 0;
  while (shared < a.length - 1 && shared < b.length - 1 && a[shared] === b[shared]) shared++;
  return shared;
}
