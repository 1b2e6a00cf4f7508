/* SPDX-License-Identifier: GPL-2.0-only */
/* What an effective row limits, in the words of every output for people. */
#ifndef XE_POLICY_ROW_TEXT_H
#define XE_POLICY_ROW_TEXT_H

#include "resolve.h"

/*
 * The ports of a row in both directions: "443", "from 50000-50999" (only the source port is
 * limited), "443 from 1024-65535", "50000-50999 either way"; DHCP, whose ends both use its two
 * ports, is "67,68". At most `size` bytes with the NUL; a set too long for its share of them is cut
 * with "…".
 */
void effective_ports_text(const struct effective_row *row, char *buf, size_t size);

#endif
