import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { ExitCode, UserError } from '../../agent/exit-codes.ts';
import type { NetworkOptions } from './options.ts';

/** What a TLS connection is made with: PEM texts. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

type Named = readonly (readonly [keyof TlsMaterial, option: string, path: string])[];

/** Authorities and a client certificate in files, which are replaced while shipper runs: certificates live for days only. */
export class TlsFiles {
  readonly #files: Named;
  #stamp = '';
  #material: TlsMaterial = {};
  #problem: string | undefined;

  private constructor(files: Named) {
    this.#files = files;
  }

  /** Throws a UserError if the files can't be read, or do not hold what they should. */
  static async open({ ca_file: ca, client_certificate_file: cert, client_key_file: key = cert }: NetworkOptions): Promise<TlsFiles> {
    if (key !== undefined && cert === undefined) throw new UserError('client_key_file needs client_certificate_file beside it', ExitCode.CONFIG);
    const named = [['ca', 'ca_file', ca], ['cert', 'client_certificate_file', cert], ['key', 'client_key_file', key]] as const;
    const files = new TlsFiles(named.flatMap(([part, option, path]) => (path === undefined ? [] : [[part, option, path] as const])));
    await files.refresh();
    if (files.#problem !== undefined) throw new UserError(files.#problem, ExitCode.CONFIG);
    return files;
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  /** Why the files as they are now can't be used, so that what they held before still is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Reads what has changed. True: connections are to be made with something else from now on. */
  async refresh(): Promise<boolean> {
    if (this.#files.length === 0) return false;
    try {
      const stamp = (await Promise.all(this.#files.map(([, , path]) => stampOf(path)))).join();
      if (stamp === this.#stamp) return false;
      const material = await this.#read();
      [this.#material, this.#stamp, this.#problem] = [material, stamp, undefined];
      return true;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      return false; // one of two files may have been replaced: the other will be
    }
  }

  async #read(): Promise<TlsMaterial> {
    const texts = await Promise.all(this.#files.map(async ([part, option, path]) => [part, await pem(option, path)] as const));
    const material: TlsMaterial = Object.fromEntries(texts);
    try {
      createSecureContext(material);
    } catch (error) {
      throw new Error(`${this.#files.map(([, option, path]) => `${option} ${path}`).join(', ')}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return material;
  }
}

async function stampOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${ino}:${size}:${mtimeMs}`;
}

/** Node takes what holds no authority, or a broken one, without a word. */
async function pem(option: string, path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  const isKey = option === 'client_key_file';
  const wanted = isKey ? /-----BEGIN [A-Z ]*PRIVATE KEY-----/ : /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;
  if (!wanted.test(text)) throw new Error(`${option} ${path} holds no ${isKey ? 'private key' : 'certificate'} in PEM`);
  if (isKey) return text;
  try {
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new Error(`${option} ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
