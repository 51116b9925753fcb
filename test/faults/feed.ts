import type { Random } from '../helpers/random.ts';

export interface FeedOptions {
  /** A folder of its own. */
  readonly folder: string;
  readonly random: Random;
  /** Whether a line is stored, or among the dead letters. */
  readonly isSettled: (name: string) => boolean;
  /** Whether the agent has sent a line, whatever came of it. */
  readonly isSeen: (name: string) => boolean;
}

/** Between the end of a file's copy and its truncation the application goes on writing. */
export interface Window {
  readonly truncations: number;
  /** What was written in it. */
  readonly lines: ReadonlySet<string>;
  readonly bytes: number;
  /** Texts that are no whole lines, at most: one was half written when the file was truncated. */
  readonly pieces: number;
}

/** Of what is never truncated. */
export const NO_WINDOW: Window = { truncations: 0, lines: new Set(), bytes: 0, pieces: 0 };

/** What writes numbered lines for the agent to read. */
export interface Feed {
  readonly streams: readonly string[];
  /** What it reads can be read again: a kill loses nothing. */
  readonly isReadAgain: boolean;
  /** `inputs:` of the configuration; empty: it has none. */
  readonly inputs: string;
  /** What it is started with, behind the options. */
  arguments(): readonly string[];
  /** Stdin of the agent, which whoever calls closes once it is started. */
  openStdin(): number | 'ignore';
  /** Lines of a stream that are written for sure. */
  written(stream: string): number;
  /** Where a line was written: lines of one such place come in order. */
  sourceOf(stream: string, n: number): string;
  /** Writes up to so many lines, as far as there is room. */
  write(lines: number): void;
  /** Rotates, truncates: what this feed does to its file now and then. Gives whether it was begun. */
  turn(): boolean;
  /** Goes on with a turn that takes its time, whether lines are written or not. */
  goOn(): void;
  /** The agent has ended, and what it has sent has arrived. */
  ended(): Promise<void>;
  /** After `ended`: whether a line still lies where the next agent reads it, though no agent has read it before. */
  isUnread(name: string): boolean;
  /** Lines that were in no file any more, unless somebody was quick enough to read them: nobody has to. */
  readonly window: Window;
  /** Writes the end of a line of which the beginning is written. */
  finish(): void;
  close(): void;
}
