/** The server of a scenario: the scripted TLS server on a peer in this process, with data both ways and an ending. */
import { createHash } from 'node:crypto';
import type { SimClock } from '../../boards/sim/clock.js';
import type { LanPeer } from '../../boards/sim/lan-peer.js';
import { seededRandom } from '../../boards/sim/seeded-random.js';
import type { Identity } from '../../tools/certificates.js';
import { ScriptedServer, type Step } from '../peers/scripted-server.js';
import {
  alert,
  applicationData,
  applicationKeys,
  certificate,
  certificateVerify,
  changeCipherSpec,
  closeNotify,
  encryptedExtensions,
  finished,
  handshakeKeys,
  helloRetryRequest,
  keyUpdate,
  layout,
  message,
  newSessionTicket,
  serverHello,
} from '../peers/steps.js';
import { identities } from './identities.js';
import type { Scenario } from './scenario.js';

/** What each side sends: bytes that tell their place. `stream` 0 is the server's, 1 ours. */
export function streamBytes(seed: number, stream: 0 | 1, length: number): Uint8Array {
  const hash = createHash('shake128', { outputLength: Math.max(1, length) });
  return hash.update(`${seed} ${stream}`).digest().subarray(0, length);
}

export class TlsPeer {
  /** Bytes of the download that were sealed. */
  sealed = 0;
  /** Why the server has given up on the client: something that no client should send. */
  complaint: string | undefined;
  /** Our close_notify has arrived. */
  clientEnded = false;
  /** The end that the scenario wants was reached. */
  ended = false;
  readonly tls: ScriptedServer;
  readonly download: Uint8Array;
  private readonly random: (limit: number) => number;
  private talking = false;
  private over = false;

  constructor(
    private readonly link: LanPeer,
    private readonly clock: SimClock,
    private readonly scenario: Scenario,
  ) {
    const { server, seed } = scenario;
    this.random = seededRandom(seed ^ 0x5e11);
    this.download = streamBytes(seed, 0, server.download);
    this.tls = new ScriptedServer({
      identity: identities[server.identity] as Identity,
      suite: server.suite,
      group: server.retry ? 'secp256r1' : 'x25519',
      flights: server.retry ? [[helloRetryRequest({ group: true })], flight(scenario)] : [flight(scenario)],
      afterFinished: Array.from({ length: server.tickets }, (_, i) => newSessionTicket([], new Uint8Array(32).fill(i))),
    });
    link.application = {
      data: bytes => this.received(bytes),
      fin: () => this.finReceived(),
    };
  }

  /** What the client has sent and the server could open. */
  get uploaded(): Buffer {
    return this.tls.client.applicationData;
  }

  private received(bytes: Uint8Array): void {
    if (this.complaint !== undefined) return;
    try {
      this.tls.receive(bytes);
    } catch (error) {
      // A real server would send an alert and hang up.
      this.complaint = (error as Error).message;
      if (this.tls.writeKeys) this.tls.send(alert(2, 20));
      this.flush();
      this.hangUp();
      return;
    }
    this.flush();
    const said = this.tls.client.alert;
    if (said !== undefined) {
      this.clientEnded = said.level === 1 && said.description === 0;
      if (!this.clientEnded) {
        this.hangUp();
        return;
      }
    }
    if (this.tls.client.finished && !this.talking) {
      this.talking = true;
      this.talk();
    } else this.finishIfDone();
  }

  private finReceived(): void {
    this.hangUp();
  }

  private hangUp(): void {
    this.over = true;
    this.link.finish();
  }

  /** One piece of the download, and the next one later. */
  private talk(): void {
    const { server } = this.scenario;
    if (this.over) return;
    if (this.sealed < this.download.length) {
      const piece = this.download.subarray(this.sealed, this.sealed + 1 + this.random(2 * server.fragment));
      this.sealed += piece.length;
      const steps: Step[] = [applicationData(piece)];
      if (server.keyUpdates > 0 && this.random(server.keyUpdates) === 0) steps.push(keyUpdate(this.random(2) === 0));
      this.tls.send(...steps);
      this.flush();
      this.clock.after((this.random(1000) / 1000) * server.pauseMs, () => this.talk());
    } else this.finishIfDone();
  }

  private finishIfDone(): void {
    const { server, client } = this.scenario;
    if (this.over || !this.talking || this.sealed < this.download.length) return;
    const all = this.uploaded.length === client.upload;
    switch (server.ending) {
      case 'answer':
        if (!this.clientEnded) return;
        break;
      case 'half-close':
      case 'reset':
        break;
      default:
        // A client that has closed its side first will send no more.
        if (!all && !this.clientEnded) return;
    }
    this.over = this.ended = true;
    if (server.ending === 'reset') {
      this.clock.after(this.random(50), () => this.link.reset());
      return;
    }
    if (server.ending !== 'truncate') this.tls.send(closeNotify);
    this.flush();
    if (server.ending !== 'no-fin') this.link.finish();
  }

  private flush(): void {
    this.link.write(this.tls.take());
  }
}

function flight({ server }: Scenario): Step[] {
  const verify = certificateVerify();
  // ECDSA signatures vary in length: the same seed shall give the same lengths.
  const steadyVerify = message('CertificateVerify', 15, tls => {
    for (;;) {
      const body = verify.build(tls);
      if (tls.options.identity.kind !== 'p256' || body.length === 4 + 71) return body;
    }
  });
  return [
    layout({ fragment: server.fragment, coalesce: server.coalesce }),
    serverHello(),
    changeCipherSpec,
    handshakeKeys,
    layout({ padding: server.padding }),
    encryptedExtensions(),
    certificate(),
    steadyVerify,
    finished(),
    applicationKeys,
  ];
}
