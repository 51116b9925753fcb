import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Arena } from '../arena.ts';
import type { Config } from '../config/schema.ts';
import { ExitCode, UserError } from '../exit-codes.ts';
import { errorCode, errorText } from '../state/error-code.ts';
import { Redactor } from './redactor.ts';

const KEY_FILE = 'redaction-key';
const KEY_BYTES = 32;
const LEAST_KEY_BYTES = 16;

type RedactConfig = Pick<Config, 'redact' | 'redact_key' | 'redact_key_file' | 'max_record_bytes'>;

/** Scratch space that redaction needs beside that of reading, in bytes. */
export function redactionBytes({ redact, max_record_bytes: bytes }: RedactConfig): number {
  return redact === undefined ? 0 : 5 * bytes;
}

/**
 * What takes secrets out of events by this configuration; undefined: it names none. `folder`: where a key that is not given
 * is kept, so that hashes stay the same; undefined: for this run alone. Throws a UserError when a key can't be read.
 */
export function openRedactor(config: RedactConfig, arena: Arena, folder: string | undefined): Redactor | undefined {
  const { redact } = config;
  if (redact === undefined || Object.keys(redact).length === 0) return undefined;
  const isHashed = Object.values(redact).includes('hash');
  return new Redactor(arena, redact, isHashed ? keyOf(config, folder) : new Uint8Array());
}

function keyOf({ redact_key: given, redact_key_file: file }: RedactConfig, folder: string | undefined): Uint8Array {
  if (given !== undefined) return createHash('sha256').update(given).digest();
  if (file !== undefined) return createHash('sha256').update(readKey(file)).digest();
  return folder === undefined ? randomBytes(KEY_BYTES) : ownKey(folder);
}

function readKey(file: string): string {
  let key: string;
  try {
    key = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UserError(`redact_key_file ${file} can't be read: ${errorText(error)}`, ExitCode.CONFIG);
  }
  if (key.length >= LEAST_KEY_BYTES) return key;
  throw new UserError(`redact_key_file ${file} must hold at least ${LEAST_KEY_BYTES} characters`, ExitCode.CONFIG);
}

/** The key of this machine, made when it is first needed: whole or not at all, and the first one's if two are made at once. */
function ownKey(folder: string): Uint8Array {
  const file = path.join(folder, KEY_FILE);
  try {
    return known(file) ?? made(folder, file) ?? randomBytes(KEY_BYTES);
  } catch {
    return randomBytes(KEY_BYTES); // the state directory can't be written, which is said elsewhere: hashes hold for this run
  }
}

function known(file: string): Uint8Array | undefined {
  try {
    const key = readFileSync(file);
    return key.length === KEY_BYTES ? key : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function made(folder: string, file: string): Uint8Array | undefined {
  mkdirSync(folder, { recursive: true });
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, randomBytes(KEY_BYTES), { mode: 0o600, flush: true });
  try {
    linkSync(beside, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(beside);
  }
  return known(file);
}
