import { createHash, createHmac } from 'node:crypto';
import type { AwsCredentials } from './credentials.ts';

/** A request as it will be sent. */
export interface SigningRequest {
  readonly method: string;
  /** As it stands in the URL, with the query if there is one. */
  readonly url: URL;
  /** Lower-case names. All are signed but those that proxies rewrite. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export interface SigningScope {
  readonly credentials: AwsCredentials;
  readonly region: string;
  /** Signing name: `logs`, `es`, `aoss`. */
  readonly service: string;
  readonly atMs: number;
  /** Adds `x-amz-content-sha256`, which S3 and OpenSearch Serverless want. */
  readonly signsBody?: boolean;
}

/** Headers of the request, signed. Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function sign(request: SigningRequest, scope: SigningScope): Record<string, string> {
  const bodyHash = sha256(request.body);
  const headers = { ...request.headers, 'x-amz-date': amzDate(scope.atMs) };
  const { sessionToken } = scope.credentials;
  const signed: Record<string, string> = {
    ...headers,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    ...(scope.signsBody === true ? { 'x-amz-content-sha256': bodyHash } : {}),
  };
  const canonical = canonicalRequest(request.method, request.url.pathname, request.url.search.slice(1), { host: request.url.host, ...signed }, bodyHash);
  return { ...signed, authorization: authorization(canonical, scope) };
}

/** The text whose hash is signed. `path` is encoded once more than it is, as every service but S3 wants it; `normalizes`: without `.`, `..` and empty steps. */
export function canonicalRequest(method: string, path: string, query: string, headers: Readonly<Record<string, string>>, bodyHash: string, normalizes = true): string {
  const names = Object.keys(headers).filter(isSigned).sort();
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}\n`);
  return [method, (normalizes ? normalized(path) : path).split('/').map(encode).join('/'), canonicalQuery(query), lines.join(''), names.join(';'), bodyHash].join('\n');
}

/** Value of the `Authorization` header for a canonical request. */
export function authorization(canonical: string, { credentials, region, service, atMs }: SigningScope): string {
  const time = amzDate(atMs);
  const date = time.slice(0, 8);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [region, service, 'aws4_request'].reduce(hmac, hmac(`AWS4${credentials.secretAccessKey}`, date));
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex');
  const names = canonical.split('\n').at(-2) ?? '';
  return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

// What proxies rewrite on the way: the list of @smithy/signature-v4.
const UNSIGNED = new Set([
  'authorization', 'cache-control', 'connection', 'expect', 'from', 'keep-alive', 'max-forwards', 'pragma', 'referer', 'te', 'trailer',
  'transfer-encoding', 'upgrade', 'user-agent', 'x-amzn-trace-id',
]);

function isSigned(name: string): boolean {
  return !UNSIGNED.has(name) && !/^(?:proxy|sec)-/.test(name);
}

function normalized(path: string): string {
  const steps: string[] = [];
  for (const step of path.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return `/${steps.join('/')}${steps.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((pair) => {
    const [, name = '', value = ''] = /^([^=]*)=?([^]*)$/.exec(pair) ?? [];
    return [encode(decode(name)), encode(decode(value))] as const;
  });
  return pairs.sort(byNameThenValue).map(([name, value]) => `${name}=${value}`).join('&');
}

function byNameThenValue([nameA, valueA]: readonly [string, string], [nameB, valueB]: readonly [string, string]): number {
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  return valueA === valueB ? 0 : valueA < valueB ? -1 : 1;
}

/** RFC 3986: everything but letters, digits and `-_.~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that encodes nothing
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** 20261122T100000Z */
function amzDate(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
}
