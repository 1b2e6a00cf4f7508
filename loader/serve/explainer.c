// SPDX-License-Identifier: GPL-2.0-only
/* The side of the server: one process, one question at a time. */
#include "explainer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kernel/clock.h"
#include "../output/json.h"
#include "answer.h"

#define SECOND	   1000000000ull
#define ANSWER_MAX (64u << 20) /* bytes */

struct explainer {
	const struct options *options;
	explain_answer answer;
	pid_t pid; /* 0: no process */
	int fd;	   /* -1: no process */
	struct {
		struct explain_ask ask;
		void *token;
	} waiting[EXPLAIN_WAITING_MAX]; /* the first has been sent if there is a process */
	size_t n;
	uint64_t since; /* CLOCK_MONOTONIC ns: of the first one's sending, or of the last answer */
	/* the answer as far as it has come */
	struct explain_told head;
	char *body;
	size_t got; /* bytes of both */
};

struct explainer *explainer_new(const struct options *options, explain_answer answer)
{
	struct explainer *explainer = calloc(1, sizeof(*explainer));

	if (!explainer)
		return NULL;
	explainer->options = options;
	explainer->answer = answer;
	explainer->fd = -1;
	return explainer;
}

/* End the process. How it ended before, as of wait(), or 0. */
static int stop(struct explainer *explainer)
{
	int status = 0;

	if (!explainer->pid)
		return 0;
	kill(explainer->pid, SIGKILL);
	close(explainer->fd);
	while (waitpid(explainer->pid, &status, 0) < 0 && errno == EINTR)
		;
	explainer->pid = 0;
	explainer->fd = -1;
	free(explainer->body);
	explainer->body = NULL;
	explainer->got = 0;
	return status;
}

/* The first one is done with. */
static void finish_first(struct explainer *explainer, unsigned status, char *json, size_t len)
{
	void *token = explainer->waiting[0].token;

	explainer->n--;
	memmove(explainer->waiting, explainer->waiting + 1,
		explainer->n * sizeof(explainer->waiting[0]));
	explainer->answer(token, status, json, len);
}

static void fail_first(struct explainer *explainer, const char *why)
{
	size_t len;
	char *json = error_json(why, &len);

	finish_first(explainer, 503, json, len);
}

/* 0 or -errno. */
static int start(struct explainer *explainer)
{
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	explainer->pid = fork();
	if (explainer->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		/* nothing else of the server's: neither its connections nor its maps */
		if (dup2(pair[1], STDERR_FILENO + 1) < 0)
			_exit(EXIT_FAILED);
		close_range(STDERR_FILENO + 2, ~0u, 0);
		explain_serve(explainer->options, STDERR_FILENO + 1);
	}
	err = errno;
	close(pair[1]);
	if (explainer->pid < 0) {
		explainer->pid = 0;
		close(pair[0]);
		return -err;
	}
	explainer->fd = pair[0];
	return 0;
}

/* The first of those that wait, to the process; without one they are told so. */
static void send_first(struct explainer *explainer)
{
	while (explainer->n) {
		int err = explainer->pid ? 0 : start(explainer);

		if (err) {
			fail_first(explainer, strerror(-err));
			continue;
		}
		explainer->since = clock_ns(CLOCK_MONOTONIC);
		/* if it has ended, reading says so */
		(void)!send(explainer->fd, &explainer->waiting[0].ask,
			    sizeof(explainer->waiting[0].ask), MSG_NOSIGNAL);
		return;
	}
}

int explainer_ask(struct explainer *explainer, const struct explain_ask *ask, void *token)
{
	if (explainer->n == EXPLAIN_WAITING_MAX)
		return -EAGAIN;
	explainer->waiting[explainer->n].ask = *ask;
	explainer->waiting[explainer->n++].token = token;
	if (explainer->n == 1)
		send_first(explainer);
	return 0;
}

int explainer_fd(const struct explainer *explainer)
{
	return explainer->fd;
}

/* What has come of the answer. 1: it is whole; 0: not yet; -1: there will be none. */
static int receive(struct explainer *explainer)
{
	const size_t head = sizeof(explainer->head);

	for (;;) {
		bool in_head = explainer->got < head;
		size_t want = in_head ? head - explainer->got
				      : head + explainer->head.len - explainer->got;
		char *to = in_head ? (char *)&explainer->head + explainer->got
				   : explainer->body + explainer->got - head;
		ssize_t n = recv(explainer->fd, to, want, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? 0 : -1;
		explainer->got += n;
		if (in_head && explainer->got == head) {
			if (!explainer->head.len || explainer->head.len > ANSWER_MAX)
				return -1;
			explainer->body = malloc(explainer->head.len);
			if (!explainer->body)
				return -1;
		}
		if (explainer->got > head && explainer->got == head + explainer->head.len)
			return 1;
	}
}

static void ended(struct explainer *explainer)
{
	char why[128] = "explaining ended without an answer";
	int status;

	status = stop(explainer);
	if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "explaining ended by signal %d", WTERMSIG(status));
	if (explainer->n)
		fail_first(explainer, why);
}

static void take(struct explainer *explainer)
{
	int whole = receive(explainer);

	if (whole < 0 || (whole && !explainer->n)) {
		ended(explainer);
	} else if (whole) {
		char *body = explainer->body;

		explainer->body = NULL;
		explainer->got = 0;
		explainer->since = clock_ns(CLOCK_MONOTONIC);
		finish_first(explainer, explainer->head.status, body, explainer->head.len);
	} else {
		return;
	}
	send_first(explainer);
}

uint64_t explainer_turn(struct explainer *explainer, uint64_t now)
{
	uint64_t end;

	if (!explainer->pid)
		return UINT64_MAX;
	take(explainer);
	if (!explainer->pid)
		return UINT64_MAX;
	end = explainer->since + (explainer->n ? EXPLAIN_SECONDS : EXPLAIN_IDLE_S) * SECOND;
	if (end > now)
		return end;
	stop(explainer);
	if (explainer->n)
		fail_first(explainer, "explaining took too long");
	send_first(explainer);
	return now;
}

void explainer_free(struct explainer *explainer)
{
	if (!explainer)
		return;
	stop(explainer);
	while (explainer->n)
		fail_first(explainer, "the server ends");
	free(explainer);
}
