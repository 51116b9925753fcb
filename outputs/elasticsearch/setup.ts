import { unanswered, type HttpResult } from '../http.ts';
import { isRecord, parseAnswer } from '../json-answer.ts';
import type { Verdict } from '../output.ts';
import { patternOf } from './actions.ts';
import { errorOf } from './answer.ts';

export interface SetupOptions {
  readonly index: string;
  /** Days after which records may be deleted; undefined: never. */
  readonly retention_days?: number | undefined;
}

/** Sends a request with a JSON body to the cluster. */
export type Call = (method: 'GET' | 'PUT', path: string, body: object | undefined, signal: AbortSignal) => Promise<HttpResult | { readonly kind: 'failed'; readonly verdict: Verdict }>;

/**
 * Makes what the records need, unless there is something of that name: a template for the data stream and, with
 * `retention_days`, its lifecycle. Undefined: it is there. What a person has changed stays as it is.
 */
export async function setUp(call: Call, options: SetupOptions, signal: AbortSignal): Promise<Verdict | undefined> {
  const name = `shipper-${patternOf(options.index).replaceAll('*', 'any')}`;
  const root = await call('GET', '/', undefined, signal);
  if (root.kind === 'failed') return root.verdict;
  if (root.kind === 'failure') return unanswered(root);
  if (root.status === 401 || root.status >= 500 || root.status === 429) return problem('GET /', root);
  const isOpenSearch = versionOf(root.body)['distribution'] === 'opensearch';
  if (isOpenSearch && options.retention_days !== undefined) {
    const made = await make(call, `/_plugins/_ism/policies/${name}`, statePolicy(options.index, options.retention_days), signal);
    if (made !== undefined) return made;
  }
  return make(call, `/_index_template/${name}?create=true`, isOpenSearch ? openSearchTemplate(options) : elasticsearchTemplate(options), signal);
}

async function make(call: Call, path: string, body: object, signal: AbortSignal): Promise<Verdict | undefined> {
  const result = await call('PUT', path, body, signal);
  if (result.kind === 'failed') return result.verdict;
  if (result.kind === 'failure') return unanswered(result);
  if (result.status === 200 || result.status === 201 || isThere(result.status, result.body)) return undefined;
  return problem(`PUT ${path.split('?')[0]}`, result);
}

/** 400 `index template [x] already exists` of both; 409 of the state management. */
function isThere(status: number, body: Buffer): boolean {
  return status === 409 || (status === 400 && /already exists/.test(errorOf(body)?.reason ?? ''));
}

/** Nothing is wrong with the records: what can't be set up a person has to put right, if it does not pass by itself. */
function problem(what: string, { status, body }: { readonly status: number; readonly body: Buffer }): Verdict {
  const error = errorOf(body);
  const reason = `setup: ${what}: HTTP ${status}${error === undefined ? '' : `: ${error.type}: ${error.reason}`}`;
  if (status === 429 || status >= 500) return { kind: 'retry', reason };
  return { kind: 'blocked', reason: `${reason} (the user needs the right to make index templates${status === 404 ? ', and the server their API' : ''}; or make them by hand, without setup)` };
}

function versionOf(body: Buffer): Readonly<Record<string, unknown>> {
  const answer = parseAnswer(body);
  return isRecord(answer) && isRecord(answer['version']) ? answer['version'] : {};
}

/** Above the built-in template of `logs-*-*` (100), Fleet's (200) and what people mostly choose themselves below. */
const PRIORITY = 250;
/** What ECS says of the fields that a guess from the first value would get wrong. */
const MAPPINGS = {
  dynamic_templates: [{ texts: { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: 1024 } } }],
  properties: {
    '@timestamp': { type: 'date' },
    message: { type: 'text' },
    error: { properties: { message: { type: 'text' }, stack_trace: { type: 'text' } } },
    event: { properties: { duration: { type: 'long' } } },
    client: { properties: { ip: { type: 'ip' } } },
  },
};

function templateOf(index: string): { index_patterns: string[]; data_stream: object; priority: number } {
  return { index_patterns: [patternOf(index)], data_stream: {}, priority: PRIORITY };
}

/** Builds on Elastic's own components where the server has them. Data stream lifecycle: 8.14 and later, and Serverless. */
function elasticsearchTemplate({ index, retention_days: days }: SetupOptions): object {
  const builtIn = ['logs@mappings', 'logs@settings', 'ecs@mappings'];
  return {
    ...templateOf(index),
    composed_of: builtIn,
    ignore_missing_component_templates: builtIn,
    template: {
      settings: { index: { mapping: { ignore_malformed: true, total_fields: { ignore_dynamic_beyond_limit: true } } } },
      mappings: MAPPINGS,
      ...(days === undefined ? {} : { lifecycle: { data_retention: `${days}d` } }),
    },
  };
}

function openSearchTemplate({ index }: SetupOptions): object {
  return { ...templateOf(index), template: { settings: { index: { mapping: { ignore_malformed: true } } }, mappings: MAPPINGS } };
}

/** Index State Management: a new backing index every day or 50 GB, which is deleted when its time has come. */
function statePolicy(index: string, days: number): object {
  return {
    policy: {
      description: 'Logs that shipper sends',
      default_state: 'kept',
      states: [
        { name: 'kept', actions: [{ rollover: { min_index_age: '1d', min_size: '50gb' } }], transitions: [{ state_name: 'deleted', conditions: { min_rollover_age: `${days}d` } }] },
        { name: 'deleted', actions: [{ delete: {} }], transitions: [] },
      ],
      ism_template: [{ index_patterns: [patternOf(index)], priority: PRIORITY }],
    },
  };
}
