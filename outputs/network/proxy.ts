import { BlockList, isIP } from 'node:net';
import { ExitCode, UserError } from '../../agent/exit-codes.ts';

/** A proxy, without its user and password in the address. */
export interface Proxy {
  readonly url: URL;
  /** Value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
}

/** Says through which proxy, if any, an address is to be reached. */
export type ChooseProxy = (url: URL) => Proxy | undefined;

/**
 * The option `proxy` holds for every address; without it HTTPS_PROXY or HTTP_PROXY, unless NO_PROXY names the host. Each
 * variable also in lower case, which wins, as for curl. Throws a UserError for a variable that is no address of a proxy.
 */
export function proxyChooser(option: string | undefined, env: NodeJS.ProcessEnv): ChooseProxy {
  if (option === 'none') return () => undefined;
  if (option !== undefined) {
    const proxy = parseProxy(option, 'proxy');
    return () => proxy;
  }
  const secure = fromEnv(env, 'HTTPS_PROXY');
  const plain = fromEnv(env, 'HTTP_PROXY');
  if (secure === undefined && plain === undefined) return () => undefined;
  const isDirect = directHosts(env['no_proxy'] || env['NO_PROXY'] || '');
  return (url) => (isDirect(url) ? undefined : url.protocol === 'https:' ? secure : plain);
}

/** Whether it is what an option or a variable may name as a proxy. */
export function isProxyAddress(text: string): boolean {
  const address = withScheme(text);
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return false;
  const { hostname, pathname, search } = new URL(address);
  return hostname !== '' && pathname === '/' && search === '';
}

function fromEnv(env: NodeJS.ProcessEnv, name: string): Proxy | undefined {
  const lower = name.toLowerCase();
  const value = env[lower] || env[name];
  return value ? parseProxy(value, env[lower] ? lower : name) : undefined;
}

function parseProxy(text: string, name: string): Proxy {
  // Without what was given: it may hold a password.
  if (!isProxyAddress(text)) throw new UserError(`${name} must be the http or https address of a proxy, such as http://proxy.example:3128`, ExitCode.CONFIG);
  const url = new URL(withScheme(text));
  const login = url.username === '' ? undefined : `${decoded(url.username)}:${decoded(url.password)}`;
  [url.username, url.password] = ['', ''];
  return { url, authorization: login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}` };
}

function withScheme(text: string): string {
  return text.includes('://') ? text : `http://${text}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that encodes nothing is meant as it stands
  }
}

/**
 * NO_PROXY: `example.com` and what lies below it, `.example.com` only what lies below, each perhaps with a port; an
 * address, or a range as 10.0.0.0/8; `*` for all. This machine is never asked for through a proxy. As Go and curl have it.
 */
function directHosts(list: string): (url: URL) => boolean {
  const entries = list.toLowerCase().split(/[\s,]+/).filter(Boolean);
  const rules = entries.map(ruleOf);
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase();
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    return isThisMachine(host) || rules.some((rule) => rule(host, port));
  };
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function ruleOf(entry: string): (host: string, port: string) => boolean {
  if (entry === '*') return () => true;
  const range = rangeOf(entry);
  if (range !== undefined) return (host) => isIP(host) !== 0 && range.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
  const [, name = entry, wanted] = (isIP(entry) === 0 ? /^(.*?):(\d+)$/.exec(entry) : null) ?? [];
  const bare = name.replace(/^\[|\]$/g, '').replace(/^\*(?=\.)/, '').replace(/\.$/, '');
  const below = bare.startsWith('.') ? bare : `.${bare}`;
  return (host, port) => (wanted === undefined || wanted === port) && (host === bare || (isIP(host) === 0 && host.endsWith(below)));
}

function rangeOf(entry: string): BlockList | undefined {
  const [, address = '', bits = ''] = /^([\da-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 6 ? 128 : 32)) return undefined;
  const range = new BlockList();
  range.addSubnet(address, Number(bits), version === 6 ? 'ipv6' : 'ipv4');
  return range;
}
