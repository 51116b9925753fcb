import type { CheckStage } from '../check.ts';
import { HINTS, stageOf } from '../network/failure.ts';
import { describeCode, meaningOf, stageOfCode } from './errors.ts';

/** Why a request got no answer that counts. */
export interface Failure {
  readonly kind: 'retry' | 'blocked';
  readonly reason: string;
  /** How far it got. */
  readonly stage: CheckStage;
  /** The records may be the reason. */
  readonly stubborn: boolean;
  /** The request was on its way: what it asked for may have been done. */
  readonly sent: boolean;
}

const NO_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/;

/** What an error of the client says, as short as it can be said. `where`: host and port; `answered`: whether the connection has answered before. */
export function failureOf(error: unknown, where: string, answered: boolean): Omit<Failure, 'sent'> {
  const chain = chainOf(error);
  const code = chain.map(({ apiCode }) => apiCode).find((found) => typeof found === 'number');
  if (typeof code === 'number') {
    const said = chain.map(({ serverErrorMessage }) => serverErrorMessage).find((text) => typeof text === 'string');
    return { kind: meaningOf(code).kind === 'blocked' ? 'blocked' : 'retry', reason: `${where}: ${describeCode(code, typeof said === 'string' ? said : undefined)}`, stage: stageOfCode(code), stubborn: false };
  }
  const system = chain.map((link) => link['code']).find((found) => typeof found === 'string' && !found.startsWith('PLT_'));
  if (typeof system === 'string') {
    const hint = NO_TLS.test(system) ? 'it does not speak TLS: set tls: false, or another port' : (HINTS[system] ?? messageOf(chain));
    return { kind: stageOf(system) === 'TLS' ? 'blocked' : 'retry', reason: `${where}: ${hint} (${system})`, stage: stageOf(system), stubborn: false };
  }
  if (chain.some((link) => link['code'] === 'PLT_KFK_AUTHENTICATION')) return { kind: 'blocked', reason: `${where}: the login failed: ${messageOf(chain)}`, stage: 'credentials', stubborn: false };
  if (chain.some((link) => /timed out/i.test(String(link['message'])))) return { kind: 'retry', reason: `${where} does not answer`, stage: 'answer', stubborn: false };
  const hint = answered ? '' : ' before it answered; it may want other settings of tls or mechanism';
  const closed = chain.some((link) => /closed/i.test(String(link['message'])));
  return { kind: 'retry', reason: `${where}: ${closed ? `the connection was closed${hint}` : messageOf(chain)}`, stage: 'answer', stubborn: closed && answered };
}

/** An error, its causes, and the errors it is made of, inmost first. */
function chainOf(error: unknown): Record<string, unknown>[] {
  const chain: Record<string, unknown>[] = [];
  const visit = (at: unknown): void => {
    if (typeof at !== 'object' || at === null || chain.length > 20) return;
    if ('cause' in at) visit(at.cause);
    if ('errors' in at && Array.isArray(at.errors)) at.errors.forEach(visit);
    chain.push(at as Record<string, unknown>); // an object has names
  };
  visit(error);
  return chain;
}

function messageOf(chain: readonly Record<string, unknown>[]): string {
  return String(chain[0]?.['message'] ?? 'unknown error').replace(/[.\s]+$/, '');
}
