// The configuration file: what is right gives what it should, what is wrong is pointed at.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { closest } from '../agent/config/did-you-mean.ts';
import { generated, jsonSchema } from '../agent/config/json-schema.ts';
import type { JsonSchema } from '../agent/config/json-schema.ts';
import { formatProblem, loadConfig, parseConfig } from '../agent/config/load.ts';
import { ConfigSchema } from '../agent/config/schema.ts';
import type { Config } from '../agent/config/schema.ts';
import { isSecretKey } from '../agent/config/secrets.ts';
import { STDIN_TO_CONSOLE } from '../agent/config/stdin-to-console.ts';
import { DURATION, SIZE, durationMs, formatDuration, formatSize, sizeBytes } from '../agent/config/units.ts';
import { ROOT } from './e2e/run-shipper.ts';

const ENV = { LOGS: '/var/log', EMPTY: '', COUNT: '500', KEY: 'from-env' };

/** Problems of a text as `LINE:COLUMN message`. */
function problemsOf(text: string): string[] {
  const loaded = parseConfig('c.yaml', text, ENV);
  return loaded.ok ? [] : loaded.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

function configOf(text: string): Config {
  const loaded = parseConfig('c.yaml', text, ENV);
  if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join(''));
  return loaded.config;
}

const ES = 'outputs:\n  es:\n    type: elasticsearch\n    url: https://es:9200\n';
const APP = 'inputs:\n  app:\n    type: file\n    paths: [/a.log]\n';

// What is wrong, the text, and the beginning of each problem in its order. All of them must be found, and no others.
const BROKEN: [reason: string, text: string, ...problems: string[]][] = [
  ['nothing', '', '0:0 is empty'],
  ['comments only', '# inputs:\n', '0:0 is empty'],
  ['a list', '- a\n', '1:1 the configuration must be a map of options'],
  ['one word', 'hello', '1:1 the configuration must be a map of options'],
  ['an unknown key', 'inptus: {}\n', '1:1 inptus is not an option; did you mean inputs?'],
  ['an unknown key that is like none', 'zebra: 1\n', '1:1 zebra is not an option'],
  ['camel case', 'stateDir: /x\n', '1:1 stateDir is not an option; did you mean state_dir?'],
  ['a feature that is not there', 'plugins: [email]\n', '1:1 plugins is not an option'],
  ['a key of another type of input', 'inputs:\n  a: {type: stdin, paths: [x]}\n', '2:20 inputs.a.paths is not an option'],
  ['unknown keys side by side', `${ES}    batch: {byts: 1, ag: 1s}\n`, '5:13 outputs.es.batch.byts is not an option; did you mean bytes?', '5:22 outputs.es.batch.ag is not an option; did you mean age?'],
  ['an unknown type', 'outputs:\n  es:\n    type: elastcsearch\n', '3:11 outputs.es.type must be console, file, elasticsearch, cloudwatch, datadog, otlp or kafka; did you mean elasticsearch?'],
  ['no type', 'inputs:\n  a:\n    paths: [x]\n', '2:3 inputs.a.type is missing: file or stdin'],
  ['a required option is missing', 'outputs:\n  f:\n    type: file\n', '2:3 outputs.f.path is missing'],
  ['a value of a list of words', `${ES}    compression: gzpi\n`, '5:18 outputs.es.compression must be gzip or none; did you mean gzip?'],
  ['an unknown format', `${APP}    format: jsn\n`, '5:13 inputs.app.format must be auto or one of `shipper formats`; did you mean json?'],
  ['nothing behind a key', 'log_level:\n', '1:1 log_level must be debug, info, warn or error'],
  ['a map without anything', 'inputs:\n', '1:1 inputs must be a map'],
  ['no inputs', 'inputs: {}\n', '1:1 inputs must name at least one input'],
  ['a text for a map', `${ES}    batch: big\n`, '5:12 outputs.es.batch must be a map of options'],
  ['a list for a text', 'outputs:\n  f: {type: file, path: [a, b]}\n', '2:19 outputs.f.path must be text'],
  ['one entry of a list', 'inputs:\n  a:\n    type: file\n    paths:\n      - /a\n      - 3\n', '6:9 inputs.a.paths[1] must be text'],
  ['an empty list', 'inputs:\n  a: {type: file, paths: []}\n', '2:19 inputs.a.paths must name at least one'],
  ['a field that is null', `${APP}    fields: {env: null}\n`, '5:19 inputs.app.fields.env must be text, a number, true or false'],
  ['a name with a dot', 'inputs:\n  a.b: {type: stdin}\n', '2:3 inputs.a.b must begin with a letter'],
  ['two readers of stdin', 'inputs:\n  a: {type: stdin}\n  b: {type: stdin}\n', '3:13 inputs.b.type there is only one stdin'],
  ['a duration without a unit', 'stop_delay: 5\n', '1:13 stop_delay must be a duration with its unit'],
  ['an unknown unit', 'stop_delay: 5 days\n', '1:13 stop_delay must be a duration with its unit'],
  ['longer than a timer can wait', 'drain_timeout: 600h\n', '1:16 drain_timeout must be between 0ms and 24h'],
  ['a size that is none', 'memory: lots\n', '1:9 memory must be a size'],
  ['a size that is too small', 'memory: 1KiB\n', '1:9 memory must be between 8MiB and 1GiB'],
  ['batches beyond the memory', 'memory: 8MiB\noutputs:\n  f: {type: file, path: x, batch: {bytes: 5MiB}}\n', '1:9 memory must be at least 10MiB'],
  ['a buffer without a policy', `${ES}    buffer: {disk: true, when_full: drop}\n`, '5:20 outputs.es.buffer.disk must be auto, on or off', '5:37 outputs.es.buffer.when_full must be block, drop_oldest or drop_newest'],
  ['half an event', `${ES}    batch: {events: 0.5}\n`, '5:21 outputs.es.batch.events must be a whole number'],
  ['a time zone', 'time_zone: Europe/Berln\n', '1:12 time_zone must be local, UTC or a name such as Europe/Berlin; did you mean Europe/Berlin?'],
  ['an address without a scheme', 'outputs:\n  es: {type: elasticsearch, url: "localhost:9200"}\n', '2:34 outputs.es.url must be an http or https address'],
  ['one address of several', 'outputs:\n  es: {type: elasticsearch, url: [http://a, ftp://b]}\n', '2:45 outputs.es.url[1] must be an http or https address'],
  ['an index in capitals', `${ES}    index: Logs\n`, '5:12 outputs.es.index must be the name'],
  ['two ways to log in', `${ES}    api_key: a\n    bearer_token: b\n`, '6:19 outputs.es.bearer_token can\'t be used together with api_key'],
  ['a user without a password', `${ES}    username: a\n`, '5:15 outputs.es.username needs password or password_file'],
  ['a password without a user', `${ES}    password: a\n`, '5:15 outputs.es.password needs username'],
  ['everything at once', 'memory: x\nzebra: 1\ninputs:\n  a: {type: fil}\n', '1:9 memory must', '2:1 zebra is not', '4:13 inputs.a.type must'],
  ['a key that is there twice, and what else is wrong', 'memory: 8MiB\nmemory: x\n', '2:1 this key stands in the same map twice', '2:9 memory must be a size'],
  ['an unset variable', 'state_dir: ${NOPE}/x\n', '1:12 NOPE is not set in the environment; ${NOPE:-default}'],
  ['an unset variable is all that is said of its value', 'memory: ${NOPE}\n', '1:9 NOPE is not set'],
  ['variables in one text', `${APP}    exclude: "\${LOGS}/\${NOPE}/\${NEITHER}"\n`, '5:23 NOPE is not set', '5:31 NEITHER is not set'],
  ['a reference that is none', 'state_dir: a${1}\n', '1:13 not a reference: write ${NAME}'],
  ['a variable of the wrong kind', 'memory: ${LOGS}\n', '1:9 memory must be a size'],
  ['a variable that is empty', 'state_dir: ${EMPTY}\n', '1:12 state_dir must not be empty'],
  ['a tab', 'inputs:\n\ta: 1\n', '2:1 indent with spaces'],
  ['an open quote', 'state_dir: "/x\n', '1:12 the quote that begins here is never closed'],
  ['an open bracket', 'inputs:\n  a: {type: stdin\n', '2:18 a } is missing, or this line'],
  ['lines out of line', 'inputs:\n  a:\n    type: stdin\n   fields: {}\n', '4:1 the indentation does not fit'],
  ['a colon in a text', 'state_dir: a: b\n', '1:12 text with ": " in it must be in quotes'],
  ['no colon', 'memory: 8MiB\nlog_level\n', '2:1 a ":" is missing behind this key'],
  ['a pattern that begins with *', 'inputs:\n  a:\n    type: file\n    paths: [*.log]\n', '4:13 text that begins with * must be in quotes'],
  ['a tag', 'state_dir: !x y\n', '1:12 text that begins with ! must be in quotes'],
  ['two documents', 'memory: 8MiB\n---\nmemory: 8MiB\n', '2:1 a configuration is one document'],
  ['Windows line ends', 'memory: 8MiB\r\nzebra: 1\r\n', '2:1 zebra is not an option'],
  ['a byte order mark', '\ufeffzebra: 1\n', '1:1 zebra is not an option'],
  ['aliases of aliases of aliases', 'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n', '0:0 uses its anchors too often'],
];

t.test('every problem of a broken configuration is found, and where it is', async (t) => {
  for (const [reason, text, ...expected] of BROKEN) {
    const found = problemsOf(text);
    t.strictSame(found.map((problem, i) => problem.slice(0, expected[i]?.length ?? Infinity)), expected, reason);
  }
});

// The line and the caret under it; what is secret never shows, be it misplaced, misspelled or in a file that is no YAML.
const SHOWN: [reason: string, text: string, line: string, caret: string][] = [
  ['a value', 'log_level: inf\n', '    log_level: inf', '               ^'],
  ['behind a tab', 'log_level:\t\tinf\n', '    log_level:\t\tinf', '              \t\t^'],
  ['wide characters are columns of one', `${APP}    fields: {ä: null}\n`, '        fields: {ä: null}', '                    ^'],
  ['a misspelled secret', `${ES}    api_kye: hunter2\n`, '        api_kye: ***', '        ^'],
  ['a secret of the wrong type', `${ES}    api_key: [hunter2, x]\n`, '        api_key: ***', '        ^'],
  ['a secret in front of the problem', 'outputs:\n  f: {password: hunter2, type: x}\n', '      f: {password: ***, type: x}', '                               ^'],
  ['a secret behind it', 'outputs:\n  f: {type: x, "token": "hunter2"}\n', '      f: {type: x, "token": ***}', '                ^'],
  ['a secret that looks like an alias', `${ES}    password: *hunter2\n`, '        password: ***', '                  ^'],
  ['a secret that looks like a tag', `${ES}    password: !hunter2\n`, '        password: ***', '                  ^'],
  ['a secret over several lines', `${ES}    password: "hunter2\n      hunter2\n`, '        password: ***', '                  ^'],
  ['a secret in broken YAML', `${ES}    password: @hunter2\n`, '        password: ***', '                  ^'],
  ['a password in an address', 'outputs:\n  es: {url: "https://me:hunter2@es", type: x}\n', '      es: {url: "https://***@es", type: x}', '                                        ^'],
  ['a password with a slash', 'outputs:\n  es: {url: https://me:hun/hunter2@es, type: x}\n', '      es: {url: https://***@es, type: x}', '                                      ^'],
  ['a password in an address without a scheme', 'outputs:\n  es: {type: elasticsearch, url: me:hunter2@es}\n', '      es: {type: elasticsearch, url: ***@es}', '                                     ^'],
  ['a reference is no secret', `${ES}    api_key: \${NOPE}\n`, '        api_key: ${NOPE}', '                 ^'],
  ['but a default is', `${ES}    api_key: a\n    password: \${X:-hunter2}\n`, '        password: ***', '                  ^'],
];

t.test('a problem shows its line and a caret, and never a secret', async (t) => {
  for (const [reason, text, line, caret] of SHOWN) {
    const loaded = parseConfig('c.yaml', text, ENV);
    const shown = loaded.ok ? '' : loaded.problems.map(formatProblem).join('');
    const [, shownLine, shownCaret] = shown.split('\n');
    t.strictSame([shownLine, shownCaret], [line, caret], reason);
    t.notMatch(shown, /hunter2/, `${reason}: hidden`);
  }
});

t.test('a configuration that is right gives milliseconds, bytes and every default', async (t) => {
  const config = configOf(`${APP}    fields: {env: prod, shard: 3, canary: true}\n${ES}    batch: {bytes: 1MiB, events: "\${COUNT}"}\nstop_delay: 1m30s\n`);
  t.strictSame(config.inputs, { app: { type: 'file', paths: ['/a.log'], exclude: [], start_at: 'beginning', format: 'auto', encoding: 'utf-8', fields: { env: 'prod', shard: 3, canary: true } } });
  t.strictSame(config.outputs, {
    es: { type: 'elasticsearch', url: ['https://es:9200'], index: 'logs-generic-default', query: {}, repair_conflicts: false, setup: false, compression: 'gzip', timeout: 60_000, batch: { bytes: 1_048_576, events: 500, age: 1_000 }, buffer: { disk: 'auto', max_bytes: 2 ** 30, when_full: 'block' } },
  });
  t.equal(config.stop_delay, 90_000);
  t.strictSame(ConfigSchema.parse({}), STDIN_TO_CONSOLE, 'what the fast start uses is what the schema says');
});

// Options, and what they are read as.
const READ: [reason: string, text: string, expected: Record<string, unknown>][] = [
  ['a variable', 'state_dir: ${LOGS}/x\n', { state_dir: '/var/log/x' }],
  ['two in one text', 'state_dir: "${LOGS}${LOGS}"\n', { state_dir: '/var/log/var/log' }],
  ['a default that is not needed', 'state_dir: ${LOGS:-/y}\n', { state_dir: '/var/log' }],
  ['a default', 'state_dir: ${NOPE:-/y z}\n', { state_dir: '/y z' }],
  ['a default for what is empty', 'state_dir: ${EMPTY:-/y}\n', { state_dir: '/y' }],
  ['an escaped reference', 'state_dir: /$${LOGS}/$$/$x\n', { state_dir: '/${LOGS}/$/$x' }],
  ['an anchor', 'shutdown_timeout: &t 3s\nstop_delay: *t\n', { shutdown_timeout: 3_000, stop_delay: 3_000 }],
  ['one path without a list', 'inputs: {a: {type: file, paths: /x}}\n', { inputs: { a: { paths: ['/x'] } } }],
  ['several addresses', 'outputs: {e: {type: elasticsearch, url: [http://a:1/, http://b:2/p/]}}\n', { outputs: { e: { url: ['http://a:1', 'http://b:2/p'] } } }],
  ['user and password of an address', 'outputs: {e: {type: elasticsearch, url: "http://me:p%40ss@a"}}\n', { outputs: { e: { url: ['http://a'], username: 'me', password: 'p@ss' } } }],
  ['options win over them', 'outputs: {e: {type: elasticsearch, url: "http://me:x@a", api_key: "${KEY}"}}\n', { outputs: { e: { url: ['http://a'], api_key: 'from-env', username: undefined } } }],
  ['a % that encodes nothing', 'outputs: {e: {type: elasticsearch, url: "http://me:5%@a"}}\n', { outputs: { e: { password: '5%' } } }],
  ['a zone', 'time_zone: Europe/Berlin\n', { time_zone: 'Europe/Berlin' }],
];

t.test('values are read as they are meant', async (t) => {
  for (const [reason, text, expected] of READ) t.match(configOf(text), expected, reason);
  const secret = parseConfig('c.yaml', `${ES}    api_key: \${KEY}\n`, { KEY: 'a: {b: "c"}\n- d' });
  t.match(secret, { ok: true, config: { outputs: { es: { api_key: 'a: {b: "c"}\n- d' } } } }, 'what looks like YAML in a variable is text');
});

t.test('durations and sizes', async (t) => {
  for (const [text, ms] of [['500ms', 500], ['1s', 1_000], ['1.5s', 1_500], ['2m', 120_000], ['1m30s', 90_000], ['1h', 3_600_000], ['0s', 0]] as const) {
    t.match(text, DURATION);
    t.equal(durationMs(text), ms, text);
  }
  for (const [text, bytes] of [['2MiB', 2_097_152], ['10MB', 10_000_000], ['1.5 KiB', 1_536], ['65536', 65_536], ['7b', 7], ['1gib', 1_073_741_824]] as const) {
    t.match(text, SIZE);
    t.equal(sizeBytes(text), bytes, text);
  }
  for (const text of ['', '5', '1 s', '-1s', '1S', '1s1', 's']) t.notMatch(text, DURATION, `no duration: ${text}`);
  for (const text of ['', '-1', 'MiB', '1TiB', '1  MB', '1M', '0x10']) t.notMatch(text, SIZE, `no size: ${text}`);
  t.strictSame([0, 250, 1_500, 60_000, 90_000].map(formatDuration), ['0ms', '250ms', '1.5s', '1m', '1m30s']);
  t.strictSame([17, 1_536, 2_097_152].map(formatSize), ['17B', '1.5KiB', '2MiB']);
});

t.test('misspellings', async (t) => {
  const words = ['run', 'explain', 'validate', 'elasticsearch', 'api_key', 'batch'];
  for (const [word, meant] of [['explian', 'explain'], ['elastic', 'elasticsearch'], ['apiKey', 'api_key'], ['API-KEY', 'api_key'], ['bathc', 'batch'], ['datadog', undefined], ['', undefined], ['x'.repeat(9_999), undefined]] as const) {
    t.equal(closest(word, words), meant, word.slice(0, 20));
  }
});

t.test('files that can\'t be read', async (t) => {
  t.match(loadConfig('/nowhere/c.yaml', {}), { ok: false, problems: [{ line: 0, message: 'there is no such file' }] });
  t.match(loadConfig(ROOT, {}), { ok: false, problems: [{ line: 0, message: 'is a directory, not a configuration file' }] });
});

/** The paths of all options of a schema, with the schema of each: `outputs.*.elasticsearch.batch.age`. */
function optionsOf(schema: JsonSchema, at: string): [string, JsonSchema][] {
  const variants = (schema.additionalProperties || {}).oneOf ?? [];
  const inside = variants.flatMap((variant) => optionsOf(variant, `${at}*.${String(variant.properties?.['type']?.const)}.`));
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, option]): [string, JsonSchema][] => {
    const nested = optionsOf(option, `${at}${name}.`);
    return nested.length > 0 ? nested : [[`${at}${name}`, option]];
  });
  return [...own, ...inside];
}

/** The same paths of a configuration, with the value of each. */
function valuesOf(config: Record<string, unknown>, known: ReadonlySet<string>, at: string): [string, unknown][] {
  return Object.entries(config).flatMap(([name, value]): [string, unknown][] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || known.has(`${at}${name}`)) return [[`${at}${name}`, value]];
    const map = value as Record<string, unknown>;
    return valuesOf(map, known, at !== '' && 'type' in map ? `${at}*.${String(map['type'])}.` : `${at}${name}.`);
  });
}

t.test('config.example.yaml has every option with its default, and no other', async (t) => {
  const text = readFileSync(path.join(ROOT, 'config.example.yaml'), 'utf8');
  t.match(parseConfig('config.example.yaml', text, {}), { ok: true }, 'it can be used as it is');
  const options = new Map(optionsOf(jsonSchema(), ''));
  const switchedOn = text.replace(/^( *)#(?=[a-z_]+:| {2})/gm, '$1');
  const values = new Map(valuesOf(parse(switchedOn) as Record<string, unknown>, new Set(options.keys()), ''));
  t.strictSame([...values.keys()].sort(), [...options.keys()].sort());
  for (const [name, { default: fallback }] of options) {
    if (fallback !== undefined && name !== 'inputs.*.file.fields') t.strictSame(values.get(name), fallback, `${name}: default`);
  }
});

t.test('every option is described, secrets are known as such, and what is generated is up to date', async (t) => {
  for (const [name, option] of optionsOf(jsonSchema(), '')) {
    if (option.const === undefined) t.ok(option.description, `${name} is described`);
    t.equal(isSecretKey(name.split('.').at(-1) ?? ''), option.writeOnly === true, `${name}: ${option.writeOnly ? 'hidden' : 'shown'}`);
  }
  for (const [file, text] of Object.entries(generated())) t.equal(readFileSync(path.join(ROOT, file), 'utf8'), text, `${file} (npm run schema)`);
});
