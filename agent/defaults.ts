import { hostname } from 'node:os';
import type { Arena } from './arena.ts';
import type { Defaults } from './stored.ts';
import { Value } from './event.ts';
import { Field, FIELDS, type FieldName } from './fields.ts';
import type { ObservedTime } from './observed-time.ts';

type Scalar = string | number | boolean;

/** What every record carries on the network that does not say it itself: the machine, and the service as OpenTelemetry and Datadog name it too. */
export function networkFields(env: NodeJS.ProcessEnv): Record<string, Scalar> {
  const service = env['SHIPPER_SERVICE'] || env['OTEL_SERVICE_NAME'] || env['DD_SERVICE'];
  return { host: hostname(), ...(service ? { service } : {}) };
}

/** Puts fields into the arena, once per input and output: canonical names as fields, others as members. `timestamp`: for records without one. */
export function storeDefaults(arena: Arena, fields: Readonly<Record<string, Scalar>>, timestamp?: ObservedTime): Defaults {
  const entries = Object.entries(fields);
  const own = entries.filter(([key]) => isField(key)).map(([key, value]) => ({
    field: Field[key as FieldName],
    value: arena.constant(String(value)),
    kind: typeof value === 'string' ? Value.TEXT : Value.JSON,
  }));
  return {
    fields: timestamp === undefined || 'timestamp' in fields ? own : [...own, { field: Field.timestamp, value: timestamp.stored, kind: Value.TEXT }],
    members: entries.filter(([key]) => !isField(key)).map(([key, value]) => ({ key: arena.constant(key), value: arena.constant(JSON.stringify(value)) })),
  };
}

function isField(key: string): boolean {
  return (FIELDS as readonly string[]).includes(key);
}
