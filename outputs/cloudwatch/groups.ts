import type { Verdict } from '../output.ts';
import type { CloudWatchApi, Operation } from './api.ts';
import { classifyError } from './errors.ts';

export interface GroupOptions {
  readonly retention_days?: number | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly class?: string | undefined;
}

/** `missing`: what it should be made in is not there. Else why it could not be made. */
type Made = 'made' | 'missing' | Verdict;

/** Makes log groups and streams when they turn out to be missing, each by one call at a time. */
export class LogGroups {
  readonly #api: CloudWatchApi;
  readonly #options: GroupOptions;
  readonly #making = new Map<string, Promise<Verdict | undefined>>();
  /** Groups that were made here, and whose retention could not be set yet. */
  readonly #withoutRetention = new Set<string>();

  constructor(api: CloudWatchApi, options: GroupOptions) {
    this.#api = api;
    this.#options = options;
  }

  /** Makes a stream and, if need be, its group. Undefined: it is there now. */
  make(group: string, stream: string, signal: AbortSignal): Promise<Verdict | undefined> {
    const key = `${group}:${stream}`; // neither has a colon
    const making = this.#making.get(key) ?? this.#make(group, stream, signal).finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return making;
  }

  async #make(group: string, stream: string, signal: AbortSignal): Promise<Verdict | undefined> {
    const input = { logGroupName: group, logStreamName: stream };
    let made = this.#withoutRetention.has(group) ? await this.#setRetention(group, signal) : 'made';
    if (made === 'made') made = await this.#call('CreateLogStream', input, signal);
    if (made === 'missing') {
      made = await this.#makeGroup(group, signal);
      if (made === 'made') made = await this.#call('CreateLogStream', input, signal);
    }
    if (made === 'made') return undefined;
    return made === 'missing' ? { kind: 'retry', reason: `the log group ${group} was made, and is not there yet` } : made;
  }

  /** The retention is no part of the group, and must be set by a call of its own. */
  async #makeGroup(group: string, signal: AbortSignal): Promise<Made> {
    const { tags, class: logGroupClass, retention_days: retention } = this.#options;
    const made = await this.#call('CreateLogGroup', { logGroupName: group, tags, logGroupClass }, signal);
    if (made !== 'made' || retention === undefined) return made;
    this.#withoutRetention.add(group);
    return this.#setRetention(group, signal);
  }

  /** Where the right to do so is missing, a person is told, and the next try goes on without it. */
  async #setRetention(group: string, signal: AbortSignal): Promise<Made> {
    const made = await this.#call('PutRetentionPolicy', { logGroupName: group, retentionInDays: this.#options.retention_days }, signal);
    if (typeof made === 'string' || made.kind !== 'retry') this.#withoutRetention.delete(group);
    return made;
  }

  async #call(operation: Operation, input: object, signal: AbortSignal): Promise<Made> {
    const called = await this.#api.call(operation, Buffer.from(JSON.stringify(input)), signal);
    if (called.kind === 'ok') return 'made';
    if (called.kind === 'failed') return called.verdict;
    if (called.error.code === 'ResourceAlreadyExistsException') return 'made'; // by somebody else, in the meantime
    if (called.error.code === 'ResourceNotFoundException') return 'missing';
    const verdict = classifyError(called.error);
    const reason = 'reason' in verdict ? `${operation}: ${verdict.reason}` : operation;
    // Nothing is wrong with the records: what can't be made so, as there are too many groups, a person has to put right.
    const passes = verdict.kind === 'retry' && !(operation === 'CreateLogGroup' && called.error.code === 'LimitExceededException');
    return passes ? { ...verdict, reason } : { kind: 'blocked', reason };
  }
}
