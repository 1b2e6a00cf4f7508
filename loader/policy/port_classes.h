/* SPDX-License-Identifier: GPL-2.0-only */
/* Port classes of one protocol: ports that no entry and no miss tells apart, at either end. */
#ifndef XE_POLICY_PORT_CLASSES_H
#define XE_POLICY_PORT_CLASSES_H

#include "entries.h"

/* Classes from `lo` up to, not including, `hi`. */
struct class_span {
	uint32_t lo, hi;
};

struct port_classes {
	uint16_t *of; /* 65,536 */
	size_t n;
	bool *ike; /* by class */
	/* by id of a port set: its classes as spans, spans[first[id]] up to spans[first[id + 1]] */
	uint32_t *first;
	struct class_span *spans;
};

/* `l4` is L4_TCP or L4_UDP. 0 or -ENOMEM. */
int port_classes_make(const struct entries *entries, unsigned l4, struct port_classes *out);
void port_classes_free(struct port_classes *classes);
/* Whether a port set, by id, holds a class. */
bool port_classes_has(const struct port_classes *classes, uint32_t set, uint32_t class);

#endif
