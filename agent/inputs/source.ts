import type { LearnedShape } from '../records/head.ts';

/** Positions in a source by stream (`stdout`, `stderr`). */
export type StreamPositions = Readonly<Record<string, number>>;

/** Where in a source the text stands that was read of it last, if that is not the source's bytes. */
export interface Places {
  /** Offset in the source of the character at a position of the text, or in the middle of which it is. */
  at(position: number): number;
  /** Position in the text of the first character that is not before an offset of the source. */
  positionOf(offset: number): number;
}

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
  /** It has ended because it could not be read any further. */
  readonly isCutShort?: boolean;
  /** True once no more bytes will come: what `read` gives now is all there is. */
  readonly ended: boolean;
  /** When bytes last came, in ms of the monotonic clock: how long the source has been quiet. */
  readonly activeAtMs: number;
  /** What its first bytes have taught, to be kept with its position; from an earlier run at first. */
  learned?: readonly LearnedShape[] | undefined;
  /** Copies its first `bytes`, or fewer, into `target`, though they were read before. Absent: it can't be read again. */
  readHead?(target: Uint8Array<ArrayBuffer>, bytes: number): number;
  /**
   * Copies what is there from `offset + skip` on into `target`, as far as it fits. Gives the number of bytes; 0: nothing
   * there now. With places, `skip` is a number of bytes of text, and it goes on where the last call has stopped.
   */
  read(target: Uint8Array<ArrayBuffer>, skip: number): number;
  /** Takes in what has come, and nothing more from then on: of what can't be read again, that much has to be brought to safety. */
  hold?(): void;
  /** It is in another encoding, and was read as UTF-8: this is about what was read last. Absent: text and source are the same bytes. */
  readonly places?: Places | undefined;
  /** The first `bytes` from `offset` on, of text, are records now, or were passed over; `offset` moves on. */
  advance(bytes: number): void;
  /** Of a container's file: by stream, where lines begin that are not safe yet, as far as that is beyond `offset`; from an earlier run at first. */
  ahead?: StreamPositions | undefined;
  /** Every byte below `offset` is safe: delivered, dead-lettered, filtered or on disk. Never goes back. `ahead`: what is safe beyond it. */
  acknowledge(offset: number, ahead?: StreamPositions): void;
}

/** Offset in the source of what is at a position of the text that was read of it last. */
export function placeOf({ places, offset }: Pick<Source, 'places' | 'offset'>, position: number): number {
  return places === undefined ? offset + position : places.at(position);
}
