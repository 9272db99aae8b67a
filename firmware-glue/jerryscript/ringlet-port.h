/*
 * What a firmware gives to ringlet-module.c. All of it is called from the thread that runs JerryScript.
 */
#ifndef RINGLET_PORT_H
#define RINGLET_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One complete SPI frame to the W5500: chip select falls, three bytes of header are clocked out (SPI mode 0, at most 33 MHz), then `length` bytes
 * (1 to 16384) are clocked in or out, chip select rises.
 */
void ringlet_port_spi_read (const uint8_t header[3], uint8_t *into, size_t length);
void ringlet_port_spi_write (const uint8_t header[3], const uint8_t *from, size_t length);

/* Monotonic milliseconds, from any origin; the finer the better. */
double ringlet_port_now (void);

/*
 * Cryptographically secure random bytes: of a generator that is documented as such, or of one that is seeded with 128 bits of entropy at least.
 * False if there are none (yet): no handshake begins then.
 */
bool ringlet_port_random (uint8_t *into, size_t length);

/* Eight bytes that no other board has; the MAC address is made of them (the W5500 has none of its own). */
void ringlet_port_unique_id (uint8_t into[8]);

#endif
