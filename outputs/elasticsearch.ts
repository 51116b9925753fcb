import { log } from '../agent/log.ts';
import { Degraded } from './degraded.ts';
import { ecs } from './dialects/ecs.ts';
import { checkElasticsearch } from './elasticsearch/check.ts';
import { IndexTemplate, isTemplate, withActions } from './elasticsearch/actions.ts';
import { ANSWER_FIELDS, classify, failureStored } from './elasticsearch/answer.ts';
import { awsLogin, headerLogin, type Login } from './elasticsearch/login.ts';
import { Nodes } from './elasticsearch/nodes.ts';
import { repair } from './elasticsearch/repair.ts';
import { setUp, type Call } from './elasticsearch/setup.ts';
import type { ElasticsearchOptions } from './elasticsearch-options.ts';
import { free } from './free.ts';
import { gzipped } from './gzip.ts';
import { HttpClient, unanswered, type Answer, type HttpResult } from './http.ts';
import { using, type Destination, type ItemVerdict, type Output, type Verdict } from './output.ts';

/** Elasticsearch and OpenSearch, through `_bulk`. https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk */
export function elasticsearch(name: string, options: ElasticsearchOptions, env: NodeJS.ProcessEnv = process.env): Output {
  return {
    name,
    type: 'elasticsearch',
    target: `${options.url.join(' ')} ${options.index}`,
    network: true,
    dialect: ecs,
    // `create`, as data streams take nothing else; with the id of the record's position a repeat is answered by 409.
    framing: { before: '{"create":{"_id":"{id}"}}\n', after: '\n' },
    limits: options.batch,
    ageMs: options.batch.age,
    connections: CONNECTIONS,
    open: () => ElasticsearchDestination.open(name, options, env),
    check: async (signal) => using(await ElasticsearchDestination.open(name, options, env), (destination) => checkElasticsearch(destination, options, signal)),
  };
}

const CONNECTIONS = 2; // one is being encoded for while the other waits
const CONNECT_MS = 10_000;
const ANSWER_BYTES = 16 * 2 ** 20; // 10,000 refusals of 1.6 KB each

/** What came of a request: an answer, none, or a reason why none was sent. */
type Sent = HttpResult | { readonly kind: 'failed'; readonly verdict: Verdict };

/** Opened by itself for tests and checks that want more of it than an output needs. */
export class ElasticsearchDestination implements Destination {
  readonly #name: string;
  readonly #options: ElasticsearchOptions;
  readonly #nodes: Nodes;
  readonly #client: HttpClient;
  readonly #login: Login;
  readonly #index: IndexTemplate | undefined;
  readonly #degraded: Degraded;
  #isSetUp: boolean;
  #keepsIds = true;

  private constructor(name: string, options: ElasticsearchOptions, client: HttpClient, login: Login) {
    this.#name = name;
    this.#options = options;
    this.#nodes = new Nodes(options.url.map((url) => new URL(url)));
    this.#client = client;
    this.#login = login;
    this.#index = isTemplate(options.index) ? new IndexTemplate(options.index) : undefined;
    this.#degraded = new Degraded((message) => log.warn(`${name}: ${message}`));
    this.#isSetUp = !options.setup;
  }

  static async open(name: string, options: ElasticsearchOptions, env: NodeJS.ProcessEnv, now?: () => number): Promise<ElasticsearchDestination> {
    const client = await HttpClient.open({ connections: CONNECTIONS, connectMs: CONNECT_MS, timeoutMs: options.timeout, answerBytes: ANSWER_BYTES, network: options, env });
    const login = options.aws === undefined ? await headerLogin(options) : awsLogin({ ...options.aws, ...placeOf(options) }, env, now);
    return new ElasticsearchDestination(name, options, client, login);
  }

  get keepsIds(): boolean {
    return this.#keepsIds;
  }

  get degraded() {
    return this.#degraded.records;
  }

  async send(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    const problem = this.#isSetUp ? undefined : await this.#setUp(signal);
    if (problem !== undefined) return problem;
    const verdict = await this.#bulk(this.#addressed(body), count, signal);
    if (verdict.kind !== 'partial') return verdict;
    if (this.#keepsIds && verdict.items.some((item) => item.kind === 'rejected' && NO_IDS.test(item.reason))) return this.#withoutIds(body, count, signal);
    return this.#options.repair_conflicts ? this.#repaired(body, verdict.items, signal) : verdict;
  }

  /** Sends a request of another kind, for whoever sets up or checks. `path` begins with a slash, and may have a query. */
  readonly call: (method: 'GET' | 'HEAD' | 'PUT' | 'POST', path: string, body: object | undefined, signal: AbortSignal) => Promise<Sent> = async (method, path, body, signal) => {
    const node = this.#nodes.next();
    const headers: Record<string, string> = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    return this.#request(method, node, `${baseOf(node)}${path}`, headers, body === undefined ? undefined : Buffer.from(JSON.stringify(body)), signal);
  };

  /** A bulk request as it is, answer and all. */
  async post(body: Uint8Array, signal: AbortSignal): Promise<Sent> {
    const { compression } = this.#options;
    const node = this.#nodes.next();
    const headers: Record<string, string> = { 'content-type': 'application/x-ndjson', accept: 'application/json' };
    if (compression === 'gzip') headers['content-encoding'] = 'gzip';
    const request = (bytes: Uint8Array): Promise<Sent> => this.#request('POST', node, this.#bulkPath(node), headers, bytes, signal);
    return compression === 'gzip' ? gzipped(body, request) : request(body);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #setUp(signal: AbortSignal): Promise<Verdict | undefined> {
    const problem = await setUp(this.call satisfies Call, this.#options, signal);
    this.#isSetUp = problem === undefined;
    return problem;
  }

  /** The body with the action lines that these records need. */
  #addressed(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const index = this.#index;
    return index === undefined && this.#keepsIds ? body : withActions(body, { keepsIds: this.#keepsIds, ...(index === undefined ? {} : { index }) });
  }

  async #bulk(body: Uint8Array, count: number, signal: AbortSignal): Promise<Verdict> {
    const sent = await this.post(body, signal);
    if (sent.kind === 'failed') return sent.verdict;
    if (sent.kind === 'failure') return unanswered(sent);
    this.#degraded.count('failure_store', failureStored(sent.body), `records do not fit the index, and lie in its failure store: see ${this.#options.index}::failures`);
    const verdict = classify(sent.status, sent.headers, sent.body, count);
    free([sent.body]); // a hundred kilobytes for each full batch
    return verdict;
  }

  /** Time series of OpenSearch Serverless take no ids of ours; then a repeat is a second record. */
  async #withoutIds(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    log.warn(`${this.#name}: the collection takes no ids, so records that have to be sent again may be there twice`);
    this.#keepsIds = false;
    return this.send(body, count, signal);
  }

  /** Records that were refused for one field go once more, with that field as text under another name. */
  async #repaired(body: Uint8Array<ArrayBuffer>, items: readonly ItemVerdict[], signal: AbortSignal): Promise<Verdict> {
    const repaired = repair(body, items);
    if (repaired === undefined) return { kind: 'partial', items };
    const { places } = repaired;
    const second = await this.#bulk(this.#addressed(repaired.body), places.length, signal);
    if (second.kind !== 'delivered' && second.kind !== 'partial') return { kind: 'partial', items: items.map((item, place) => (places.includes(place) ? later(second) : item)) };
    const seconds = second.kind === 'delivered' ? places.map(() => second) : second.items;
    this.#degraded.count('repaired', seconds.filter(({ kind }) => kind === 'delivered').length, 'records have a field of another type than the index; it was sent as text, under its name with _text behind it');
    const merged = [...items];
    places.forEach((place, at) => (merged[place] = mergedVerdict(items[place], seconds[at])));
    return merged.every(({ kind }) => kind === 'delivered') ? { kind: 'delivered' } : { kind: 'partial', items: merged };
  }

  /** A refusal that something else can end is tried again at once. A node that does not answer rests. */
  async #request(method: 'GET' | 'HEAD' | 'PUT' | 'POST', node: URL, path: string, headers: Record<string, string>, body: Uint8Array | undefined, signal: AbortSignal): Promise<Sent> {
    const url = new URL(path, node);
    let isLast = false;
    for (;;) {
      const login = await this.#login.headersFor({ method, url, headers, body: body ?? NOTHING }, signal);
      if (login.kind === 'failed') return login;
      const result = await this.#client.request(method, url, login.headers, body, signal);
      this.#note(node, result);
      if (result.kind === 'failure' || !isRefusal(result) || isLast || !(await login.remedy(result))) return result;
      isLast = true;
    }
  }

  #note(node: URL, result: HttpResult): void {
    if (result.kind === 'failure' || GATEWAY.has(result.status)) this.#nodes.failed(node);
    else this.#nodes.works(node);
  }

  /** An address that ends with `/_bulk` is that of a server that knows no indices, such as VictoriaLogs. */
  #bulkPath(node: URL): string {
    const { index, query } = this.#options;
    const base = baseOf(node);
    const path = base.endsWith('/_bulk') ? base : this.#index !== undefined ? `${base}/_bulk` : `${base}/${encodeURIComponent(index)}/_bulk`;
    const parameters = new URLSearchParams(query).toString().replaceAll('+', '%20'); // a blank as + is signed otherwise than it is read
    return `${path}?filter_path=${ANSWER_FIELDS}${parameters === '' ? '' : `&${parameters}`}`;
  }
}

const NOTHING = Buffer.alloc(0);
/** What a proxy in front of a node answers in its place. */
const GATEWAY = new Set([502, 503, 504]);
/** "Document ID is not supported in create/index operation request" */
const NO_IDS = /Document ID is not supported/;

/** Service and region as the address has them, where the options say nothing. `vpc-x.eu-central-1.es.amazonaws.com`, `x.aos.eu-central-1.on.aws`, `x.eu-central-1.aoss.amazonaws.com` */
export function placeOf({ url, aws }: Pick<ElasticsearchOptions, 'url' | 'aws'>): { service: 'es' | 'aoss'; region: string | undefined } {
  const [first = 'http://localhost'] = url;
  const [, before, service, after] = /\.([a-z]{2}[a-z-]*-\d)\.(es|aoss)\.amazonaws|\.aos\.([a-z]{2}[a-z-]*-\d)\.on\.aws$/.exec(new URL(first).hostname) ?? [];
  return { service: aws?.service ?? (service === 'aoss' ? 'aoss' : 'es'), region: aws?.region ?? before ?? after };
}

/** The path of an address, without a slash at its end. */
function baseOf({ pathname }: URL): string {
  return pathname.replace(/\/+$/, '');
}

function isRefusal({ status }: Answer): boolean {
  return status === 401 || status === 403;
}

/** A repair that did not get through: the record comes again as it was. */
function later(verdict: Verdict): ItemVerdict {
  const reason = 'reason' in verdict ? verdict.reason : '';
  return verdict.kind === 'blocked' ? { kind: 'blocked', reason } : { kind: 'retry', reason };
}

/** What is refused again is dead-lettered for what was wrong with it first. */
function mergedVerdict(first: ItemVerdict | undefined, second: ItemVerdict | undefined): ItemVerdict {
  if (second?.kind !== 'rejected' || first?.kind !== 'rejected') return second ?? { kind: 'retry', reason: 'no verdict' };
  return { kind: 'rejected', reason: `${first.reason}; and with that field as text: ${second.reason}` };
}
