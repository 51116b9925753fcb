import { crc32 } from 'node:zlib';
import { instantiate } from './modules.ts';

/** What assembly/deflate/memory.ts lays out. */
const PAGES = 10;

interface DeflateKernel {
  readonly setUp: () => void;
  readonly begin: () => void;
  readonly block: (length: number, isLast: boolean) => number;
}

/** Writes one gzip file after the other (RFC 1952), each block by block. It takes 640 KB, as far as they are touched. */
export class GzipKernel {
  readonly #kernel: DeflateKernel;
  readonly #bytes: Uint8Array;
  readonly #input: number;
  readonly #output: number;
  /** Most bytes of a block. */
  readonly blockBytes: number;
  #checksum = 0;
  #length = 0;

  constructor() {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
    const { setUp, begin, block, INPUT, OUTPUT, BLOCK_BYTES } = instantiate('deflate', { memory });
    this.#kernel = { setUp, begin, block } as DeflateKernel; // their signatures are those in assembly/deflate.ts
    [this.#input, this.#output, this.blockBytes] = [INPUT, OUTPUT, BLOCK_BYTES].map(valueOf) as [number, number, number];
    this.#bytes = new Uint8Array(memory.buffer);
    this.#kernel.setUp();
  }

  /** Begins a file; gives its header. */
  begin(): Uint8Array {
    this.#kernel.begin();
    this.#checksum = 0;
    this.#length = 0;
    return HEADER;
  }

  /** Compresses a block; what it gives is valid until the next call. */
  block(bytes: Uint8Array, isLast: boolean): Uint8Array {
    this.#bytes.set(bytes, this.#input);
    this.#checksum = crc32(bytes, this.#checksum);
    this.#length += bytes.length;
    const length = this.#kernel.block(bytes.length, isLast);
    return this.#bytes.subarray(this.#output, this.#output + length);
  }

  /** What comes behind the last block. */
  end(): Uint8Array {
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#checksum);
    trailer.writeUInt32LE(this.#length % 2 ** 32, 4);
    return trailer;
  }
}

/** By deflate, no name and no time, the fastest way, written on Unix. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3);

/** What a module exports as a constant is a WebAssembly.Global. */
function valueOf(constant: unknown): number {
  return (constant as { readonly value: number }).value;
}
