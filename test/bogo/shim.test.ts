/**
 * The shim as a process, without the runner: flags, exit codes, what it says on stderr, and the ways of misbehaving of which BoGo has hundreds, one
 * of each kind, by the scripted server.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleShim } from '../../tools/bogo/shim-bundle.js';
import { replaced } from '../peers/flights.js';
import { authority, leaf } from '../peers/identities.js';
import { APPLICATION_DATA } from '../peers/records.js';
import type { ScriptedServer, ServerOptions, Step } from '../peers/scripted-server.js';
import {
  alert,
  applicationData,
  certificateVerify,
  changeCipherSpec,
  closeNotify,
  encryptedExtensions,
  extension,
  fin,
  finished,
  helloRetryRequest,
  keyUpdate,
  laterMessage,
  newSessionTicket,
  record,
  serverFlight,
  serverHello,
} from '../peers/steps.js';
import { type Conversation, converse, runShim } from './runner-peer.js';

const OK = 0;
const FAILED = 1;
const UNIMPLEMENTED = 89;

describe('BoGo shim', function () {
  this.timeout(60000);
  let shim = '';
  let folder = '';
  let base: ServerOptions;
  let flags: string[];

  before(async () => {
    shim = await bundleShim();
    folder = mkdtempSync(join(tmpdir(), 'ringlet-shim-'));
    const root = await authority();
    const path = join(folder, 'root.pem');
    writeFileSync(path, root.pem);
    base = { identity: await leaf({ issuer: root, dnsNames: ['test'] }), flights: [] };
    flags = ['-trust-cert', path];
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  const talk = (
    server: Partial<ServerOptions>,
    more: string[] = [],
    afterData: (server: ScriptedServer) => void = peer => peer.send(closeNotify, fin),
  ): Promise<Conversation> => {
    const greeting = [newSessionTicket(), applicationData('\x00\x01\x02')];
    const whole = { ...base, flights: [serverFlight()], afterFinished: greeting, ...server };
    return converse(shim, [...flags, ...more], whole, afterData);
  };

  describe('flags', () => {
    it('there is no handshaker', async () => {
      const run = await runShim(shim, ['-is-handshaker-supported']);
      assert.deepEqual(run, { code: OK, stdout: 'No\n', stderr: '' });
    });

    const unimplemented: Record<string, string[]> = {
      'a flag that is not known': ['-fly-to-the-moon'],
      'one that every object has': ['-constructor'],
      'a flag without its value': ['-port'],
      'a value that is no number': ['-port', 'x'],
      'a server': ['-server'],
      DTLS: ['-dtls'],
      'a group that no provider has': ['-curves', '25'],
    };
    for (const [what, words] of Object.entries(unimplemented)) {
      it(`answers 89 to ${what}`, async () => {
        const run = words[0] === '-curves' ? await talk({}, words) : await runShim(shim, words);
        assert.equal(run.code, UNIMPLEMENTED, run.stderr);
      });
    }

    it('those for other connections do not matter to the first', async () => {
      const { code, stderr } = await talk({}, ['-on-resume-expect-alpn', 'x', '-on-initial-expect-curve-id', '29']);
      assert.deepEqual({ code, stderr }, { code: OK, stderr: '' });
    });
  });

  describe('exchange', () => {
    it('introduces itself, answers every byte ^ 0xff, ends with 0 and without a word', async () => {
      const { code, stdout, stderr, id, server } = await talk({});
      assert.deepEqual({ code, stdout, stderr }, { code: OK, stdout: '', stderr: '' });
      assert.equal(id, 72623859790382856n);
      assert.deepEqual([...server.client.applicationData], [0xff, 0xfe, 0xfd]);
      assert.equal(server.client.alert?.description, 0);
    });

    it('writes first', async () => {
      const { code, server } = await talk({ afterFinished: [newSessionTicket()] }, ['-shim-writes-first']);
      assert.equal(code, OK);
      assert.equal(server.client.applicationData.toString(), 'hello');
    });

    it('takes an end without close_notify for an end, unless it is to look', async () => {
      const end = (peer: ScriptedServer): void => peer.send(fin);
      assert.equal((await talk({}, [], end)).code, OK);
      const strict = await talk({}, ['-check-close-notify'], end);
      assert.equal(strict.code, FAILED);
      assert.match(strict.stderr, /close_notify/);
    });

    it('reads the rest after a failure, so that its alert arrives', async () => {
      const rest = Array.from({ length: 50 }, () => applicationData(Buffer.alloc(16000)));
      const afterFinished = [newSessionTicket(), record(99, Buffer.from('?')), ...rest];
      const { code, server } = await talk({ afterFinished });
      assert.equal(code, FAILED);
      assert.equal(server.client.alert?.description, 10);
    });

    it('fails if something else is negotiated than expected', async () => {
      for (const [words, text] of [
        [['-expect-version', '771'], /version: 772 instead of 771/],
        [['-expect-curve-id', '23'], /group: 29 instead of 23/],
        [['-expect-alpn', 'foo'], /ALPN/],
        [['-expect-hrr'], /ServerHellos/],
      ] as const) {
        const { code, stderr } = await talk({}, [...words]);
        assert.equal(code, FAILED);
        assert.match(stderr, text);
      }
    });

    it('fails with nobody to trust', async () => {
      const { code, stderr, server } = await converse(shim, [], { ...base, flights: [serverFlight()] });
      assert.equal(code, FAILED);
      assert.match(stderr, /ERR_CERT_/);
      assert.equal(server.client.alert?.description, 42);
    });
  });

  describe('misbehaviour: code on stderr, alert on the wire', () => {
    const flight = serverFlight();
    const without = (name: string): Step[] => replaced(flight, name);
    const inFlight: Array<[what: string, flights: Step[][], code: string, alert: number | undefined]> = [
      [
        'two HelloRetryRequests',
        [[helloRetryRequest({ cookie: Buffer.alloc(4) })], [helloRetryRequest({ cookie: Buffer.alloc(4) })]],
        'UNEXPECTED_MESSAGE',
        10,
      ],
      ['a group that was not offered', [[helloRetryRequest({ group: 0x1234 as never })]], 'ILLEGAL_PARAMETER', 47],
      [
        'a suite that was not offered',
        [
          replaced(
            flight,
            'ServerHello',
            serverHello(fields => {
              fields.suite = 0x1399;
            }),
          ),
        ],
        'ILLEGAL_PARAMETER',
        47,
      ],
      [
        'an extension that was not offered',
        [replaced(flight, 'EncryptedExtensions', encryptedExtensions(extension(1234)))],
        'UNSUPPORTED_EXTENSION',
        110,
      ],
      ['no Certificate', [without('Certificate')], 'UNEXPECTED_MESSAGE', 10],
      [
        'a signature of another scheme',
        [replaced(flight, 'CertificateVerify', certificateVerify(0x0403, 0x0804))],
        'ILLEGAL_PARAMETER',
        47,
      ],
      ['an alert', [[alert(2, 40)]], 'ALERT_RECEIVED', undefined],
      [
        'a flood of ChangeCipherSpec',
        [[...Array.from({ length: 40 }, () => changeCipherSpec), ...flight]],
        'UNEXPECTED_MESSAGE',
        10,
      ],
    ];
    for (const [what, flights, code, alertNumber] of inFlight) {
      it(what, async () => {
        const run = await talk({ flights });
        assert.equal(run.code, FAILED);
        assert.match(run.stderr, new RegExp(`^ERR_TLS_${code}: `));
        assert.equal(run.server.client.alert?.description, alertNumber);
      });
    }

    const later: Array<[what: string, steps: Step[], code: string]> = [
      [
        'a flood of empty records',
        Array.from({ length: 33 }, () => record(APPLICATION_DATA, Buffer.alloc(0))),
        'UNEXPECTED_MESSAGE',
      ],
      ['a flood of KeyUpdates', Array.from({ length: 40 }, () => keyUpdate(false)), 'UNEXPECTED_MESSAGE'],
      ['HelloRequest', [laterMessage('HelloRequest', 0, Buffer.alloc(0))], 'UNEXPECTED_MESSAGE'],
      ['a second Finished', [finished()], 'UNEXPECTED_MESSAGE'],
      ['a KeyUpdate of 3', [laterMessage('KeyUpdate', 24, Buffer.from([3]))], 'ILLEGAL_PARAMETER'],
      ['a ticket without ticket', [newSessionTicket([], Buffer.alloc(0))], 'DECODE_ERROR'],
    ];
    for (const [what, steps, code] of later) {
      it(what, async () => {
        const run = await talk({ afterFinished: steps });
        assert.equal(run.code, FAILED);
        assert.match(run.stderr, new RegExp(`^ERR_TLS_${code}: `));
        assert.ok(run.server.client.alert);
      });
    }

    it('32 empty records in a row are none yet', async () => {
      const empty = Array.from({ length: 32 }, () => record(APPLICATION_DATA, Buffer.alloc(0)));
      const { code, stderr } = await talk({ afterFinished: [newSessionTicket(), ...empty, applicationData('x')] });
      assert.deepEqual({ code, stderr }, { code: OK, stderr: '' });
    });

    it('an alert in place of the second flight has change_cipher_spec before it', async () => {
      const run = await talk({ flights: [without('Certificate')] });
      assert.deepEqual(run.server.client.changeCipherSpecs, [1]);
      assert.equal(run.server.client.alert?.protection, 'handshake');
    });
  });
});
