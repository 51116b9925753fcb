// AWS's own test vectors of Signature Version 4, all of them, from the crate aws-sigv4.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { authorization, canonicalRequest, sha256 } from '../../outputs/aws/sigv4.ts';
import { readVectors } from '../helpers/sigv4-vectors.ts';
import type { Program } from './prerequisites.ts';
import { rowOf, type Found, type Row } from './row.ts';
import { command, expect, obtained } from './tools.ts';

const VERSION = '1.6.4';
const MANIFEST = `[package]\nname = "vectors"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\naws-sigv4 = { version = "=${VERSION}", default-features = false }\n`;

const ABOUT = { server: 'aws-sigv4 vectors', version: VERSION, output: 'cloudwatch' };
export const about = [ABOUT];
export const needs: readonly Program[] = ['cargo'];

export async function run(): Promise<Row[]> {
  return [await rowOf(ABOUT, 'vectors', check)];
}

async function check(): Promise<Found> {
  const vectors = readVectors(path.join(await fetchCrate(), 'aws-signing-test-suite', 'v4'));
  const right = vectors.filter((vector) => {
    const canonical = canonicalRequest(vector.method, vector.path, vector.query, vector.headers, sha256(vector.body), vector.normalizes);
    return canonical === vector.canonical && (vector.authorization === undefined || vector.authorization === authorization(canonical, vector));
  });
  expect(vectors.length >= 39, `only ${vectors.length} vectors were found`);
  return { real: false, sent: vectors.length, readBack: right.length, what: 'signatures as AWS computes them' };
}

/** Folder of the crate's sources. */
async function fetchCrate(): Promise<string> {
  const folder = await obtained(`sigv4-${VERSION}`, async (unfinished) => {
    mkdirSync(path.join(unfinished, 'src'));
    writeFileSync(path.join(unfinished, 'Cargo.toml'), MANIFEST);
    writeFileSync(path.join(unfinished, 'src', 'lib.rs'), '');
    await command('cargo', ['fetch', '-q'], { cwd: unfinished });
  });
  const metadata = JSON.parse(await command('cargo', ['metadata', '--format-version', '1'], { cwd: folder })) as { packages: { name: string; manifest_path: string }[] };
  const found = metadata.packages.find(({ name }) => name === 'aws-sigv4');
  expect(found !== undefined, 'cargo has no aws-sigv4');
  return path.dirname(found.manifest_path);
}
