/** One HTTP GET with Node's own HTTP client over a stream that is already there. */
import * as http from 'node:http';
import type { Duplex } from 'node:stream';

export interface Page {
  status: string;
  contentType: string;
  body: Buffer;
}

/** How long nothing of the answer may come, handshake included. */
const SILENCE_MS = 60000;

/** Rejects with what the stream or the HTTP parser says; `onFirstByte` is called with the response's first line. */
export function getPage(stream: Duplex, host: string, path: string, onFirstByte: () => void): Promise<Page> {
  return new Promise((resolve, reject) => {
    const silence = setTimeout(() => {
      const message = `No more of the page came for ${SILENCE_MS / 1000} s`;
      stream.destroy(Object.assign(new Error(message), { code: 'ERR_NET_TIMEOUT' }));
    }, SILENCE_MS);
    stream.on('data', () => silence.refresh());
    stream.on('close', () => clearTimeout(silence));
    const request = http.request(
      {
        createConnection: () => stream,
        path,
        headers: { host, connection: 'close', 'user-agent': 'ringlet', accept: '*/*' },
      },
      response => {
        onFirstByte();
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: `HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`,
            contentType: response.headers['content-type'] ?? '',
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}
