import type { CheckStage } from '../check.ts';

/** What an error code of a broker means for the records it is about. */
export type Meaning =
  /** Try again. `stale`: what is known of the cluster is old. `stored`: the records may have been stored. */
  | { readonly kind: 'retry'; readonly stale?: boolean; readonly stored?: boolean; readonly stubborn?: boolean }
  | { readonly kind: 'blocked'; readonly advice: string }
  | { readonly kind: 'split' }
  | { readonly kind: 'invalid' }
  /** It was stored before. */
  | { readonly kind: 'delivered' }
  /** The broker does not know the producer any more: it needs a new id. */
  | { readonly kind: 'stranger' };

interface Known {
  readonly name: string;
  readonly meaning: Meaning;
}

const retry: Meaning = { kind: 'retry' };
const stale: Meaning = { kind: 'retry', stale: true };
const stored: Meaning = { kind: 'retry', stored: true };
const stranger: Meaning = { kind: 'stranger' };
const blocked = (advice: string): Meaning => ({ kind: 'blocked', advice });

/** Codes that requests of a producer are answered with. https://kafka.apache.org/protocol.html#protocol_error_codes */
const CODES: ReadonlyMap<number, Known> = new Map<number, Known>([
  [-1, { name: 'UNKNOWN_SERVER_ERROR', meaning: { kind: 'retry', stored: true, stubborn: true } }],
  [2, { name: 'CORRUPT_MESSAGE', meaning: { kind: 'retry', stubborn: true } }], // on the way, as it may be; or we can't count
  [3, { name: 'UNKNOWN_TOPIC_OR_PARTITION', meaning: blocked('there is no such topic, or the user may not see it') }],
  [5, { name: 'LEADER_NOT_AVAILABLE', meaning: stale }],
  [6, { name: 'NOT_LEADER_OR_FOLLOWER', meaning: stale }],
  [7, { name: 'REQUEST_TIMED_OUT', meaning: stored }], // by the leader, but not by all that should have it
  [8, { name: 'BROKER_NOT_AVAILABLE', meaning: stale }],
  [9, { name: 'REPLICA_NOT_AVAILABLE', meaning: stale }],
  [10, { name: 'MESSAGE_TOO_LARGE', meaning: { kind: 'split' } }],
  [13, { name: 'NETWORK_EXCEPTION', meaning: stored }],
  [15, { name: 'COORDINATOR_NOT_AVAILABLE', meaning: retry }],
  [14, { name: 'COORDINATOR_LOAD_IN_PROGRESS', meaning: retry }],
  [17, { name: 'INVALID_TOPIC_EXCEPTION', meaning: blocked('no topic can have this name') }],
  [18, { name: 'RECORD_LIST_TOO_LARGE', meaning: { kind: 'split' } }],
  [19, { name: 'NOT_ENOUGH_REPLICAS', meaning: retry }],
  [20, { name: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', meaning: stored }],
  [21, { name: 'INVALID_REQUIRED_ACKS', meaning: blocked('the broker refuses acks=all') }],
  [29, { name: 'TOPIC_AUTHORIZATION_FAILED', meaning: blocked('the user may not write to this topic') }],
  [31, { name: 'CLUSTER_AUTHORIZATION_FAILED', meaning: blocked('the user needs the right IdempotentWrite, or set idempotent: false') }],
  [32, { name: 'INVALID_TIMESTAMP', meaning: blocked('is the clock of this machine right?') }],
  [33, { name: 'UNSUPPORTED_SASL_MECHANISM', meaning: blocked('set another mechanism') }],
  [34, { name: 'ILLEGAL_SASL_STATE', meaning: blocked('this listener wants no login, or another one') }],
  [35, { name: 'UNSUPPORTED_VERSION', meaning: blocked('the broker is too old or too new') }],
  [42, { name: 'INVALID_REQUEST', meaning: { kind: 'invalid' } }],
  [43, { name: 'UNSUPPORTED_FOR_MESSAGE_FORMAT', meaning: blocked('the topic has a format older than that of Kafka 0.11') }],
  [44, { name: 'POLICY_VIOLATION', meaning: { kind: 'invalid' } }],
  [45, { name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', meaning: stranger }],
  [46, { name: 'DUPLICATE_SEQUENCE_NUMBER', meaning: { kind: 'delivered' } }],
  [47, { name: 'INVALID_PRODUCER_EPOCH', meaning: stranger }],
  [49, { name: 'INVALID_PRODUCER_ID_MAPPING', meaning: stranger }],
  [56, { name: 'KAFKA_STORAGE_ERROR', meaning: { kind: 'retry', stale: true, stored: true } }],
  [58, { name: 'SASL_AUTHENTICATION_FAILED', meaning: blocked('the credentials were refused') }],
  [59, { name: 'UNKNOWN_PRODUCER_ID', meaning: stranger }],
  [74, { name: 'FENCED_LEADER_EPOCH', meaning: stale }],
  [75, { name: 'UNKNOWN_LEADER_EPOCH', meaning: stale }],
  [76, { name: 'UNSUPPORTED_COMPRESSION_TYPE', meaning: blocked('set compression: none') }],
  [87, { name: 'INVALID_RECORD', meaning: { kind: 'invalid' } }],
  [89, { name: 'THROTTLING_QUOTA_EXCEEDED', meaning: retry }],
  [90, { name: 'PRODUCER_FENCED', meaning: stranger }],
]);

/** What `code` means. One that is not known may come of the records, and may be over soon. */
export function meaningOf(code: number): Meaning {
  return CODES.get(code)?.meaning ?? { kind: 'retry', stored: true, stubborn: true };
}

const STAGES: Readonly<Record<number, CheckStage>> = { 3: 'index', 17: 'index', 29: 'permission', 31: 'permission', 33: 'credentials', 34: 'credentials', 58: 'credentials' };

/** What is wrong with a destination that answers so. */
export function stageOfCode(code: number): CheckStage {
  return STAGES[code] ?? 'answer';
}

/** The code for a person, with what the broker says beside it. */
export function describeCode(code: number, message?: string | null | undefined): string {
  const meaning = meaningOf(code);
  const advice = meaning.kind === 'blocked' ? ` (${meaning.advice})` : '';
  return `${CODES.get(code)?.name ?? `error ${code}`}${message ? `: ${message}` : ''}${advice}`;
}
