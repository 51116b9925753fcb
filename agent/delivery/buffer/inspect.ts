import { join } from 'node:path';
import { errorCode, errorText } from '../../state/error-code.ts';
import { buffersIn, readOwner, type Owner } from './buffer-files.ts';
import { Journal } from './journal.ts';
import { runsWithBuffers } from './open-buffers.ts';
import { SegmentReader } from './segment-reader.ts';

/** What lies in one disk buffer, as far as it was noted what is delivered. */
export interface Inspected {
  readonly folder: string;
  readonly owner: Owner | undefined;
  readonly records: number;
  /** On the disk. */
  readonly bytes: number;
  /** The records, as they are sent. What is damaged is left out. */
  read(): AsyncGenerator<Uint8Array>;
}

/** Looks at all disk buffers of a state directory. Locks and changes nothing: their owner may be at work. */
export async function inspectBuffers(root: string, report: (message: string) => void): Promise<Inspected[]> {
  const found: Inspected[] = [];
  for (const folder of [root, ...runsWithBuffers(root)]) {
    for (const name of buffersIn(folder)) {
      const inspected = await inspect(join(folder, name), report);
      if (inspected !== undefined) found.push(inspected);
    }
  }
  return found;
}

/** Looks at one. Undefined: it went away meanwhile, or can't be read, which `warn` gets to know; `report`: what is damaged in it. */
export async function inspect(folder: string, report: (message: string) => void, warn = report): Promise<Inspected | undefined> {
  const owner = readOwner(folder);
  const options = { folder, owner: owner ?? UNKNOWN, segmentBytes: 0, earlierSource: 0, nameOf: () => ({ id: '', name: '' }), report };
  const journal = await Journal.open(options).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') warn(`the disk buffer in ${folder} can't be read: ${errorText(error)}`);
    return undefined;
  });
  return journal && { folder, owner, records: journal.waiting.records, bytes: journal.bytes, read: () => read(journal) };
}

const UNKNOWN: Owner = { output: '', type: '', target: '', sinceMs: 0 };

async function* read(journal: Journal): AsyncGenerator<Uint8Array> {
  for (const { path, waiting, end } of journal.segments) {
    if (waiting.size === 0) continue;
    const reader = await SegmentReader.open(path);
    try {
      for (let block = await reader.next(); block !== undefined; block = await reader.next()) {
        for (let at = 0; at < block.count; at++) {
          const record = block.first.record + at;
          if (record >= journal.readFrom.record && record < end.record) yield block.body.subarray(at === 0 ? 0 : block.ends[at - 1], block.ends[at]);
        }
      }
    } finally {
      await reader.close();
    }
  }
}
