// How wide the window of copytruncate is: a writer as fast as it can be, the copy and the truncation that logrotate makes,
// and nobody who stops the writer in between. What is in no copy and not in the file was written in the window.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { AgentProcess } from './agent-process.ts';
import { atExit } from './at-exit.ts';
import { namesIn, nameOf } from './line.ts';
import { Sink } from './sink.ts';

/** What came of it. */
export interface WindowRow {
  readonly truncations: number;
  readonly lines: number;
  /** Written in a window: lines, and their bytes. */
  readonly inWindow: number;
  readonly bytes: number;
  /** Of these, not delivered: nobody had read them in time. */
  readonly lost: number;
  readonly problem: string | undefined;
}

const TRUNCATIONS = 10;
/** Lines that are written at once, and after how many bytes of them the file is copied: in the middle. */
const [LINES, COPIED_AT_BYTES] = [20_000, 600_000];
const HANG_MS = 240_000;

export function windowRow(): Promise<WindowRow> {
  return measure().catch((error: unknown) => ({ truncations: TRUNCATIONS, lines: 0, inWindow: 0, bytes: 0, lost: 0, problem: String(error) }));
}

async function measure(): Promise<WindowRow> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shipper-window-'));
  const file = path.join(folder, 'app.log');
  const sink = new Sink('elasticsearch');
  await sink.listen();
  writeFileSync(file, '');
  const config = path.join(folder, 'shipper.yaml');
  writeFileSync(config, `inputs: {app: {type: file, paths: ['${file}']}}\noutputs: {out: {type: elasticsearch, url: '${sink.url(0)}', batch: {age: 15ms}}}\nlisten: 127.0.0.1:0\nstop_delay: 50ms\n`);
  const agent = new AgentProcess(['-c', config], path.join(folder, 'state'), 'ignore');
  const writer = new Writer(file);
  try {
    await until(() => agent.address !== undefined, 'the agent');
    for (let at = 1; at <= TRUNCATIONS; at++) {
      await writer.write(1);
      const [first = ''] = namesIn(readFileSync(file, 'latin1'));
      await until(() => sink.seen.has(first), 'this generation to be known before it goes');
      const size = statSync(file).size + COPIED_AT_BYTES;
      const isWritten = writer.write(LINES);
      await until(() => statSync(file).size > size, 'something to copy');
      copyFileSync(file, `${file}.${at}`);
      truncateSync(file);
      await isWritten;
    }
    const outside = new Set(Array.from({ length: TRUNCATIONS + 1 }, (_, at) => namesIn(readFileSync(at === 0 ? file : `${file}.${at}`, 'latin1'))).flat());
    const isDelivered = (name: string): boolean => sink.ids.has(name) || sink.refused.has(name);
    await until(() => [...outside].every(isDelivered) || agent.hasEnded, 'all that is in a file').catch(() => undefined);
    const names = Array.from({ length: writer.written }, (_, n) => nameOf(n, 'window'));
    const inWindow = names.filter((name) => !outside.has(name));
    const missing = names.filter((name) => !isDelivered(name));
    const lost = missing.filter((name) => !outside.has(name));
    const problem = missing.length > lost.length ? `${missing.length - lost.length} lines are missing that are in a file: ${agent.stderr.slice(-300)}` : undefined;
    return { truncations: TRUNCATIONS, lines: names.length, inWindow: inWindow.length, bytes: inWindow.reduce((sum, name) => sum + name.length + 71, 0), lost: lost.length, problem };
  } finally {
    writer.end();
    agent.kill('SIGKILL');
    await agent.ended;
    await sink.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The application. */
class Writer {
  written = 0;
  readonly #child;
  readonly #answers;

  constructor(file: string) {
    this.#child = spawn(process.execPath, [path.join(import.meta.dirname, 'window-writer.mjs'), file], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#child.stdout });
    const forget = atExit(() => this.#child.kill('SIGKILL'));
    this.#child.on('close', forget);
  }

  /** Resolves when so many lines are written. */
  async write(lines: number): Promise<void> {
    const answer = once(this.#answers, 'line');
    this.#child.stdin.write(`${lines}\n`);
    const [written] = (await answer) as [string];
    this.written = Number(written);
  }

  end(): void {
    this.#child.stdin.end();
  }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const startedAt = Date.now(); !holds(); await wait(1)) if (Date.now() - startedAt > HANG_MS) throw new Error(`waited in vain for ${what}`);
}
