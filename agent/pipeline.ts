import type { Assembly } from './assembly.ts';
import { decoded } from './inputs/decoding/decoded-source.ts';
import type { Input } from './inputs/input.ts';
import type { Source } from './inputs/source.ts';
import type { LaneSource } from './lane-source.ts';
import { setTimeContext } from '../parsers/values/zones.ts';

/** How long a source must be quiet until its open record is taken for whole, in ms. */
const FLUSH_AFTER_MS = 250;

/** How often to look whether a disk buffer that is waited for still makes room, in ms. */
const DISK_CHECK_MS = 1_000;

/** At the end, this much more is taken of a pipe than had come: what its writer, who has ended too, has left in it. */
const REST_BYTES = 2_097_152;
/** Turns of the loop in which nothing comes of a pipe until it is taken for empty. */
const IDLE_TURNS = 3;

/** When to stop reading, and how long to wait for delivery. Times in ms. */
export interface StopRules {
  /** Aborted: go on until the sources have been quiet for `quietMs`, then stop. */
  readonly stop: AbortSignal;
  quietMs(): number;
  /** When reading ends after `stop`, quiet or not: a time of the monotonic clock. */
  readUntilMs(): number;
  /** When everything must be over. */
  readonly deadlineMs: number;
  /** How long to wait for room in an output without progress, when what is there is all that will come. */
  readonly stalledMs: number;
  /** Aborted: stop at once. */
  readonly quit: AbortSignal;
}

/**
 * Moves bytes from inputs through the lane for as long as there are any: one chunk of each source in turn. Between
 * chunks it lets answers and events in, seals batches that are old, and waits when there is nothing to do or no room.
 */
export class Pipeline {
  readonly #parts: Assembly;
  readonly #zone: string | undefined;
  readonly #known = new Map<number, LaneSource>();
  /** Sources with an open record, until it is flushed. */
  readonly #open = new Set<LaneSource>();
  /** Sources of which something was read and had no room: their inputs may take all of it for read. */
  readonly #blocked = new Set<LaneSource>();
  /** Sources that have ended; they are forgotten when all of them is safe. */
  readonly #ended = new Set<LaneSource>();
  readonly #alarm = new Alarm();
  /** When there were bytes last, taken or not; and since when they can't be taken. */
  #lastBytesMs = 0;
  #blockedAtMs = Infinity;

  constructor(parts: Assembly, zone: string | undefined) {
    this.#parts = parts;
    this.#zone = zone;
  }

  /** Reads until all inputs are finished, or it is told to stop. What was read is in batches then. */
  async read(rules: StopRules): Promise<void> {
    const { inputs, outlets } = this.#parts;
    for (const signal of [rules.stop, rules.quit]) signal.addEventListener('abort', () => this.#alarm.ring());
    this.#lastBytesMs = performance.now();
    while (!this.#isOver(rules) && performance.now() < this.#hopelessAtMs(rules)) {
      const turn = this.#round();
      const nowMs = performance.now();
      this.#sealDue(nowMs);
      if (turn === 'progress') await new Promise(setImmediate);
      else if (turn === 'idle') await this.#wait(inputs, rules, nowMs);
      else if (outlets.some(({ hasRoom }) => !hasRoom)) await this.#wait([], rules, nowMs);
      else await new Promise(setImmediate); // there is room again
    }
    await this.#takeRest(rules);
  }

  /** One chunk of every source that has something. */
  #round(): 'progress' | 'blocked' | 'idle' {
    let progress = false;
    if (this.#ended.size > 0) this.#forget();
    for (const from of [...this.#blocked]) {
      if (this.#pump(from, false) === 'blocked') return 'blocked';
      progress = true;
    }
    for (const input of this.#parts.inputs) {
      for (const source of input.sources()) {
        const turn = this.#pump(this.#context(source), false);
        if (turn === 'blocked') return 'blocked';
        progress ||= turn === 'progress' || (turn === 'waiting' && source.ended);
      }
    }
    return this.#flushQuiet() === 'blocked' ? 'blocked' : progress ? 'progress' : 'idle';
  }

  #pump(from: LaneSource, flush: boolean, last = false): string {
    const nowMs = performance.now();
    const wallMs = Date.now();
    setTimeContext({ zone: this.#zone, nowMs: wallMs, fallbackDateMs: wallMs });
    this.#parts.observed.set(wallMs);
    const turn = this.#parts.lane.pump(from, flush, nowMs, last);
    if (turn === 'progress') this.#blockedAtMs = Infinity;
    if (turn === 'blocked') this.#blockedAtMs = Math.min(this.#blockedAtMs, nowMs);
    if (turn === 'progress' || turn === 'waiting') this.#open.add(from);
    if (turn === 'blocked') this.#blocked.add(from);
    else this.#blocked.delete(from);
    if (turn === 'progress' || turn === 'blocked') this.#lastBytesMs = nowMs;
    if (flush && turn !== 'blocked') this.#open.delete(from);
    if (turn === 'idle' && from.source.ended) this.#retire(from);
    return turn;
  }

  /** Takes open records of sources that have said nothing for a while. */
  #flushQuiet(): 'blocked' | 'idle' {
    const nowMs = performance.now();
    for (const from of this.#open) {
      if (nowMs - from.source.activeAtMs < FLUSH_AFTER_MS) continue;
      if (this.#pump(from, true) === 'blocked') return 'blocked';
    }
    return 'idle';
  }

  /** What has come but makes no whole record: it is one now, unless its source can be read again. */
  async #takeRest(rules: StopRules): Promise<void> {
    const { outlets } = this.#parts;
    for (const { delivery } of outlets) delivery.lift();
    this.#blockedAtMs = Infinity;
    const readOnce = await this.#readOnce(); // a line without an end is open, however quiet it was
    for (const from of new Set([...this.#open, ...readOnce])) await this.#takeAll(from, rules);
    for (const outlet of outlets) outlet.sealOpen();
  }

  /** Sources that can't be read again and are not at their end. One that nothing came of yet may have something all the same. */
  async #readOnce(): Promise<LaneSource[]> {
    const found = this.#parts.inputs.flatMap((input) => [...input.known()]).filter(({ readOnce }) => readOnce);
    const isSilent = ({ index, unread = 0 }: Source): boolean => unread === 0 && !this.#known.has(index);
    for (let turns = 0; turns < IDLE_TURNS && found.some(isSilent); turns++) await new Promise(setImmediate);
    for (const source of found) if (isSilent(source)) source.hold?.();
    return found.filter((source) => !isSilent(source)).map((source) => this.#context(source));
  }

  /** All of a source that is there: what is whole, then what is not. */
  async #takeAll(from: LaneSource, rules: StopRules): Promise<void> {
    const { source } = from;
    const mostBytes = (source.knownEnd ?? 0) + REST_BYTES;
    if (source.readOnce) while (await this.#takeTurn(from, rules, false)) if ((source.knownEnd ?? 0) > mostBytes) source.hold?.();
    source.hold?.(); // what came during the last turns would be left
    while (await this.#takeTurn(from, rules, true)) continue;
  }

  /** A chunk; waits for room, if there may be some in time. False: there is nothing more, or no room. */
  async #takeTurn(from: LaneSource, rules: StopRules, flush: boolean): Promise<boolean> {
    const { source } = from;
    for (let turns = 0; turns < IDLE_TURNS && performance.now() < this.#hopelessAtMs(rules); turns++) {
      if (isOverdue(rules) && source.readOnce !== true) return false;
      if (isOverdue(rules)) source.hold?.(); // what has come is brought to safety all the same, if that takes no more than the disk
      const turn = this.#pump(from, flush, flush && source.readOnce);
      if (turn === 'blocked') return this.#waitForRoom(rules, source.readOnce === true);
      await new Promise(setImmediate);
      if (turn === 'progress') return true;
      if (flush) return false;
    }
    return false;
  }

  /** False: there will be none in time. What can't be read again waits to the very end, and beyond it for the disk alone. */
  async #waitForRoom(rules: StopRules, isReadOnce: boolean): Promise<boolean> {
    const untilMs = !isReadOnce ? rules.readUntilMs() : this.#diskMakesRoom ? Infinity : isOverdue(rules) ? 0 : rules.deadlineMs;
    const leftMs = Math.min(untilMs, this.#hopelessAtMs(rules)) - performance.now();
    if (leftMs <= 0) return false;
    for (const { hasRoom, pool } of this.#parts.outlets) if (!hasRoom) this.#alarm.on(pool, () => pool.whenFree());
    await this.#alarm.wait(leftMs);
    return true;
  }

  #context(source: Source): LaneSource {
    const known = this.#known.get(source.index);
    if (known !== undefined) return known;
    const { handling, sources, ledger, tracker } = this.#parts;
    const context = { ...handling.of(source), source: decoded(source, handling.encodingOf(source)) };
    this.#known.set(source.index, context);
    sources.set(source.index, context.source);
    ledger.add(context.source);
    tracker.add(context.source);
    return context;
  }

  /** Nothing will come of it any more. Batches may still hold its records. */
  #retire(from: LaneSource): void {
    this.#open.delete(from);
    if (!this.#ended.has(from) && from.source.lost) this.#parts.ledger.lost(from.source.index, from.source.lost);
    this.#ended.add(from);
  }

  /** Lets go of what has ended and is safe, so that rotated files do not pile up. */
  #forget(): void {
    const { tracker, ledger, sources } = this.#parts;
    for (const from of this.#ended) {
      const { index, offset } = from.source;
      if (tracker.acknowledged(index) < offset) continue;
      this.#ended.delete(from);
      this.#known.delete(index);
      tracker.remove(from.source);
      ledger.retire(index);
      sources.delete(index);
    }
  }

  #sealDue(nowMs: number): void {
    for (const outlet of this.#parts.outlets) if (outlet.dueMs <= nowMs && outlet.delivery.idle) outlet.sealOpen();
  }

  #isOver(rules: StopRules): boolean {
    if (rules.quit.aborted || this.#parts.inputs.every(({ finished }) => finished)) return true;
    if (!rules.stop.aborted) return false;
    const nowMs = performance.now();
    return nowMs - this.#lastBytesMs >= rules.quietMs() || nowMs >= rules.readUntilMs();
  }

  /** When to give up waiting for room: never, while an input may go on for ever, or it is only the disk that is waited for. */
  #hopelessAtMs(rules: StopRules): number {
    if (this.#diskMakesRoom) return performance.now() + DISK_CHECK_MS;
    return this.#parts.inputs.every(({ ending }) => ending) ? this.#blockedAtMs + rules.stalledMs : Infinity;
  }

  /** Whether no output needs more than its disk to have room. */
  get #diskMakesRoom(): boolean {
    return this.#parts.outlets.every(({ hasRoom, delivery }) => hasRoom || delivery.makesRoom);
  }

  /** Until one of the inputs has something, a batch is due or has gone, an open record is whole, or it is time to stop. */
  async #wait(inputs: readonly Input[], rules: StopRules, nowMs: number): Promise<void> {
    if (this.#isOver(rules)) return;
    const { outlets } = this.#parts;
    for (const input of inputs) if (!input.finished) this.#alarm.on(input, () => input.waitForData()); // one that is finished would ring for ever
    for (const outlet of outlets) {
      if (!outlet.hasRoom) this.#alarm.on(outlet.pool, () => outlet.pool.whenFree());
      if (outlet.dueMs <= nowMs) this.#alarm.on(outlet, () => outlet.delivery.whenIdle());
    }
    const due = outlets.map(({ dueMs }) => (dueMs <= nowMs ? Infinity : dueMs));
    const quiet = [...this.#open].map(({ source }) => source.activeAtMs + FLUSH_AFTER_MS);
    const stop = rules.stop.aborted ? [this.#lastBytesMs + rules.quietMs(), rules.readUntilMs()] : [];
    await this.#alarm.wait(Math.min(...due, ...quiet, ...stop, this.#hopelessAtMs(rules)) - nowMs);
  }
}

/** Everything should be over by now, or is to end at once. */
function isOverdue({ quit, deadlineMs }: StopRules): boolean {
  return quit.aborted || performance.now() >= deadlineMs;
}

/** Wakes the one who waits, for any of several reasons; each reason is listened to once until it comes true. */
class Alarm {
  readonly #listening = new Set<object>();
  #resolve: (() => void) | undefined;
  #rung = false;

  on(key: object, promise: () => Promise<void>): void {
    if (this.#listening.has(key)) return;
    this.#listening.add(key);
    void promise().then(() => {
      this.#listening.delete(key);
      this.ring();
    });
  }

  ring(): void {
    this.#rung = true;
    this.#resolve?.();
  }

  /** Until it rings, at most `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        if (ms === Infinity) return;
        const timer = setTimeout(resolve, Math.max(0, Math.ceil(ms)));
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
    this.#resolve = undefined;
  }
}
