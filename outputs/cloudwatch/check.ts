import { hostname } from 'node:os';
import type { Check } from '../check.ts';
import { unreached } from '../check.ts';
import type { CloudWatchApi } from './api.ts';
import { classifyError, CLOCK_CODES, CREDENTIAL_CODES, type AwsError } from './errors.ts';
import { readEvents } from './events.ts';
import { LIMITS } from './limits.ts';
import { placesOf, type NameTemplate } from './names.ts';
import { putBody } from './requests.ts';

const DENIED = /^AccessDenied/;

/** Sends one event that is too old to be kept: address, credentials and permission are looked at, and it is thrown away. */
export async function checkCloudWatch(api: CloudWatchApi, group: NameTemplate, stream: NameTemplate, service: string | undefined, signal: AbortSignal): Promise<Check> {
  const oldMs = api.clock.now() - LIMITS.oldMs - 24 * 3_600_000;
  const document = JSON.stringify({ timestamp: new Date(oldMs).toISOString(), host: hostname(), service, message: 'shipper validate --connect' });
  const events = readEvents(Buffer.from(`${document}\n`), 1, oldMs);
  const [place] = placesOf(events, [0], group, stream);
  if (place === undefined) throw new Error('one event has no place');
  const called = await api.call('PutLogEvents', putBody(events, Int32Array.of(0), place.group, place.stream), signal);
  if (called.kind === 'ok') return { kind: 'ok' };
  if (called.kind === 'failed') return unreached(called.failure ?? called);
  if (called.error.code === 'ResourceNotFoundException') return { kind: 'ok', detail: `log group ${place.group} or its stream ${place.stream} is not there yet; it is made with the first event, if the role may do so` };
  return refused(called.error);
}

function refused(error: AwsError): Check {
  const verdict = classifyError(error);
  const reason = 'reason' in verdict ? verdict.reason : error.code;
  const stage = DENIED.test(error.code) ? 'permission' : CREDENTIAL_CODES.has(error.code) || CLOCK_CODES.has(error.code) ? 'credentials' : 'answer';
  return { kind: 'problem', stage, reason };
}
