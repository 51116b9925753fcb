// What users add to the built-in formats: patterns, aliases, extraction rules, and tests of their own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { formatProblem, parseConfig } from '../agent/config/load.ts';
import { runTests } from '../agent/explain/own-tests.ts';
import { compilePattern } from '../parsers/patterns/compile.ts';
import { GROK_NAMES } from '../parsers/patterns/grok-library.ts';
import { ends, matchAt, starts } from '../parsers/patterns/match.ts';
import { PatternError } from '../parsers/patterns/syntax.ts';
import { events, ROOT, run } from './e2e/run-shipper.ts';

const NO_OWN = new Map<string, string>();

/** What the named groups of a pattern match in a text, as `name=value@place`; undefined: no match. */
function found(pattern: string, text: string, grok = false): string[] | undefined {
  const compiled = compilePattern(pattern, { grok, definitions: NO_OWN }, false);
  const match = matchAt(compiled, text);
  if (match === null) return undefined;
  t.ok(text.includes(compiled.literal), `${pattern}: the text it is tried for is in what it matches`);
  return compiled.groups.flatMap(({ name, index }) => (match[index] === undefined ? [] : [`${name}=${text.slice(starts[index], ends[index])}@${starts[index]}`]));
}

t.test('where groups stand', async (t) => {
  const rows: [reason: string, pattern: string, text: string, groups: string[] | undefined][] = [
    ['behind a text of known length', 'id=(?<id>\\d+);', 'x id=42;', ['id=42@5']],
    ['the same value stands before it too', '\\d+ (?<x>\\d+)', '12 2', ['x=2@3']],
    ['behind a text of any length', '\\w+ +(?<x>\\d+).*(?<y>z)', 'abc    7 .. z', ['x=7@7', 'y=z@12']],
    ['inside of each other', '(?<a>x(?<b>y+)(?<c>z))', '..xyyz', ['a=xyyz@2', 'b=yy@3', 'c=z@5']],
    ['one of several', '(?:u:(?<u>\\w+)|i(?:d)?:(?<i>\\d+)) (?<r>.)', 'id:77 !', ['i=77@3', 'r=!@6']],
    ['one that is not there', 'a(?: b=(?<b>\\d))? (?<c>c)', 'a c', ['c=c@2']],
    ['of several the last', '(?:(?<k>\\w)=\\d+,)+(?<r>.)', 'a=1,b=22,!', ['k=b@4', 'r=!@9']],
    ['counted more often than the engine does', '(?<a>a{2,40})b{18}(?<c>c)', `aaa${'b'.repeat(18)}c`, ['a=aaa@0', 'c=c@21']],
    ['fewer than that', '^(?<a>a{20,})$', 'a'.repeat(19), undefined],
    ['lazy and greedy', '(?<a>.*?)-(?<b>.*)-', 'x-y-z-', ['a=x@0', 'b=y-z@2']],
    ['any case', '(?i)User[: ](?<u>[a-c]+\\w)', 'USER aBx', ['u=aBx@5']],
    ['Python and Go spell groups otherwise', '(?P<a>\\w)(?:-)(?<b.c-d>\\w)', 'x-y', ['a=x@0', 'b.c-d=y@2']],
    ['brackets in a class', '(?<a>[][]+)(?<b>[^]x]+)', '[]ab', ['a=[]@0', 'b=ab@2']],
    ['a slash, a brace and a dash', '(?<a>/\\w+)\\-{(?<b>\\d+)}', '/x-{1}', ['a=/x@0', 'b=1@4']],
    ['words of any alphabet, with what is beyond the first 64 K', '(?<a>.) (?<b>x)', '☃ x', ['a=☃@0', 'b=x@2']],
  ];
  for (const [reason, pattern, text, groups] of rows) t.strictSame(found(pattern, text), groups, `${reason}: ${pattern}`);
});

t.test('grok', async (t) => {
  for (const name of GROK_NAMES) t.doesNotThrow(() => compilePattern(`%{${name}:x}`, { grok: true, definitions: NO_OWN }, true), name);
  const rows: [pattern: string, text: string, groups: string[] | undefined][] = [
    ['%{COMBINEDAPACHELOG}', '1.2.3.4 - bob [22/Nov/2026:10:00:00 +0100] "GET /x HTTP/1.1" 200 12 "-" "curl/8"', ['client_ip=1.2.3.4@0', 'ident=-@8', 'user_id=bob@10', 'timestamp=22/Nov/2026:10:00:00 +0100@15', 'http_method=GET@44', 'http_path=/x@48', 'http_version=1.1@56', 'http_status=200@61', 'bytes=12@65', 'user_agent=curl/8@73']],
    ['%{SYSLOGLINE}', 'Nov 22 10:00:00 host app[7]: hi', ['timestamp=Nov 22 10:00:00@0', 'host=host@16', 'program=app@21', 'pid=7@25', 'message=hi@29']],
    ['%{TIMESTAMP_ISO8601:t} %{LOGLEVEL:l}', '2026-11-22 10:00:00,123 WARN', ['t=2026-11-22 10:00:00,123@0', 'l=WARN@24']],
    ['%{IPV6:a}!', 'fe80::1%eth0!', ['a=fe80::1%eth0@0']],
    ['%{URI:a} %{UUID:b}', 'https://u:p@h.de:8/x?y=1 0F1E2D3C-4b5a-6978-8796-a5b4c3d2e1f0', ['a=https://u:p@h.de:8/x?y=1@0', 'b=0F1E2D3C-4b5a-6978-8796-a5b4c3d2e1f0@25']],
    ['%{WORD:[http][request][method]} %{QS:q}', 'GET "a \\" b" c', ['http.request.method=GET@0', 'q="a \\" b"@4']],
    ['[[:digit:][:space:]]+(?>%{DATA:a})%{NUMBER:b:float}$', ' 1 x-2.5', ['a=x@3', 'b=-2.5@4']],
  ];
  for (const [pattern, text, groups] of rows) t.strictSame(found(pattern, text, true), groups, pattern);
});

t.test('what can not be matched in linear time, or means nothing, is refused, with its place', async (t) => {
  const rows: [pattern: string, at: number, message: RegExp][] = [
    ['(?<a>x)(?=y)', 7, /look-ahead.*linear/],
    ['(?<a>x)(?!y)', 7, /look-ahead/],
    ['(?<=y)(?<a>x)', 0, /look-behind/],
    ['(?<!y)(?<a>x)', 0, /look-behind/],
    ['(?<a>x)\\1', 7, /back-reference/],
    ['(?<a>x)\\k<a>', 7, /back-reference/],
    ['(?<a>\\p{L})', 5, /linear engine does not know/],
    ['plain', 0, /no named group/],
    ['(?<a>x', 0, /never closed/],
    ['(?<a>[x)', 5, /never closed/],
    ['(?<a>x))', 7, /without its \(/],
    ['(?<a b>x)', 0, /name/],
    ['(?<a:date>x)', 0, /type date/],
    ['(?<a>x)**', 8, /nothing before it/],
    ['(?<a>x)+*', 8, /nothing before it/],
    ['*(?<a>x)', 0, /nothing before it/],
    ['(?<a>x{5,2})', 6, /from 5 to 2/],
    ['(?<a>\\q)', 5, /means nothing/],
    ['(?<a>x)\\', 7, /ends with a backslash/],
    ['(?#comment)(?<a>x)', 0, /not known/],
    ['%{NOMBER:a}', 0, /no pattern of that name; did you mean NUMBER/],
    ['a %{NUMBER:a', 2, /is not %\{NAME\}/],
    ['%{LOOP:a}', 0, /made of itself/],
    ['(?<a>(?:x{1000}){1000})', 0, /too large/],
    [`${'('.repeat(100)}(?<a>x)${')'.repeat(100)}`, 41, /deep/],
    [`(?<a>${'x'.repeat(30_000)})`, 0, /longer than/],
  ];
  const definitions = new Map([['LOOP', 'x%{LOOP}?']]);
  for (const [pattern, at, message] of rows) {
    try {
      compilePattern(pattern, { grok: true, definitions }, true);
      t.fail(`${pattern.slice(0, 40)} is taken`);
    } catch (error) {
      t.match(error, { at, message }, pattern.slice(0, 40));
      t.ok(error instanceof PatternError);
    }
  }
});

t.test('no line makes a pattern slow', async (t) => {
  for (const pattern of ['^(?<a>(a+)+)$', '(?i)^(?<a>(?:A|a|aa)+)$', '^(?<a>(?:\\w+\\s?)*)$', '(?<a>.*.*.*.*=.*)x$', '^(?<a>(?:a?){20}a{20})$', '(?<a>(?:a{1,30}){1,30})b$']) {
    const compiled = compilePattern(pattern, { grok: false, definitions: NO_OWN }, true);
    const time = (length: number): number => {
      const text = `${'a'.repeat(length)}!`;
      const startedAt = process.cpuUsage().user;
      matchAt(compiled, text);
      return process.cpuUsage().user - startedAt;
    };
    time(1_000);
    const [less, more] = [Math.min(time(8_000), time(8_000)), Math.min(time(64_000), time(64_000))];
    t.ok(more < 40 * (less + 2_000), `${pattern}: ${less} µs for 8 KB, ${more} µs for 64 KB`);
  }
});

/** A configuration with tests of its own: those that fail, as text. */
async function failuresOf(yaml: string): Promise<string[]> {
  const loaded = parseConfig('c.yaml', yaml, {});
  if (!loaded.ok) return loaded.problems.map(formatProblem);
  return (await runTests(loaded.config)).map(({ path, message, diff }) => `${formatProblem(loaded.problemAt(path, message))}${diff}`);
}

t.test('every example of the documentation holds', async (t) => {
  const examples = [...readFileSync(path.join(ROOT, 'docs/RULES.md'), 'utf8').matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, yaml]) => yaml ?? '');
  t.ok(examples.length >= 3);
  for (const yaml of examples) t.strictSame(await failuresOf(yaml), [], yaml.slice(0, 60));
});

t.test('what groups, aliases and rules give', async (t) => {
  const rows: [reason: string, config: string, line: string, fields: Record<string, unknown>][] = [
    ['names become fields, with their conversions', 'format: { regex: "(?<ts>\\\\S+) (?<lvl>\\\\S+) (?<latency>\\\\S+) (?<path>\\\\S+) (?<code>\\\\d+) (?<ip>\\\\S+) (?<msg>.*)" }', '2026-11-22T10:00:00Z SEVERE 1.5s /a?b=1 404 10.0.0.1:80 hi', { timestamp: '2026-11-22T10:00:00Z', level: 'error', duration_ms: 1500, latency: '1.5s', http_path: '/a?b=1', http_status: 404, client_ip: '10.0.0.1', message: 'hi', lvl: null, ts: null }],
    ['a date and a time are one', 'format: { grok: "(?<date>\\\\S+) (?<time>\\\\S+) %{GREEDYDATA:message}" }', '2026-11-22 10:00:00.5Z hi', { timestamp: '2026-11-22T10:00:00.5Z', message: 'hi', date: null, time: null }],
    ['what is not what its name says keeps its name', 'format: { grok: "%{WORD:status} %{WORD:level} %{GREEDYDATA:message}" }', 'ok weird hi', { status: 'ok', level: 'weird', http_status: null, message: 'hi' }],
    ['types', 'format: { grok: "%{DATA:a:int} %{DATA:b:float} %{DATA:c:bool} %{DATA:d:int} %{DATA:e:string}$" }', '007 1e3 no x 5', { a: 7, b: 1000, c: false, d: 'x', e: '5', message: null }],
    ['the unit behind the digits counts', 'format: { grok: "%{NUMBER:took:float}s %{GREEDYDATA:message}" }', '1.5s hi', { duration_ms: 1500 }],
    ['what follows is the message', 'format: { grok: "%{WORD:job}:" }', 'import: user bob took 5ms', { job: 'import', message: 'user bob took 5ms', user_id: 'bob', duration_ms: 5 }],
    ['nothing and a dash give nothing', 'format: { regex: "(?<a>\\\\w*) (?<b>-) (?<message>.*)" }', ' - x', { a: null, b: null }],
    ['two spellings of one field: the better one, and the other keeps its name', 'format: { regex: "(?<login>\\\\w+) (?<user_name>\\\\w+) (?<message>.*)" }', 'ab cd x', { user_id: 'cd', login: 'ab' }],
    ['letters of all alphabets are one character each', 'format: { regex: "(?<a>.)(?<b>.) (?<message>.*)" }', 'äö ☃ user_id=7', { a: 'ä', b: 'ö', message: '☃ user_id=7', user_id: '7' }],
    ['a list, with a built-in format in it', 'format: [{ grok: "%{INT:n:int};" }, klog]', 'E1122 10:00:00.123456    77 server.go:12] boom', { level: 'error', message: 'boom' }],
    ['and one that nothing of it reads', 'format: [{ grok: "%{INT:n:int};" }, klog]', '{"level":"warn","msg":"x"}', { level: 'warn', message: 'x' }],
    ['a built-in format alone takes nothing else', 'format: klog', 'n=1 at INFO', { level: null, message: 'n=1 at INFO' }],
  ];
  for (const [reason, format, line, fields] of rows) {
    const yaml = `inputs: { i: { type: stdin, ${format} } }\ntests: ${JSON.stringify([{ line, fields }])}\n`;
    t.strictSame(await failuresOf(yaml), [], reason);
  }
  const others: [reason: string, options: Record<string, unknown>, line: string, fields: Record<string, unknown>][] = [
    ['an alias wins over what the key means else', { aliases: { session_id: 'email' } }, '{"email":"x","msg":"m"}', { session_id: 'x', user_id: null }],
    ['inside of objects', { aliases: { user_id: 'order.buyer' } }, '{"order":{"buyer":"b"},"msg":"m"}', { user_id: 'b' }],
    ['beside the canonical name', { aliases: { user_id: 'kunde' } }, '{"user_id":"a","kunde":"b","msg":"m"}', { user_id: 'a', kunde: 'b' }],
    ['in a message', { aliases: { request_id: 'vorgang' } }, 'INFO fertig vorgang=v-1 ok', { request_id: 'v-1' }],
    ['without it the key is the record\'s own', {}, '{"kunde":"b","msg":"m"}', { user_id: null, kunde: 'b' }],
    ['a rule runs over text that JSON has escaped', { extract: [{ regex: 'order "(?<order>[^"]+)" (?<umlaut>ä+)' }] }, '{"msg":"order \\"o7\\" \\u00e4ä"}', { order: 'o7', umlaut: 'ää' }],
    ['and over the message of an access log', { extract: [{ regex: '/shop/(?<shop>\\w+)' }] }, '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /shop/s1 HTTP/1.1" 200 1', { shop: 's1', http_path: '/shop/s1' }],
    ['a rule wins over a guess, and not over what the record says', { extract: [{ regex: 'by (?<user>\\w+)' }] }, '{"user_id":"a","msg":"done by b"}', { user_id: 'a', user: 'b' }],
    ['the first match counts, each rule for itself', { extract: [{ regex: 'n=(?<n:int>\\d)' }, { regex: 'm=(?<m>\\d)' }, { regex: 'zz(?<z>\\d)' }] }, 'INFO go; n=1, n=2, m=3', { n: 1, z: null }],
    ['only for its input', { extract: [{ regex: 'x(?<x>\\d)', inputs: ['other'] }], inputs: { i: { type: 'stdin' }, other: { type: 'file', paths: ['/nowhere'] } } }, 'INFO x1', { x: null }],
  ];
  for (const [reason, options, line, fields] of others) t.strictSame(await failuresOf(JSON.stringify({ ...options, tests: [{ line, fields }] })), [], reason);
});

t.test('lines that a format matches begin a record; what is below one belongs to it', async (t) => {
  const dir = t.testdir({
    'c.yaml': 'inputs: { i: { type: stdin, format: { regex: "ORD (?<n:int>\\\\d+) (?<message>.*)$" } } }\noutputs: { o: { type: console, format: json } }\n',
  });
  const lines = '2026-11-22T10:00:00Z ERROR before\nORD 1 a\r\nORD 2 java.lang.IllegalStateException: boom\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\nORD 3 last\nORD x is none\n';
  const shipped = await run(['-c', path.join(dir, 'c.yaml')], { stdin: lines });
  t.match(events(shipped.stdout), [{ level: 'error', message: 'before' }, { n: 1, message: 'a' }, { n: 2, error_type: 'java.lang.IllegalStateException', error_message: 'boom', stack_trace: /B\.java:2/ }, { n: 3 }, { message: 'ORD x is none' }], 'each, and the trace');
  t.match(shipped.stderr, /input i: 2 records match no pattern of its format/, 'those that do not match are counted');
  const shown = await run(['explain', '--json', '-c', path.join(dir, 'c.yaml')], { stdin: lines });
  t.strictSame(events(shown.stdout).map(({ fields }) => fields), events(shipped.stdout), 'explain says the same');
});

t.test('validate', async (t) => {
  const dir = t.testdir({
    'bad.yaml': "inputs:\n  i: { type: stdin, format: { regex: '(?<a>x)(?=y)' } }\n",
    'failing.yaml': "extract: [{ regex: 'n=(?<n:int>\\d)' }]\ntests:\n  - line: 'INFO n=1'\n    fields: { n: 2 }\n  - line: 'INFO n=1'\n    format: header\n    fields: { n: 1 }\n  - line: \"INFO a\\nINFO b\"\n",
  });
  const bad = await run(['validate', '-c', 'bad.yaml'], { cwd: dir });
  t.match(bad, { code: 78, stderr: /^bad\.yaml:2:46: inputs\.i\.format\.regex has a look-ahead, .*linear time\n {6}i: .*\n +\^$/m });
  const failing = await run(['validate', '-c', 'failing.yaml'], { cwd: dir });
  t.match(failing, { code: 78, stderr: /^failing\.yaml:4:18: tests\[0\]\.fields\.n is not what the line gives\n[^]*\^\n  - n: 2\n  \+ n: 1\n    the event: \{"level":"info",[^]*tests\[2\]\.line makes 2 records[^]*^2 of 3 tests failed/m });
  const rows: [reason: string, yaml: string, message: RegExp][] = [
    ['a format that is not there', 'inputs: { i: { type: stdin, format: shpo } }\nformats: { shop: { grok: "%{INT:a}" } }', /did you mean shop\?/],
    ['a name that is taken', 'formats: { json: { grok: "%{INT:a}" } }', /built-in format/],
    ['both or none', 'formats: { a: { grok: "%{INT:a}", regex: "(?<a>x)" } }', /one of regex and grok/],
    ['an own pattern that is wrong', 'patterns: { A: "x(?=y)" }', /^c\.yaml:1:18: patterns\.A has a look-ahead/],
    ['no such field', 'aliases: { usr_id: x }', /did you mean user_id\?/],
    ['a field as alias of another', 'aliases: { user_id: [host] }', /is itself the field host/],
    ['one key for two fields', 'aliases: { user_id: k, host: k }', /is a key of user_id already/],
    ['an input that is not there', 'extract: [{ regex: "(?<a>x)", inputs: [stdn] }]', /is no input; did you mean stdin\?/],
  ];
  for (const [reason, yaml, message] of rows) t.match((await failuresOf(yaml)).join(''), message, reason);
});

t.test('explain reads a file as its input would', async (t) => {
  const dir = t.testdir({ 'a.log': 'x1\n', 'b.log': 'x1\n' });
  const config = path.join(dir, 'c.yaml');
  writeFileSync(config, JSON.stringify({ inputs: { a: { type: 'file', paths: [path.join(dir, 'a*')], format: { regex: 'x(?<a>\\d)' }, fields: { team: 'a' } }, b: { type: 'file', paths: [path.join(dir, 'b*')] } } }));
  const shown = async (...args: string[]) => events((await run(['explain', '--json', '-c', config, ...args])).stdout).map(({ fields }) => fields);
  t.strictSame(await shown(path.join(dir, 'a.log')), [{ a: '1', team: 'a' }], 'by its path, with the fields of the input');
  t.strictSame(await shown(path.join(dir, 'b.log')), [{ message: 'x1' }]);
  t.strictSame(await shown('--input', 'a', path.join(dir, 'b.log')), [{ a: '1', team: 'a' }], 'or as it is told');
  t.match(await run(['explain', '-c', config, '--input', 'c', path.join(dir, 'b.log')]), { code: 64, stderr: /no input is called c/ });
  mkdirSync(path.join(dir, 'state'));
});
