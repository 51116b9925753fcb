import { open, type FileHandle } from 'node:fs/promises';
import { errorCode } from '../../state/error-code.ts';
import { HEADER_BYTES, MARK, TRAILER_BYTES, decodeBlock, decodeHeader, decodeTrailer, placeIn, type Block, type Header } from './block.ts';
import { later, START, type Place } from './place.ts';

const WINDOW_BYTES = 262_144;
/** What a disk gives, or does not give, at once. */
const PAGE_BYTES = 4096;

/** Reads the blocks of one segment in order. Damaged ones are passed over: the next mark with a right checksum is looked for. */
export class SegmentReader {
  readonly #handle: FileHandle;
  #offset = 0;
  /** The part of the file from `#start` on that was read last. */
  #window: Buffer = Buffer.alloc(0);
  #start = 0;
  /** The furthest place that a header or trailer spoke of, and how many records the file's end has cut off. */
  reached: Place = START;
  cutRecords = 0;
  /** What the disk can't give (EIO) is damaged like any other part: it is read as zeros. False: reading it throws. */
  isReadAround = false;
  /** Bytes that were read as zeros. */
  unreadableBytes = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(path: string): Promise<SegmentReader> {
    return new SegmentReader(await open(path, 'r'));
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** The next whole block. Undefined: there is none so far; a file that is being written may have one later. */
  async next(): Promise<Block | undefined> {
    for (;;) {
      const header = await this.#header();
      if (header === undefined) {
        if (await this.#resync()) continue;
        return undefined;
      }
      if ((await this.#load(header.bytes)) < header.bytes) {
        this.cutRecords = header.count;
        return undefined;
      }
      const block = decodeBlock(this.#window, this.#offset - this.#start, header);
      this.#offset += header.bytes;
      this.reached = later(this.reached, block === undefined ? endOf(this.#window, this.#offset - this.#start, header) : placeIn(block, block.count));
      if (block !== undefined) return block;
    }
  }

  async #header(): Promise<Header | undefined> {
    await this.#load(HEADER_BYTES);
    return decodeHeader(this.#window, this.#offset - this.#start);
  }

  /** Moves on to the next header. False: there is none. */
  async #resync(): Promise<boolean> {
    let from = this.#offset + 1;
    for (;;) {
      const before = this.#offset;
      this.#offset = from;
      const there = await this.#load(WINDOW_BYTES / 2);
      const found = this.#window.indexOf(MARK, from - this.#start);
      if (found < 0) {
        if (there < WINDOW_BYTES / 2) {
          this.#offset = before; // the end: what is written later begins somewhere behind here
          return false;
        }
        from = this.#start + this.#window.length - MARK.length + 1;
        continue;
      }
      this.#offset = this.#start + found;
      if ((await this.#header()) !== undefined) return true;
      await this.#load(TRAILER_BYTES);
      this.reached = later(this.reached, decodeTrailer(this.#window, this.#offset - this.#start) ?? START);
      from = this.#offset + 1;
    }
  }

  /** Gets the next `bytes` of the file into the window. The number that is there; less than `bytes` at the file's end. */
  async #load(bytes: number): Promise<number> {
    const there = this.#start + this.#window.length - this.#offset;
    if (this.#offset >= this.#start && there >= bytes) return there;
    const { size } = await this.#handle.stat();
    const wanted = Math.max(0, Math.min(Math.max(bytes, WINDOW_BYTES), size - this.#offset));
    const window = Buffer.allocUnsafeSlow(wanted); // a new one: blocks are views of the old
    let filled = 0;
    while (filled < wanted) {
      const bytesRead = await this.#read(window.subarray(filled), this.#offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#window = window.subarray(0, filled);
    this.#start = this.#offset;
    return filled;
  }

  async #read(target: Buffer, position: number): Promise<number> {
    try {
      return (await this.#handle.read(target, 0, target.length, position)).bytesRead;
    } catch (error) {
      if (!this.isReadAround || errorCode(error) !== 'EIO') throw error;
      if (target.length > PAGE_BYTES) return this.#read(target.subarray(0, PAGE_BYTES - (position % PAGE_BYTES)), position);
      this.unreadableBytes += target.length;
      return target.fill(0).length;
    }
  }
}

/** Place behind a damaged block, of which the trailer ends at `at`. */
function endOf(bytes: Buffer, at: number, { first, count }: Header): Place {
  return decodeTrailer(bytes, at - TRAILER_BYTES) ?? { record: first.record + count, byte: first.byte };
}
