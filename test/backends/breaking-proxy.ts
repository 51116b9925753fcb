import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** Passes requests on to a server; a compressed body with `text` in it arrives there damaged. What the server does then, the client sees too. */
export async function breakBodiesWith(text: string, target: string): Promise<{ url: string; close(): Promise<void> }> {
  const proxy = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => response.destroy());
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      if (gunzipSync(body).includes(text)) body.fill(0xff, 10, body.length - 8);
      const passed = request(target + (incoming.url ?? ''), { method: incoming.method, headers: incoming.headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      passed.on('error', () => response.destroy());
      passed.end(body);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => {
    proxy.closeAllConnections();
    proxy.close(() => resolve());
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close };
}
