import { closeSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { seeded, type Random } from '../helpers/random.ts';
import { AgentProcess, openBooks } from './agent-process.ts';
import { Deck } from './deck.ts';
import { FAULTS, NOT_RELOADED, type Begun, type World } from './faults.ts';
import type { Feed, FeedOptions } from './feed.ts';
import { Books } from './judgement.ts';
import { Sink, type Destination } from './sink.ts';
import { SmallDisk } from './small-disk.ts';

/** One way in and one way out. */
export interface ScenarioOptions {
  readonly name: string;
  readonly destination: Destination;
  readonly makeFeed: (options: FeedOptions) => Feed;
  readonly seed: number;
  readonly kills: number;
}

/** Lines that may wait before the feed holds back. */
const LEAD = 2_500;
const TICK_MS = 3;
/** Ticks after which a life is over even though the point for its end has not come: a fault that goes on may keep it from coming. */
const PATIENCE_TICKS = 600;
/** What has to happen, and has not for so long, hangs. No verdict depends on another time. */
const HANG_MS = 240_000;
const EVENTS = ['received', 'stored', 'answered'] as const;

/** When a life ends: at the `count`-th event from then on. */
interface Point {
  readonly event: (typeof EVENTS)[number] | 'spawned' | 'started' | 'safe';
  count: number;
}

/** The lives of one agent after another, all with the same state, and what they did to what was written. */
export class Scenario {
  readonly options: ScenarioOptions;
  /** For what happens in a life, and for what is written meanwhile: how much that is depends on the machine, and must not change the rest. */
  readonly #plan: Random;
  readonly #random: Random;
  readonly folder = mkdtempSync(path.join(tmpdir(), 'shipper-faults-'));
  readonly sink: Sink;
  readonly feed: Feed;
  readonly books: Books;
  readonly disk: SmallDisk | undefined;
  readonly kills = { SIGKILL: 0, SIGTERM: 0 };
  /** How often each kind of fault has had its effect. */
  readonly faults = new Map<string, number>();
  turns = 0;
  readonly #deck: Deck<string>;
  #keys = 0;
  #isWriting = true;

  constructor(options: ScenarioOptions) {
    this.options = options;
    this.#plan = seeded(options.seed);
    this.#random = seeded(options.seed + 1_000_000_000);
    this.sink = new Sink(options.destination);
    this.disk = SmallDisk.mount(path.join(this.folder, 'disk'));
    const data = path.join(this.folder, 'data');
    mkdirSync(data);
    const { sink } = this;
    this.feed = options.makeFeed({ folder: data, random: this.#random, isSettled: (name) => this.books.isSettled(name), isSeen: (name) => sink.seen.has(name) });
    this.books = new Books(this.feed, this.sink, this.stateDir);
    this.#deck = new Deck([...FAULTS.keys()], this.#plan);
  }

  get stateDir(): string {
    return path.join(this.folder, 'disk', 'state');
  }

  async run(): Promise<void> {
    await this.sink.listen();
    this.#giveKey(this.#newKey());
    this.sink.key = this.#key;
    while (this.kills.SIGKILL + this.kills.SIGTERM < this.options.kills) await this.#live();
    await this.#liveOn();
  }

  async close(): Promise<void> {
    this.feed.close();
    await this.sink.close();
    this.disk?.unmount();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One life: it begins, perhaps something goes wrong, and it is ended at some point. */
  async #live(): Promise<void> {
    const signal = this.#plan.below(10) < 6 ? 'SIGKILL' : 'SIGTERM';
    const name = this.#plan.oneIn(4) ? undefined : this.#deck.draw();
    const point = this.#pointOf(name !== undefined, signal);
    const isImpatient = signal === 'SIGTERM' && this.#plan.oneIn(3);
    this.#isWriting = true;
    const agent = this.#start();
    const counting = this.#killAt(agent, point, signal);
    let begun: Begun | undefined;
    if (name !== undefined) {
      await this.#untilSure(agent, () => this.#isAtWork(agent), 'to be at work');
      begun = FAULTS.get(name)?.(this.#world(agent));
      if (begun !== undefined && (await this.#untilSure(agent, begun.done, `an effect of ${name}`))) this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
      if (this.#plan.oneIn(2)) await begun?.end?.(); // or only when it is dead
    }
    counting.begin();
    if (point.event !== 'spawned') await this.#untilSure(agent, () => this.#isAtWork(agent), 'to be at work');
    const isReached = await this.#until(agent, counting.isReached, after(PATIENCE_TICKS));
    if (!agent.isAsked) agent.kill(signal);
    if (isImpatient) agent.kill('SIGINT'); // whoever can't wait for its end; another signal, so that it is not taken for the first
    this.kills[signal]++;
    await this.#end(agent, signal, isReached && point.event === 'safe');
    await begun?.end?.();
    if (signal === 'SIGTERM') this.disk?.free();
  }

  #pointOf(hasFault: boolean, signal: string): Point {
    if (!hasFault && this.#plan.oneIn(4)) return { event: this.#plan.of(['spawned', 'started'] as const), count: 1 };
    if (!this.feed.isReadAgain && signal === 'SIGKILL' && this.#plan.oneIn(3)) return { event: 'safe', count: 1 };
    return { event: this.#plan.of(EVENTS), count: 1 + this.#plan.below(this.#plan.oneIn(3) ? 40 : 10) };
  }

  /** Kills it in the middle of what happens, not at the next look. */
  #killAt(agent: AgentProcess, point: Point, signal: NodeJS.Signals): { begin: () => void; isReached: () => boolean } {
    let left = point.count;
    return {
      begin: () => {
        this.#isWriting = point.event !== 'safe';
        this.sink.onEvent = (event) => {
          if (event === point.event && --left === 0) agent.kill(signal);
        };
      },
      isReached: () => left <= 0 || point.event === 'spawned' || (point.event === 'started' && this.#isAtWork(agent)) || (point.event === 'safe' && this.books.isAllSafe()),
    };
  }

  /** Ticks until it holds; false: it came to nothing. */
  async #until(agent: AgentProcess, holds: () => boolean, isEnough: () => boolean): Promise<boolean> {
    while (!agent.hasEnded && !isEnough()) {
      if (holds()) return true;
      this.#tick();
      await wait(TICK_MS);
    }
    return holds();
  }

  /** The same for what comes for sure, however slow the machine is. False: the agent has ended before. */
  async #untilSure(agent: AgentProcess, holds: () => boolean, what: string): Promise<boolean> {
    const giveUpMs = Date.now() + HANG_MS;
    if (await this.#until(agent, holds, () => Date.now() > giveUpMs)) return true;
    if (!agent.hasEnded) this.books.problem(`life ${this.sink.life}: waited in vain for ${what}: ${agent.stderr.slice(-500)}`);
    return false;
  }


  #tick(): void {
    this.feed.goOn();
    if (!this.#isWriting || this.#isBacklogged()) return;
    this.feed.write(1 + this.#random.below(40));
    if (this.#random.oneIn(30)) this.books.lookAgain();
    if (this.#random.oneIn(25) && this.feed.turn()) this.turns++;
  }

  #isBacklogged(): boolean {
    return this.books.written - this.books.gone - this.sink.ids.size - this.sink.refused.size > LEAD;
  }

  #isAtWork(agent: AgentProcess): boolean {
    return agent.address !== undefined;
  }

  #start(): AgentProcess {
    this.sink.life++;
    this.disk?.beginLife();
    this.#configure(0);
    const { feed } = this;
    const stdin = feed.openStdin();
    const args = [...(feed.arguments().length > 0 ? ['exec'] : []), '-c', this.#config, ...feed.arguments()];
    const agent = new AgentProcess(args, this.stateDir, stdin);
    if (stdin !== 'ignore') closeSync(stdin);
    return agent;
  }

  /** Waits for its end, and until all it has sent has arrived. */
  async #end(agent: AgentProcess, signal: 'SIGKILL' | 'SIGTERM', wasSafe = false): Promise<void> {
    if (this.#plan.oneIn(2)) this.#isWriting = false;
    const limit = setTimeout(() => {
      this.books.problem(`it did not end at ${signal}: ${agent.stderr.slice(-500)}`);
      agent.kill('SIGKILL');
    }, HANG_MS);
    while (!agent.hasEnded) {
      this.#tick();
      await wait(TICK_MS);
    }
    clearTimeout(limit);
    this.sink.onEvent = () => undefined;
    this.sink.treatments.length = 0;
    this.sink.release();
    while (this.sink.connections > 0) await wait(1);
    const { code, signal: by } = await agent.ended;
    if (by === null && (!agent.isAsked || ![0, 69, 130, 143].includes(code ?? 0))) this.books.problem(`it ended by itself, with ${code}: ${agent.stderr.slice(-500)}`);
    const { isFull = false, wasFull = false } = this.disk ?? {};
    if (wasFull) this.books.diskWasFull(this.sink.life);
    await this.feed.ended();
    await this.books.endOfLife({ life: this.sink.life, isKilled: by !== null, wasSafe: wasSafe && !wasFull, isDiskFull: isFull, reloads: Math.max(0, agent.hangups - agent.said(NOT_RELOADED)), stderr: agent.stderr });
  }

  /** The last life: nothing goes wrong any more, and everything has to come right. */
  async #liveOn(): Promise<void> {
    this.#isWriting = true;
    const agent = this.#start();
    const written = this.books.written + 500;
    await this.#untilSure(agent, () => {
      if (this.books.written < written) this.feed.write(20);
      return this.books.written >= written;
    }, 'its last lines to be taken');
    this.feed.finish();
    this.#isWriting = false;
    for (let [before, sinceMs] = [-1, Date.now()]; !agent.hasEnded && !this.books.isAllSettled() && Date.now() - sinceMs < HANG_MS; await wait(TICK_MS)) {
      if (before !== this.sink.attempts.length) [before, sinceMs] = [this.sink.attempts.length, Date.now()];
    }
    const address = agent.address;
    if (address !== undefined) for (const open of await openBooks(address)) this.books.problem(open);
    agent.kill('SIGTERM');
    await this.#end(agent, 'SIGTERM');
  }

  #world(agent: AgentProcess): World {
    return {
      sink: this.sink, agent, disk: this.disk,
      canReload: this.feed.inputs !== '',
      configure: (at) => this.#configure(at),
      giveKey: (key) => this.#giveKey(key),
      newKey: () => this.#newKey(),
      isBacklogged: () => this.#isBacklogged(),
    };
  }

  get #config(): string {
    return path.join(this.folder, 'shipper.yaml');
  }

  #configure(at: number | 'broken'): void {
    if (at === 'broken') return writeFileSync(this.#config, 'outputs: {out: {type: elasticsearch, url: http://127.0.0.1:1, batch: {age: soon}}}\n');
    const keyFile = path.join(this.folder, 'key');
    const { destination } = this.options;
    const out = `{type: ${destination}, url: '${this.sink.url(at)}', api_key_file: ${keyFile}, batch: {bytes: 64KiB, events: ${BATCH_EVENTS}, age: 15ms}}`;
    const inputs = this.feed.inputs === '' ? '' : `inputs: ${this.feed.inputs}\n`;
    writeFileSync(this.#config, `${inputs}outputs: {out: ${out}}\nlisten: 127.0.0.1:0\nstop_delay: 50ms\nshutdown_timeout: 3s\ndrain_timeout: 3s\nmemory: 16MiB\n`);
  }

  #newKey(): string {
    return `key${++this.#keys}`;
  }

  #key = '';

  #giveKey(key: string): void {
    this.#key = key;
    writeFileSync(path.join(this.folder, 'key'), key);
  }
}

/** True when it is asked once more than so often. */
function after(times: number): () => boolean {
  let left = times;
  return () => left-- <= 0;
}

/** Records in one request at most: what is under way on the two connections is twice as much. */
export const BATCH_EVENTS = 200;
