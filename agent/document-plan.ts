import type { Arena } from './arena.ts';
import { Shape, Value, type LogEvent } from './event.ts';
import { Field } from './fields.ts';
import type { Stored } from './encoder.ts';
import type { Conversion, Dialect } from '../outputs/dialects/dialect.ts';

/** One leaf of a document, with its field's position and bit. */
export interface Step {
  readonly field: Field;
  readonly bit: number;
  readonly path: readonly string[];
  readonly as: Conversion | undefined;
}

const QUESTION_MARK = 0x3f;
const OPEN_BRACE = 0x7b;

/**
 * A dialect made ready for writing: what stands between two leaves (closing braces, a comma, keys that open) is one
 * text, prepared when the two are first neighbours, so that a leaf costs two pieces however deep it lies.
 */
export class DocumentPlan {
  readonly steps: readonly Step[];
  readonly addresses: Int32Array;
  readonly lengths: Int32Array;
  readonly hasConstants: boolean;
  readonly asideOpen: Stored;
  readonly #arena: Arena;
  readonly #constants: string;
  readonly #hasAside: boolean;
  /** For each root key of the dialect: bits of the fields that lie below it; all bits if it is always written. */
  readonly #roots = new Map<string, number>();

  constructor(arena: Arena, dialect: Dialect) {
    this.#arena = arena;
    this.steps = dialect.leaves.map(({ field, path, as }) => ({ field: Field[field], bit: 1 << Field[field], path, as }));
    this.#constants = dialect.constants ?? '';
    this.hasConstants = this.#constants !== '';
    this.#hasAside = dialect.aside !== undefined;
    this.asideOpen = arena.constant(`${JSON.stringify(dialect.aside ?? '')}:{`);
    const pairs = (this.steps.length + 1) * (this.steps.length + 1);
    this.addresses = new Int32Array(pairs);
    this.lengths = new Int32Array(pairs);
    for (const { bit, path: [root = ''] } of this.steps) this.#roots.set(root, (this.#roots.get(root) ?? 0) | bit);
    for (const root of Object.keys(JSON.parse(`{${this.#constants}}`) as object)) this.#roots.set(root, ~0);
    if (dialect.aside !== undefined) this.#roots.set(dialect.aside, ~0);
  }

  /** Index, in `addresses` and `lengths`, of the text between step `previous` (-1: none) and step `next`. */
  between(previous: number, next: number): number {
    const index = (previous + 1) * (this.steps.length + 1) + next;
    if (this.addresses[index] === 0) this.#prepare(index, previous, next);
    return index;
  }

  /** Index of the text after step `previous`, back at the document's root. */
  end(previous: number): number {
    return this.between(previous, this.steps.length);
  }

  /** Whether a converted leaf has something to write. */
  applies(step: Step, event: LogEvent): boolean {
    if (step.as === 'nanoseconds') return event.numberOf(step.field) >= 0;
    if (step.as !== 'query') return true;
    return event.kind[step.field] === Value.TEXT && this.queryAt(event.address[step.field] ?? 0, event.length[step.field] ?? 0) >= 0;
  }

  /** Position of the `?` in the path at `address`; -1: none. */
  queryAt(address: number, length: number): number {
    const bytes = this.#arena.bytes;
    for (let at = 0; at < length; at++) if (bytes[address + at] === QUESTION_MARK) return at;
    return -1;
  }

  /**
   * Whether the event's member at `at` must go aside: its key is a root of this dialect, and it isn't an object that
   * would stand alone there. Runs for keys that are reserved in some dialect only.
   */
  collides(event: LogEvent, at: number, present: number): boolean {
    if (!this.#hasAside) return false;
    const members = event.members;
    const key = Buffer.from(this.#arena.memory.buffer, members[at], members[at + 1]).toString('latin1');
    const run = members[at + 4] === Shape.RUN;
    const below = this.#roots.get(run ? key.slice(1, -1) : key);
    if (below === undefined) return false;
    return (below & present) !== 0 || !run || this.#arena.bytes[members[at + 5] ?? 0] !== OPEN_BRACE;
  }

  #prepare(index: number, previous: number, next: number): void {
    const before = this.steps[previous]?.path;
    const after = this.steps[next]?.path;
    const shared = before !== undefined && after !== undefined ? sharedKeys(before, after) : 0;
    const start = before === undefined ? `{${this.#constants}${this.hasConstants && after !== undefined ? ',' : ''}` : '}'.repeat(before.length - 1 - shared);
    const comma = before !== undefined && after !== undefined ? ',' : '';
    const opening = after === undefined ? '' : `${after.slice(shared, -1).map((key) => `${JSON.stringify(key)}:{`).join('')}${JSON.stringify(after.at(-1))}:`;
    const { address, length } = this.#arena.constant(start + comma + opening);
    this.addresses[index] = address;
    this.lengths[index] = length;
  }
}

/** How many objects, from the root on, both paths lie in. */
function sharedKeys(a: readonly string[], b: readonly string[]): number {
  let shared = 0;
  while (shared < a.length - 1 && shared < b.length - 1 && a[shared] === b[shared]) shared++;
  return shared;
}
