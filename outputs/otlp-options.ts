import * as z from 'zod';
import { batch, buffer, duration, secret, text } from '../agent/config/options.ts';
import { routing } from '../agent/config/routing.ts';
import { network } from './network/options.ts';

const url = z.url({ protocol: /^https?$/, error: 'must be an http or https address, such as http://localhost:4318' });

/** Options of the output `otlp`: OTLP/HTTP logs. What is not given is taken from OpenTelemetry's own variables. */
export const OtlpOptions = z
  .strictObject({
    type: z.literal('otlp'),
    url: url.optional().describe('Address of the receiver, to which `/v1/logs` is added; without it `$OTEL_EXPORTER_OTLP_ENDPOINT`, or `http://localhost:4318`'),
    logs_url: url.optional().describe('Address that is used as it stands, instead of `url`; without both `$OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`'),
    protocol: z.enum(['http/protobuf', 'http/json']).optional().describe('Encoding; without it `$OTEL_EXPORTER_OTLP_PROTOCOL`, or `http/protobuf`'),
    headers: z.record(text(), text()).prefault({}).meta({ writeOnly: true }).describe('Headers of all requests, such as an API key; `$OTEL_EXPORTER_OTLP_HEADERS` are added'),
    bearer_token: secret().optional().describe('Token for `Authorization: Bearer`'),
    bearer_token_file: text().optional().describe('File that holds the token; it may change while shipper runs'),
    resource: z.record(text(), text()).prefault({}).describe('Attributes of every resource; `$OTEL_RESOURCE_ATTRIBUTES` and `$OTEL_SERVICE_NAME` are added, and of a record its `service` and `host`, and fields called `k8s.*`, `container.*`, `cloud.*` and `deployment.environment.*`'),
    compression: z.enum(['gzip', 'none']).optional().describe('How bodies are sent; without it `$OTEL_EXPORTER_OTLP_COMPRESSION`, or `gzip`'),
    timeout: duration(1).optional().describe('Longest wait for an answer, then the batch is sent again; without it `$OTEL_EXPORTER_OTLP_TIMEOUT`, or `10s`'),
    ...network(),
    ca_file: text().optional().describe('PEM file of the authorities to trust, instead of those that Node knows; without it `$OTEL_EXPORTER_OTLP_CERTIFICATE`'),
    client_certificate_file: text().optional().describe('PEM file of a certificate to show to the server; without it `$OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`'),
    client_key_file: text().optional().describe('PEM file of its key; without it `$OTEL_EXPORTER_OTLP_CLIENT_KEY`, or the key is in the file of the certificate'),
    ...routing(),
    batch: batch({ bytes: '2MiB', events: 10_000, age: '1s' }),
    buffer: buffer(),
  })
  .refine((options) => options.bearer_token === undefined || options.bearer_token_file === undefined, { path: ['bearer_token_file'], error: "can't be used together with bearer_token" })
  .refine((options) => options.url === undefined || options.logs_url === undefined, { path: ['logs_url'], error: "can't be used together with url" });
export type OtlpOptions = z.output<typeof OtlpOptions>;

/** `-o otlp`, `-o otlp=URL` */
export function otlpFlag(value: string | undefined): Record<string, unknown> {
  return value === undefined ? { type: 'otlp' } : { type: 'otlp', url: value };
}
