import { accounts, openAccounts } from '../helpers/ledger-lines.ts';
import { covers, farewellOf } from './farewell.ts';
import type { Feed, Window } from './feed.ts';
import { nameOf, rangesOf } from './line.ts';
import { mostOvertaken, repeatsIn } from './sequence.ts';
import type { Sink } from './sink.ts';
import { kept, type Kept } from './state.ts';

/** How a life ended. */
export interface EndOfLife {
  readonly life: number;
  /** It had no time to bring anything to safety. */
  readonly isKilled: boolean;
  /** All that was written by then was safe at the last look. */
  readonly wasSafe: boolean;
  /** Nothing can be brought to safety. */
  readonly isDiskFull: boolean;
  /** How often another configuration took over: that is an end of its own for requests under way. */
  readonly reloads: number;
  /** What has to be seen in its exit code is seen to by whoever ended it. */
  readonly stderr: string;
}

/** What became of the lines of a scenario. */
export interface Verdict {
  readonly written: number;
  /** Neither stored nor among the dead letters, and nothing excuses it. */
  readonly lost: number;
  /** Lost, and it could not be otherwise: in the hands of an agent that was killed or had no room on its disk, and can't read again; or written in the window of a truncation, and not read in time. */
  readonly unavoidable: number;
  /** Stored more often than once, and it was not the sink that did not say so. */
  readonly repeated: number;
  /** The most of those that came of one end of a life, or of a reload, unless nothing could be noted as the disk was full. */
  readonly mostRepeated: number;
  readonly deadLettered: number;
  /** The most lines that were overtaken by later ones of their stream. */
  readonly overtaken: number;
  /** Between copies and truncations, and what of it is lost. */
  readonly window: Window & { readonly lost: number };
  readonly problems: readonly string[];
}

/** Most of a kind of problem that is told one by one. */
const TOLD = 5;

/** Keeps account of what was written, and holds it against what the sink, the state directory and the agent itself say. */
export class Books {
  readonly #feed: Feed;
  readonly #sink: Sink;
  readonly #stateDir: string;
  readonly #problems: string[] = [];
  /** Lines of a pipe that nobody but the agent had, when it was killed or had nowhere to put them. */
  readonly #inHands = new Set<string>();
  /** Lines that lay in a disk buffer when a life ended: from then on nothing excuses their loss. */
  readonly #wereSafe = new Set<string>();
  /** All lines there were when they were last looked at, if all were safe: a program that shipper runs goes on writing. */
  #lastSafe: ReadonlySet<string> = new Set();
  /** Lines that were taken without an excuse, and are told. */
  readonly #taken = new Set<string>();
  #kept: Kept = { buffered: new Set(), letters: [] };
  #letters: ReadonlySet<string> = new Set();
  #look: Promise<void> | undefined;
  readonly #full = new Set<number>();
  /** How often requests under way came to an end, by life. */
  readonly #ends = new Map<number, number>();
  #killed = 0;
  #lettersBefore = 0;

  constructor(feed: Feed, sink: Sink, stateDir: string) {
    this.#feed = feed;
    this.#sink = sink;
    this.#stateDir = stateDir;
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  /** Nothing could be noted in this life: what is new then may be there twice after its end. */
  diskWasFull(life: number): void {
    this.#full.add(life);
  }

  get written(): number {
    return this.#feed.streams.reduce((sum, stream) => sum + this.#feed.written(stream), 0);
  }

  /** Lines that will not come any more: an agent took them with it, or they were truncated away. */
  get gone(): number {
    return this.#inHands.size + this.#taken.size + this.#goneInWindow().length;
  }

  /** Whether a line is stored, or among the dead letters as far as the disk was looked at. */
  isSettled(name: string): boolean {
    return this.#sink.ids.has(name) || this.#letters.has(name);
  }

  /** Looks at the disk, meanwhile. */
  lookAgain(): void {
    this.#look ??= this.#read().finally(() => (this.#look = undefined));
  }

  /** Whether all that is written is stored, in a disk buffer or among the dead letters, as far as the disk was looked at. */
  isAllSafe(): boolean {
    this.lookAgain();
    const names = this.#names();
    const areSafe = names.every((name) => this.isSettled(name) || this.#kept.buffered.has(name) || this.#inHands.has(name));
    this.#lastSafe = areSafe ? new Set(names) : new Set();
    return areSafe;
  }

  /** Whether nothing is missing any more but what is lost for good, and no disk buffer holds anything. */
  isAllSettled(): boolean {
    this.lookAgain();
    return this.#kept.buffered.size === 0 && this.#missing().every((name) => this.#isExcused(name));
  }

  async endOfLife(end: EndOfLife): Promise<void> {
    const { life, isKilled, stderr } = end;
    this.#ends.set(life, 1 + end.reloads);
    await this.#look;
    await this.#read();
    const letters = this.#kept.letters.length - this.#lettersBefore;
    this.#lettersBefore = this.#kept.letters.length;
    if (isKilled) this.#killed++;
    for (const name of this.#kept.buffered) this.#wereSafe.add(name);
    if (!this.#feed.isReadAgain) this.#excuseGone(end);
    if (!isKilled) this.#checkLedger(life, stderr, letters);
    if (stderr.includes('this is a bug')) this.problem(`life ${life}: ${stderr.slice(-800)}`);
  }

  /**
   * What came out of a pipe can't be read again. Bytes that an agent had read when it was killed by SIGKILL, and had not
   * written to its disk buffer yet, nobody can bring back: that much is excused, and no more. Not what is still in the
   * pipe, not what was on the disk before, and after SIGTERM only what it says itself, when its disk was full.
   */
  #excuseGone(end: EndOfLife): void {
    const gone = this.#missing().filter((name) => !this.#kept.buffered.has(name) && !this.#feed.isUnread(name) && !this.#inHands.has(name) && !this.#wereSafe.has(name) && !this.#taken.has(name));
    if (gone.length === 0) return;
    const objection = end.wasSafe && gone.some((name) => this.#lastSafe.has(name)) ? 'all of it was safe before' : objectionTo(end, gone);
    for (const name of gone) (objection === undefined ? this.#inHands : this.#taken).add(name);
    if (objection !== undefined) this.problem(`life ${end.life}, ended by ${end.isKilled ? 'SIGKILL' : 'SIGTERM'}, took ${rangesOf(gone).join(', ')} with it, though ${objection}: ${end.stderr.slice(-500)}`);
  }

  /** At the very end. `batchEvents`: records in one request at most; there are two connections. */
  verdict(batchEvents: number): Verdict {
    this.#checkTexts();
    const missing = this.#missing();
    const lost = missing.filter((name) => !this.#isExcused(name));
    if (lost.length > 0) this.problem(`lost: ${rangesOf(lost).join(', ')}`);
    const overtaken = mostOvertaken(this.#sink.attempts, (stream, n) => this.#feed.sourceOf(stream, n));
    if (overtaken > batchEvents) this.problem(`${overtaken} lines were overtaken by later ones, more than a batch`);
    const { byLife, unnoted, examples } = repeatsIn(this.#sink.attempts, (life) => this.#full.has(life));
    const mostRepeated = Math.max(0, ...[...byLife].map(([life, count]) => Math.ceil(count / (this.#ends.get(life) ?? 1))));
    const most = this.#sink.destination === 'elasticsearch' ? 0 : 2 * batchEvents;
    if (mostRepeated > most) this.problem(`${mostRepeated} lines were repeated after one end, more than ${most}: ${examples.join('; ')}`);
    const repeated = [...byLife.values()].reduce((sum, count) => sum + count, unnoted);
    return { written: this.written, lost: lost.length, unavoidable: missing.length - lost.length, repeated, mostRepeated, deadLettered: this.#letters.size, overtaken, window: { ...this.#feed.window, lost: this.#goneInWindow().length }, problems: this.#problems };
  }

  /** What it says of itself, against what the sink and the folder know. */
  #checkLedger(life: number, stderr: string, letters: number): void {
    const rows = accounts(stderr);
    const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((total, row) => total + of(row), 0);
    for (const { source } of openAccounts(stderr)) this.problem(`life ${life}: the account of ${source} does not close`);
    const [delivered, pending] = [sum((row) => row.delivered), sum((row) => row.pending)];
    const told = this.#sink.attempts.filter((attempt) => attempt.life === life && attempt.outcome === 'answered').reduce((total, attempt) => total + attempt.kept.length, 0);
    if (delivered > told || told - delivered > pending) this.problem(`life ${life}: ${delivered} delivered and ${pending} pending by the ledger, ${told} by the sink`);
    if (sum((row) => row.dropped) > 0) this.problem(`life ${life}: something was dropped`);
    if (sum((row) => row.deadLettered) !== letters) this.problem(`life ${life}: ${sum((row) => row.deadLettered)} dead-lettered by the ledger, ${letters} letters`);
  }

  /** What is not ours at all: pieces of lines come only of a pipe or a file that was cut in the middle of one. */
  #checkTexts(): void {
    const known = new Set(this.#names());
    const unknown = [...this.#sink.ids.keys(), ...this.#letters].filter((name) => !known.has(name));
    const most = this.#feed.isReadAgain ? this.#feed.window.pieces : this.#killed;
    if (unknown.length > most) this.problem(`${unknown.length} texts are no lines of ours: ${unknown.slice(0, TOLD).join(' | ')}`);
    const good = [...this.#letters].filter((name) => known.has(name) && this.#sink.ids.has(name));
    if (good.length > 0) this.problem(`${good.length} lines are dead letters and stored: ${good.slice(0, TOLD).join(', ')}`);
  }

  #names(): string[] {
    return this.#feed.streams.flatMap((stream) => Array.from({ length: this.#feed.written(stream) }, (_, n) => nameOf(n, stream)));
  }

  #missing(): string[] {
    return this.#names().filter((name) => !this.isSettled(name));
  }

  /** Written in the window of a truncation, and not read in time. */
  #goneInWindow(): string[] {
    return [...this.#feed.window.lines].filter((name) => !this.isSettled(name));
  }

  #isExcused(name: string): boolean {
    return this.#inHands.has(name) || this.#feed.window.lines.has(name);
  }

  /** While an agent is at work in it, files come and go: then what was seen before holds. */
  async #read(): Promise<void> {
    this.#kept = await kept(this.#stateDir, this.#sink.destination).catch(() => this.#kept);
    this.#letters = new Set(this.#kept.letters);
  }
}

/** Why an agent had no right to take lines with it; undefined: it could not be otherwise. */
function objectionTo({ isKilled, isDiskFull, stderr }: EndOfLife, gone: readonly string[]): string | undefined {
  if (isKilled) return undefined;
  if (!isDiskFull) return 'there was room on its disk';
  return covers(farewellOf(stderr), gone) ? undefined : 'it did not say so';
}
