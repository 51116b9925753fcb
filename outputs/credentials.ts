import { readFile } from 'node:fs/promises';

/** Ways to log in; at most one is given. A `_file` is read at the start and again when what it held was refused. */
export interface CredentialOptions {
  readonly api_key?: string | undefined;
  readonly api_key_file?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly password_file?: string | undefined;
  readonly bearer_token?: string | undefined;
  readonly bearer_token_file?: string | undefined;
}

/** The `Authorization` header, kept up to date. No secret ever gets into a message. */
export class Credentials {
  readonly #options: CredentialOptions;
  #header: string | undefined;
  #problem: string | undefined;

  constructor(options: CredentialOptions) {
    this.#options = options;
  }

  /** Value of the header; undefined: none is needed. */
  get header(): string | undefined {
    return this.#header;
  }

  /** Why the header could not be made; undefined: it could. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Reads the files. True: the header is another one now. */
  async refresh(): Promise<boolean> {
    const before = this.#header;
    try {
      this.#header = await headerOf(this.#options);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
    return this.#header !== before;
  }
}

async function headerOf(options: CredentialOptions): Promise<string | undefined> {
  const key = await readSecret(options.api_key, options.api_key_file);
  if (key !== undefined) return `ApiKey ${key.includes(':') ? base64(key.trim()) : key.trim()}`; // `id:key` as the API gives it, or encoded as Kibana shows it
  const token = await readSecret(options.bearer_token, options.bearer_token_file);
  if (token !== undefined) return `Bearer ${token.trim()}`;
  if (options.username === undefined) return undefined;
  const password = await readSecret(options.password, options.password_file);
  return `Basic ${base64(`${options.username}:${password ?? ''}`)}`;
}

/** A secret that is given, or else the one in a file. Throws if the file can't be read or holds none. */
export async function readSecret(value: string | undefined, file: string | undefined): Promise<string | undefined> {
  if (value !== undefined || file === undefined) return value;
  const text = (await readFile(file, 'utf8')).trim();
  if (text === '') throw new Error(`${file} is empty`);
  if (/[^\x20-\x7e]/.test(text)) throw new Error(`${file} does not hold one line of printable text`);
  return text;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
