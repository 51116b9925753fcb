/** Kinds of secrets that can be redacted; each is a switch of its own. */
export const KINDS = ['email', 'credit_card', 'iban', 'ipv4', 'ipv6', 'jwt', 'bearer', 'basic', 'aws_key', 'api_key', 'url_password', 'password'] as const;

export type KindName = (typeof KINDS)[number];

/** Kinds by name, as positions in KINDS: `Kind.email`. */
export const Kind = Object.fromEntries(KINDS.map((name, index) => [name, index])) as Record<KindName, number>;

/** What stands in the place of a secret: its kind, or a keyed hash of it, equal for equal secrets. */
export type Disguise = 'mask' | 'hash';

/** A secret: `from` and `to` are positions, `kind` one in KINDS. */
export interface Found {
  readonly from: number;
  readonly to: number;
  readonly kind: number;
}

/** A secret in memory: its address and end, and what it says, escapes resolved, byte by byte. */
export interface Secret extends Found {
  readonly text: string;
}
