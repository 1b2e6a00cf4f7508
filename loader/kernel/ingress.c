// SPDX-License-Identifier: GPL-2.0-only
/* Which interface packets to this host come in by. */
#include "ingress.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_BYTES (64u << 10) /* more than the kernel puts into one datagram of a dump */
#define LAYERS_MAX   8		 /* interfaces that stand on each other */

struct link {
	int index, lower, master;
	char name[XE_IFNAME_MAX], kind[16];
	__u16 vlan;
};

struct search {
	int family;
	const __u8 *client, *server;
	struct link *links;
	size_t n_links;
	int back;  /* ifindex of the way back */
	int owner; /* ifindex that has the server's address */
};

/* --- asking ---------------------------------------------------------------------------------- */

struct request {
	struct nlmsghdr header;
	union {
		struct rtmsg route;
		struct ifinfomsg link;
		struct ifaddrmsg address;
	};
	char attributes[128];
};

static void put_attribute(struct request *request, int type, const void *value, size_t size)
{
	struct rtattr *to = (void *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));

	to->rta_type = type;
	to->rta_len = RTA_LENGTH(size);
	memcpy(RTA_DATA(to), value, size);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_SPACE(size);
}

typedef int (*take_fn)(struct search *search, const struct nlmsghdr *message);

/* One datagram of an answer. 1: it was the last; 0, or a negative errno. */
static int take_all(struct search *search, const struct nlmsghdr *message, int left, take_fn take)
{
	bool more = false;

	for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
		int err;

		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(message))->error ?: 1;
		err = take(search, message);
		if (err)
			return err;
		more = message->nlmsg_flags & NLM_F_MULTI;
	}
	return !more;
}

/* Ask, and give every message of the answer to `take`. 0 or a negative errno. */
static int ask(struct search *search, const struct request *request, take_fn take)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err = 0;
	char *answer = malloc(ANSWER_BYTES);

	if (fd < 0 || !answer) {
		err = fd < 0 ? -errno : -ENOMEM;
		goto out;
	}
	if (sendto(fd, request, request->header.nlmsg_len, 0, (struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		err = -errno;
	while (!err) {
		ssize_t got = recv(fd, answer, ANSWER_BYTES, 0);

		if (got < 0)
			err = errno == EINTR ? 0 : -errno;
		else
			err = take_all(search, (struct nlmsghdr *)answer, got, take);
	}
out:
	free(answer);
	if (fd >= 0)
		close(fd);
	return err < 0 ? err : 0;
}

/* --- the answers ----------------------------------------------------------------------------- */

static size_t address_bytes(int family)
{
	return family == 4 ? 4 : 16;
}

static int take_route(struct search *search, const struct nlmsghdr *message)
{
	struct rtattr *at = RTM_RTA(NLMSG_DATA(message));
	int left = RTM_PAYLOAD(message);

	if (message->nlmsg_type != RTM_NEWROUTE)
		return 0;
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if (at->rta_type == RTA_OIF)
			memcpy(&search->back, RTA_DATA(at), sizeof(search->back));
	return 0;
}

/* The route that packets to the client take; from the server's address, as rules may ask for it. */
static int ask_route(struct search *search, unsigned scope, bool with_source)
{
	size_t size = address_bytes(search->family);
	struct request request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.route)),
			   .nlmsg_type = RTM_GETROUTE,
			   .nlmsg_flags = NLM_F_REQUEST},
		.route = {.rtm_family = search->family == 4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = size * 8,
			  .rtm_src_len = with_source ? size * 8 : 0},
	};

	put_attribute(&request, RTA_DST, search->client, size);
	if (with_source)
		put_attribute(&request, RTA_SRC, search->server, size);
	if (scope)
		put_attribute(&request, RTA_OIF, &scope, sizeof(scope));
	return ask(search, &request, take_route);
}

static int take_address(struct search *search, const struct nlmsghdr *message)
{
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	struct rtattr *at = IFA_RTA(header);
	int left = IFA_PAYLOAD(message);

	if (message->nlmsg_type != RTM_NEWADDR)
		return 0;
	/* IFA_ADDRESS is the other end's on a point-to-point link; IPv6 has IFA_LOCAL only there */
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left))
		if ((at->rta_type == IFA_LOCAL || at->rta_type == IFA_ADDRESS) &&
		    RTA_PAYLOAD(at) == address_bytes(search->family) &&
		    !memcmp(RTA_DATA(at), search->server, RTA_PAYLOAD(at)))
			search->owner = header->ifa_index;
	return 0;
}

static int ask_addresses(struct search *search)
{
	struct request request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.address)),
			   .nlmsg_type = RTM_GETADDR,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.address = {.ifa_family = search->family == 4 ? AF_INET : AF_INET6},
	};

	return ask(search, &request, take_address);
}

static void read_kind(struct link *link, const struct rtattr *info)
{
	struct rtattr *at = RTA_DATA(info), *in;
	int left = RTA_PAYLOAD(info), in_left;

	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		if (at->rta_type == IFLA_INFO_KIND)
			snprintf(link->kind, sizeof(link->kind), "%.*s", (int)RTA_PAYLOAD(at),
				 (char *)RTA_DATA(at));
		if (at->rta_type != IFLA_INFO_DATA || strcmp(link->kind, "vlan") != 0)
			continue;
		in = RTA_DATA(at);
		in_left = RTA_PAYLOAD(at);
		for (; RTA_OK(in, in_left); in = RTA_NEXT(in, in_left))
			if (in->rta_type == IFLA_VLAN_ID)
				memcpy(&link->vlan, RTA_DATA(in), sizeof(link->vlan));
	}
}

static int take_link(struct search *search, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = NLMSG_DATA(message);
	struct rtattr *at = IFLA_RTA(header);
	int left = IFLA_PAYLOAD(message);
	struct link *links, *link;
	bool elsewhere = false;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	links = realloc(search->links, (search->n_links + 1) * sizeof(*links));
	if (!links)
		return -ENOMEM;
	search->links = links;
	link = &links[search->n_links++];
	*link = (struct link){.index = header->ifi_index};
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		switch (at->rta_type) {
		case IFLA_IFNAME:
			snprintf(link->name, sizeof(link->name), "%s", (char *)RTA_DATA(at));
			break;
		case IFLA_LINK:
			memcpy(&link->lower, RTA_DATA(at), sizeof(link->lower));
			break;
		case IFLA_MASTER:
			memcpy(&link->master, RTA_DATA(at), sizeof(link->master));
			break;
		case IFLA_LINK_NETNSID:
			elsewhere = true; /* the lower one's index is of another namespace */
			break;
		case IFLA_LINKINFO:
			read_kind(link, at);
			break;
		}
	}
	if (elsewhere)
		link->lower = 0;
	return 0;
}

static int ask_links(struct search *search)
{
	struct request request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(request.link)),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.link = {.ifi_family = AF_UNSPEC},
	};

	return ask(search, &request, take_link);
}

/* --- down from an interface --------------------------------------------------------------------
 */

static bool is_kind(const struct link *link, const char *const kinds[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(link->kind, kinds[i]))
			return true;
	return false;
}

/* Enter an interface and what is below it; the packets come with the tag `vlan` there. */
static int add_layers(const struct search *search, int index, __u16 vlan, int depth,
		      struct ingress *out, int n)
{
	static const char *const stacked[] = {"vlan", "macvlan", "macvtap", "ipvlan"};
	static const char *const grouping[] = {"bridge", "bond", "team"};
	const struct link *link = NULL;

	for (size_t i = 0; i < search->n_links; i++)
		if (search->links[i].index == index)
			link = &search->links[i];
	if (!link || n == INGRESS_MAX || depth == LAYERS_MAX)
		return n;
	memcpy(out[n].name, link->name, sizeof(out[n].name));
	out[n++].vlan = vlan;
	/* the outer one of two tags is the one that sides go by: that of the lowest VLAN interface
	 */
	if (link->lower && is_kind(link, stacked, 4))
		return add_layers(search, link->lower, link->vlan ?: vlan, depth + 1, out, n);
	for (size_t i = 0; is_kind(link, grouping, 3) && i < search->n_links; i++)
		if (search->links[i].master == index)
			n = add_layers(search, search->links[i].index, vlan, depth + 1, out, n);
	return n;
}

int ingress_find(int family, const __u8 *client, const __u8 *server, unsigned scope,
		 struct ingress out[INGRESS_MAX])
{
	struct search search = {.family = family, .client = client, .server = server};
	int n = 0, err = ask_links(&search);

	if (!err)
		err = ask_addresses(&search);
	/* an address that is not this host's cannot be the source of a way back; and there may be
	 * none: then packets can come in all the same */
	if (!err && ask_route(&search, scope, true))
		ask_route(&search, scope, false);
	if (!err && search.back)
		n = add_layers(&search, search.back, 0, 0, out, n);
	if (!err && search.owner && search.owner != search.back)
		n = add_layers(&search, search.owner, 0, 0, out, n);
	free(search.links);
	return err ? err : n;
}
