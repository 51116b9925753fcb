import type { LearnedShape } from '../records/head.ts';

/** Positions in a source by stream (`stdout`, `stderr`). */
export type StreamPositions = Readonly<Record<string, number>>;

/** Where records come from: one generation of a file, or one run of stdin. Bytes are pulled from it. */
export interface Source {
  /** Position in the pipeline's table of sources. */
  readonly index: number;
  /** Random, 96 bits as 16 characters of base64url; drawn and made durable before anything of the source is sent. */
  readonly id: string;
  /** For people: the path, or `stdin`. */
  readonly name: string;
  /** The input of the configuration it belongs to. */
  readonly input: string;
  /** Offset, in the source, of the first byte that no record has taken yet. */
  offset: number;
  /** Offset up to which there are bytes, as far as is known. */
  readonly knownEnd?: number;
  /** Bytes that are known to be there and were never read. */
  readonly unread?: number;
  /** What came before it at the same place, a file that was rotated: read to its end, as far as there is one, before this one. */
  readonly predecessor?: Source | undefined;
  /** Bytes that are known to have been there, and were gone before they could be read. */
  readonly lost?: number;
  /** shipper's own messages are in it, too. */
  readonly hasOwnMessages?: boolean;
  /** It can't be read again: what is left of it when the agent ends is lost. */
  readonly readOnce?: boolean;
  /** True once no more bytes will come: what `read` gives now is all there is. */
  readonly ended: boolean;
  /** When bytes last came, in ms of the monotonic clock: how long the source has been quiet. */
  readonly activeAtMs: number;
  /** What its first bytes have taught, to be kept with its position; from an earlier run at first. */
  learned?: readonly LearnedShape[] | undefined;
  /** Copies its first bytes into `target`, though they were read before. Absent: it can't be read again. */
  readHead?(target: Uint8Array<ArrayBuffer>): number;
  /** Copies what is there from `offset + skip` on into `target`, as far as it fits. Gives the number of bytes; 0: nothing there now. */
  read(target: Uint8Array<ArrayBuffer>, skip: number): number;
  /** Takes in what has come, and nothing more from then on: of what can't be read again, that much has to be brought to safety. */
  hold?(): void;
  /** The first `bytes` from `offset` on are records now, or were passed over; `offset` moves on. */
  advance(bytes: number): void;
  /** Of a container's file: by stream, where lines begin that are not safe yet, as far as that is beyond `offset`; from an earlier run at first. */
  ahead?: StreamPositions | undefined;
  /** Every byte below `offset` is safe: delivered, dead-lettered, filtered or on disk. Never goes back. `ahead`: what is safe beyond it. */
  acknowledge(offset: number, ahead?: StreamPositions): void;
}
