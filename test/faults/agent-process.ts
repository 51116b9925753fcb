import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { CLI } from '../e2e/run-shipper.ts';
import { atExit } from './at-exit.ts';

/** A shipper that was started for one of its lives. */
export class AgentProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  #stderr = '';
  #hasEnded = false;

  /** `stdin`: a descriptor, or nothing. */
  constructor(args: readonly string[], stateDir: string, stdin: number | 'ignore') {
    const env = { PATH: process.env['PATH'] ?? '', SHIPPER_STATE_DIR: stateDir };
    this.child = spawn(process.execPath, [CLI, ...args], { env, stdio: [stdin, 'ignore', 'pipe'] });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    const forget = atExit(() => this.child.kill('SIGKILL'));
    this.ended = once(this.child, 'close').then(([code, signal]: (number | NodeJS.Signals | null)[]) => {
      this.#hasEnded = true;
      forget();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** How often it has said something. */
  said(text: string): number {
    return this.#stderr.split(text).length - 1;
  }

  /** Whether it was told to end. */
  isAsked = false;
  /** How often it was told to reload. */
  hangups = 0;

  kill(signal: NodeJS.Signals): void {
    if (signal === 'SIGHUP') this.hangups++;
    else this.isAsked = true;
    this.child.kill(signal);
  }

  /** Its address for health and metrics, once it has one. */
  get address(): string | undefined {
    return /health and metrics on (\S+)/.exec(this.#stderr)?.[1];
  }
}

/** Where /metrics contradicts itself: read = delivered + dead_lettered + filtered + dropped + pending. */
export async function openBooks(address: string): Promise<string[]> {
  const text = await fetch(`${address}/metrics`).then((response) => response.text(), () => ''); // it may be killed meanwhile
  const sums = new Map<string, number>();
  for (const [, name = '', source = '', value] of text.matchAll(/^shipper_(read|delivered|dead_lettered|filtered|dropped|pending)_records(?:_total)?\{source="([^"]*)"[^}]*\} (\d+)$/gm)) {
    sums.set(source, (sums.get(source) ?? 0) + (name === 'read' ? 1 : -1) * Number(value));
  }
  return [...sums].filter(([, sum]) => sum !== 0).map(([source, sum]) => `/metrics: ${source}: ${sum} records are in no account`);
}
