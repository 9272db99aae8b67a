/**
 * The simulated board: a W5500 at its SPI pins, a clock, and a virtual LAN 10.0.0.0/24 whose gateway 10.0.0.1 serves
 * DHCP, DNS and NTP. `close` leaves no open connection, timer or port behind.
 */
import type { SpiPort } from '../../src/platform.js';
import { RealClock, type SimClock } from './clock.js';
import { type ChipOptions, defaultChipOptions } from './context.js';
import { DhcpServer } from './dhcp-server.js';
import { DnsServer } from './dns-server.js';
import { type Faults, noFaults } from './faults.js';
import { defaultLanOptions, Lan, type LanOptions } from './lan.js';
import { NtpServer } from './ntp-server.js';
import { SimW5500 } from './w5500.js';

export { Capture } from './capture.js';
export { formatFrame } from './trace.js';

export interface SimBoardOptions {
  /** Of the chip's random choices. */
  seed?: number;
  clock?: SimClock;
  chip?: Partial<ChipOptions>;
  lan?: Partial<LanOptions>;
  faults?: Partial<Faults>;
  leaseSeconds?: number;
  /** The time that the NTP server tells, in ms since 1970. */
  unixMs?: () => number;
}

export interface SimBoard {
  readonly chip: SimW5500;
  readonly spi: SpiPort;
  readonly lan: Lan;
  readonly clock: SimClock;
  readonly faults: Faults;
  readonly dhcp: DhcpServer;
  readonly dns: DnsServer;
  readonly ntp: NtpServer;
  close(): void;
}

export function createSimBoard(options: SimBoardOptions = {}): SimBoard {
  const clock = options.clock ?? new RealClock();
  const lan = new Lan({ ...defaultLanOptions(), ...options.lan }, clock);
  const { gateway, mask } = lan.options;
  const dhcp = new DhcpServer({
    address: gateway,
    mask,
    router: gateway,
    dns: gateway,
    ntp: gateway,
    poolStart: gateway.replace(/\d+$/, '100'),
    leaseSeconds: options.leaseSeconds ?? 3600,
  });
  const dns = new DnsServer(lan);
  const ntp = new NtpServer(options.unixMs);
  lan.serve(gateway, 67, dhcp.service);
  lan.serve(gateway, 53, dns.service);
  lan.serve(gateway, 123, ntp.service);
  const faults: Faults = { ...noFaults(), ...options.faults };
  const chip = new SimW5500(clock, lan, { ...defaultChipOptions(), ...options.chip }, faults, options.seed ?? 1);
  return {
    chip,
    spi: chip.spi,
    lan,
    clock,
    faults,
    dhcp,
    dns,
    ntp,
    close: () => {
      chip.close();
      lan.close();
      clock.close();
    },
  };
}
