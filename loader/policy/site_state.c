// SPDX-License-Identifier: GPL-2.0-only
/* Section `state` of the site: how much is remembered of packets, and for how long. */
#include <errno.h>
#include <string.h>

#include "policy/diag.h"
#include "policy/limit.h"
#include "policy/site_read.h"

void site_state_defaults(struct state_config *state)
{
	*state = (struct state_config){
		.flows = STATE_FLOWS_DEFAULT,
		.fragments = STATE_FRAGMENTS_DEFAULT,
		.sources = STATE_SOURCES_DEFAULT,
		.life =
			{
				[XE_LIFE_NEW] = 30,
				[XE_LIFE_CLOSING] = 10,
				[XE_LIFE_TCP] = 7440, /* RFC 5382 */
				[XE_LIFE_UDP] = 300,  /* RFC 4787 */
				[XE_LIFE_OTHER] = 60,
				[XE_LIFE_FRAGMENT] = 30,
			},
	};
}

static void read_size(struct site_reader *r, const yaml_node_t *node, uint32_t *out)
{
	const char *text = yaml_text(&r->yaml, node, "how many");
	unsigned n;

	if (!text)
		site_note(r, -EINVAL);
	else if (number_parse(text, 1, STATE_MAX, &n))
		site_note(r, yaml_error(&r->yaml, node, text, "not a number 1..%u", STATE_MAX));
	else
		*out = n;
}

static void read_life(struct site_reader *r, const yaml_node_t *node, uint32_t *out)
{
	const char *text = yaml_text(&r->yaml, node, DURATION_EXPECTED), *why = "";

	if (!text)
		site_note(r, -EINVAL);
	else if (duration_parse(text, out, &why))
		site_note(r, yaml_error(&r->yaml, node, text, "%s", why));
}

void site_read_state(struct site_reader *r, const yaml_node_t *node)
{
	static const char *const keys[] = {"flows", "fragments", "sources", "new",     "closing",
					   "tcp",   "udp",	 "other",   "fragment"};
	static const char *const lives[XE_LIFE_COUNT] = {
		[XE_LIFE_NEW] = "new",	   [XE_LIFE_CLOSING] = "closing",
		[XE_LIFE_TCP] = "tcp",	   [XE_LIFE_UDP] = "udp",
		[XE_LIFE_OTHER] = "other", [XE_LIFE_FRAGMENT] = "fragment",
	};
	struct state_config *state = &r->site->state;
	const yaml_node_t *value;

	r->site->state_line = yaml_line(node);
	r->site->state_column = yaml_column(node);
	if (node->type == YAML_SCALAR_NODE) {
		const char *text = yaml_text(&r->yaml, node, "off, or flows and so on");

		state->off = text && (strcmp(text, "off") == 0 || strcmp(text, "no") == 0);
		if (!text)
			site_note(r, -EINVAL);
		else if (!state->off)
			site_note(r, yaml_error(&r->yaml, node, text,
						"not off, nor a mapping as {flows: 262144}"));
		return;
	}
	site_note(r, yaml_check_mapping(&r->yaml, node, "off, or flows and so on", keys,
					sizeof(keys) / sizeof(keys[0])));
	if (node->type != YAML_MAPPING_NODE)
		return;
	if ((value = yaml_get(&r->yaml, node, "flows")))
		read_size(r, value, &state->flows);
	if ((value = yaml_get(&r->yaml, node, "fragments")))
		read_size(r, value, &state->fragments);
	if ((value = yaml_get(&r->yaml, node, "sources")))
		read_size(r, value, &state->sources);
	for (size_t i = 0; i < XE_LIFE_COUNT; i++) {
		if ((value = yaml_get(&r->yaml, node, lives[i])))
			read_life(r, value, &state->life[i]);
	}
}
