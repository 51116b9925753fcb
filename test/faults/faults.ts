import type { AgentProcess } from './agent-process.ts';
import type { Sink, Treatment } from './sink.ts';
import type { SmallDisk } from './small-disk.ts';

/** What faults are made of. */
export interface World {
  readonly sink: Sink;
  readonly agent: AgentProcess;
  /** Where the state directory lies; undefined: it can't be filled here. */
  readonly disk: SmallDisk | undefined;
  /** Whether there is a configuration that can be changed while the agent runs. */
  readonly canReload: boolean;
  /** Writes the configuration: in its proper form, with the sink's address at `at`; or `broken`. */
  configure(at: number | 'broken'): void;
  /** Writes the credentials that the agent sends. */
  giveKey(key: string): void;
  /** A key nobody has used yet. */
  newKey(): string;
  /** Lines are waiting to be delivered, more than the agent is given. */
  isBacklogged(): boolean;
}

/** A fault that was begun. */
export interface Begun {
  /** Whether it has had its effect. */
  done(): boolean;
  /** Puts right what is still wrong. */
  end?(): void | Promise<void>;
}

/** Begins a fault; undefined: it means nothing here. */
export type Fault = (world: World) => Begun | undefined;

/** The sink does something else with a request than to store it and to say so. `times`: with so many. */
function treated(treatment: Treatment, times = 1): Fault {
  return ({ sink }) => {
    const before = sink.given.get(treatment) ?? 0;
    sink.treatments.push(...Array<Treatment>(times).fill(treatment));
    return { done: () => (sink.given.get(treatment) ?? 0) > before };
  };
}

/** Only who speaks for each record by itself can do that. */
const someItems: Fault = (world) => (world.sink.destination === 'elasticsearch' ? treated('items refused for now', 2)(world) : undefined);

/** An answer is held back until there is a backlog, or the other connection has done as well for a while without it; or it is the agent's end. */
function held(treatment: Treatment): Fault {
  return ({ sink, isBacklogged }) => {
    const before = sink.attempts.length;
    sink.treatments.push(treatment);
    return { done: () => sink.held > 0 && (isBacklogged() || sink.attempts.length > before + 20), end: () => sink.release() };
  };
}

/** Fails to be reached until there is a backlog. */
const down: Fault = ({ sink, isBacklogged }) => {
  sink.down(0);
  return { done: isBacklogged, end: () => sink.up(0) };
};

/** The new key is there before the old one stops to work. */
const rotatedKey: Fault = ({ sink, giveKey, newKey }) => {
  const before = sink.attempts.length;
  const key = newKey();
  giveKey(key);
  sink.key = key;
  return { done: () => sink.attempts.length > before }; // whether it was refused first or not: what is let in has the new one
};

/** The old key stops to work, and a person brings the new one later. */
const revokedKey: Fault = ({ sink, giveKey, newKey }) => {
  const before = sink.given.get('credentials refused') ?? 0;
  const key = newKey();
  sink.key = key;
  return { done: () => (sink.given.get('credentials refused') ?? 0) > before, end: () => giveKey(key) };
};

const fullDisk: Fault = ({ disk, isBacklogged, sink, agent }) => {
  if (disk === undefined) return undefined;
  const before = sink.attempts.length;
  disk.fill();
  return { done: () => sink.attempts.length > before + 3 || isBacklogged() || agent.said('ENOSPC') > 0, end: () => disk.free() };
};

/** The disk is full and nothing can be sent. */
const fullDiskAndDown: Fault = (world) => {
  const [one, other] = [fullDisk(world), down(world)];
  if (one === undefined) return undefined;
  return { done: () => other?.done() ?? true, end: () => Promise.all([one.end?.(), other?.end?.()]).then(() => undefined) };
};

const RELOADED = 'reloaded: the new configuration is at work';
/** Nothing was interrupted then. */
export const NOT_RELOADED = 'not reloaded, the old configuration stays at work';

/** SIGHUP with a configuration that is right; stdin can't be taken up again, which is said. */
const reload: Fault = ({ agent, canReload, configure }) => {
  if (!canReload) return undefined;
  configure(0);
  agent.kill('SIGHUP');
  return { done: () => agent.said(RELOADED) + agent.said(NOT_RELOADED) > 0 };
};

const brokenReload: Fault = ({ agent, canReload, configure }) => {
  if (!canReload) return undefined;
  configure('broken');
  agent.kill('SIGHUP');
  return { done: () => agent.said(NOT_RELOADED) > 0, end: () => configure(0) };
};

/** The destination goes for good, and while it is tried again and again, the configuration learns of another. */
const moved: Fault = ({ sink, agent, canReload, configure, isBacklogged }) => {
  if (!canReload) return undefined;
  sink.down(0);
  let isTold = false;
  const tell = (): void => {
    isTold = true;
    configure(1);
    agent.kill('SIGHUP');
  };
  return {
    done: () => {
      if (!isTold && isBacklogged()) tell();
      return agent.said(RELOADED) + agent.said(NOT_RELOADED) > 0;
    },
    end: async () => {
      await sink.up(0);
      configure(0);
    },
  };
};

/** Every kind of fault, by its name. */
export const FAULTS: ReadonlyMap<string, Fault> = new Map([
  ['broken before it is stored', treated('reset before it is stored', 2)],
  ['stored, then broken', treated('reset after it is stored')],
  ['half an answer', treated('half an answer')],
  ['a page of HTML', treated('a page of HTML', 2)],
  ['an empty answer', treated('an empty answer')],
  ['429', treated('too many requests', 3)],
  ['503', treated('unavailable', 2)],
  ['500', treated('internal error', 2)],
  ['some items 429', someItems],
  ['a late answer', held('an answer that comes late')],
  ['no answer', held('no answer')],
  ['not to be reached', down],
  ['key rotated', rotatedKey],
  ['key revoked', revokedKey],
  ['disk full', fullDisk],
  ['disk full, not to be reached', fullDiskAndDown],
  ['reload', reload],
  ['broken reload', brokenReload],
  ['moved by a reload', moved],
]);
