// SPDX-License-Identifier: GPL-2.0-only
/* The SSH connection of this session, and what the policy would do to it. */
#include "lockout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kernel/ingress.h"
#include "../output/escape.h"
#include "../output/report.h"
#include "../policy/text.h"
#include "outlook.h"
#include "tuple_text.h"

#define VARIABLE       "SSH_CONNECTION"
#define ANCESTORS_MAX  64
#define CONNECTION_MAX (2 * (INET6_ADDRSTRLEN + IF_NAMESIZE) + 2 * 6)

/* --- which connection --------------------------------------------------------------------------
 */

/* The variable in the environment of a process. False: it is not there, or not to be read. */
static bool read_environ(pid_t pid, char *buf, size_t size)
{
	char path[64], *line = NULL;
	size_t capacity = 0;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	file = fopen(path, "re");
	while (file && !found && getdelim(&line, &capacity, '\0', file) > 0) {
		found = !strncmp(line, VARIABLE "=", sizeof(VARIABLE));
		if (found)
			snprintf(buf, size, "%s", line + sizeof(VARIABLE));
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* 0: none, or not to be read. */
static pid_t parent_of(pid_t pid)
{
	char path[64], text[512];
	const char *end;
	int parent = 0;
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file) {
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	/* "PID (NAME) STATE PARENT ...", and a name may hold anything */
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static bool find_variable(char *buf, size_t size)
{
	const char *own = getenv(VARIABLE);
	pid_t pid = getppid();

	if (own) {
		snprintf(buf, size, "%s", own);
		return true;
	}
	for (int i = 0; pid > 0 && i < ANCESTORS_MAX; i++, pid = parent_of(pid))
		if (read_environ(pid, buf, size))
			return true;
	return false;
}

/* An address, which may name its zone; IPv4 in IPv6 becomes IPv4. 0 or -EINVAL. */
static int parse_address(char *text, uint8_t *family, uint8_t *addr, unsigned *scope)
{
	char *zone = strchr(text, '%');

	if (zone) {
		*zone++ = '\0';
		*scope = if_nametoindex(zone);
	}
	memset(addr, 0, 16);
	*family = 4;
	if (inet_pton(AF_INET, text, addr) == 1)
		return 0;
	*family = 6;
	if (inet_pton(AF_INET6, text, addr) != 1)
		return -EINVAL;
	if (IN6_IS_ADDR_V4MAPPED((struct in6_addr *)addr)) {
		*family = 4;
		memmove(addr, addr + 12, 4);
		memset(addr + 4, 0, 12);
	}
	return 0;
}

/* "CLIENT PORT SERVER PORT" to what the client sends. 0 or -EINVAL. */
static int parse_connection(const char *text, struct tuple *tuple, unsigned *scope)
{
	char copy[CONNECTION_MAX], *word[4], *rest = NULL;
	unsigned sport, dport;
	uint8_t family;
	int n = 0;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	for (char *at = copy; (at = strtok_r(at, " ", &rest)); at = NULL)
		if (n < 4)
			word[n++] = at;
		else
			return -EINVAL;
	*tuple = (struct tuple){.proto = IPPROTO_TCP};
	*scope = 0;
	if (n != 4 || parse_address(word[0], &tuple->family, tuple->saddr, scope) ||
	    parse_address(word[2], &family, tuple->daddr, scope) || family != tuple->family ||
	    number_parse(word[1], 1, 65535, &sport) || number_parse(word[3], 1, 65535, &dport))
		return -EINVAL;
	tuple->sport = sport;
	tuple->dport = dport;
	return 0;
}

/* --- what becomes of it ------------------------------------------------------------------------
 */

/* The side that frames of a NIC have with this tag, or -1: the program has no policy for them. */
static int side_of(const struct policy_ctx *ctx, const struct ingress *in)
{
	for (size_t i = 0; i < ctx->n_nics; i++) {
		const struct nic *nic = &ctx->nics[i];

		if (strcmp(nic->name, in->name) != 0)
			continue;
		for (size_t k = 0; in->vlan && k < nic->n_vlans; k++)
			if (nic->vlans[k].vlan == in->vlan)
				return nic->vlans[k].side;
		return nic->side;
	}
	return -1;
}

static bool name_is_taken(const struct site *site, const char *name)
{
	for (size_t i = 0; i < site->n_rows; i++) {
		const char *id = strrchr(site->rows[i].id, '/');

		if (id && !strcmp(id + 1, name))
			return true;
	}
	return false;
}

/* An address as YAML takes it. */
static const char *yaml_address(int family, const uint8_t *addr, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN];

	address_text(family, addr, text, sizeof(text));
	snprintf(buf, size, family == 6 ? "\"%s\"" : "%s", text);
	return buf;
}

/* A row for the site that lets the connection in, and those from there after it. */
static void tell_row(const struct policy_ctx *ctx, const struct tuple *t)
{
	char client[64], server[64], name[32] = "ssh-admin";

	for (int i = 2; name_is_taken(&ctx->site, name); i++)
		snprintf(name, sizeof(name), "ssh-admin-%d", i);
	report("add this row to %s%s:", ctx->site.path, ctx->site.n_rows ? ", to its rows" : "");
	fprintf(stderr,
		"%s  - {name: %s, service: SSH, l4: tcp, ports: %u, source: %s, destination: %s}\n",
		ctx->site.n_rows ? "" : "rows:\n", name, t->dport,
		yaml_address(t->family, t->saddr, client, sizeof(client)),
		yaml_address(t->family, t->daddr, server, sizeof(server)));
}

/* What to do about it: no row helps against what comes before rows. */
static void tell_remedy(const struct policy_ctx *ctx, const struct tuple *tuple,
			const struct outlook *outlook)
{
	uint32_t row = ctx->compiled.atoms[outlook->atom].row;

	switch (outlook->reason) {
	case XE_REASON_SPOOFED:
		report("the site says that the client's address lives on another side: correct its "
		       "roles or interfaces");
		break;
	case XE_REASON_MARTIAN:
		report("no row can allow such an address");
		break;
	case XE_REASON_DENY_LIST:
		report("take the address out of that list");
		break;
	case XE_REASON_DENY_ROW:
		if (row != XE_NO_ROW && ctx->policy.rows[row].row->table < 0) {
			report("change the verdict of that row");
			break;
		}
		/* fallthrough */
	default:
		tell_row(ctx, tuple);
		break;
	}
}

/* Which connection was looked at, and what lets it in: it may be another than the one in use. */
static void tell_passes(const struct policy_ctx *ctx, const struct ingress *in, const char *client,
			const char *server, const struct outlook *outlook)
{
	uint32_t row = ctx->compiled.atoms[outlook->atom].row;
	char name[IF_NAMESIZE * 4];

	escape_terminal(in->name, strlen(in->name), name, sizeof(name));
	printf("checked: this SSH connection, %s to %s, entering by %s, passes by %s\n", client,
	       server, name,
	       row != XE_NO_ROW	 ? ctx->policy.rows[row].row->id
	       : outlook->exempt ? exempt_text(outlook->by)
				 : "no row: neither end is protected");
}

static void tell_elsewhere(const struct tuple *tuple, const char *nic)
{
	char client[64], server[64], name[IF_NAMESIZE * 4];

	tuple_end_text(tuple, true, client, sizeof(client));
	tuple_end_text(tuple, false, server, sizeof(server));
	escape_terminal(nic, strlen(nic), name, sizeof(name));
	printf("checked: this SSH connection, %s to %s, enters by %s, which the site does not "
	       "name\n",
	       client, server, name);
}

/* 0, or -EPERM if it would be dropped (reported). */
static int judge(const struct policy_ctx *ctx, const struct ingress *in, enum xe_side side,
		 struct tuple *tuple)
{
	char client[64], server[64], vlan[16] = "", by[XE_ROW_ID_MAX + 8] = "";
	struct outlook outlook = {};
	uint32_t row;

	if (in->vlan)
		snprintf(vlan, sizeof(vlan), " vlan %u", in->vlan);
	tuple_end_text(tuple, true, client, sizeof(client));
	tuple_end_text(tuple, false, server, sizeof(server));
	if (side == XE_SIDE_MIRROR) {
		report("all frames that enter by %s are dropped, since its side is mirror, and so "
		       "would be those of this very SSH connection, %s to %s",
		       in->name, client, server);
		return -EPERM;
	}
	if (ctx->site.mode != XE_MODE_ENFORCE)
		return 0;
	tuple->syn = false;
	outlook_get(ctx, side, tuple, &outlook);
	if (!outlook.dropped) {
		tuple->syn = true;
		outlook_get(ctx, side, tuple, &outlook);
	}
	if (!outlook.dropped) {
		tell_passes(ctx, in, client, server, &outlook);
		return 0;
	}
	row = ctx->compiled.atoms[outlook.atom].row;
	if (row != XE_NO_ROW)
		snprintf(by, sizeof(by), " by %s", ctx->policy.rows[row].row->id);
	report("the policy would %s this very SSH connection, %s to %s, entering by %s%s (%s): "
	       "%s%s",
	       tuple->syn ? "allow no new one like" : "drop the packets of", client, server,
	       in->name, vlan, side_text(side), reason_text(outlook.reason), by);
	tell_remedy(ctx, tuple, &outlook);
	return -EPERM;
}

int lockout_check(const struct policy_ctx *ctx, bool force)
{
	struct ingress in[INGRESS_MAX];
	char text[CONNECTION_MAX];
	struct tuple tuple;
	unsigned scope;
	int n, err = 0, judged = 0;

	if (!find_variable(text, sizeof(text))) {
		if (ctx->site.mode == XE_MODE_ENFORCE)
			puts("no SSH connection found in this session's environment: not checked "
			     "whether the policy cuts one off");
		return 0;
	}
	if (parse_connection(text, &tuple, &scope)) {
		report("warning: " VARIABLE " is '%s', so nobody can tell whether this policy cuts "
		       "it off",
		       text);
		return 0;
	}
	n = ingress_find(tuple.family, tuple.saddr, tuple.daddr, scope, in);
	if (n <= 0)
		report("warning: by which interface this SSH connection (%s) comes in is not known "
		       "(%s); whether the policy cuts it off is not checked",
		       text, n ? strerror(-n) : "no route, no address");
	for (int i = 0; i < n && !err; i++) {
		int side = side_of(ctx, &in[i]);

		if (side < 0)
			continue;
		judged++;
		err = judge(ctx, &in[i], side, &tuple);
	}
	if (n > 0 && !judged && ctx->site.mode == XE_MODE_ENFORCE)
		tell_elsewhere(&tuple, in[0].name);
	if (err && !force)
		report("nothing was changed; --force does it all the same");
	return force ? 0 : err;
}
