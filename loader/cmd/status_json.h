/* SPDX-License-Identifier: GPL-2.0-only */
/* A loaded policy's state as JSON: `status -j`, and what `serve` answers. */
#ifndef XE_CMD_STATUS_JSON_H
#define XE_CMD_STATUS_JSON_H

#include <jansson.h>

#include "../kernel/store.h"
#include "../output/snapshot.h"

/*
 * name, whole, generation, folded, loaded, interfaces, room; with a snapshot of the policy also
 * mode, text, enforcing, not_enforced_on, unjudged, unconfirmed, confirm_in, features, baseline,
 * dropped, would_drop, events, tables. `store`: opened by a reader. How the NICs stand is asked
 * here, and *bad set if our program is missing from one; it is left alone otherwise.
 */
json_t *status_json(const struct store *store, const struct snapshot *snapshot, bool *bad);
/* {"policies": [...]}; takes over the array. */
json_t *status_list_json(json_t *policies);

#endif
