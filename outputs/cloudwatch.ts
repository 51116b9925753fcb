import { log } from '../agent/log.ts';
import { HttpClient } from './http.ts';
import { CloudWatchApi } from './cloudwatch/api.ts';
import type { Check } from './check.ts';
import { checkCloudWatch } from './cloudwatch/check.ts';
import { classifyError } from './cloudwatch/errors.ts';
import { readEvents, type LogEvents } from './cloudwatch/events.ts';
import { LogGroups } from './cloudwatch/groups.ts';
import { LIMITS } from './cloudwatch/limits.ts';
import { fitEvents, type Fitted, type TimePolicy } from './cloudwatch/messages.ts';
import { Metrics } from './cloudwatch/metrics.ts';
import { nameTemplate, placesOf, type NameTemplate } from './cloudwatch/names.ts';
import { rejectedVerdicts } from './cloudwatch/rejected.ts';
import { putBody, splitIntoRequests } from './cloudwatch/requests.ts';
import type { CloudWatchOptions } from './cloudwatch-options.ts';
import { Degraded } from './degraded.ts';
import { flat } from './dialects/flat.ts';
import { using, type Destination, type Output, type Verdict } from './output.ts';
import { BatchVerdicts } from './several-requests.ts';

/** Amazon CloudWatch Logs, through PutLogEvents. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export function cloudwatch(name: string, options: CloudWatchOptions, env: NodeJS.ProcessEnv = process.env): Output {
  return {
    name,
    type: 'cloudwatch',
    target: `${options.group} ${options.stream}`,
    network: true,
    dialect: flat,
    framing: FRAMING,
    limits: options.batch,
    ageMs: options.batch.age,
    connections: CONNECTIONS,
    open: () => CloudWatchDestination.open(options, env, undefined, name),
    check: async (signal) => using(await CloudWatchDestination.open(options, env), (destination) => destination.check(env['SHIPPER_SERVICE'] ?? env['OTEL_SERVICE_NAME'], signal)),
  };
}

// Blanks make a record as long as CloudWatch counts it, so that the size of a batch is what its limit is about.
const FRAMING = { before: ' '.repeat(LIMITS.eventBytes - 1), after: '\n' };
const CONNECTIONS = 2; // one is being encoded for while the other waits; order within a stream is by time, whatever comes first
const CONNECT_MS = 10_000;
const ANSWER_BYTES = 1_048_576;

/** Opens the destination alone, for tests that want a clock of their own. */
export class CloudWatchDestination implements Destination {
  readonly #client: HttpClient;
  readonly #api: CloudWatchApi;
  readonly #groups: LogGroups;
  readonly #group: NameTemplate;
  readonly #stream: NameTemplate;
  readonly #policy: TimePolicy;
  readonly #metrics: Metrics | undefined;
  readonly #degraded: Degraded;

  private constructor(name: string, client: HttpClient, options: CloudWatchOptions, env: NodeJS.ProcessEnv, now?: () => number) {
    this.#client = client;
    this.#degraded = new Degraded((message) => log.warn(`${name}: ${message}`));
    this.#api = new CloudWatchApi(client, options, env, now);
    this.#groups = new LogGroups(this.#api, options);
    this.#group = nameTemplate(options.group);
    this.#stream = nameTemplate(options.stream);
    this.#policy = { outsideWindow: options.outside_window, retentionDays: options.retention_days };
    this.#metrics = options.metrics === undefined ? undefined : new Metrics(options.metrics);
  }

  static async open(options: CloudWatchOptions, env: NodeJS.ProcessEnv, now?: () => number, name = 'cloudwatch'): Promise<CloudWatchDestination> {
    const client = await HttpClient.open({ connections: CONNECTIONS, connectMs: CONNECT_MS, timeoutMs: options.timeout, answerBytes: ANSWER_BYTES, env, network: { ...options, ca_file: options.ca_file ?? (env['AWS_CA_BUNDLE'] || undefined) } });
    return new CloudWatchDestination(name, client, options, env, now);
  }

  /** One request as a rule; more where records go to several streams or lie more than a day apart. */
  async send(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    const nowMs = this.#api.clock.now();
    const events = readEvents(body, count, nowMs);
    const verdicts = new BatchVerdicts(count);
    const fitted = fitEvents(events, verdicts.items, this.#policy, nowMs);
    this.#metrics?.embed(events);
    const positions = Array.from(verdicts.items.keys()).filter((position) => verdicts.items[position] === undefined);
    for (const place of placesOf(events, positions, this.#group, this.#stream)) {
      for (const request of splitIntoRequests(events, place.positions)) {
        const verdict = await this.#put(events, request, place.group, place.stream, signal);
        if (verdicts.settle(request, verdict)) continue;
        if (verdict.kind === 'retry') return verdicts.summary(); // what is busy is not to be asked at once for the next
        break;
      }
    }
    if (!verdicts.hasFailed) this.#note(fitted);
    return verdicts.summary();
  }

  get degraded() {
    return this.#degraded.records;
  }

  /** `service`: what stands in the names of groups and streams for records that say no other. */
  check(service: string | undefined, signal: AbortSignal): Promise<Check> {
    return checkCloudWatch(this.#api, this.#group, this.#stream, service, signal);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #note({ restamped, cut }: Fitted): void {
    this.#degraded.count('restamped', restamped, 'events are older than CloudWatch Logs takes, or more than 2 h ahead: they are sent under the present time, beside their own');
    this.#degraded.count('cut', cut, `events are longer than ${LIMITS.messageBytes} bytes: their longest text is cut`);
  }

  /** Makes group and stream when they turn out to be missing, and then tries once more. */
  async #put(events: LogEvents, positions: Int32Array, group: string, stream: string, signal: AbortSignal): Promise<Verdict> {
    const first = await this.#putOnce(events, positions, group, stream, signal);
    if (first !== 'missing') return first;
    const problem = await this.#groups.make(group, stream, signal);
    if (problem !== undefined) return problem;
    const second = await this.#putOnce(events, positions, group, stream, signal);
    return second === 'missing' ? { kind: 'retry', reason: `the log stream ${group} ${stream} was made, and is not there yet` } : second;
  }

  async #putOnce(events: LogEvents, positions: Int32Array, group: string, stream: string, signal: AbortSignal, sequenceToken?: string): Promise<Verdict | 'missing'> {
    const called = await this.#api.call('PutLogEvents', putBody(events, positions, group, stream, sequenceToken), signal);
    if (called.kind === 'failed') return called.verdict;
    if (called.kind === 'error') {
      const { code, expectedSequenceToken } = called.error;
      if (code === 'ResourceNotFoundException') return 'missing';
      // Sequence tokens have meant nothing since 2023; some emulators still want them.
      if (code === 'InvalidSequenceTokenException' && expectedSequenceToken !== undefined && sequenceToken === undefined) return this.#putOnce(events, positions, group, stream, signal, expectedSequenceToken);
      return classifyError(called.error);
    }
    const items = rejectedVerdicts(called.answer['rejectedLogEventsInfo'], positions.length);
    return items === undefined ? { kind: 'delivered' } : { kind: 'partial', items };
  }
}
