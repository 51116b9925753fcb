import { closeSync, readFileSync } from 'node:fs';

/** Something that reads a file and can find it again after its descriptor was closed. */
export interface Holder {
  /** False while the file could not be found again, once its descriptor is closed. */
  readonly canReopen: boolean;
  /** Everything there was read. */
  readonly isIdle: boolean;
  /** Opens the very file it reads; undefined: it is not to be found. */
  reopen(): number | undefined;
}

/** Open descriptors, the least recently used first. Beyond the limit some are closed, those of idle files first. */
export class Descriptors {
  /** How many stay open. */
  readonly limit: number;
  readonly #open = new Map<Holder, number>();

  constructor(limit = fairShare()) {
    this.limit = limit;
  }

  /** The holder's descriptor, opened again if need be. Valid until the next call. */
  use(holder: Holder): number | undefined {
    const held = this.#open.get(holder);
    const descriptor = held ?? holder.reopen();
    if (descriptor === undefined) return undefined;
    if (held !== undefined && this.#open.size < this.limit) return held; // no order to keep while there is room
    this.#open.delete(holder);
    this.add(holder, descriptor);
    return descriptor;
  }

  add(holder: Holder, descriptor: number): void {
    this.#open.set(holder, descriptor);
    if (this.#open.size <= this.limit) return;
    const victim = this.#victim(holder);
    if (victim !== undefined) this.close(victim);
  }

  /** The first that is idle, mostly the very first; else the one that was used longest ago. */
  #victim(holder: Holder): Holder | undefined {
    let oldest: Holder | undefined;
    for (const other of this.#open.keys()) {
      if (other === holder || !other.canReopen) continue;
      if (other.isIdle) return other;
      oldest ??= other;
    }
    return oldest;
  }

  /** The holder's descriptor if it is open. */
  get(holder: Holder): number | undefined {
    return this.#open.get(holder);
  }

  close(holder: Holder): void {
    const descriptor = this.#open.get(holder);
    if (descriptor === undefined) return;
    this.#open.delete(holder);
    closeSync(descriptor);
  }
}

const MOST = 512;

/** A half of what the system allows, for one of `lanes`: connections, folders and the files that are being written need some, too. */
export function fairShare(lanes = 1): number {
  return Math.max(1, Math.floor(halfOfAll() / lanes));
}

function halfOfAll(): number {
  try {
    const allowed = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return allowed === undefined ? MOST : Math.min(MOST, Math.floor(Number(allowed) / 2));
  } catch {
    return MOST; // no Linux
  }
}
