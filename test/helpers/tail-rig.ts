// Files that are tailed in a folder of the test's own, by a reader that does what a lane does in its plainest form.
import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { FileInput, type FileInputOptions } from '../../agent/inputs/file-input.ts';
import type { Input } from '../../agent/inputs/input.ts';
import type { Source } from '../../agent/inputs/source.ts';
import { Checkpoints } from '../../agent/state/checkpoints.ts';

/** What has not happened by then hangs: no test depends on it. */
const DEADLINE_MS = 120_000;

/** What a lane does, in its plainest form: whole lines, and what is left when a source ends. */
export class Reader {
  readonly lines: string[] = [];
  /** Lines by the source's id, in the order in which sources came. */
  readonly bySource = new Map<string, string[]>();
  readonly input: Input;
  readonly #open = new Map<Source, Buffer>();
  readonly #target: Uint8Array<ArrayBuffer>;
  readonly #acknowledge: boolean;

  constructor(input: Input, { bytes = 4_096, acknowledge = true } = {}) {
    this.input = input;
    this.#target = new Uint8Array(bytes);
    this.#acknowledge = acknowledge;
  }

  /** Reads until `isThere`, waiting for whatever the input waits for. */
  async until(isThere: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS;
    while (!isThere()) {
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what}; lines: ${JSON.stringify(this.lines).slice(0, 500)}`);
      this.pass();
      await Promise.race([this.input.waitForData(), new Promise((resolve) => setTimeout(resolve, 20))]);
    }
  }

  untilLines(count: number): Promise<void> {
    return this.until(() => this.lines.length >= count, `${count} lines`);
  }

  untilFinished(): Promise<void> {
    return this.until(() => this.input.finished, 'the end');
  }

  pass(): void {
    for (const source of this.input.sources()) this.#read(source);
  }

  #read(source: Source): void {
    const carried = this.#open.get(source) ?? Buffer.alloc(0);
    const length = source.read(this.#target, carried.length);
    const bytes = Buffer.concat([carried, this.#target.subarray(0, length)]);
    const end = length === 0 && source.ended ? bytes.length : bytes.lastIndexOf(10) + 1;
    const text = bytes.toString('latin1', 0, end);
    for (const line of text.split('\n')) if (line !== '') this.#take(source, line);
    this.#open.set(source, bytes.subarray(end));
    source.advance(end);
    if (this.#acknowledge) source.acknowledge(source.offset);
  }

  #take(source: Source, line: string): void {
    this.lines.push(line);
    const lines = this.bySource.get(source.id) ?? [];
    lines.push(line);
    this.bySource.set(source.id, lines);
  }
}

/** How many folders each test has. */
const folders = new WeakMap<Test, number>();

/**
 * A folder to work in, with inputs that are stopped when the test ends. Each call gives a folder of its own: an input of an
 * earlier one may be running still, and would write its checkpoints into one that has the same path.
 */
export function setUp(test: Test) {
  const running: (() => Promise<void>)[] = [];
  // Before the folder is made: what is set up last is torn down first.
  test.teardown(async () => {
    for (const stop of running) await stop();
  });
  const dir = folderOf(test);
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const openCheckpoints = () => new Checkpoints({ folder: join(dir, 'state'), warn, intervalMs: 5 });
  let index = 0;
  const tail = async (paths: string[], more: Partial<FileInputOptions> = {}, reading = {}) => {
    const checkpoints = more.checkpoints ?? openCheckpoints();
    const input = new FileInput({ name: 'app', paths, claimIndex: () => index++, warn, pollMs: 20, graceMs: 200, settleMs: 100, ...more, checkpoints });
    const stop = async () => {
      await input.stop();
      await checkpoints.close();
    };
    running.push(stop);
    await input.start(new AbortController().signal);
    return Object.assign(new Reader(input, reading), { stop, checkpoints });
  };
  return { dir, log: join(dir, 'logs', 'app.log'), logs: join(dir, 'logs'), state: join(dir, 'state'), warnings, tail };
}

function folderOf(test: Test): string {
  const count = folders.get(test) ?? 0;
  folders.set(test, count + 1);
  const dir = join(count === 0 ? test.testdir({}) : test.testdirName, String(count));
  for (const name of ['state', 'logs']) mkdirSync(join(dir, name), { recursive: true });
  return dir;
}

export const numbered = (from: number, to: number, text = 'line') => Array.from({ length: to - from }, (_, i) => `${text} ${from + i}`);
export const joined = (lines: string[]) => lines.map((line) => `${line}\n`).join('');

/** How many descriptors of this process are open on files below a folder. */
export function openFiles(below: string): number {
  let count = 0;
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(below)) count++;
    } catch {
      // the one that readdir had open
    }
  }
  return count;
}
