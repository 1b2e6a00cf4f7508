/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/fixtures/datapath/perimeter.yaml, opened once for a whole group of tests: its hosts and
 * NICs, and what frames there must be.
 */
#ifndef XE_DATAPATH_PERIMETER_H
#define XE_DATAPATH_PERIMETER_H

#include "probe.h"
#include "wire.h"

#define PERIMETER "tests/fixtures/datapath/perimeter.yaml"

#define ACCESS	 "203.0.113.10"
#define WEB	 "203.0.113.20"
#define AV	 "203.0.113.30"
#define INNER	 "172.25.33.10"
#define FE	 "10.0.1.11"
#define DIRECTOR "10.0.1.20"
#define CLIENT	 "198.51.100.130"
#define WORLD	 "192.0.2.77" /* no role, and nor has the next */
#define OTHER	 "192.0.2.78"
#define ACCESS6	 "2001:db8:16::10"
#define AV6	 "2001:db8:16::30"
#define INNER6	 "2001:db8:33::10"
#define FE6	 "2001:db8:1::11"
#define CLIENT6	 "2001:db8:c:80::1"
#define WORLD6	 "2001:db8:77::77"
#define OTHER6	 "2001:db8:77::78"

#define EXT(n) "lync2013-edge-nat/external/" #n
#define INT(n) "lync2013-edge-nat/internal/" #n

/* Two that need no more than their ports: WORLD to ACCESS 443 as SYN, WORLD to AV 3478 over UDP. */
#define SIP_ROW	 EXT(5)
#define STUN_ROW EXT(14)

/* The last two arguments of the functions below: a row, or no row and the miss. */
#define MISS(name) NULL, XE_MISS_##name
#define ROW(id)	   id, XE_MISS_COUNT

extern struct probe perimeter;

/* Set-up and tear-down of a group. The second reads every counter once more. */
int perimeter_open(void **state);
int perimeter_close(void **state);

/* By wan0, which faces the Internet; `detail` is said beside `name` if it fails. */
void perimeter_expect(const struct wire *w, const char *name, size_t detail, const char *row,
		      enum xe_miss miss);
/* By any NIC. */
void perimeter_expect_on(const char *nic, const struct wire *w, const char *name, const char *row,
			 enum xe_miss miss);

#endif
