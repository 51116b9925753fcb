import { holdsSecret, type FindSecrets } from './constants.ts';
import { FEWEST_LINES, infer, type Loses } from './infer.ts';
import type { Sample } from './sample.ts';
import type { Shape } from './shape.ts';

/** After so many lines it is looked whether they have a shape, and again when more of them are known. A stream is held back for the first. */
const TRIES = [8, 16, 32, 64];
const WANTED = 8;

/** A shape, and the offset from which on it is used. */
interface Used {
  readonly shape: Shape;
  readonly from: number;
}

/**
 * The lines of one stream that no built-in grammar reads to the end, and the shapes they gave. Which shape a record is
 * read by follows from the bytes up to it; a later shape changes nothing about those before it, and what was read is
 * read again the same way.
 */
export class Learner {
  /** In the order of their offsets. */
  readonly shapes: Used[] = [];
  #samples: Sample[] = [];
  /** Offset of the first line that seems to have more of a header than was read: a first shape is used from there on. */
  #firstPromising: number | undefined;
  #lastTry: string | undefined;
  #done = false;
  readonly #find: FindSecrets | undefined;

  /** `find`: what no shape may hold. */
  constructor(find?: FindSecrets) {
    this.#find = find;
  }

  /** More lines would tell how those are to be read that came. */
  get wants(): boolean {
    return !this.#done && this.#firstPromising !== undefined && this.shapes.length === 0 && this.#samples.length < WANTED;
  }

  /** The shape that the record at `offset` is read by. */
  shapeAt(offset: number): Shape | undefined {
    let shape: Shape | undefined;
    for (const used of this.shapes) if (used.from <= offset) shape = used.shape;
    return shape;
  }

  /** A shape that an earlier run used, which may not have been told what is secret. */
  keep(shape: Shape, from: number): void {
    if (!this.#hides(shape)) this.shapes.push({ shape, from });
  }

  /** Takes the line at `offset` of the source. `unread`: from there on no record was read yet. */
  add(sample: Sample, offset: number, unread: number, loses: Loses): void {
    if (this.#done) return;
    if (sample.isPromising) this.#firstPromising ??= offset;
    this.#samples.push(sample);
    if (!TRIES.includes(this.#samples.length)) return;
    this.#try(offset, unread, loses);
  }

  /** No more lines will come soon: those that are there are tried if they are enough, so that they need not go unread. */
  settle(unread: number, loses: Loses): void {
    if (this.wants && this.#samples.length >= FEWEST_LINES) this.#try(unread, unread, loses);
  }

  /** Nothing more is learned, and nothing needs to be kept for it. */
  finish(): void {
    this.#done = true;
    this.#samples = [];
  }

  #try(offset: number, unread: number, loses: Loses): void {
    const shape = infer(this.#samples, loses);
    if (shape !== undefined && !this.#hides(shape)) this.#use(shape, offset, unread);
    if (this.#samples.length === TRIES.at(-1) || shape !== undefined && shape.text === this.#lastTry) this.finish(); // said twice
    this.#lastTry = shape?.text;
  }

  #hides(shape: Shape): boolean {
    return this.#find !== undefined && holdsSecret(shape, this.#samples.map(({ bytes }) => bytes), this.#find);
  }

  #use(shape: Shape, offset: number, unread: number): void {
    const last = this.shapes.at(-1);
    if (last === undefined) this.shapes.push({ shape, from: Math.max(unread, this.#firstPromising ?? offset) });
    else if (last.from < offset && last.shape.text !== shape.text) this.shapes.push({ shape, from: offset });
  }
}
