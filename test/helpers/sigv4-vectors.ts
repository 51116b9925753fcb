import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One of AWS's own test vectors: a request, what is signed of it, and the signature. */
export interface Vector {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly normalizes: boolean;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
  readonly service: string;
  readonly atMs: number;
  readonly canonical: string;
  /** Absent: the vector tells the canonical request only. */
  readonly authorization: string | undefined;
}

/** Vectors of a folder of `aws-signing-test-suite/v4`, one in each subfolder. */
export function readVectors(folder: string): Vector[] {
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => readVector(name, join(folder, name)));
}

interface Context {
  readonly credentials: { readonly access_key_id: string; readonly secret_access_key: string; readonly token?: string };
  readonly normalize: boolean;
  readonly region: string;
  readonly service: string;
  readonly timestamp: string;
  readonly sign_body: boolean;
  readonly omit_session_token?: boolean;
}

function readVector(name: string, folder: string): Vector {
  const text = (file: string): string => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
  const canonical = text('header-canonical-request.txt').trimEnd();
  const [, head = '', body = ''] = /^([^]*?)(?:\n\n([^]*))?$/.exec(text('request.txt')) ?? [];
  const [line = '', ...fields] = head.trimEnd().split(/\n(?![ \t])/); // a line that begins with a blank continues the one before
  const [, method = '', path = '', query = ''] = /^(\w+) ([^?]*)\??(.*)$/.exec(line.replace(/ HTTP\/1\.1$/, '')) ?? [];
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const [, key = '', value = ''] = /^([^:]+):([^]*)$/.exec(field) ?? [];
    const lower = key.trim().toLowerCase();
    const trimmed = value.replace(/\n\s*/g, ' ').trim();
    headers[lower] = headers[lower] === undefined ? trimmed : `${headers[lower]},${trimmed}`;
  }
  // Two vectors have no context: they are about the canonical request alone.
  if (!existsSync(join(folder, 'context.json'))) return { name, method, path, query, headers: { ...headers, 'x-amz-date': '20210511T154045Z' }, body, normalizes: true, credentials: { accessKeyId: '', secretAccessKey: '' }, region: '', service: '', atMs: 0, canonical, authorization: undefined };
  const context = JSON.parse(text('context.json')) as Context;
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, token } = context.credentials;
  const atMs = Date.parse(context.timestamp);
  headers['x-amz-date'] = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
  if (context.sign_body) headers['x-amz-content-sha256'] = canonical.split('\n').at(-1) ?? '';
  if (token !== undefined && context.omit_session_token !== true) headers['x-amz-security-token'] = token;
  const authorization = /^authorization: *(.*)$/im.exec(text('header-signed-request.txt'))?.[1]?.trim();
  // These were signed for a service that encodes once, as S3 does; ours encodes what it gets once more.
  return { name, method, path: decodeURIComponent(path), query, headers, body, normalizes: context.normalize, credentials: { accessKeyId, secretAccessKey }, region: context.region, service: context.service, atMs, canonical, authorization };
}
