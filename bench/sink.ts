import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pinned } from './pin.ts';

/** What came to the sink. */
export interface Counts {
  readonly docs: number;
  /** Different ids; 0 when the agent sends none. */
  readonly ids: number;
  readonly repeated: number;
  readonly requests: number;
  readonly wireBytes: number;
  readonly bodyBytes: number;
  /** When the last body was complete, in ms since 1970. */
  readonly lastMs: number;
  readonly cpuSeconds: number;
}

export interface Sink {
  readonly port: number;
  /** Settles once all expected documents are here. */
  readonly full: Promise<void>;
  /** Ends the sink. */
  stop(): Promise<Counts>;
}

/** Starts a sink on core 1 that waits for `expected` documents: the one in C where it can be compiled, else the one in Node. */
export async function startSink(expected: number): Promise<Sink> {
  const [command, args] = pinned('1', sinkCommand(), [String(expected)]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  let last = '';
  let filled = (): void => undefined;
  const full = new Promise<void>((resolve) => { filled = resolve; });
  const port = await new Promise<number>((resolve, reject) => {
    child.on('close', () => reject(new Error('the sink ended')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as { port?: number };
      if (message.port !== undefined) return resolve(message.port);
      last = line;
      filled();
    });
  });
  const stop = async (): Promise<Counts> => {
    child.kill('SIGTERM');
    await ended;
    return JSON.parse(last) as Counts;
  };
  return { port, full, stop };
}

/** What unpacks bodies, the cheaper one first. */
const LIBRARIES = [['-DWITH_LIBDEFLATE', '-ldeflate'], ['-lz']];

function sinkCommand(): string[] {
  const source = path.join(import.meta.dirname, 'sink.c');
  const binary = path.join(import.meta.dirname, '.cache', 'sink');
  if (!existsSync(binary) || statSync(binary).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(path.dirname(binary), { recursive: true });
    if (!LIBRARIES.some((flags) => spawnSync('gcc', ['-O2', '-o', binary, source, ...flags]).status === 0)) {
      console.error('bench: no gcc with zlib here: the sink runs in Node, and may be what fast agents wait for');
      return [process.execPath, '--import=tsx', path.join(import.meta.dirname, 'sink-node.ts')];
    }
  }
  return [binary];
}
