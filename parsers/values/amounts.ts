import { Byte, isDigit, isUpper } from './bytes.ts';
import { numberEnd } from './durations.ts';
import { findWord, FOLD, hashBytes, wordTable } from './word-table.ts';

// Amounts of money as values of pairs. Portable: see extract/prose.ts.

/**
 * A currency is no value without the amount behind it: `amount=EUR 118.40`. Where the bare value ends that begins at
 * `from`, and was found to end at the blank at `to`.
 */
export function amountEnd(bytes: Uint8Array, from: number, to: number, end: number): number {
  if (to - from !== 3 || to + 1 >= end || bytes[to] !== Byte.SPACE || !isDigit(bytes[to + 1]) || !isCurrency(bytes, from)) return to;
  const amount = numberEnd(bytes, to + 1, end);
  return amount < end && (FOLD[bytes[amount] as number] as number) > 0 ? to : amount;
}

function isCurrency(bytes: Uint8Array, at: number): boolean {
  return isUpper(bytes[at]) && isUpper(bytes[at + 1]) && isUpper(bytes[at + 2]) && findWord(CURRENCIES, hashBytes(bytes, at, at + 3)) !== 0;
}

/** ISO 4217, of what is traded most and of what software is sold in. */
const CODES = 'aed ars aud bgn brl cad chf clp cny cop czk dkk egp eur gbp hkd huf idr ils inr jpy krw mxn myr ngn nok nzd php pkr pln ron rub sar sek sgd thb twd uah usd vnd zar';
const CURRENCIES = wordTable(new Map(CODES.split(' ').map((code) => [code, 1])));
