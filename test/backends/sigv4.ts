// AWS's own test vectors of Signature Version 4, all of them, from the crate aws-sigv4.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { authorization, canonicalRequest, sha256 } from '../../outputs/aws/sigv4.ts';
import { readVectors } from '../helpers/sigv4-vectors.ts';
import type { Program } from './prerequisites.ts';
import { skippedRow, type Row } from './row.ts';
import { cacheFolder, command, expect, isInstalled, obtain } from './tools.ts';

const VERSION = '1.6.4';
const MANIFEST = `[package]\nname = "vectors"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\naws-sigv4 = { version = "=${VERSION}", default-features = false }\n`;

export const needs: readonly Program[] = ['cargo'];

export async function run(): Promise<Row[]> {
  if (!isInstalled('cargo')) return [skippedRow('aws-sigv4 vectors', VERSION, 'cloudwatch', 'cargo is not installed')];
  const vectors = readVectors(path.join(await obtain('the crate aws-sigv4', fetchCrate), 'aws-signing-test-suite', 'v4'));
  const right = vectors.filter((vector) => {
    const canonical = canonicalRequest(vector.method, vector.path, vector.query, vector.headers, sha256(vector.body), vector.normalizes);
    return canonical === vector.canonical && (vector.authorization === undefined || vector.authorization === authorization(canonical, vector));
  });
  expect(vectors.length >= 39, `only ${vectors.length} vectors were found`);
  return [{ server: 'aws-sigv4 vectors', version: VERSION, output: 'cloudwatch', real: false, sent: vectors.length, readBack: right.length, replayAdded: null, skipped: null, what: 'signatures as AWS computes them' }];
}

/** Folder of the crate's sources. */
async function fetchCrate(): Promise<string> {
  const folder = cacheFolder(`sigv4-${VERSION}`);
  mkdirSync(path.join(folder, 'src'), { recursive: true });
  writeFileSync(path.join(folder, 'Cargo.toml'), MANIFEST);
  writeFileSync(path.join(folder, 'src', 'lib.rs'), '');
  if (!existsSync(path.join(folder, 'Cargo.lock'))) await command('cargo', ['fetch'], { cwd: folder });
  const metadata = JSON.parse(await command('cargo', ['metadata', '--format-version', '1'], { cwd: folder })) as { packages: { name: string; manifest_path: string }[] };
  const found = metadata.packages.find(({ name }) => name === 'aws-sigv4');
  expect(found !== undefined, 'cargo has no aws-sigv4');
  return path.dirname(found.manifest_path);
}
