/** Connections that fail in ways that happen in the field, for what their errors' traces say and how those replay. */
import * as net from 'node:net';
import { VirtualClock } from '../../boards/sim/clock.js';
import type { RingletError } from '../../src/errors.js';
import { connect } from '../../src/socket/connect.js';
import { type FlightRecorder, flightRecorder } from '../../src/socket/flight-recorder.js';
import type { ConnectOptions } from '../../src/socket/options.js';
import { tls13 } from '../../src/tls/profiles.js';
import { trustAnchor } from '../../src/x509/trust.js';
import { makeCertificate } from '../../tools/certificates.js';
import { type ChipRig, makeChipRig } from '../socket/chip-rig.js';
import { identity, listen, NAME, serve, type TestServer } from '../socket/harness.js';

export interface Failure {
  error: RingletError;
  /** Plaintext bytes that were delivered before it. */
  received: number;
  /** What the recorder holds, to see that it does not grow. */
  recorder: FlightRecorder;
}

const REQUEST = 'GET / HTTP/1.0\r\n\r\n';

/** Opens a connection through driver and simulated chip, says REQUEST, and waits for its error. */
async function failure(rig: ChipRig, options: Partial<ConnectOptions> = {}, whenOpen = () => {}): Promise<Failure> {
  const { ca } = await identity();
  let recorder: FlightRecorder | undefined;
  const board = {
    ...rig.board,
    recorder: (clock: { now(): number }) => {
      recorder = flightRecorder(clock);
      return recorder;
    },
  };
  const socket = connect(board, { host: NAME, port: 443, ca, ...options });
  let error: RingletError | undefined;
  let received = 0;
  let closed = false;
  socket.on('secureConnect', () => {
    socket.write(REQUEST);
    whenOpen();
  });
  socket.on('data', chunk => {
    received += chunk.length;
  });
  socket.on('error', failed => {
    error = failed;
  });
  socket.on('close', () => {
    closed = true;
  });
  await rig.until(() => closed, 200000);
  if (!error) throw new Error('the connection did not fail');
  return { error, received, recorder: recorder! };
}

/** `onRequest` gets the secure side and the TCP socket; then the connection is to fail. */
async function served(
  onRequest: Parameters<typeof serve>[0],
  options?: Partial<ConnectOptions>,
  between?: (bytes: Buffer) => Buffer,
): Promise<Failure> {
  const server = await serve((secure, raw) => secure.once('data', () => onRequest(secure, raw)));
  const relay = between && (await relayTo(server.port, between));
  try {
    // Without max_fragment_length, so that records may be too large.
    const rig = makeChipRig({ parts: { profile: tls13 } });
    rig.publish((relay ?? server).port);
    return await failure(rig, options);
  } finally {
    await relay?.stop();
    await server.stop();
  }
}

/** Passes on what `alter` makes of the server's bytes; less than it was given is the end of the stream. */
function relayTo(port: number, alter: (bytes: Buffer) => Buffer): Promise<TestServer> {
  return listen(outer => {
    const inner = net.connect(port, '127.0.0.1');
    inner.on('error', () => outer.destroy());
    outer.pipe(inner);
    let ended = false;
    inner.on('data', chunk => {
      if (ended) return;
      const altered = alter(chunk);
      ended = altered.length < chunk.length;
      outer.write(altered);
      if (ended) outer.end();
    });
    inner.on('end', () => outer.end());
  });
}

export const failures: Record<string, () => Promise<Failure>> = {
  'FIN between two records': () =>
    served((secure, raw) => {
      secure.write('a whole record');
      setTimeout(() => raw.end(), 50);
    }),

  'FIN in the middle of a record': () =>
    served(
      secure => secure.write(Buffer.alloc(3000)),
      {},
      // Nothing of the handshake is as long as that.
      chunk => (chunk.length > 2500 ? chunk.subarray(0, 1000) : chunk),
    ),

  'FIN after 200 KB': () =>
    served((secure, raw) => secure.write(Buffer.alloc(200000), () => setTimeout(() => raw.end(), 100))),

  'a flipped bit': () => {
    let flipped = false;
    return served(
      secure => secure.write(Buffer.alloc(3000)),
      {},
      chunk => {
        if (chunk.length > 2500 && !flipped) {
          flipped = true;
          chunk[2000]! ^= 4;
        }
        return chunk;
      },
    );
  },

  'RST by the peer': () => served((_, raw) => raw.resetAndDestroy()),

  'RST behind a whole record': () =>
    served((secure, raw) => {
      secure.write('a whole record');
      setTimeout(() => raw.resetAndDestroy(), 50);
    }),

  'a fatal alert': async () => {
    const server = await listen(raw => raw.once('data', () => raw.write(Buffer.from([21, 3, 3, 0, 2, 2, 40]))));
    try {
      const rig = makeChipRig();
      rig.publish(server.port);
      return await failure(rig);
    } finally {
      await server.stop();
    }
  },

  'not a TLS server': async () => {
    const server = await listen(raw => raw.once('data', () => raw.write('HTTP/1.1 400 Bad Request\r\n\r\n')));
    try {
      const rig = makeChipRig();
      rig.publish(server.port);
      return await failure(rig);
    } finally {
      await server.stop();
    }
  },

  'a record larger than the ring': () => served(secure => secure.write(Buffer.alloc(16384)), { receiveBuffer: 4096 }),

  'a chip that loses its settings': async () => {
    const server = await serve(secure => secure.on('data', () => undefined));
    try {
      const rig = makeChipRig();
      rig.publish(server.port);
      return await failure(rig, {}, () => setTimeout(() => rig.sim.chip.brownOut(), 30));
    } finally {
      await server.stop();
    }
  },

  'a server that says nothing': async () => {
    const server = await listen(() => undefined);
    try {
      const rig = makeChipRig({ clock: new VirtualClock() });
      rig.publish(server.port);
      return await failure(rig, { handshakeTimeout: 20000 });
    } finally {
      await server.stop();
    }
  },

  'nobody listens': async () => failure(makeChipRig(), { host: '10.0.0.1', port: 9 }),

  'an issuer that is not trusted': async () => {
    const stranger = await makeCertificate({ ca: true, subject: 'CN=Stranger' });
    const rig = makeChipRig();
    const server = await serve(() => undefined);
    try {
      rig.publish(server.port);
      return await failure(rig, { ca: [trustAnchor(stranger.der)] });
    } finally {
      await server.stop();
    }
  },
};
