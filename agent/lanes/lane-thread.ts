// Where the thread of a lane begins: it makes the same parts as the main thread, with some of the files.
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { assemble, type Assembly } from '../assembly.ts';
import type { DeadLetters } from '../delivery/dead-letters.ts';
import { Ending } from '../ending.ts';
import { StatusReader } from '../health/status.ts';
import { useCompiled } from '../kernel/modules.ts';
import { log, setLogLevel, setLogPrefix } from '../log.ts';
import { outcomeOf } from '../outcome.ts';
import { StateDirectory } from '../state/state-directory.ts';
import { end, handOver, ship, start } from '../work.ts';
import { hasDiskBuffer } from './lane-count.ts';
import type { LaneApi, LaneData, MainApi } from './protocol.ts';
import { Wire, type Handlers, type Port } from './wire.ts';

const data = workerData as LaneData; // the main thread gives nothing else
const ending = new Ending(data.config);
let parts: Assembly | undefined;
let status: StatusReader | undefined;

setLogLevel(data.config.log_level);
setLogPrefix(`lane ${data.number}: `);

const ours: Handlers<LaneApi> = {
  assemble: async (kernels) => {
    useCompiled(kernels);
    parts = await assembleLane();
    status = new StatusReader(parts);
  },
  start: () => start(made()),
  ship: () => ship(made(), data.config, ending),
  end: () => end(made()),
  handOver: async () => {
    const lane = made();
    const { deleted } = await handOver(lane, data.config);
    await lane.state?.close();
    return { outcome: outcomeOf(lane), deleted };
  },
  order: (order) => ending.obey(order),
  status: () => (status ?? new StatusReader(made())).read(),
};
const main = new Wire<MainApi>(parentPort as Port, ours); // it is a thread, and has a parent

async function assembleLane(): Promise<Assembly> {
  const { config, once, stateDir, folder, checkpoints, lost, before, known } = data;
  const state = folder !== undefined && hasDiskBuffer(config) ? await StateDirectory.open(stateDir, { ownFolder: true, isLane: true, warn: log.warn }) : undefined;
  const share = {
    lanes: data.of, folder, state,
    files: { speaks: false, known, claim: (input: string, path: string, file: string, bytes: number) => main.call('claim', { input, path, file, bytes }) },
    checkpoints: { known: checkpoints, lost, store: (list: typeof checkpoints) => main.call('store', list) },
    letters,
  };
  const legacy = before && { ...before, state: undefined, checkpoints: [] };
  return assemble(config, { once, stateDir: path.resolve(stateDir), env: process.env, share, ...(legacy && { legacy }) });
}

/** Refused records are few; the main thread writes those of all lanes to one file. */
function letters(output: number): Pick<DeadLetters, 'append'> {
  return {
    append: async (letters) => {
      // A record is a view of the lane's memory, all of which would be copied.
      const problem = await main.call('refuse', { output, letters: letters.map((letter) => ({ ...letter, record: letter.record.slice() })) });
      return problem === undefined ? undefined : new Error(problem);
    },
  };
}

function made(): Assembly {
  if (parts === undefined) throw new Error('the lane has no parts yet');
  return parts;
}
