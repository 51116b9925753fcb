import { retryAfterMs } from '../http.ts';
import { isRecord, parseAnswer } from '../json-answer.ts';
import type { ItemVerdict, Verdict } from '../output.ts';

/** What of an answer is wanted: every item's status, so that answers and records stay side by side; of the rest only what a person needs. */
export const ANSWER_FIELDS = 'errors,error.type,error.reason,status,message,Message,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store';

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

/** How many records of a delivered batch lie in the failure store: stored, but not where they were meant to be. */
export function failureStored(body: Buffer): number {
  let records = 0;
  for (let at = body.indexOf(USED); at >= 0; at = body.indexOf(USED, at + 1)) records++;
  return records;
}

const USED = Buffer.from('"failure_store":"used"');
const BLOCKED = new Set([301, 302, 307, 308, 401, 403, 404, 405, 406, 415]);
const BUSY = new Set([408, 425, 429, 503]);
const ADVICE: Readonly<Record<number, string>> = {
  401: 'the credentials were refused; set api_key, username and password, bearer_token, or aws',
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

/** What is wrong with the whole request. What stands before a cluster at AWS says it in a member `message`. */
export function errorOf(body: Buffer): BulkError | undefined {
  const answer = parseAnswer(body);
  if (!isRecord(answer)) return undefined;
  if (answer['error'] !== undefined) return readError(answer['error']);
  const message = answer['message'] ?? answer['Message'];
  return typeof message === 'string' ? { type: 'AWS', reason: message.split('\n')[0]?.slice(0, 300) ?? '' } : undefined; // behind it a refused signature repeats the whole request
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
