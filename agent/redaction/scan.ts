import { ipv4End, ipv6Around } from './addresses.ts';
import { CLASS, DIGIT, HEX, WORD } from './characters.ts';
import { emailAt } from './email.ts';
import { mayEndKey, takeDsnPassword, takeKeyed, takeSpaced, takeUrlPassword, type Taker } from './keyed.ts';
import { Kind, type Found, type KindName, type Secret } from './kinds.ts';
import { cardEnd, ibanEnd } from './numbers.ts';
import { issuedAt, jwtEnd, mayBeginToken, schemeAt } from './tokens.ts';
import type { View } from './view.ts';

/** Bytes that something begins at, or stands around. */
const Mark = { NONE: 0, DIGIT: 1, LETTER: 2, AT: 3, COLON: 4, EQUALS: 5, GREATER: 6 } as const;
const [COLON, SLASH, SPACE, UNDERSCORE] = [0x3a, 0x2f, 0x20, 0x5f];
const MARKS = Uint8Array.from(CLASS, (bits, byte) => ((bits & DIGIT) !== 0 ? Mark.DIGIT : (bits & WORD) !== 0 ? Mark.LETTER : [Mark.AT, Mark.COLON, Mark.EQUALS, Mark.GREATER]['@:=>'.indexOf(String.fromCharCode(byte))] ?? Mark.NONE));

/**
 * Finds secrets in a text: one pass over its bytes, whatever the kinds; words, numbers and a few marks lead to a look at what
 * stands there. What is found may overlap.
 */
export class SecretScanner {
  readonly #kinds: number;
  readonly #hasTokens: boolean;
  readonly #hasKeyed: boolean;
  readonly #hasNumbers: boolean;
  #found: Found[] = [];
  /** Where the last value of a key ended: what stands in it is part of it. */
  #valueEnd = 0;
  readonly #taker: Taker = {
    wants: (kind) => this.seeks(kind),
    take: (from, to, kind) => {
      this.#take(from, to, kind);
      this.#valueEnd = to;
    },
  };
  /** Where the last run of colons and hexadecimal digits ended. */
  #colonsEnd = 0;

  constructor(kinds: readonly KindName[]) {
    this.#kinds = kinds.reduce((mask, kind) => mask | 1 << Kind[kind], 0);
    const has = (...some: readonly KindName[]): boolean => some.some((kind) => kinds.includes(kind));
    this.#hasTokens = has('jwt', 'bearer', 'basic', 'aws_key', 'api_key', 'password');
    this.#hasKeyed = has('bearer', 'basic', 'aws_key', 'api_key', 'password');
    this.#hasNumbers = has('credit_card', 'ipv4');
  }

  /** The secrets of what a view shows, as positions in it. */
  scan(view: View): readonly Found[] {
    const { bytes, start, end } = view;
    this.#found = [];
    this.#colonsEnd = this.#valueEnd = start;
    for (let at = start; at < end; ) {
      switch (MARKS[bytes[at] as number]) {
        case Mark.NONE: at++; break;
        case Mark.LETTER: at = this.#word(view, at); break;
        case Mark.DIGIT: at = this.#number(view, at); break;
        default: this.#mark(view, at++);
      }
    }
    return this.#found;
  }

  /** Whether secrets of this kind are looked for. */
  seeks(kind: number): boolean {
    return (this.#kinds & 1 << kind) !== 0;
  }

  #take(from: number, to: number, kind: number): void {
    if (this.seeks(kind)) this.#found.push({ from, to, kind });
  }

  /** A word that begins at `at`; where it ends. */
  #word(view: View, at: number): number {
    const { bytes, start, end } = view;
    let to = at + 1;
    while (to < end && ((CLASS[bytes[to] as number] as number) & WORD) !== 0) to++;
    if (this.#hasTokens) this.#token(view, at, to);
    if (this.seeks(Kind.iban) && to - at >= 4) {
      const iban = ibanEnd(bytes, at, end);
      if (iban > 0) this.#take(at, iban, Kind.iban);
    }
    // Behind an underscore a number or a credential may begin: `card_4111…`.
    if (this.#hasNumbers) for (let inner = at + 1; inner < to; inner++) if (bytes[inner - 1] === UNDERSCORE && ((CLASS[bytes[inner] as number] as number) & DIGIT) !== 0) this.#digits(view, inner, start, end);
    return to;
  }

  #token(view: View, at: number, to: number): void {
    const { bytes, end } = view;
    const [first, second] = [bytes[at] as number, bytes[at + 1] as number];
    if (mayEndKey(bytes[to - 1] as number) && bytes[to] === SPACE && at >= this.#valueEnd && this.seeks(Kind.password)) takeSpaced(view, at, to, this.#taker);
    if (!mayBeginToken(first, second)) return;
    const issued = issuedAt(bytes, at, end);
    if (issued !== undefined) this.#take(at, issued.to, issued.kind);
    const jwt = first === 0x65 ? jwtEnd(bytes, at, end) : -1;
    if (jwt > 0) this.#take(at, jwt, Kind.jwt);
    const scheme = schemeAt(bytes, at, end);
    if (scheme !== undefined) this.#take(scheme.from, scheme.to, scheme.kind);
  }

  /** A number that begins at `at`; where its word ends. */
  #number(view: View, at: number): number {
    const { bytes, start, end } = view;
    let to = this.#hasNumbers ? this.#digits(view, at, start, end) : at + 1;
    while (to < end && ((CLASS[bytes[to] as number] as number) & WORD) !== 0) to++;
    return to;
  }

  /** Takes the number that begins at `at`. Where to go on. */
  #digits(view: View, at: number, start: number, end: number): number {
    const { bytes } = view;
    const card = this.seeks(Kind.credit_card) ? cardEnd(bytes, at, end) : -1;
    const address = card < 0 && this.seeks(Kind.ipv4) ? ipv4End(bytes, at, start, end) : -1;
    const to = Math.max(card, address);
    if (to < 0) return at + 1;
    this.#take(at, to, card > 0 ? Kind.credit_card : Kind.ipv4);
    return to;
  }

  #mark(view: View, at: number): void {
    const { bytes, start, end } = view;
    const mark = MARKS[bytes[at] as number];
    if (mark === Mark.AT) {
      const email = this.seeks(Kind.email) ? emailAt(bytes, at, start, end) : undefined;
      if (email !== undefined) this.#take(email[0], email[1], Kind.email);
      if (this.seeks(Kind.url_password)) takeDsnPassword(view, at, this.#taker);
      return;
    }
    if (this.#hasKeyed && at >= this.#valueEnd) takeKeyed(view, at, this.#taker);
    if (mark !== Mark.COLON) return;
    if (this.seeks(Kind.url_password) && bytes[at + 1] === SLASH && bytes[at + 2] === SLASH) takeUrlPassword(view, at, this.#taker);
    if (this.seeks(Kind.ipv6) && at >= this.#colonsEnd && (bytes[at + 1] === COLON || at + 1 < end && ((CLASS[bytes[at + 1] as number] as number) & HEX) !== 0)) this.#colons(view, at);
  }

  #colons(view: View, at: number): void {
    const { bytes, start, end } = view;
    const address = ipv6Around(bytes, at, Math.max(start, this.#colonsEnd), end);
    if (address !== undefined) this.#take(address[0], address[1], Kind.ipv6);
    let to = at;
    while (to < end && (bytes[to] === COLON || ((CLASS[bytes[to] as number] as number) & HEX) !== 0)) to++;
    this.#colonsEnd = address?.[1] ?? to;
  }
}

/** Secrets in order, those that overlap as one: of the kind of the longest. What looks like mail in front of a URL's host is its password. */
export function united(found: readonly Secret[]): Secret[] {
  const urls = found.filter(({ kind }) => kind === Kind.url_password);
  const others = urls.length === 0 ? found : found.filter((one) => one.kind !== Kind.email || !urls.some(({ from, to }) => one.from < to && one.to > from));
  const all: Secret[] = [];
  for (const one of [...others].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = all.at(-1);
    if (last === undefined || one.from >= last.to) all.push(one);
    else {
      const { kind, text } = one.to - one.from > last.to - last.from ? one : last;
      all[all.length - 1] = { from: last.from, to: Math.max(last.to, one.to), kind, text };
    }
  }
  return all;
}
