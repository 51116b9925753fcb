import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** What a local service of the machine or the container answered; status 0: nothing, and `body` says why. */
export interface MetadataAnswer {
  readonly status: number;
  readonly body: string;
}

const TIMEOUT_MS = 1_000; // the hop limit mostly is 1: behind a container's network nothing ever comes back
const ATTEMPTS = 3;
const ANSWER_BYTES = 65_536;

/** Asks a service of the machine itself: never through a proxy, in little time. Silence and 5xx are tried again. */
export async function metadataRequest(method: 'GET' | 'PUT', url: URL, headers: Record<string, string>): Promise<MetadataAnswer> {
  let answer: MetadataAnswer = { status: 0, body: '' };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    answer = await once(method, url, headers);
    if (answer.status !== 0 && answer.status < 500) break;
  }
  return answer;
}

function once(method: string, url: URL, headers: Record<string, string>): Promise<MetadataAnswer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve({ status: 0, body: error.code ?? error.name });
    const outgoing = send(url, { method, headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        if (body.length > ANSWER_BYTES) incoming.destroy(new Error('too long'));
      });
      incoming.on('error', fail);
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
    });
    outgoing.on('error', fail);
    outgoing.end();
  });
}

/** The JSON object of an answer. */
export function jsonOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
