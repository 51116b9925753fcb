import { isUnreached, refusal, unreached, type Check } from '../check.ts';
import type { ElasticsearchOptions } from '../elasticsearch-options.ts';
import type { ElasticsearchDestination } from '../elasticsearch.ts';
import { isRecord, parseAnswer } from '../json-answer.ts';
import { isTemplate, patternOf } from './actions.ts';
import { classify } from './answer.ts';

const PRIVILEGES = ['create_doc', 'auto_configure'];

/**
 * Asks Elasticsearch what this user may do, and any server to take a bulk request without a record in it: it looks at
 * address and credentials first, and then refuses the empty body. Nothing is stored.
 */
export async function checkElasticsearch(destination: ElasticsearchDestination, options: ElasticsearchOptions, signal: AbortSignal): Promise<Check> {
  const rights = options.aws === undefined && !options.url.some((url) => url.endsWith('/_bulk')) ? await checkRights(destination, options, signal) : undefined;
  if (rights?.kind === 'problem') return rights;
  const sent = await destination.post(Buffer.alloc(0), signal);
  if (isUnreached(sent)) return unreached(sent);
  const { status, headers, body } = sent;
  // A server that takes an empty request is VictoriaLogs; one that refuses it as it should says so in JSON.
  if (status !== 200 && (status !== 400 || parseAnswer(body) === undefined)) return refusal(status, classify(status, headers, body, 0));
  return rights ?? checkIndex(destination, options, signal);
}

/** Undefined: this is not Elasticsearch, or it has no security. */
async function checkRights(destination: ElasticsearchDestination, { index }: ElasticsearchOptions, signal: AbortSignal): Promise<Check | undefined> {
  const sent = await destination.call('POST', '/_security/user/_has_privileges', { index: [{ names: [patternOf(index)], privileges: PRIVILEGES }] }, signal);
  if (isUnreached(sent)) return unreached(sent);
  if (sent.status === 401) return refusal(401, classify(401, sent.headers, sent.body, 0));
  const answer = parseAnswer(sent.body);
  const found = isRecord(answer) && isRecord(answer['index']) ? Object.values(answer['index'])[0] : undefined;
  if (sent.status !== 200 || !isRecord(found)) return undefined;
  if (found['create_doc'] !== true) return { kind: 'problem', stage: 'permission', reason: `the user lacks the privilege create_doc on ${patternOf(index)}` };
  return found['auto_configure'] === true ? { kind: 'ok' } : { kind: 'ok', detail: `the user lacks auto_configure on ${patternOf(index)}, so it must be there already` };
}

/** Whether it is there at all, where that can be asked. */
async function checkIndex(destination: ElasticsearchDestination, { index, url }: ElasticsearchOptions, signal: AbortSignal): Promise<Check> {
  if (isTemplate(index) || url.some((address) => address.endsWith('/_bulk'))) return { kind: 'ok' };
  const sent = await destination.call('HEAD', `/${encodeURIComponent(index)}`, undefined, signal);
  return sent.kind === 'answer' && sent.status === 404 ? { kind: 'ok', detail: `${index} is not there yet: the first record makes it, as a plain index unless a template says otherwise` } : { kind: 'ok' };
}
