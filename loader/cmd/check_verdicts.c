// SPDX-License-Identifier: GPL-2.0-only
/* What `check` says of verdicts; see check_verdicts.h. */
#include "check_verdicts.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../output/json.h"
#include "../policy/addr.h"
#include "../policy/diag.h"
#include "../policy/limit.h"

static bool is_own_verdict(const struct effective_row *row)
{
	return !row->deny_list && row->verdict.kind != VERDICT_ALLOW;
}

/* --- what is remembered ----------------------------------------------------------------------- */

/* The tables that remember packets: how many at once, and the memory. */
struct memory {
	const char *name;
	uint32_t n;
	size_t bytes;
};
enum { MEMORY_FLOWS, MEMORY_FRAGMENTS, MEMORY_SOURCES, N_MEMORY };

static size_t count_verdicts(const struct policy_ctx *ctx, enum row_verdict kind)
{
	size_t n = 0;

	for (size_t i = 0; i < ctx->policy.n_rows; i++)
		n += is_own_verdict(&ctx->policy.rows[i]) &&
		     ctx->policy.rows[i].verdict.kind == kind && ctx->policy.rows[i].active;
	return n;
}

static void memory_fill(const struct policy_ctx *ctx, struct memory memory[N_MEMORY])
{
	const struct state_config *state = &ctx->site.state;

	memory[MEMORY_FLOWS] = (struct memory){"flows", state->off ? 0 : state->flows, 0};
	memory[MEMORY_FRAGMENTS] = (struct memory){"fragments", state->fragments, 0};
	memory[MEMORY_SOURCES] = (struct memory){
		"sources", count_verdicts(ctx, VERDICT_LIMIT) ? state->sources : 0, 0};
	for (size_t i = 0; i < N_MEMORY; i++) {
		if (memory[i].n)
			memory[i].bytes = guard_sets(memory[i].n) * sizeof(struct xe_set);
	}
}

/* --- warnings: rows --------------------------------------------------------------------------- */

static bool is_denied_inactive(const struct policy_ctx *ctx, const struct effective_row *row)
{
	(void)ctx;
	return row->verdict.kind == VERDICT_DENY && !row->active;
}

static bool is_limited_inactive(const struct policy_ctx *ctx, const struct effective_row *row)
{
	(void)ctx;
	return row->verdict.kind == VERDICT_LIMIT && !row->active;
}

/* Only new flows are limited, and DHCP begins none. */
static bool is_limited_dhcp(const struct policy_ctx *ctx, const struct effective_row *row)
{
	(void)ctx;
	return row->verdict.kind == VERDICT_LIMIT && row->active && row->dhcp &&
	       !row->verdict.limit.packets;
}

/* The limit of a role's rows is one of what it sends, too. */
static bool is_limited_server(const struct policy_ctx *ctx, const struct effective_row *row)
{
	return row->verdict.kind == VERDICT_LIMIT && row->active && row->source.kind == END_ROLES &&
	       ctx->spec.roles[row->source.roles[0]].is_protected;
}

/* All such rows in one line, named by the first, or they would bury the rest. */
static void warn_such(const struct policy_ctx *ctx,
		      bool (*such)(const struct policy_ctx *, const struct effective_row *),
		      const char *what)
{
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];

		if (!is_own_verdict(row) || !such(ctx, row))
			continue;
		if (!n++)
			first = row->row->id;
	}
	if (n == 1)
		diag_warning(ctx->site.path, 0, 0, first, "%s", what);
	else if (n)
		diag_warning(ctx->site.path, 0, 0, first, "%s; and so of %zu more", what, n - 1);
}

/* A verdict that never comes to pass: rows that are more exact decide, and say something else. */
static void warn_hidden(const struct policy_ctx *ctx, const struct analysis *analysis)
{
	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];
		const struct row_list *by = &analysis->rows[i].shadowed_by;

		if (!is_own_verdict(row))
			continue;
		for (size_t k = 0; k < by->n; k++) {
			const struct effective_row *other = &ctx->policy.rows[by->v[k]];
			char verdict[VERDICT_TEXT_MAX], its[VERDICT_TEXT_MAX];

			if (other->verdict.kind == row->verdict.kind || other->deny_list)
				continue;
			verdict_text(&row->verdict, verdict);
			verdict_text(&other->verdict, its);
			diag_warning(ctx->site.path, 0, 0, row->row->id,
				     "%s, but this row never decides: %s does, %s", verdict,
				     other->row->id, its);
			break;
		}
	}
}

/* What a mode that drops would do to a site that is not finished. */
static void warn_mode(const struct policy_ctx *ctx)
{
	const char *mode = mode_text(ctx->site.mode);
	bool decides = false, protects = false;

	if (ctx->site.mode == XE_MODE_MONITOR)
		return;
	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];

		decides |= row->active && !row->deny_list && !row->annotation;
	}
	for (size_t i = 0; i < ctx->spec.n_roles; i++)
		protects |= ctx->spec.roles[i].is_protected && ctx->policy.holds[i];
	if (!protects)
		diag_warning(ctx->site.path, ctx->site.mode_line, 0, mode,
			     "no protected role has an address: nothing is dropped for want of a "
			     "row");
	else if (!decides)
		diag_warning(ctx->site.path, ctx->site.mode_line, 0, mode,
			     "NO ROW IS ACTIVE: everything from and to protected roles is dropped");
	for (size_t i = 0; i < ctx->n_nics; i++) {
		if (ctx->nics[i].side == XE_SIDE_MIRROR)
			diag_warning(
				ctx->site.path, ctx->site.mode_line, 0, mode,
				"%s is a mirror: what it receives are copies; nothing is enforced "
				"there",
				ctx->nics[i].name);
	}
}

/* What monitor does without, and may be in the way when it is over. */
static void warn_memory(const struct policy_ctx *ctx)
{
	const struct site *site = &ctx->site;
	struct memory memory[N_MEMORY];
	size_t bytes = 0;

	if (site->mode != XE_MODE_MONITOR)
		return;
	memory_fill(ctx, memory);
	for (size_t i = 0; i < N_MEMORY; i++)
		bytes += memory[i].bytes;
	if (bytes > ctx->max_memory)
		diag_warning(site->path, site->state_line, site->state_column, "state",
			     "rehearse and enforce need %zu MiB for this, --max-memory allows %zu",
			     (bytes + (1u << 20) - 1) >> 20, ctx->max_memory >> 20);
}

/* --- warnings: addresses ---------------------------------------------------------------------- */

/* What `prefix` and one of the list, which is in order, have in common: the narrower; or NULL. */
static const struct prefix *find_common(const struct prefix_list *list, const struct prefix *prefix)
{
	struct prefix first = *prefix;
	size_t low = 0, high = list->n;

	/* The first in the list that does not begin before it: either it begins inside … */
	first.prefixlen = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (prefix_compare(&list->v[middle], &first) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < list->n && prefix_contains(prefix, list->v[low].family, list->v[low].addr))
		return list->v[low].prefixlen > prefix->prefixlen ? &list->v[low] : prefix;
	/* … or one that does begin before it reaches into it, and so holds it whole. */
	return prefix_list_contains(list, prefix->family, prefix->addr) ? prefix : NULL;
}

/* The shorter list is walked, the longer one searched. */
static void warn_denied_role(const struct policy_ctx *ctx, const struct deny_list *list,
			     size_t role)
{
	const struct prefix_list *few = &ctx->site.role_prefixes[role], *many = &list->prefixes;
	const struct prefix *common = NULL;
	char text[64];

	if (few->n > many->n) {
		many = few;
		few = &list->prefixes;
	}
	for (size_t i = 0; i < few->n && !common; i++)
		common = find_common(many, &few->v[i]);
	if (!common)
		return;
	prefix_text(common, text, sizeof(text));
	diag_warning(ctx->site.path, list->line, 0, list->name,
		     "has %s, of %s: nothing is exchanged with it", text,
		     ctx->spec.roles[role].name);
}

/* Dropped before any row, and before it is known whose they are. */
static void warn_denied(const struct policy_ctx *ctx)
{
	for (size_t i = 0; i < ctx->site.n_deny; i++) {
		for (size_t role = 0; role < ctx->spec.n_roles; role++) {
			if (ctx->spec.roles[role].is_protected)
				warn_denied_role(ctx, &ctx->site.deny[i], role);
		}
	}
}

/* As the compiled policy sees it: a packet from the address, or to it, and an ordinary one. */
static bool is_martian(const struct policy_ctx *ctx, int family, const uint8_t *addr,
		       bool is_source)
{
	static const uint8_t ordinary4[] = {192, 0, 2, 1}, ordinary6[16] = {0x20, 0x01, 0x0d, 0xb8};
	struct tuple tuple = {.family = (uint8_t)family, .proto = IPPROTO_UDP};
	size_t bytes = family == 4 ? 4 : 16;
	unsigned side = 0;
	uint32_t atom;

	while (side < XE_SIDE_MIRROR && !ctx->compiled.plane[side])
		side++;
	memcpy(is_source ? tuple.saddr : tuple.daddr, addr, bytes);
	memcpy(is_source ? tuple.daddr : tuple.saddr, family == 4 ? ordinary4 : ordinary6, bytes);
	atom = compiled_classify(&ctx->compiled, (enum xe_side)side, &tuple);
	return ctx->compiled.atoms[atom].row == XE_NO_ROW &&
	       ctx->compiled.atoms[atom].miss == XE_MISS_MARTIAN;
}

/*
 * Asked of its second address, of one in the middle and of the last: a network that only holds
 * martian ones among others has an ordinary one there.
 */
static bool prefix_is_martian(const struct policy_ctx *ctx, const struct prefix *prefix,
			      bool is_source)
{
	unsigned bits = prefix->family == 4 ? 32 : 128, len = prefix->prefixlen;
	uint8_t second[16], middle[16], last[16];

	memcpy(second, prefix->addr, sizeof(second));
	memcpy(middle, prefix->addr, sizeof(middle));
	memcpy(last, prefix->addr, sizeof(last));
	if (len < bits) {
		second[bits / 8 - 1] |= 1;
		middle[len / 8] |= 0x80 >> len % 8;
	}
	for (unsigned bit = len; bit < bits; bit++)
		last[bit / 8] |= 0x80 >> bit % 8;
	return is_martian(ctx, prefix->family, second, is_source) &&
	       is_martian(ctx, prefix->family, middle, is_source) &&
	       is_martian(ctx, prefix->family, last, is_source);
}

static void warn_martians(const struct policy_ctx *ctx)
{
	for (size_t role = 0; role < ctx->spec.n_roles; role++) {
		const struct prefix_list *own = &ctx->site.role_prefixes[role];

		for (size_t i = 0; i < own->n; i++) {
			bool from = prefix_is_martian(ctx, &own->v[i], true);
			bool to = prefix_is_martian(ctx, &own->v[i], false);
			char text[64];

			if (!from && !to)
				continue;
			prefix_text(&own->v[i], text, sizeof(text));
			diag_warning(ctx->site.path, 0, 0, text,
				     "of %s: every packet %s it is martian",
				     ctx->spec.roles[role].name,
				     from && to ? "from or to"
				     : from	? "from"
						: "to");
			break;
		}
	}
}

/* Both forms of an address are the same host, so the rows that hold for one must for the other. */
static int warn_nat(const struct policy_ctx *ctx)
{
	size_t n = ctx->spec.n_roles;
	bool *roles = calloc(2 * n + 1, sizeof(*roles));

	if (!roles)
		return -1;
	for (size_t i = 0; i < ctx->site.n_nats; i++) {
		const struct nat_pair *pair = &ctx->site.nats[i];
		char outside[64], inside[64];
		bool same;

		address_roles(&ctx->policy, pair->outside.family, pair->outside.addr, roles);
		address_roles(&ctx->policy, pair->inside.family, pair->inside.addr, roles + n);
		same = !memcmp(roles, roles + n, n * sizeof(*roles));
		if (same && memchr(roles, true, n))
			continue;
		prefix_text(&pair->outside, outside, sizeof(outside));
		prefix_text(&pair->inside, inside, sizeof(inside));
		diag_warning(ctx->site.path, pair->line, pair->column, outside,
			     same ? "neither it nor %s is in a role"
				  : "is translated to %s, but they are not of the same roles",
			     inside);
	}
	free(roles);
	return 0;
}

int verdicts_warn(const struct policy_ctx *ctx, const struct analysis *analysis)
{
	warn_mode(ctx);
	warn_memory(ctx);
	warn_denied(ctx);
	warn_hidden(ctx, analysis);
	warn_such(ctx, is_limited_server, "a limit on what a server of the site's sends");
	warn_such(ctx, is_limited_dhcp,
		  "a limit on new flows, and DHCP begins none: write limit_on: packets");
	warn_such(ctx, is_denied_inactive, "denied, and inactive");
	warn_such(ctx, is_limited_inactive, "limited, and inactive");
	warn_martians(ctx);
	return warn_nat(ctx);
}

/* --- what enforce does ------------------------------------------------------------------------ */

static const char *pass_text(bool drop)
{
	return drop ? "drop" : "pass";
}

_Static_assert(XE_LIFE_FRAGMENT == XE_LIFE_COUNT - 1, "what is left without flows is the last");
static const char *const life_names[XE_LIFE_COUNT] = {
	[XE_LIFE_NEW] = "new", [XE_LIFE_CLOSING] = "closing", [XE_LIFE_TCP] = "tcp",
	[XE_LIFE_UDP] = "udp", [XE_LIFE_OTHER] = "other",     [XE_LIFE_FRAGMENT] = "fragment",
};

static const char *mode_means(enum xe_mode mode)
{
	switch (mode) {
	case XE_MODE_ENFORCE:
		return "what no row allows is dropped";
	case XE_MODE_REHEARSE:
		return "nothing is dropped, but what enforce would drop is counted as such";
	default:
		return "nothing is dropped, nothing remembered; enforce would do as follows";
	}
}

static void print_deny(const struct policy_ctx *ctx)
{
	for (size_t i = 0; i < ctx->site.n_deny; i++)
		printf("%10s  %s: %zu %s\n", i ? "" : "deny", ctx->site.deny[i].name,
		       ctx->site.deny[i].prefixes.n,
		       ctx->site.deny[i].prefixes.n == 1 ? "prefix" : "prefixes");
}

static void print_memory(const struct policy_ctx *ctx)
{
	struct memory memory[N_MEMORY];

	memory_fill(ctx, memory);
	if (!memory[MEMORY_FLOWS].n)
		printf("%10s  off: replies pass without having been asked for\n", "flows");
	for (size_t i = 0; i < N_MEMORY; i++) {
		if (memory[i].n)
			printf("%10s  %u at once in %zu bytes\n", memory[i].name, memory[i].n,
			       memory[i].bytes);
	}
	printf("%10s  ", "kept for");
	for (size_t i = ctx->site.state.off ? XE_LIFE_FRAGMENT : 0; i < XE_LIFE_COUNT; i++) {
		char text[DURATION_TEXT_MAX];

		duration_text(ctx->site.state.life[i], text);
		printf("%s %s%s", life_names[i], text, i + 1 < XE_LIFE_COUNT ? ", " : "\n");
	}
}

void verdicts_print(const struct policy_ctx *ctx)
{
	const struct site *site = &ctx->site;

	printf("\n%10s  %s: %s\n", "mode", mode_text(site->mode), mode_means(site->mode));
	print_deny(ctx);
	printf("%10s  %zu denied, %zu limited\n", "rows", count_verdicts(ctx, VERDICT_DENY),
	       count_verdicts(ctx, VERDICT_LIMIT));
	printf("%10s  foreign %s, non-ip %s, echo %s, fragments %s\n", "else",
	       pass_text(site->drop_foreign), pass_text(site->drop_non_ip),
	       pass_text(site->drop_echo), site->pass_orphans ? "pass" : "strict");
	print_memory(ctx);
	if (site->n_nats)
		printf("%10s  %zu %s translated\n", "nat", site->n_nats,
		       site->n_nats == 1 ? "address" : "addresses");
	printf("%10s  suggestions %s, payload classes %s\n", "keeps", site->suggest ? "yes" : "no",
	       site->payload ? "yes" : "no");
}

/* Ids of the active rows with a verdict. */
static json_t *rows_json(const struct policy_ctx *ctx, enum row_verdict kind)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < ctx->policy.n_rows; i++) {
		const struct effective_row *row = &ctx->policy.rows[i];

		if (is_own_verdict(row) && row->verdict.kind == kind && row->active)
			json_array_append_new(ids, json_text(row->row->id));
	}
	return ids;
}

static json_t *deny_json(const struct policy_ctx *ctx)
{
	json_t *lists = json_array();

	for (size_t i = 0; i < ctx->site.n_deny; i++)
		json_array_append_new(
			lists, json_pack("{s:o, s:o}", "id", json_text(ctx->site.deny[i].row.id),
					 "prefixes", json_count(ctx->site.deny[i].prefixes.n)));
	return lists;
}

static json_t *state_json(const struct policy_ctx *ctx)
{
	struct memory memory[N_MEMORY];
	json_t *state = json_object(), *seconds = json_object();

	memory_fill(ctx, memory);
	for (size_t i = 0; i < N_MEMORY; i++)
		json_object_set_new(state, memory[i].name,
				    json_pack("{s:o, s:o}", "at_once", json_count(memory[i].n),
					      "bytes", json_count(memory[i].bytes)));
	for (size_t i = 0; i < XE_LIFE_COUNT; i++)
		json_object_set_new(seconds, life_names[i], json_count(ctx->site.state.life[i]));
	json_object_set_new(state, "seconds", seconds);
	return state;
}

json_t *verdicts_json(const struct policy_ctx *ctx)
{
	const struct site *site = &ctx->site;

	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:b}", "mode",
			 mode_text(site->mode), "deny_lists", deny_json(ctx), "denied",
			 rows_json(ctx, VERDICT_DENY), "limited", rows_json(ctx, VERDICT_LIMIT),
			 "foreign", pass_text(site->drop_foreign), "non_ip",
			 pass_text(site->drop_non_ip), "echo", pass_text(site->drop_echo),
			 "orphan_fragments", pass_text(!site->pass_orphans), "state",
			 state_json(ctx), "translated", json_count(site->n_nats), "suggest",
			 (int)site->suggest, "payload", (int)site->payload);
}
