import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Writable } from 'node:stream';
import { endsWithUs } from './cleanup.ts';

/** KafkaPeer.java at work: one process for all that is asked, as each takes seconds to start. */
export class KafkaPeer {
  readonly #child: ChildProcess & { readonly stdin: Writable };
  readonly #lines: Interface;

  /** `jars`: class path of Kafka. */
  constructor(jars: string, broker: string) {
    const child = spawn('java', ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', jars, path.join(import.meta.dirname, 'KafkaPeer.java'), broker], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    endsWithUs(child);
    child.stdin.on('error', () => undefined); // its end shows as an answer that does not come
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
  }

  /** Gives the lines of the answer; throws if that is an error. One at a time. */
  ask(...words: readonly string[]): Promise<string[]> {
    const answer: string[] = [];
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#lines.off('line', take).off('close', broken);
        settle();
      };
      const broken = (): void => end(() => reject(new Error(`KafkaPeer ended before it answered to ${words.join(' ')}`)));
      const take = (line: string): void => {
        if (line === 'ok') end(() => resolve(answer));
        else if (line.startsWith('error ')) end(() => reject(new Error(`${words.join(' ')}: ${line}`)));
        else answer.push(line);
      };
      this.#lines.on('line', take).on('close', broken);
      this.#child.stdin.write(`${words.join('\t')}\n`);
    });
  }

  /** It ends with its stdin. */
  async stop(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await new Promise((resolve) => this.#child.on('close', resolve));
  }
}
