/**
 * Plans for the W5500's 16 KB of receive and 16 KB of transmit memory (W5500 §4.2, Sn_RXBUF_SIZE). Which one is a question of how
 * many connections there are at a time, how fast they are, and how large the records are that servers send.
 * DESIGN.md, "Socket memory", compares them.
 */
import type { BufferPlan } from './network.js';

/**
 * 2 KB for each of 8 sockets: 7 connections at a time with DHCP, 8 with a static address; DHCP, DNS and SNTP at any time.
 * A record must fit into the connection's `receiveBuffer`: 16,645 bytes for any server, less for one that
 * respects record_size_limit.
 */
export const EIGHT_SOCKETS: BufferPlan = { rx: [2, 2, 2, 2, 2, 2, 2, 2], tx: [2, 2, 2, 2, 2, 2, 2, 2] };

/**
 * 8, 4, 2 and 2 KB: 3 connections at a time with DHCP, 4 with a static address, the first with the most memory, which makes it
 * fast over a long way; DHCP, DNS and SNTP at any time. Records as with `EIGHT_SOCKETS`.
 */
export const FOUR_SOCKETS: BufferPlan = { rx: [8, 4, 2, 2], tx: [8, 4, 2, 2] };

/**
 * All 16 KB for one socket: one connection at a time. DHCP, DNS and SNTP take turns with it: they work before and after it, and while it is open
 * they fail with ERR_NET_NO_SOCKET. The lease is renewed before a connection if half the time to its renewal is over; a
 * connection that outlives its lease fails with ERR_NET_NO_LEASE, so give long leases or a static address.
 */
export const ONE_SOCKET: BufferPlan = { rx: [16], tx: [16] };
