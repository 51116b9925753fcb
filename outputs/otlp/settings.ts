import { ExitCode, UserError } from '../../agent/exit-codes.ts';
import type { NetworkOptions } from '../network/options.ts';
import type { OtlpOptions } from '../otlp-options.ts';
import type { TextAttributes } from './format.ts';

/** Options, and what OpenTelemetry's variables say where they say nothing. https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
export interface OtlpSettings {
  readonly url: URL;
  readonly protocol: 'http/protobuf' | 'http/json';
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: TextAttributes;
  readonly gzip: boolean;
  readonly timeoutMs: number;
  readonly network: NetworkOptions;
}

/** `warn` takes what is wrong in the environment and can be passed over. Throws a UserError for what can't. */
export function settingsOf(options: OtlpOptions, env: NodeJS.ProcessEnv, warn: (message: string) => void): OtlpSettings {
  const exporter = (name: string): string | undefined => env[`OTEL_EXPORTER_OTLP_LOGS_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`] || undefined;
  const pairs = (name: string, value: string | undefined): Record<string, string> => pairsOf(value) ?? complain(`${name} is not a list of key=value; all of it is left out`);
  const complain = (message: string): Record<string, string> => {
    warn(message);
    return {};
  };
  return {
    url: addressOf(options, env),
    protocol: options.protocol ?? protocolOf(exporter('PROTOCOL')),
    headers: { ...lowerCase(pairs('OTEL_EXPORTER_OTLP_HEADERS', exporter('HEADERS'))), ...lowerCase(options.headers) },
    resource: { ...pairs('OTEL_RESOURCE_ATTRIBUTES', env['OTEL_RESOURCE_ATTRIBUTES']), ...(env['OTEL_SERVICE_NAME'] ? { 'service.name': env['OTEL_SERVICE_NAME'] } : {}), ...options.resource },
    gzip: (options.compression ?? exporter('COMPRESSION') ?? 'gzip') === 'gzip',
    timeoutMs: options.timeout ?? timeoutOf(exporter('TIMEOUT'), warn),
    network: {
      proxy: options.proxy,
      server_name: options.server_name,
      ca_file: options.ca_file ?? exporter('CERTIFICATE'),
      client_certificate_file: options.client_certificate_file ?? exporter('CLIENT_CERTIFICATE'),
      client_key_file: options.client_key_file ?? exporter('CLIENT_KEY'),
    },
  };
}

const TIMEOUT_MS = 10_000;

/** The address for logs is used as it stands, the one for all signals gets a path behind its own. */
function addressOf({ url, logs_url }: OtlpOptions, env: NodeJS.ProcessEnv): URL {
  if (url !== undefined) return urlOf('url', /\/v1\/logs\/?$/.test(url) ? url : withPath(url));
  const whole = logs_url ?? env['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'];
  if (whole) return urlOf('OTEL_EXPORTER_OTLP_LOGS_ENDPOINT', whole);
  return urlOf('OTEL_EXPORTER_OTLP_ENDPOINT', withPath(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || 'http://localhost:4318'));
}

function withPath(base: string): string {
  return `${base.replace(/\/+$/, '')}/v1/logs`;
}

function urlOf(name: string, text: string): URL {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) throw new UserError(`otlp: ${name} must be an http or https address`, ExitCode.CONFIG);
  return new URL(text);
}

function protocolOf(name: string | undefined): OtlpSettings['protocol'] {
  if (name === undefined || name === 'http/protobuf' || name === 'http/json') return name ?? 'http/protobuf';
  throw new UserError(`otlp: OTEL_EXPORTER_OTLP_PROTOCOL is ${name}, which is not spoken here: set the option protocol to http/protobuf or http/json, and url to the port for HTTP (mostly 4318)`, ExitCode.CONFIG);
}

function timeoutOf(text: string | undefined, warn: (message: string) => void): number {
  if (text === undefined) return TIMEOUT_MS;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  warn('OTEL_EXPORTER_OTLP_TIMEOUT is not a number of milliseconds; it is left out');
  return TIMEOUT_MS;
}

/** `a=1,b=x%20y`, as W3C Baggage without properties; undefined: it is none. */
function pairsOf(text: string | undefined): Record<string, string> | undefined {
  const entries = (text ?? '').split(',').filter((entry) => entry.trim() !== '').map((entry) => /^\s*([^=\s]+)\s*=(.*)$/s.exec(entry));
  try {
    return Object.fromEntries(entries.map((match) => {
      if (match === null) throw new URIError();
      return [decodeURIComponent(match[1] ?? ''), decodeURIComponent((match[2] ?? '').trim())];
    }));
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
