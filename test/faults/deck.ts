import type { Random } from '../helpers/random.ts';

/** Cards that are drawn in a random order, every one of them before any comes again. */
export class Deck<Card> {
  readonly #cards: readonly Card[];
  readonly #random: Random;
  #left: Card[] = [];

  constructor(cards: readonly Card[], random: Random) {
    this.#cards = cards;
    this.#random = random;
  }

  draw(): Card | undefined {
    if (this.#left.length === 0) this.#left = [...this.#cards];
    return this.#left.splice(this.#random.below(this.#left.length), 1)[0];
  }
}
