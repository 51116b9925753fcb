import { createHmac } from 'node:crypto';
import { Kind, KINDS, type Disguise, type KindName } from './kinds.ts';

/** Secrets that are remembered with what stands for them: logs repeat themselves. */
const MOST_REMEMBERED = 4096;
const LONGEST_REMEMBERED = 256;

/**
 * What stands in the place of secrets. A mask is the kind, `[email]`. A hash is HMAC-SHA-256 of the secret under a key,
 * cut to 64 bits, `[email:0123456789abcdef]`: equal secrets stay equal, and without the key nobody can try out which they
 * are. Addresses become addresses that nobody has, since back ends keep such fields as addresses: of 240.0.0.0/4 (RFC 1112)
 * and 2001:db8::/32 (RFC 3849).
 */
export class Disguises {
  readonly #how: Readonly<Partial<Record<KindName, Disguise>>>;
  readonly #key: Uint8Array;
  readonly #known = new Map<string, string>();

  /** `key`: at least 16 bytes that are secret. */
  constructor(how: Readonly<Partial<Record<KindName, Disguise>>>, key: Uint8Array) {
    this.#how = how;
    this.#key = key;
  }

  /** ASCII without quotes and backslashes, for a secret. */
  of(kind: number, text: string): string {
    const name = KINDS[kind] ?? 'password';
    if (this.#how[name] !== 'hash') return `[${name}]`;
    const secret = alike(kind, text);
    const remembered = `${kind} ${secret}`;
    const known = this.#known.get(remembered);
    if (known !== undefined) return known;
    const hash = createHmac('sha256', this.#key).update(`${name}\0`).update(secret, 'latin1').digest();
    const token = kind === Kind.ipv4 ? ipv4(hash) : kind === Kind.ipv6 ? ipv6(hash) : `[${name}:${hash.toString('hex', 0, 8)}]`;
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    if (secret.length <= LONGEST_REMEMBERED) this.#known.set(remembered, token);
    return token;
  }
}

/** One secret is written in several ways. */
function alike(kind: number, text: string): string {
  if (kind === Kind.email || kind === Kind.ipv6) return text.toLowerCase();
  if (kind === Kind.credit_card || kind === Kind.iban) return text.replace(/[ -]/g, '').toUpperCase();
  return text;
}

function ipv4(hash: Buffer): string {
  return `${240 | (hash[0] ?? 0) & 15}.${hash[1]}.${hash[2]}.${hash[3]}`;
}

function ipv6(hash: Buffer): string {
  const groups = Array.from({ length: 6 }, (_, index) => hash.readUInt16BE(index * 2).toString(16));
  return `2001:db8:${groups.join(':')}`;
}
