import type { Arena } from './arena.ts';
import type { Defaults, Stored } from './stored.ts';

/** All names of a pod, as JSON: Kubernetes allows 63 and 253 characters for each, and an escaped one is no name of it. */
const PLACE_BYTES = 1_024;
/** Bytes of the arena it claims, with what lies between two claims. */
export const POD_PLACE_BYTES = PLACE_BYTES + 64;

/** What records of one container say of it, and how that gets to its place. */
export interface PodMembers {
  readonly members: Defaults['members'];
  /** Puts the values into their place: before each chunk of the source, since other sources use it too. */
  readonly write: () => void;
}

/** Where the names of a container lie as long as one chunk of its log is at work: however many pods come and go, they take no more room. */
export class PodPlace {
  readonly #arena: Arena;
  readonly #address: number;
  /** One for each name, always the same: that is how encoders know it. */
  readonly #keys = new Map<string, Stored>();

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#address = arena.claim(PLACE_BYTES).start;
  }

  /** Undefined: it does not fit, so these are not names of Kubernetes. */
  membersOf(names: readonly (readonly [key: string, value: string | number])[]): PodMembers | undefined {
    const texts = names.map(([, value]) => Buffer.from(JSON.stringify(value)));
    const bytes = Buffer.concat(texts);
    if (bytes.length > PLACE_BYTES) return undefined;
    let at = this.#address;
    const members = names.map(([key], index) => {
      const value = { address: at, length: texts[index]?.length ?? 0 };
      at += value.length;
      return { key: this.#key(key), value };
    });
    return { members, write: () => this.#arena.bytes.set(bytes, this.#address) };
  }

  #key(name: string): Stored {
    let key = this.#keys.get(name);
    if (key === undefined) this.#keys.set(name, (key = this.#arena.constant(name)));
    return key;
  }
}
