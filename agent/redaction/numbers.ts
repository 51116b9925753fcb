import { DIGIT, is, runEnd, WORD } from './characters.ts';

const [SPACE, DASH] = [0x20, 0x2d];

/** Lengths of the groups that cards are written in. */
const GROUPS = [[4, 4, 4, 4], [4, 6, 5], [4, 6, 4], [4, 4, 4, 4, 3], [4, 4, 4, 1]];

/**
 * Where the card number ends whose first digit is at `at`; -1: there is none. It has the first digits and the length of an
 * issuer, the check digit of Luhn (ISO/IEC 7812), no letters or digits around it, and is written in one piece or in the
 * groups that stand on cards.
 */
export function cardEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = runEnd(bytes, at, end, DIGIT);
  if (first - at > 4) return first - at >= 13 && first - at <= 19 && !is(bytes, first, end, WORD) && isCard(digitsOf(bytes, at, first)) ? first : -1;
  if (first - at !== 4 || (bytes[first] !== SPACE && bytes[first] !== DASH)) return -1;
  for (const groups of GROUPS) {
    const to = groupsEnd(bytes, at, end, groups, bytes[first] as number);
    if (to > 0 && isCard(digitsOf(bytes, at, to))) return to;
  }
  return -1;
}

function groupsEnd(bytes: Uint8Array, start: number, end: number, groups: readonly number[], separator: number): number {
  let at = start;
  for (const [index, length] of groups.entries()) {
    if (index > 0 && bytes[at++] !== separator) return -1;
    const to = runEnd(bytes, at, end, DIGIT);
    if (to - at !== length) return -1;
    at = to;
  }
  return is(bytes, at, end, WORD) ? -1 : at;
}

/** The digits of [start, end), without what separates them. */
function digitsOf(bytes: Uint8Array, start: number, end: number): string {
  let digits = '';
  for (let at = start; at < end; at++) if (is(bytes, at, end, DIGIT)) digits += String.fromCharCode(bytes[at] as number);
  return digits;
}

/** Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay, Mir, and Maestro where it is not also something else. */
const ISSUERS = /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|3(?:0[0-5]|[68]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12,15}|62\d{14,17}|220[0-4]\d{12}|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15})$/;

function isCard(digits: string): boolean {
  if (!ISSUERS.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 0x30;
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Lengths by country: SWIFT's IBAN registry, release 99. */
const IBAN_LENGTHS = new Map(('AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 '
  + 'LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30').split(' ').map((row) => [row.slice(0, 2), Number(row.slice(2))]));

/** Where the IBAN ends whose country is at `at`, in one piece or in groups of four; -1: there is none. Its check digits are those of ISO 7064. */
export function ibanEnd(bytes: Uint8Array, at: number, end: number): number {
  if (!is(bytes, at + 2, end, DIGIT) || !is(bytes, at + 3, end, DIGIT)) return -1;
  const length = IBAN_LENGTHS.get(String.fromCharCode(bytes[at] as number, bytes[at + 1] as number).toUpperCase());
  if (length === undefined) return -1;
  let text = '';
  let to = at;
  while (to < end && text.length < length) {
    const byte = bytes[to] as number;
    const isGap = (byte === SPACE || byte === DASH) && text.length % 4 === 0;
    if (!isGap && (!is(bytes, to, end, WORD) || byte === 0x5f)) return -1;
    if (!isGap) text += String.fromCharCode(byte);
    to++;
  }
  return text.length === length && !is(bytes, to, end, WORD) && isChecked(text.toUpperCase()) ? to : -1;
}

function isChecked(iban: string): boolean {
  let rest = 0;
  for (const char of iban.slice(4) + iban.slice(0, 4)) {
    const value = parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
