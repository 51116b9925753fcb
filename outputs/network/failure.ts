import { ProxyRefusal } from './tunnel.ts';

/** How far a request got that was not answered. */
export type Stage = 'name' | 'connection' | 'proxy' | 'TLS' | 'answer';

/** Why there is no answer. Never with a secret in it. */
export interface Failure {
  readonly kind: 'failure';
  readonly reason: string;
  readonly stage: Stage;
  /** The connection was made, so that the body may be the reason. */
  readonly stubborn: boolean;
  /** A person has to act: a certificate that is not trusted, a proxy that wants a password. */
  readonly blocked: boolean;
}

/** Reads what was thrown on the way to an address. `reset`: a connection that had stood was closed. */
export function failureOf(error: unknown, url: URL): Failure & { readonly reset: boolean } {
  if (error instanceof ProxyRefusal) return { kind: 'failure', reason: `${url.origin}: ${error.message}`, stage: 'proxy', stubborn: false, blocked: isForPeople(error.status), reset: false };
  const code = codeOf(error);
  const stage = stageOf(code);
  const text = HINTS[code] ?? (error instanceof Error ? error.message : String(error));
  return { kind: 'failure', reason: `${url.origin}: ${text}${code === '' ? '' : ` (${code})`}`, stage, stubborn: stage === 'answer', blocked: stage === 'TLS', reset: RESETS.has(code) };
}

/** Whether a proxy that answers so waits for a person. Of 502 and its like it says that it can't reach the destination now. */
export function isForPeople(status: number): boolean {
  return status >= 300 && status < 500 && status !== 408 && status !== 429;
}

const RESETS = new Set(['ECONNRESET', 'EPIPE']);
const UNKNOWN_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const UNREACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);
// What OpenSSL and Node call what they find wrong with a certificate; a reset in the middle of a handshake is not among it.
const TLS = /^(?:ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|CRL_)|^EPROTO$/;
const UNTRUSTED = 'its authority is not trusted; name it in ca_file or NODE_EXTRA_CA_CERTS';
/** What a code means, for a person; those that need no word of ours are not here. */
export const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server does not answer',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; is it http:// instead of https://?',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; name it in ca_file or NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: "its certificate is not valid yet; is this machine's clock right?",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a certificate: set client_certificate_file and client_key_file',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not trust the authority of the certificate in client_certificate_file',
};

/** How far it got, by the code of the error. */
export function stageOf(code: string): Stage {
  if (UNKNOWN_NAME.has(code)) return 'name';
  if (UNREACHED.has(code)) return 'connection';
  return TLS.test(code) ? 'TLS' : 'answer';
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code === 'EPROTO' ? (reasonOf(error.message) ?? error.code) : error.code;
  // A host with several addresses: one error for each.
  return error instanceof AggregateError ? codeOf(error.errors[0]) : '';
}

/** Who was writing meanwhile is told of a failed handshake by EPROTO, with the reason in the text alone: the code that whoever reads gets. */
function reasonOf(message: string): string | undefined {
  const reason = /:SSL routines:[^:]*:([^:]+)/.exec(message)?.[1];
  return reason === undefined ? undefined : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
}
