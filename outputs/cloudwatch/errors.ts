import { retryAfterMs } from '../http.ts';
import type { Verdict } from '../output.ts';

/** An error as CloudWatch Logs words it. */
export interface AwsError {
  readonly status: number;
  /** `ResourceNotFoundException`; `HTTP 502` where the answer names none. */
  readonly code: string;
  readonly message: string;
  readonly afterMs?: number;
  /** Of InvalidSequenceTokenException. */
  readonly expectedSequenceToken?: string;
}

type Headers = Record<string, string | string[] | undefined>;

/** Reads an answer that is not 200. AWS writes JSON; some that stand in for it write XML. */
export function readError(status: number, headers: Headers, body: Buffer): AwsError {
  const text = body.toString('utf8', 0, 65_536);
  const json = objectOf(text);
  const type = headers['x-amzn-errortype'];
  const code = textOf(json['__type'], json['code'], typeof type === 'string' ? type : undefined, /<Code>([^<]+)<\/Code>/.exec(text)?.[1]);
  const message = textOf(json['message'], json['Message'], /<Message>([^<]+)<\/Message>/.exec(text)?.[1]);
  const afterMs = waitMs(headers);
  const token = json['expectedSequenceToken'];
  return {
    status,
    code: code === undefined ? `HTTP ${status}` : (code.split(/[,:]/)[0] ?? '').replace(/^.*#/, ''),
    message: oneLine(message ?? ''),
    ...(afterMs === undefined ? {} : { afterMs }),
    ...(typeof token === 'string' ? { expectedSequenceToken: token } : {}),
  };
}

/** Refusals that may be a matter of a wrong clock. As the SDK has it. */
export const CLOCK_CODES = new Set(['AccessDeniedException', 'AuthFailure', 'InvalidSignatureException', 'RequestExpired', 'RequestInTheFuture', 'RequestTimeTooSkewed', 'SignatureDoesNotMatch']);

/** Refusals that other credentials may end. */
export const CREDENTIAL_CODES = new Set([
  'ExpiredTokenException', 'ExpiredToken', 'RequestExpired', 'UnrecognizedClientException', 'InvalidClientTokenId', 'IncompleteSignature', 'MissingAuthenticationToken',
  'InvalidSignatureException', 'SignatureDoesNotMatch', 'AccessDeniedException',
]);

const THROTTLES = new Set(['ThrottlingException', 'Throttling', 'ThrottledException', 'RequestLimitExceeded', 'TooManyRequestsException', 'RequestThrottled', 'RequestThrottledException', 'SlowDown']);
/** Ends by itself, and is no matter of what was sent. Credentials that have expired are fetched again in the meantime. */
const PASSING = new Set([
  'ServiceUnavailableException', 'ServiceUnavailable', 'LimitExceededException', 'RequestTimeout', 'RequestTimeoutException', 'OperationAbortedException',
  'ExpiredTokenException', 'ExpiredToken', 'RequestExpired', 'HTTP 503',
]);
const BLOCKED: Readonly<Record<string, string>> = {
  UnrecognizedClientException: 'AWS does not know the access key',
  InvalidClientTokenId: 'AWS does not know the access key',
  AuthFailure: 'AWS does not know the access key',
  OptInRequired: 'the account is not signed up for this',
  IncompleteSignature: 'the credentials are not whole',
  MissingAuthenticationToken: 'no credentials were sent',
  MissingAuthenticationTokenException: 'no credentials were sent',
  InvalidSignatureException: "is the secret access key right, and the machine's clock?",
  SignatureDoesNotMatch: "is the secret access key right, and the machine's clock?",
  RequestTimeTooSkewed: "is the machine's clock right?",
  RequestInTheFuture: "is the machine's clock right?",
  AccessDeniedException: 'the role needs logs:PutLogEvents, logs:CreateLogStream, logs:CreateLogGroup, and logs:PutRetentionPolicy and logs:TagResource where these are set',
  AccessDenied: 'the role needs logs:PutLogEvents, logs:CreateLogStream, logs:CreateLogGroup, and logs:PutRetentionPolicy and logs:TagResource where these are set',
  UnknownOperationException: 'this is not CloudWatch Logs; is the endpoint right?',
  ResourceNotFoundException: 'log group or stream are not there, and could not be made',
};
const INVALID = new Set(['InvalidParameterException', 'ValidationException', 'SerializationException', 'MalformedQueryString', 'UnprocessableEntityException']);
const THROTTLE_PAUSE_MS = 1_000; // the SDK's base after a throttle

/** What an error means for the batch. By its code: throttling, missing rights and bad events are all HTTP 400. */
export function classifyError({ status, code, message, afterMs }: AwsError): Verdict {
  const reason = message === '' ? code : `${code}: ${message}`;
  const pause = afterMs === undefined ? {} : { afterMs };
  if (code === 'DataAlreadyAcceptedException') return { kind: 'delivered' };
  if (THROTTLES.has(code) || status === 429) return { kind: 'retry', reason, afterMs: afterMs ?? THROTTLE_PAUSE_MS };
  if (PASSING.has(code)) return { kind: 'retry', reason, ...pause };
  const advice = BLOCKED[code];
  if (advice !== undefined) return { kind: 'blocked', reason: `${reason} (${advice})` };
  if (INVALID.has(code)) return { kind: 'invalid', reason };
  if (status === 413) return { kind: 'split', reason };
  if (status >= 500 || status === 408) return { kind: 'retry', reason, stubborn: true, ...pause };
  if (code !== `HTTP ${status}`) return status === 401 || status === 403 ? { kind: 'blocked', reason } : { kind: 'invalid', reason };
  return status === 400 || status === 422 ? { kind: 'invalid', reason } : { kind: 'blocked', reason: `${reason} (is the endpoint right?)` };
}

/** A 200 that is not the answer of CloudWatch Logs: an empty one, a proxy's login page. */
export function unreadable(body: Buffer): Verdict {
  const what = body.length === 0 ? 'it is empty' : JSON.stringify(body.toString('utf8', 0, 80));
  return { kind: 'retry', reason: `HTTP 200, but the answer is not that of CloudWatch Logs: ${what}`, stubborn: true };
}

/** Wait that the service asks for: `Retry-After`, or its own header in ms. */
function waitMs(headers: Headers): number | undefined {
  const own = headers['x-amz-retry-after'];
  return typeof own === 'string' && /^\d{1,9}$/.test(own) ? Number(own) : retryAfterMs(headers['retry-after'], Date.now());
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textOf(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

/** The first line: behind it, a refused signature repeats the whole request, its session token included. */
function oneLine(message: string): string {
  return (message.trim().split(/\r?\n/)[0] ?? '').slice(0, 300);
}
