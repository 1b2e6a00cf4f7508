// SPDX-License-Identifier: GPL-2.0-only
/* Proposed rows as YAML to paste into a site file, with what is known of each as comments. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "../policy/addr.h"
#include "escape.h"
#include "suggest.h"

#define ADDRESSES_A_LINE    6
#define ADDRESSES_COMMENTED 4

struct yaml {
	const struct suggest_input *in;
	FILE *out;
	bool commented; /* the row at hand is for the operator to take or leave */
};

/* A line of a comment above a row. */
static void comment(const struct yaml *yaml, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void comment(const struct yaml *yaml, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("  # ", yaml->out);
	vfprintf(yaml->out, fmt, args);
	fputc('\n', yaml->out);
	va_end(args);
}

/* The beginning of a row's line. */
static void indent(const struct yaml *yaml)
{
	fputs(yaml->commented ? "  #   " : "    ", yaml->out);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* --- comments --------------------------------------------------------------------------------- */

static void reasons_text(const struct proposal *p, char *buf, size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (int i = 0; i < XE_REASON_COUNT && used < size; i++)
		if (p->reasons & 1u << i)
			used += snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
					 reason_text(i));
}

/* The NICs, whose names anybody who may make one has chosen. */
static void nics_text(const struct suggest_input *in, const struct proposal *p, char *buf,
		      size_t size)
{
	size_t used = 0;

	*buf = '\0';
	for (size_t i = 0; i < in->n_interfaces && i < XE_MAX_NICS && used < size; i++) {
		char name[XE_IFNAME_MAX * 4];

		if (!(p->slots & 1ull << i) || !in->interfaces[i].name[0])
			continue;
		escape_terminal(in->interfaces[i].name,
				strnlen(in->interfaces[i].name, XE_IFNAME_MAX), name, sizeof(name));
		used += snprintf(buf + used, size - used, "%s%s", used ? ", " : "", name);
	}
	if (!used)
		snprintf(buf, size, "a NIC that is gone");
}

static void comment_counts(const struct yaml *yaml, const struct proposal *p)
{
	char first[40], last[40], reasons[256], nics[512];

	suggest_time_text(yaml->in, p->first, first, sizeof(first));
	suggest_time_text(yaml->in, p->last, last, sizeof(last));
	reasons_text(p, reasons, sizeof(reasons));
	nics_text(yaml->in, p, nics, sizeof(nics));
	comment(yaml, "%s%" PRIu64 " packet%s, %" PRIu64 " bytes, %s, by %s; first %s, last %s",
		p->estimated ? "about " : "", p->packets, plural(p->packets), p->bytes, reasons,
		nics, first, last);
}

/* Who is behind an end, the heaviest of them. */
static void comment_addresses(const struct yaml *yaml, const char *what,
			      const struct proposal_end *end)
{
	char line[ADDRESSES_COMMENTED * 80] = "", address[48];
	size_t used = 0, n = end->n_addresses;

	for (size_t i = 0; i < n && i < ADDRESSES_COMMENTED; i++) {
		prefix_text(&end->addresses[i].address, address, sizeof(address));
		used += snprintf(line + used, sizeof(line) - used, "%s%s (%" PRIu64 ")",
				 i ? ", " : "", address, end->addresses[i].packets);
	}
	comment(yaml, "%zu %s%s: %s%s", n, what, plural(n), line,
		n > ADDRESSES_COMMENTED ? ", …" : "");
}

/* An end that the row has under another name than its addresses, or not all of them. */
static void comment_end(const struct yaml *yaml, const char *what, const struct proposal_end *end)
{
	if (end->role < 0 && !end->any && end->n_addresses <= PROPOSAL_LIST_MAX)
		return;
	comment_addresses(yaml, what, end);
	if (end->any)
		comment(yaml, "any, since they are %d or more that no role holds",
			PROPOSAL_ANY_FROM);
	else if (end->role < 0)
		comment(yaml,
			"the row lists the %d heaviest: `any` would not match here, or would be "
			"too much",
			PROPOSAL_LIST_MAX);
}

static void comment_answers(const struct yaml *yaml, const struct proposal *p)
{
	if (!p->answers)
		return;
	if (p->answers == p->packets)
		comment(yaml,
			"only answers were seen, from the destination's port: the row is turned "
			"round, and must");
	else
		comment(yaml,
			"%" PRIu64
			" of them are answers, from the destination's port: the row must",
			p->answers);
	comment(yaml, "see the packets that they answer, or with state they are unsolicited");
}

static void comment_kind(const struct yaml *yaml, const struct proposal *p)
{
	char proto[24];

	proposal_proto_text(p, proto, sizeof(proto));
	if (p->kind == PROPOSAL_OPEN) {
		comment(yaml,
			"%s: only a row of any l4 matches it, which opens TCP and UDP between "
			"these ends too.",
			proto);
		comment(yaml, "If that is wanted:");
	} else if (p->kind == PROPOSAL_RANGE) {
		comment(yaml,
			"%zu ports between %u and %u: a scan, or the range of a product. If it is "
			"a range:",
			p->n_ports, p->port_lo, p->port_hi);
	} else if (p->kind == PROPOSAL_NONE) {
		comment(yaml,
			"%s replies from port %u%s without a flow: a row for them is there, but "
			"what they",
			proto, p->port_lo, p->n_ports > 1 ? " and others" : "");
		comment(yaml, "answer was not seen by this box, or too long ago. No row helps.");
	}
}

/* --- rows ------------------------------------------------------------------------------------- */

/* In a flow list or alone an IPv6 address wants quotes: a colon may end a key. */
static void print_address(const struct yaml *yaml, const struct prefix *prefix)
{
	const char *quote = prefix->family == 6 ? "\"" : "";
	char text[48];

	prefix_text(prefix, text, sizeof(text));
	fprintf(yaml->out, "%s%s%s", quote, text, quote);
}

static void print_end(const struct yaml *yaml, const char *key, const struct proposal_end *end)
{
	size_t n = end->n_addresses < PROPOSAL_LIST_MAX ? end->n_addresses : PROPOSAL_LIST_MAX;

	indent(yaml);
	fprintf(yaml->out, "%s: ", key);
	if (end->any) {
		fputs("any", yaml->out);
	} else if (end->role >= 0) {
		fputs(yaml->in->policy->spec->roles[end->role].name, yaml->out);
	} else if (n == 1) {
		print_address(yaml, &end->addresses[0].address);
	} else {
		for (size_t i = 0; i < n; i++) {
			if (i && i % ADDRESSES_A_LINE == 0) {
				fputs(",\n", yaml->out);
				indent(yaml);
				fputs("  ", yaml->out);
			} else {
				fputs(i ? ", " : "[", yaml->out);
			}
			print_address(yaml, &end->addresses[i].address);
		}
		fputc(']', yaml->out);
	}
	fputc('\n', yaml->out);
}

static void print_row(const struct yaml *yaml, const struct proposal *p)
{
	char proto[24], port[16] = "";

	proposal_proto_text(p, proto, sizeof(proto));
	if (p->port_lo != p->port_hi)
		snprintf(port, sizeof(port), "%u-%u", p->port_lo, p->port_hi);
	else if (p->kind != PROPOSAL_OPEN)
		snprintf(port, sizeof(port), "%u", p->port_lo);
	fprintf(yaml->out, "  %s- name: %s\n", yaml->commented ? "# " : "", p->name);
	indent(yaml);
	fprintf(yaml->out, "service: %s%s%s, as xdp-edge suggest saw it\n", proto, *port ? " " : "",
		port);
	indent(yaml);
	fprintf(yaml->out, "l4: %s\n", proposal_l4(p));
	if (*port) {
		indent(yaml);
		fprintf(yaml->out, "ports: %s\n", port);
	}
	print_end(yaml, "source", &p->source);
	print_end(yaml, "destination", &p->destination);
}

static void print_proposal(const struct suggest_input *in, const struct proposal *p, FILE *out)
{
	const struct yaml yaml = {.in = in, .out = out, .commented = p->kind != PROPOSAL_ROW};

	fputc('\n', out);
	comment_counts(&yaml, p);
	if (p->kind == PROPOSAL_NONE) {
		comment_addresses(&yaml, "sender", &p->destination);
		comment_addresses(&yaml, "receiver", &p->source);
		comment_kind(&yaml, p);
		return;
	}
	comment_end(&yaml, "source", &p->source);
	comment_end(&yaml, "destination", &p->destination);
	comment_answers(&yaml, p);
	comment_kind(&yaml, p);
	print_row(&yaml, p);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void print_head(const struct suggest_input *in, const struct proposals *all, size_t n,
		       FILE *out)
{
	char now[40];
	struct tm tm;

	strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%S%z", localtime_r(&in->now, &tm));
	fprintf(out, "# xdp-edge suggest %s, %s\n", in->name, now);
	if (!all->n) {
		fputs("# Nothing that no row allows has been seen.\n", out);
		return;
	}
	fprintf(out,
		"# %zu kind%s of packets that no row allows, %" PRIu64 " packet%s, the heaviest "
		"first: %zu of %zu.\n",
		all->n_suspects, plural(all->n_suspects), all->packets, plural(all->packets), n,
		all->n);
	if (all->estimated)
		fputs("# Estimates: packets came faster than they are recorded, a few a tick of "
		      "the kernel's clock and CPU. A record\n"
		      "# counts for all packets since the one before: sums are right, shares are "
		      "about right where it says \"about\",\n"
		      "# and elsewhere at least what is there. xdp-edge status has exact sums by "
		      "reason.\n",
		      out);
	else
		fputs("# Counts are exact: every packet was recorded.\n", out);
	if (all->n_suspects >= XE_SUSPECTS_MAX * 9 / 10)
		fprintf(out,
			"# There is room for %d kinds: those seen longest ago may have been "
			"forgotten.\n",
			XE_SUSPECTS_MAX);
	fputs("# Which end serves is told by a SYN, else by the lower port: a guess. Nothing here "
	      "says that a packet is welcome:\n"
	      "# take the rows you know, and leave the others.\n",
	      out);
	if (!in->policy)
		fputs("# Addresses stand for roles, since no site file of this name could be "
		      "read: -c FILE.\n",
		      out);
}

void suggest_yaml(const struct suggest_input *in, const struct proposals *proposals, size_t top,
		  FILE *out)
{
	size_t n = top && top < proposals->n ? top : proposals->n;
	bool active = false;

	print_head(in, proposals, n, out);
	for (size_t i = 0; i < n; i++)
		active |= proposals->v[i].kind == PROPOSAL_ROW;
	if (active && in->policy && in->policy->site->n_rows)
		fputs("# The site has rows: these go behind them, without this line.\n", out);
	if (active)
		fputs("rows:\n", out);
	for (size_t i = 0; i < n; i++)
		print_proposal(in, &proposals->v[i], out);
}
