import type { Chunk } from '../agent/chunk.ts';
import type { LogEvent } from '../agent/event.ts';
import { readParts } from './access-parts.ts';
import type { Parser } from './parser.ts';

/**
 * Access logs in the common and the combined format, which Apache's mod_log_config defined and most servers write:
 * `host ident user [time] "request" status bytes "referer" "user agent"`, with a virtual host in front or not, and with
 * whatever a site appended. `message` is the request. What was appended and has no meaning is kept as `rest`.
 */
export const access: Parser = {
  name: 'access',
  title: 'Access logs, common and combined: nginx, Apache, gunicorn, Traefik, Varnish, Tomcat',
  examples: [
    {
      line: '203.0.113.9 - alice [22/Nov/2026:10:00:00 +0100] "GET /a/b?c=1 HTTP/1.1" 200 5778 "https://example.com/" "Mozilla/5.0 (X11)"',
      event: { timestamp: '2026-11-22T10:00:00+01:00', message: 'GET /a/b?c=1 HTTP/1.1', user_id: 'alice', http_method: 'GET', http_path: '/a/b?c=1', http_status: 200, http_version: '1.1', client_ip: '203.0.113.9', user_agent: 'Mozilla/5.0 (X11)', referer: 'https://example.com/', bytes: 5778 },
    },
    {
      line: '2001:db8::7 - - [22/Nov/2026:10:00:00 +0000] "POST / HTTP/2.0" 304 - "-" "-"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'POST / HTTP/2.0', http_method: 'POST', http_path: '/', http_status: 304, http_version: '2.0', client_ip: '2001:db8::7' },
      reason: 'IPv6, and what is not there is left out',
    },
    {
      line: 'www.example.com 1.2.3.4 - - [10/Feb/2027:16:41:07 -0500] "GET / HTTP/1.0" 200 368 "-" "curl"',
      event: { timestamp: '2027-02-10T16:41:07-05:00', message: 'GET / HTTP/1.0', host: 'www.example.com', http_method: 'GET', http_path: '/', http_status: 200, http_version: '1.0', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 368 },
      reason: 'a virtual host in front',
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: '\\x16\\x03\\x01', http_status: 400, client_ip: '1.2.3.4', bytes: 157 },
      reason: 'TLS on a plain port: a request that is none',
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 0.202 "-" "curl"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', duration_ms: 202, http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 12 },
      reason: 'nginx $request_time in seconds behind the size',
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl" 310 0.004 [web-80] [] 10.0.0.3:80 12 0.004 200 0f1e2d3c4b5a69788796a5b4c3d2e1f0',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', duration_ms: 4, request_id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 12, rest: '310 0.004 [web-80] [] 10.0.0.3:80 12 0.004 200 0f1e2d3c4b5a69788796a5b4c3d2e1f0' },
      reason: 'ingress-nginx: what nobody knows is kept as it stands',
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl" rt=0.202 uct="-" urt="0.001, 0.201" id=0f1e2d3c4b5a69788796a5b4c3d2e1f0',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', duration_ms: 202, request_id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 12, rt: '0.202', urt: '0.001, 0.201', id: '0f1e2d3c4b5a69788796a5b4c3d2e1f0' },
      reason: 'pairs behind it',
    },
    {
      line: '::ffff:10.0.0.7 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "node"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '10.0.0.7', user_agent: 'node', bytes: 12 },
      reason: 'IPv4 inside IPv6, as morgan writes it',
    },
    {
      line: 'pc7.example.com - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', bytes: 12, client_host: 'pc7.example.com' },
      reason: 'the client by its name, as Apache looks it up',
    },
    {
      line: '10.0.0.7 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl" "203.0.113.9"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', http_method: 'GET', http_path: '/x', http_status: 200, http_version: '1.1', client_ip: '10.0.0.7', user_agent: 'curl', bytes: 12, rest: '"203.0.113.9"' },
      reason: "nginx's own `main` format, with whom the client came for",
    },
    {
      line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 000 0 "-" "curl"',
      event: { timestamp: '2026-11-22T10:00:00+00:00', message: 'GET /x HTTP/1.1', http_method: 'GET', http_path: '/x', http_version: '1.1', client_ip: '1.2.3.4', user_agent: 'curl', bytes: 0 },
      reason: 'the client left before an answer: 000 is none',
    },
    { line: '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] no request', event: undefined },
    { line: 'a man - - [said] "GET" 200 1', event: undefined, reason: 'no time in the brackets' },
  ],
  parse,
};

/** Hot: every record of an access log that no run takes. The scanner cuts the line, then its parts are looked at. */
function parse(chunk: Chunk, start: number, end: number, event: LogEvent): boolean {
  const scanner = chunk.scanners.access;
  if (!scanner.scan(start, end) || !readParts(chunk, scanner.row, end, event)) return false;
  event.complete = true;
  return true;
}
