// A program that logs with pino and ends badly: node app.mjs HOW ENDING COUNT DESTINATION
import { setImmediate } from 'node:timers/promises';
import pino from 'pino';

const [how, ending, count, destination] = process.argv.slice(2);
const logger = how === 'stdout' ? pino(pino.destination({ dest: 1, sync: true })) : pino(pino.transport(how === 'file' ? { target: 'pino/file', options: { destination } } : { target: new URL('./http-target.mjs', import.meta.url).href, options: { url: destination } }));

for (let i = 0; i < Number(count); i++) {
  logger.info(`line ${i}`);
  if (i % 1_000 === 999 && i < Number(count) - 1_000) await setImmediate(); // the last thousand and the end come in one turn
}
if (ending === 'exit') process.exit(1);
if (ending === 'kill') process.kill(process.pid, 'SIGKILL');
throw new Error('the last words');
