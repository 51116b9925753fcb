import type { Verdict } from '../../outputs/output.ts';
import type { RetryLimits } from './backoff.ts';
import type { History, Part } from './part.ts';
import type { Shipment } from './settlement.ts';

export interface ComparisonOptions {
  /** Sends some bytes as a request of `count` records. */
  readonly send: (body: Uint8Array<ArrayBuffer>, count: number) => Promise<Verdict>;
  /** Takes what was delivered by the way. */
  readonly delivered: (shipment: Shipment, part: Part) => void;
  /** Shipments that wait for their turn. */
  readonly queue: Shipment[];
  /** Whether a record that is sent again is stored once. */
  readonly keepsIds: () => boolean;
  readonly random: () => number;
}

/** Longer records are not kept to be sent again: their memory is in no budget. */
const MOST_WITNESS_BYTES = 65_536;

/**
 * Finds out whether a destination fails or a record is to blame. A record is to blame only if it fails in the midst of
 * others that pass: so another one is sent alone, and if that is delivered, the suspect at once. A success at any other
 * time says nothing, since an outage can begin behind it.
 */
export class Comparison {
  readonly #options: ComparisonOptions;
  /** A record that was delivered. It is sent again where no other is left. */
  #witness: Uint8Array<ArrayBuffer> | undefined;
  /** A suspect has nothing to be compared with: an aged batch would be something. */
  isLonely = false;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  /** Notes in the suspect's history whether another record passes. The suspect is the last part of its shipment. */
  async compare(shipment: Shipment, { count, history }: Part): Promise<void> {
    const own = shipment.parts.length - (count > 1 ? 1 : 2);
    const verdict = own >= 0 ? await this.#sendOneOf(shipment, own) : await this.#sendOther();
    if (verdict === undefined) return;
    history.isCompared = hasTaken(verdict);
    if (verdict.kind === 'retry' || verdict.kind === 'blocked') history.trials = 0; // it fails for others as well
  }

  /** Keeps a copy of a record that was delivered, as the batch's memory will be used for others. */
  remember(delivered: Part): void {
    const first = delivered.pick(delivered.positions.subarray(0, 1));
    if (first.count > 0 && first.bytes <= MOST_WITNESS_BYTES) this.#witness = first.body().slice();
  }

  async #sendOther(): Promise<Verdict | undefined> {
    const { queue, keepsIds, send } = this.#options;
    const lender = queue.shift(); // out of the queue, so that nobody else sends it meanwhile
    if (lender !== undefined) {
      const verdict = await this.#sendOneOf(lender, lender.parts.length - 1);
      if (lender.unsettled > 0) queue.unshift(lender);
      return verdict;
    }
    if (this.#witness !== undefined && keepsIds()) return send(this.#witness, 1);
    this.isLonely = true;
    return undefined;
  }

  async #sendOneOf(lender: Shipment, at: number): Promise<Verdict | undefined> {
    const part = lender.parts[at];
    const position = part?.positions[Math.floor(this.#options.random() * part.count)];
    if (part === undefined || position === undefined) return undefined;
    const single = part.pick(Int32Array.of(position));
    const verdict = await this.#options.send(single.body(), 1);
    if (!hasTaken(verdict)) return verdict;
    this.remember(single);
    lender.parts.splice(at, 1, ...(part.count > 1 ? [part.without(position)] : []));
    this.#options.delivered(lender, single);
    return verdict;
  }
}

/** Notes a failure of a part. True: the records may be to blame, and it is time to compare them with others. */
export function noteFailure(history: History, isStubborn: boolean, limits: RetryLimits): boolean {
  const isTrial = isStubborn && history.isCompared;
  history.isCompared = false;
  if (isTrial) history.trials++;
  else history.failures++;
  if (isStubborn) history.suspicions++;
  return isStubborn && !isTrial && history.suspicions >= limits.suspicions;
}

/** Whether records failed often enough while others passed. To halve a part costs only requests; a record that stands alone is refused for it. */
export function isConvicted({ count, history }: Part, { trials }: RetryLimits): boolean {
  return history.trials >= (count > 1 ? 1 : trials);
}

/** Whether a destination has taken anything of a request. */
function hasTaken(verdict: Verdict): boolean {
  return verdict.kind === 'delivered' || (verdict.kind === 'partial' && verdict.items.some(({ kind }) => kind === 'delivered'));
}
