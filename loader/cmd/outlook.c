// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of a packet that meets an empty memory. */
#include "outlook.h"

#include <netinet/in.h>
#include <string.h>

#define DHCP_SERVER  67
#define DHCP_CLIENT  68
#define DHCP6_CLIENT 546
#define DHCP6_SERVER 547

static bool is_dhcp(enum xe_side side, const struct tuple *t)
{
	uint16_t a = t->family == 4 ? DHCP_SERVER : DHCP6_CLIENT;
	uint16_t b = t->family == 4 ? DHCP_CLIENT : DHCP6_SERVER;

	return side != XE_SIDE_INTERNET && t->proto == IPPROTO_UDP &&
	       (t->sport == a || t->sport == b) && (t->dport == a || t->dport == b);
}

static bool is_protected(const struct compiled *compiled, const struct tuple *t)
{
	return compiled_end(compiled, t->family, t->saddr, true)->role ||
	       compiled_end(compiled, t->family, t->daddr, false)->role;
}

static void drop(struct outlook *out, enum xe_reason reason)
{
	out->dropped = true;
	out->reason = reason;
}

/* A packet that no row decides. */
static void look_closer(const struct policy_ctx *ctx, enum xe_side side, const struct tuple *tuple,
			struct outlook *out)
{
	enum xe_miss miss = out->action->miss;
	bool guarded = is_protected(&ctx->compiled, tuple);

	if (!guarded && !ctx->site.drop_foreign)
		return;
	if ((miss == XE_MISS_UNMATCHED || miss == XE_MISS_FOREIGN) && is_dhcp(side, tuple)) {
		out->exempt = true;
		out->by = XE_EXEMPT_DHCP;
	} else if (!guarded) {
		drop(out, XE_REASON_FOREIGN);
	} else if (miss == XE_MISS_IP_OTHER) {
		drop(out, XE_REASON_IP_OTHER);
	} else {
		drop(out, miss == XE_MISS_IPSEC ? XE_REASON_IPSEC : XE_REASON_UNMATCHED);
	}
}

void outlook_get(const struct policy_ctx *ctx, enum xe_side side, const struct tuple *tuple,
		 struct outlook *out)
{
	const struct compiled *compiled = &ctx->compiled;

	memset(out, 0, sizeof(*out));
	out->atom = out->counted = compiled_classify(compiled, side, tuple);
	out->action = compiled_action(compiled, out->atom);
	switch (out->action->act) {
	case XE_ACT_DROP:
		drop(out, out->action->reason);
		break;
	case XE_ACT_REPLY:
		if (out->action->otherwise == XE_OTHERWISE_DENY) {
			drop(out, XE_REASON_DENY_ROW);
		} else if (out->action->otherwise == XE_OTHERWISE_UNSOLICITED) {
			drop(out, XE_REASON_UNSOLICITED);
			out->counted = XE_MISS_UNSOLICITED;
		}
		break;
	case XE_ACT_MISS:
		look_closer(ctx, side, tuple, out);
		break;
	}
}
