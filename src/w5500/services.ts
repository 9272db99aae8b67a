/**
 * What the driver asks over UDP: an address (DHCP), the address of a name (DNS), the time (SNTP). A board composes them in, or has a static address, connects to addresses
 * only, and is 4.5 KB smaller.
 */
import { dhcpClient } from './dhcp.js';
import { dnsQuestion } from './dns.js';
import { sntpQuestion } from './sntp.js';
import { udpExchange } from './udp-exchange.js';

export interface UdpServices {
  readonly dhcp: typeof dhcpClient;
  readonly dns: typeof dnsQuestion;
  readonly sntp: typeof sntpQuestion;
  readonly exchange: typeof udpExchange;
}

export const udpServices: UdpServices = {
  dhcp: dhcpClient,
  dns: dnsQuestion,
  sntp: sntpQuestion,
  exchange: udpExchange,
};
