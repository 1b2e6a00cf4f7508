// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the cases: each against the oracle and against the compiled policy. Usage: oracle_cases
 * [SPECDIR]. Ends with `N passed, N failed`.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../loader/policy/site.h"
#include "../../loader/policy/spec.h"
#include "cases.h"
#include "check.h"

static bool load_site(const struct spec *spec, const char *yaml, struct site *site)
{
	char path[] = "/tmp/oracle-cases-XXXXXX";
	int fd = mkstemp(path);
	bool ok = fd >= 0 && write(fd, yaml, strlen(yaml)) == (ssize_t)strlen(yaml);

	if (fd >= 0)
		close(fd);
	ok = ok && site_load(path, spec, site) == 0;
	unlink(path);
	return ok;
}

static bool case_tuple(const struct oracle_case *c, struct tuple *t)
{
	memset(t, 0, sizeof(*t));
	t->family = strchr(c->saddr, ':') ? 6 : 4;
	t->proto = (uint8_t)c->proto;
	t->sport = (uint16_t)c->sport;
	t->dport = (uint16_t)c->dport;
	t->syn = c->syn;
	return inet_pton(t->family == 4 ? AF_INET : AF_INET6, c->saddr, t->saddr) == 1 &&
	       inet_pton(t->family == 4 ? AF_INET : AF_INET6, c->daddr, t->daddr) == 1;
}

static void matches_text(const struct answer *a, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = 0;
	for (size_t i = 0; i < a->n_matches && at < size; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s ", a->matches[i].id,
				       a->matches[i].sense == XE_FORWARD ? ">" : "<");
}

static bool expected(const struct oracle_case *c, const struct answer *a, const char *by)
{
	char text[4096];
	bool same;

	matches_text(a, text, sizeof(text));
	if (c->row)
		same = a->row && strcmp(a->row, c->row) == 0 && a->sense == c->sense;
	else
		same = !a->row && a->miss == c->miss;
	if (c->matches && strcmp(c->matches, text) != 0)
		same = false;
	if (same)
		return true;
	printf("FAIL %s: %s\n", by, c->name);
	printf("  expected %s%s, matches %s\n", c->row ? c->row : check_miss_name(c->miss),
	       c->row ? (c->sense == XE_FORWARD ? ">" : "<") : "",
	       c->matches ? c->matches : "(any)");
	printf("  got      %s%s, matches %s\n", a->row ? a->row : check_miss_name(a->miss),
	       a->row ? (a->sense == XE_FORWARD ? ">" : "<") : "", text);
	return false;
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "maps/spec";
	unsigned passed = 0, failed = 0;
	struct spec spec;

	if (spec_load(dir, &spec) != 0)
		return 1;
	for (int s = 0; s < SITE_COUNT; s++) {
		struct checked checked;
		struct site site;

		if (!load_site(&spec, case_sites[s], &site)) {
			printf("FAIL site %d can't be read\n", s);
			failed++;
			continue;
		}
		if (check_open(&spec, &site, (1u << XE_SIDE_COUNT) - 1, &checked) != 0) {
			printf("FAIL site %d can't be compiled\n", s);
			failed++;
			site_free(&site);
			continue;
		}
		for (unsigned i = 0; i < n_oracle_cases; i++) {
			const struct oracle_case *c = &oracle_cases[i];
			struct answer by_oracle, by_policy;
			struct tuple t;

			if ((int)c->site != s)
				continue;
			if (!case_tuple(c, &t)) {
				printf("FAIL %s: bad address in the case\n", c->name);
				failed++;
				continue;
			}
			check_oracle(&checked, c->side, &t, &by_oracle);
			check_policy(&checked, c->side, &t, &by_policy);
			if (expected(c, &by_oracle, "oracle"))
				passed++;
			else
				failed++;
			if (expected(c, &by_policy, "policy"))
				passed++;
			else
				failed++;
		}
		check_close(&checked);
		site_free(&site);
	}
	spec_free(&spec);
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
