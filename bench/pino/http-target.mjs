// A transport as people write them: it runs in pino's worker and posts lines, as many at once as there are.
import { Writable } from 'node:stream';

export default async function httpTarget({ url }) {
  const post = async (chunks) => {
    const response = await fetch(url, { method: 'POST', body: Buffer.concat(chunks.map(({ chunk }) => chunk)) });
    await response.arrayBuffer();
  };
  return new Writable({
    highWaterMark: 1 << 20,
    write: (chunk, _, done) => post([{ chunk }]).then(() => done(), done),
    writev: (chunks, done) => post(chunks).then(() => done(), done),
  });
}
