/** The table "What the application sees when…" of DESIGN.md: each of its rows, run as it is written there. */
import assert from 'node:assert/strict';
import { parseInjection } from '../../boards/sim/injections.js';
import { judge } from './checks.js';
import { runScenario } from './connection.js';
import { calmScenario, type Scenario } from './scenario.js';

interface Row {
  when: string;
  /** The schedule, as text; the calm scenario is over after 280 ms. */
  injections: string;
  /** `end`, or an error's code. */
  sees: string;
  /** All of the download, or only what came before. */
  keeps: 'everything' | 'what came';
  /** From the fault until `close`, in milliseconds. */
  within: [number, number];
  change?: (scenario: Scenario) => void;
}

const uploading = (scenario: Scenario) => {
  scenario.client.upload = 20000;
};
const listening = (scenario: Scenario) => {
  scenario.client.upload = 0;
};
const named = (scenario: Scenario) => {
  scenario.dns = true;
};
const leased = (scenario: Scenario) => {
  scenario.dhcp = true;
};

const rows: Row[] = [
  ...[255, 511].flatMap((at): Row[] => [
    {
      when: `Sn_RX_RSR torn at ${at}`,
      injections: `torn-rsr=${at}@t0+ever`,
      sees: 'end',
      keeps: 'everything',
      within: [0, 400],
    },
    {
      when: `Sn_TX_FSR torn at ${at}`,
      injections: `torn-fsr=${at}@t0+ever`,
      sees: 'end',
      keeps: 'everything',
      within: [0, 400],
    },
  ]),
  // Data that is in the wire comes with the next status: up to 250 ms later, for Sn_IR shows nothing.
  ...[0x02, 0x03, 0x20, 0x23, 0x26, 0x27, 0x2a, 0x2b].map(
    (at): Row => ({
      when: `data and FIN land behind the reading of register 0x${at.toString(16)}`,
      injections: `race=${at}@t0+ever`,
      sees: 'end',
      keeps: 'everything',
      within: [0, 3000],
    }),
  ),
  {
    when: 'RST with unread data in receive memory',
    injections: 'rst@t120',
    sees: 'ERR_NET_RESET',
    keeps: 'what came',
    within: [0, 300],
  },
  {
    when: 'RST while connecting',
    injections: 'rst-connecting@t0+ever',
    sees: 'ERR_NET_REFUSED',
    keeps: 'what came',
    within: [0, 100],
  },
  {
    when: 'the peer still knows the port',
    injections: 'duplicate-port@t0+ever',
    sees: 'ERR_NET_TIMEOUT',
    keeps: 'what came',
    within: [10000, 10300],
  },
  {
    when: 'FIN without close_notify',
    injections: 'fin@t120',
    sees: 'ERR_TLS_TRUNCATED',
    keeps: 'what came',
    within: [0, 300],
  },
  { when: 'SEND_OK late', injections: 'send-ok-late=50@t0+ever', sees: 'end', keeps: 'everything', within: [0, 1500] },
  {
    when: 'SEND_OK never',
    injections: 'send-ok-never@t80+ever',
    sees: 'ERR_NET_TIMEOUT',
    keeps: 'everything',
    within: [60000, 60300],
    change: uploading,
  },
  {
    when: 'a SEND moves one byte',
    injections: 'partial-send=1@t0+ever',
    sees: 'end',
    keeps: 'everything',
    within: [0, 60000],
  },
  {
    when: 'a SEND moves only a part',
    injections: 'partial-send=100@t0+ever',
    sees: 'end',
    keeps: 'everything',
    within: [0, 2000],
    change: uploading,
  },
  { when: 'Sn_CR stuck for 5 ms', injections: 'cr-stuck@t100+5', sees: 'end', keeps: 'everything', within: [0, 400] },
  {
    when: 'Sn_CR stuck for ever',
    injections: 'cr-stuck@t100+ever',
    sees: 'ERR_CHIP_STUCK',
    keeps: 'what came',
    within: [100, 600],
  },
  {
    when: 'FIN_WAIT for ever',
    injections: 'fin-wait@t0+ever',
    sees: 'end',
    keeps: 'everything',
    within: [0, 10500],
    change: leaving,
  },
  {
    when: 'link down for a second',
    injections: 'link-down@t100+1000',
    sees: 'end',
    keeps: 'everything',
    within: [1000, 1500],
  },
  {
    when: 'link down while connecting, for a second',
    injections: 'link-down@f10+1000',
    sees: 'end',
    keeps: 'everything',
    within: [1000, 1500],
  },
  {
    when: 'link down while connecting',
    injections: 'link-down@f10+ever',
    sees: 'ERR_NET_TIMEOUT',
    keeps: 'what came',
    within: [1700, 2200],
  },
  {
    when: 'link down for good',
    injections: 'link-down@t100+ever',
    sees: 'ERR_NET_LINK_DOWN',
    keeps: 'what came',
    within: [5000, 6000],
  },
  {
    when: 'MISO stuck for 5 ms',
    injections: 'miso-stuck=0@t100+5',
    sees: 'end',
    keeps: 'everything',
    within: [0, 400],
  },
  ...[0, 255].map(
    (level): Row => ({
      when: `MISO stuck at ${level}`,
      injections: `miso-stuck=${level}@t100+ever`,
      sees: 'ERR_CHIP_NOT_FOUND',
      keeps: 'what came',
      within: [0, 800],
    }),
  ),
  {
    when: 'a bit of Sn_SR read wrongly',
    injections: 'flip-register=24@t100',
    sees: 'end',
    keeps: 'everything',
    within: [0, 400],
  },
  {
    when: 'a bit of received payload flipped',
    injections: 'flip-received=800@t100',
    sees: 'ERR_TLS_BAD_RECORD_MAC',
    keeps: 'what came',
    within: [0, 1500],
  },
  {
    when: 'a bit of sent payload flipped',
    injections: 'flip-sent=7000@t60',
    sees: 'ERR_TLS_ALERT_RECEIVED',
    keeps: 'what came',
    within: [0, 1500],
    change: uploading,
  },
  {
    when: 'a silent reset of the chip',
    injections: 'chip-reset@t120',
    sees: 'ERR_CHIP_RESET',
    keeps: 'what came',
    within: [0, 600],
  },
  {
    when: 'VERSIONR wrong 5 times while the chip is set up again',
    injections: 'version-wrong=5@t119 chip-reset@t120',
    sees: 'ERR_CHIP_NOT_FOUND',
    keeps: 'what came',
    within: [0, 600],
  },
  {
    when: 'receive memory full, and more on the wire',
    injections: 'reader-stalls@t60+5000',
    sees: 'end',
    keeps: 'everything',
    within: [5000, 5500],
  },
  {
    when: 'the peer closes its window for 50 s',
    injections: 'peer-stalls@t60+50000',
    sees: 'end',
    keeps: 'everything',
    within: [50000, 51000],
    change: uploading,
  },
  {
    when: 'the peer closes its window for good',
    injections: 'peer-stalls@t60+ever',
    sees: 'ERR_NET_TIMEOUT',
    keeps: 'everything',
    within: [60000, 60300],
    change: uploading,
  },
  {
    when: 'a dead peer, while we send',
    injections: 'dead-peer@t60+ever',
    sees: 'ERR_NET_TIMEOUT',
    keeps: 'what came',
    within: [31800, 32200],
    change: uploading,
  },
  {
    when: 'a dead peer, while nobody sends',
    injections: 'dead-peer@t110+ever',
    sees: 'idle',
    keeps: 'what came',
    within: [125000, 131000],
    change: listening,
  },
  {
    when: 'a datagram whose length is wrong',
    injections: 'udp-length=100@t0+1000',
    sees: 'end',
    keeps: 'everything',
    within: [1500, 2300],
    change: named,
  },
  {
    when: 'datagrams whose length is always wrong',
    injections: 'udp-length=100@t0+ever',
    sees: 'ERR_NET_DNS_TIMEOUT',
    keeps: 'what came',
    within: [10500, 11000],
    change: named,
  },
  {
    when: 'no answer from DNS once',
    injections: 'dns-silent=1@t0',
    sees: 'end',
    keeps: 'everything',
    within: [1500, 2300],
    change: named,
  },
  {
    when: 'no answer from DNS',
    injections: 'dns-silent=100@t0',
    sees: 'ERR_NET_DNS_TIMEOUT',
    keeps: 'what came',
    within: [10500, 11000],
    change: named,
  },
  {
    when: 'no answer from DHCP',
    injections: 'dhcp-silent=100@t0',
    sees: 'ERR_NET_NO_LEASE',
    keeps: 'what came',
    within: [30000, 30500],
    change: leased,
  },
  {
    when: 'the lease ends and is not renewed',
    injections: 'dhcp-silent=1000@t30',
    sees: 'ERR_NET_NO_LEASE',
    keeps: 'what came',
    within: [3500, 4500],
    change: scenario => {
      scenario.dhcp = true;
      scenario.leaseSeconds = 4;
      scenario.server.pauseMs = 2000;
    },
  },
];

/** We close first: end() while the server still talks. */
function leaving(scenario: Scenario): void {
  scenario.server.ending = 'answer';
}

describe('what the application sees when', () => {
  for (const { when, injections, sees, keeps, within, change } of rows) {
    it(`${when}: ${sees}`, () => {
      const scenario = calmScenario();
      scenario.injections = injections.split(' ').map(parseInjection);
      change?.(scenario);
      const outcome = runScenario(scenario);
      assert.deepEqual(outcome.failures, []);
      assert.equal(outcome.result, sees, outcome.message);
      assert.equal(outcome.begun.length, scenario.injections.length, 'a fault has not begun');
      if (keeps === 'everything') assert.equal(outcome.received, scenario.server.download);
      else assert.ok(outcome.received < scenario.server.download);
      const took = outcome.closedAt - outcome.faultAt!;
      assert.ok(took >= within[0] && took <= within[1], `after ${took.toFixed(0)} ms, not ${within.join(' to ')}`);
      if (sees === 'end') assert.deepEqual(judge(scenario, outcome), []);
    });
  }
});
