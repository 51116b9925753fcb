import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../../state/error-code.ts';
import { lockFolder, type Lock } from '../../state/lock.ts';
import { isLaneFolder, removeIfWorthless, RUNS } from '../../state/state-directory.ts';
import type { DeliveryOptions } from '../delivery.ts';
import type { Shipping } from '../shipping.ts';
import type { SlotPool } from '../slot-pool.ts';
import { BufferedDelivery } from './buffered-delivery.ts';
import type { WhenFull } from './buffer-writer.ts';
import { buffersIn, folderName, readOwner, type Owner } from './buffer-files.ts';
import { Journal } from './journal.ts';
import type { SourceNames } from './source-names.ts';

/** An output that may have a buffer. */
export interface BufferRequest {
  readonly output: string;
  readonly type: string;
  readonly target: string;
  /** Its position among the outputs. */
  readonly index: number;
  /** Whether new batches go to the disk. */
  readonly disk: boolean;
  readonly maxBytes: number;
  readonly whenFull: WhenFull;
}

export interface OpenBuffersOptions {
  /** The state directory, and the folder in it that this run works in. */
  readonly root: string;
  readonly folder: string;
  readonly names: SourceNames;
  readonly report: (message: string) => void;
  readonly nowMs: number;
  /** Takes over what was meant for another address or name of the same type of output, too. */
  readonly adoptAll: boolean;
}

/** The buffers of one output: its own, and what earlier runs have left of it, oldest first. */
interface OpenedBuffer {
  readonly journal: Journal | undefined;
  readonly older: readonly Journal[];
}

/** All buffers of a run. The folders of dead runs are locked until `close`, or until nothing is left in them. */
export class OpenBuffers {
  readonly #options: OpenBuffersOptions;
  readonly #orphans: { readonly folder: string; readonly lock: Lock; readonly journals: Set<Journal> }[] = [];
  readonly #opened = new Map<number, { journal: Journal | undefined; older: Journal[] }>();

  readonly #requests: readonly BufferRequest[];

  private constructor(requests: readonly BufferRequest[], options: OpenBuffersOptions) {
    this.#requests = requests;
    this.#options = options;
  }

  static async open(requests: readonly BufferRequest[], options: OpenBuffersOptions): Promise<OpenBuffers> {
    const buffers = new OpenBuffers(requests, options);
    for (const request of requests) buffers.#opened.set(request.index, await buffers.#openOwn(request));
    for (const folder of runsWithBuffers(options.root)) if (folder !== options.folder) await buffers.#adopt(folder, requests);
    for (const { older } of buffers.#opened.values()) older.sort((a, b) => a.options.owner.sinceMs - b.options.owner.sinceMs);
    return buffers;
  }

  get names(): SourceNames {
    return this.#options.names;
  }

  /** Whether an output has anything to do with the disk. */
  has(output: number): boolean {
    const { journal, older } = this.#of(output);
    return journal !== undefined || older.length > 0;
  }

  /** The way of an output's batches. `readSlots`: those that batches are read back into. */
  shipping(output: number, options: DeliveryOptions & { readonly pool: SlotPool }, readSlots: SlotPool): Shipping {
    const { maxBytes, whenFull } = this.#requests.find(({ index }) => index === output) ?? { maxBytes: 0, whenFull: 'block' };
    const { names } = this.#options;
    return new BufferedDelivery(options, { ...this.#of(output), readSlots, maxBytes, whenFull, names, finished: (journal) => this.#finished(journal) });
  }

  /** Whether a folder of a dead run is taken over. */
  holds(folder: string): boolean {
    return this.#orphans.some((orphan) => orphan.folder === folder);
  }

  /** Whether the buffer in this folder is that of an output of this run. */
  isOpen(folder: string): boolean {
    return [...this.#opened.values()].some(({ journal, older }) => [journal, ...older].some((one) => one?.options.folder === folder));
  }

  async close(): Promise<void> {
    for (const { lock } of this.#orphans) await lock.release();
  }

  #of(output: number): OpenedBuffer {
    return this.#opened.get(output) ?? { journal: undefined, older: [] };
  }

  /** All of an older journal is delivered. */
  async #finished(journal: Journal): Promise<void> {
    await journal.close();
    const orphan = this.#orphans.find(({ journals }) => journals.delete(journal));
    if (orphan === undefined || orphan.journals.size > 0) return;
    this.#orphans.splice(this.#orphans.indexOf(orphan), 1);
    removeIfWorthless(orphan.folder);
    await orphan.lock.release();
  }

  /** Its folder in that of the run. If nothing new goes there, what an earlier run left is sent nevertheless. */
  async #openOwn(request: BufferRequest): Promise<{ journal: Journal | undefined; older: Journal[] }> {
    const folder = join(this.#options.folder, folderName(request));
    const owner = { output: request.output, type: request.type, target: request.target, sinceMs: this.#options.nowMs };
    if (request.disk) return { journal: await this.#openJournal(folder, owner, request), older: [] };
    const left = readOwner(folder);
    const journal = left === undefined ? undefined : await this.#openJournal(folder, left, request);
    return { journal: undefined, older: journal === undefined ? [] : [journal] };
  }

  /** Takes over what a dead run has left to the outputs of this one. */
  async #adopt(folder: string, requests: readonly BufferRequest[]): Promise<void> {
    const isOurs = this.#options.folder === this.#options.root && isLaneFolder(folder);
    const found = buffersIn(folder).flatMap((name) => {
      const owner = readOwner(join(folder, name));
      const request = owner === undefined ? undefined : this.#heir(owner, requests, isOurs);
      return owner === undefined || request === undefined ? [] : [{ path: join(folder, name), owner, request }];
    });
    const lock = found.length === 0 ? undefined : await lockFolder(folder).catch(() => undefined); // another user's
    if (lock === undefined) return;
    const journals = new Set<Journal>();
    for (const { path, owner, request } of found) {
      const journal = await this.#openJournal(path, owner, request);
      if (journal === undefined) continue;
      journals.add(journal);
      this.#opened.get(request.index)?.older.push(journal);
    }
    this.#orphans.push({ folder, lock, journals });
  }

  /**
   * The output that sends what was meant for another. Records of one type are written in one way, whatever their address;
   * what a lane of this agent has left belongs to the output's name and type, as the agent's own does.
   */
  #heir(owner: Owner, requests: readonly BufferRequest[], isOurs: boolean): BufferRequest | undefined {
    const sameType = requests.filter(({ type }) => type === owner.type);
    const same = sameType.filter(({ output }) => output === owner.output);
    if (isOurs && same[0] !== undefined) return same[0];
    return same.find(({ target }) => target === owner.target) ?? (this.#options.adoptAll ? (same[0] ?? sameType[0]) : undefined);
  }

  async #openJournal(folder: string, owner: Owner, { index, output, maxBytes }: BufferRequest): Promise<Journal | undefined> {
    const { names, report } = this.#options;
    try {
      const earlierSource = names.claim();
      const segmentBytes = Math.min(SEGMENT_BYTES, Math.max(LEAST_SEGMENT_BYTES, Math.floor(maxBytes / 8)));
      const journal = await Journal.open({ folder, owner, segmentBytes, earlierSource, nameOf: (source) => names.nameOf(source), report: (message) => report(`${output}: ${message}`) });
      const { records, bytes } = journal.waiting;
      if (records > 0) report(`${output}: ${records} records that an earlier run could not deliver are sent first: ${folder}`);
      names.addEarlier(earlierSource, index, 'disk buffer of an earlier run', records, bytes);
      return journal;
    } catch (error) {
      report(`${output}: the disk buffer in ${folder} can't be used: ${errorText(error)}`);
      return undefined;
    }
  }
}

const SEGMENT_BYTES = 16 * 2 ** 20;
const LEAST_SEGMENT_BYTES = 65_536;

/** Folders of runs, dead or alive, that hold buffers. */
export function runsWithBuffers(root: string): string[] {
  try {
    const runs = join(root, RUNS);
    return readdirSync(runs).map((name) => join(runs, name)).filter((folder) => buffersIn(folder).length > 0);
  } catch {
    return [];
  }
}
