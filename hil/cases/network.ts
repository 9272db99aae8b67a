/** Cable, address, names and time: what a connection needs before it begins. */

import { Block, Register } from '../../src/w5500/registers.js';
import type { Case } from '../agent/case.js';
import { type Bench, type Rig, rigged } from './rig.js';

const NO_ADDRESS = '0.0.0.0';
/** A run may last a day, and clocks differ. Seconds. */
const EARLIER = 120;
const LATER = 86400;

export function networkCases(bench: Bench): Case[] {
  return [
    rigged(bench, { name: 'net/link', needs: [], timeoutMs: 65000 }, link),
    dhcpCase(bench),
    rigged(bench, { name: 'net/dns', needs: ['dns'], timeoutMs: 65000 }, rig => lookUp(rig, 'found')),
    rigged(bench, { name: 'net/dns-missing', needs: ['dns'], timeoutMs: 65000 }, rig => lookUp(rig, 'missing')),
    rigged(bench, { name: 'net/sntp', needs: ['time'], timeoutMs: 65000 }, sntp),
  ];
}

export function dhcpCase(bench: Bench): Case {
  return rigged(bench, { name: 'net/dhcp', needs: [], timeoutMs: 65000 }, dhcp);
}

function link(rig: Rig): void {
  rig.link('after', () => rig.pass());
}

/** A lease that makes sense, and the chip has its address. */
function dhcp(rig: Rig): void {
  rig.ready('checks', () => {
    const network = rig.board.network;
    const lease = network.lease!;
    const ip = dotted(lease.ip);
    const inChip = new Uint8Array(4);
    network.chip.spi.read(Block.COMMON, Register.SIPR, inChip, 0, 4);
    let inSubnet = true;
    for (let i = 0; i < 4; i++) if ((lease.ip[i] ^ lease.gateway[i]) & lease.mask[i]) inSubnet = false;
    rig.metric('leaseSeconds', lease.seconds);
    if (!rig.check(ip !== NO_ADDRESS && dotted(lease.mask) !== NO_ADDRESS, 'the lease is for ' + ip)) return;
    if (!rig.check(lease.seconds > 0, 'the lease is over already')) return;
    const gateway = dotted(lease.gateway);
    if (!rig.check(gateway === NO_ADDRESS || inSubnet, 'gateway ' + gateway + ' is not in the subnet of ' + ip)) return;
    if (!rig.check(dotted(inChip) === ip, 'SIPR is ' + dotted(inChip) + ', the lease ' + ip)) return;
    rig.pass();
  });
}

function lookUp(rig: Rig, which: string): void {
  rig.ready('lookup', () => {
    const name = rig.text('dns', which);
    rig.board.network.resolve(name, (error, ip) =>
      rig.attempt(() => {
        const got = error ? error.code : dotted(ip!);
        if (which === 'missing') {
          if (rig.check(got === 'ERR_NET_DNS_NOT_FOUND', name + ' is ' + got)) rig.pass();
          return;
        }
        if (error) {
          rig.failWith(error);
          return;
        }
        const known = rig.knows('dns', 'address') ? rig.text('dns', 'address') : got;
        if (rig.check(got === known && got !== NO_ADDRESS, name + ' is ' + got + ' instead of ' + known)) rig.pass();
      }),
    );
    poll(rig);
  });
}

function sntp(rig: Rig): void {
  rig.ready('question', () => {
    const network = rig.board.network;
    network.queryTime(rig.text('time', 'host'), (error, seconds) =>
      rig.attempt(() => {
        if (error || !seconds) {
          rig.failWith(error!);
          return;
        }
        const ahead = seconds - rig.number('time', 'unix');
        rig.metric('aheadSeconds', ahead);
        if (!rig.check(ahead > -EARLIER && ahead < LATER, 'the time is wrong by ' + ahead + ' s')) return;
        const known = network.unixTime() || 0;
        if (!rig.check(known - seconds >= 0 && known - seconds < 2, 'unixTime() says ' + known)) return;
        rig.pass();
      }),
    );
    poll(rig);
  });
}

/** The answer comes from `poll`. */
function poll(rig: Rig): void {
  rig.until(
    () => false,
    () => undefined,
  );
}

function dotted(address: Uint8Array): string {
  return address[0] + '.' + address[1] + '.' + address[2] + '.' + address[3];
}
