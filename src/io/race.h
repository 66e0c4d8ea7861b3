/* Connecting to the first of several addresses that answers: happy eyeballs,
 * RFC 8305. The families take turns, beginning with the first address's; an
 * attempt begins 250 ms after the one before, or as soon as one has failed; the
 * first connection wins, and the other sockets are closed.
 */
#ifndef SRC_IO_RACE_H
#define SRC_IO_RACE_H

#include <stddef.h>

#include "rove/address.h"

/* Addresses that take part at most; the others are left out. */
#define RV_RACE_MAX 16

/* The order to try count addresses in (1 to RV_RACE_MAX). */
void rv_race_order(const rove_address list[], size_t count,
                   const rove_address *order[]);

/* A connected stream socket, or -errno: of the attempts' errors the first that
 * says more than that there is no way to the address. May suspend. */
int rv_race_connect(const rove_address list[], size_t count);

#endif
