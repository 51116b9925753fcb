import { Credentials } from './credentials.ts';
import { ecs } from './dialects/ecs.ts';
import type { ElasticsearchOptions } from './elasticsearch-options.ts';
import { gzip, HttpClient, retryAfterMs, unanswered, type HttpResult } from './http.ts';
import type { Destination, ItemVerdict, Output, Verdict } from './output.ts';
import { isRecord, parseAnswer } from './json-answer.ts';

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
    open: () => ElasticsearchDestination.open(options, env),
  };
}

const CONNECTIONS = 2; // one is being encoded for while the other waits
const CONNECT_MS = 10_000;
const ANSWER_BYTES = 16 * 2 ** 20; // 10,000 refusals of 1.6 KB each
// Every item's status, so that answers and records stay side by side; of the rest only what a person needs.
const ANSWER_FIELDS = 'errors,error.type,error.reason,status,items.*.status,items.*.error.type,items.*.error.reason';

class ElasticsearchDestination implements Destination {
  readonly #urls: URL[];
  readonly #client: HttpClient;
  readonly #credentials: Credentials;
  readonly #gzip: boolean;

  private constructor(options: ElasticsearchOptions, client: HttpClient, credentials: Credentials) {
    this.#urls = options.url.map((url) => bulkUrl(url, options));
    this.#client = client;
    this.#credentials = credentials;
    this.#gzip = options.compression === 'gzip';
  }

  static async open(options: ElasticsearchOptions, env: NodeJS.ProcessEnv): Promise<Destination> {
    const credentials = new Credentials(options);
    await credentials.refresh();
    const client = await HttpClient.open({ connections: CONNECTIONS, connectMs: CONNECT_MS, timeoutMs: options.timeout, answerBytes: ANSWER_BYTES, network: options, env });
    return new ElasticsearchDestination(options, client, credentials);
  }

  async send(body: Uint8Array<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Verdict> {
    if (this.#credentials.problem !== undefined && !(await this.#credentials.refresh())) return { kind: 'blocked', reason: `can't read the credentials: ${this.#credentials.problem}` };
    const bytes = this.#gzip ? await gzip(body) : body;
    let result = await this.#post(bytes, signal);
    if (refused(result) && (await this.#credentials.refresh())) result = await this.#post(bytes, signal);
    if (result.kind === 'answer') return classify(result.status, result.headers, result.body, count);
    this.#urls.push(...this.#urls.splice(0, 1)); // the next node, if there are several
    return unanswered(result);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #post(body: Uint8Array, signal: AbortSignal): Promise<HttpResult> {
    const [url] = this.#urls;
    if (url === undefined) throw new Error('an elasticsearch output without an address');
    const headers: Record<string, string> = { 'content-type': 'application/x-ndjson', accept: 'application/json' };
    if (this.#gzip) headers['content-encoding'] = 'gzip';
    if (this.#credentials.header !== undefined) headers['authorization'] = this.#credentials.header;
    return this.#client.post(url, headers, body, signal);
  }
}

/** An address that ends with `/_bulk` is that of a server that knows no indices, such as VictoriaLogs. */
function bulkUrl(url: string, { index, query }: ElasticsearchOptions): URL {
  const base = url.replace(/\/+$/, '');
  const path = base.endsWith('/_bulk') ? base : `${base}/${encodeURIComponent(index)}/_bulk`;
  const parameters = new URLSearchParams(query).toString();
  return new URL(`${path}?filter_path=${ANSWER_FIELDS}${parameters === '' ? '' : `&${parameters}`}`);
}

function refused(result: HttpResult): boolean {
  return result.kind === 'answer' && (result.status === 401 || result.status === 403);
}

/** What an answer to `_bulk` with `count` records means. */
export function classify(status: number, headers: Record<string, string | string[] | undefined>, body: Buffer, count: number): Verdict {
  if (status === 200) return classifyItems(body, count);
  const error = errorOf(body);
  const reason = `HTTP ${status}${error === undefined ? '' : `: ${error.type}: ${error.reason}`}`;
  // Disk flood stage, read-only cluster: ends by itself, and is no matter of credentials.
  if (status === 403 && error?.type === 'cluster_block_exception') return { kind: 'retry', reason };
  if (BLOCKED.has(status)) return { kind: 'blocked', reason: `${reason} (${ADVICE[status] ?? 'is the url right?'})` };
  if (status === 413) return { kind: 'split', reason };
  if (status === 400 || status === 422) return { kind: 'invalid', reason };
  const afterMs = retryAfterMs(headers['retry-after'], Date.now());
  return { kind: 'retry', reason, stubborn: !BUSY.has(status), ...(afterMs === undefined ? {} : { afterMs }) };
}

const BLOCKED = new Set([301, 302, 307, 308, 401, 403, 404, 405, 406, 415]);
const BUSY = new Set([408, 425, 429, 503]);
const ADVICE: Readonly<Record<number, string>> = {
  401: 'the credentials were refused; set api_key, username and password, or bearer_token',
  403: 'the user needs the privileges create_doc and auto_configure on this index',
  404: 'is the url right, and does the index or its template exist?',
};

interface BulkError {
  readonly type: string;
  readonly reason: string;
}

function classifyItems(body: Buffer, count: number): Verdict {
  if (allCreated(body, count)) return { kind: 'delivered' };
  const items = itemsOf(body);
  // A proxy's login page, an empty body, an answer to somebody else: whatever it is, it does not say that the records are stored.
  if (items === undefined) return { kind: 'retry', reason: `HTTP 200, but the answer is not that of _bulk: ${excerpt(body)}`, stubborn: true };
  if (items.length !== count) return { kind: 'retry', reason: `HTTP 200, but ${items.length} items for ${count} records`, stubborn: true };
  const verdicts = items.map(classifyItem);
  return verdicts.every((verdict) => verdict.kind === 'delivered') ? { kind: 'delivered' } : { kind: 'partial', items: verdicts };
}

/** The usual answer repeats itself to the byte, which is seen two hundred times faster than it is parsed. */
function allCreated(body: Buffer, count: number): boolean {
  if (body.length !== ANSWER_HEAD.length + count * CREATED.length + 1 || body.at(-2) !== 0x5d || body.at(-1) !== 0x7d) return false;
  if (body.toString('latin1', 0, ANSWER_HEAD.length + CREATED.length - 1) !== ANSWER_HEAD + CREATED.slice(0, -1)) return false;
  const [first, second] = [ANSWER_HEAD.length, ANSWER_HEAD.length + CREATED.length];
  return body.compare(body, second, body.length - 2, first, body.length - 2 - CREATED.length) === 0;
}

const ANSWER_HEAD = '{"errors":false,"items":[';
const CREATED = '{"create":{"status":201}},';

function itemsOf(body: Buffer): unknown[] | undefined {
  const answer = parseAnswer(body);
  return isRecord(answer) && Array.isArray(answer['items']) ? answer['items'] : undefined;
}

function classifyItem(item: unknown): ItemVerdict {
  const result = isRecord(item) ? Object.values(item)[0] : undefined; // {"create": {…}}
  const status = isRecord(result) ? result['status'] : undefined;
  if (!isRecord(result) || typeof status !== 'number') return { kind: 'retry', reason: 'an item without a status', stubborn: true };
  if (status < 300 || status === 409) return { kind: 'delivered' }; // 409: stored by an earlier try, whose answer was lost
  const { type, reason: why } = readError(result['error']);
  const reason = `${status} ${type}: ${why}`;
  if (status === 429 || status === 503) return { kind: 'retry', reason };
  if (status >= 500) return { kind: 'retry', reason, stubborn: true };
  if (status === 403 && type === 'cluster_block_exception') return { kind: 'retry', reason };
  if (status === 401 || status === 403 || status === 404 || type === 'index_closed_exception') return { kind: 'blocked', reason };
  return { kind: 'rejected', reason };
}

function errorOf(body: Buffer): BulkError | undefined {
  const answer = parseAnswer(body);
  return isRecord(answer) && answer['error'] !== undefined ? readError(answer['error']) : undefined;
}

function readError(error: unknown): BulkError {
  if (!isRecord(error)) return { type: 'error', reason: typeof error === 'string' ? error : 'no reason given' };
  const { type, reason } = error;
  return { type: typeof type === 'string' ? type : 'error', reason: typeof reason === 'string' ? reason : 'no reason given' };
}

/** The beginning of an answer, for a message on one line. */
function excerpt(body: Buffer): string {
  return body.length === 0 ? 'it is empty' : JSON.stringify(body.toString('utf8', 0, 80));
}
