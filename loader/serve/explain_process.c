// SPDX-License-Identifier: GPL-2.0-only
/* The process that explains: the site as it was read last, compiled for the sides asked for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cmd/explain.h"
#include "../kernel/clock.h"
#include "../kernel/meta.h"
#include "../output/json.h"
#include "../policy/file_read.h"
#include "answer.h"
#include "digest.h"
#include "explainer.h"

/* What failed is not tried again for so long. */
#define RETRY_NS 1000000000ull
#define WHY_MAX	 8192

struct watched {
	char *path;
	struct stat st;
};

struct site_cache {
	const struct options *options;
	bool open;
	struct policy_ctx ctx;
	enum xe_mode mode; /* of the site */
	bool has[XE_SIDE_COUNT];
	struct compiled compiled[XE_SIDE_COUNT];
	uint64_t rows_digest;
	/* all files that it was read from */
	struct watched *files;
	size_t n_files, room;
	bool incomplete; /* some could not be noted: read it every time */
	/* why it could not be read, and when that was */
	char why[WHY_MAX];
	uint64_t failed_at;
	int messages; /* what stderr is: a file in memory */
};

/* --- the files ------------------------------------------------------------------------------- */

static void note_file(const char *path, const struct stat *st, void *arg)
{
	struct site_cache *cache = arg;
	struct watched *files = cache->files;

	if (cache->n_files == cache->room) {
		files = reallocarray(files, cache->room + 64, sizeof(*files));
		if (files) {
			cache->files = files;
			cache->room += 64;
		}
	}
	if (files)
		files[cache->n_files] = (struct watched){.path = strdup(path), .st = *st};
	if (files && files[cache->n_files].path)
		cache->n_files++;
	else
		cache->incomplete = true;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       !memcmp(&a->st_mtim, &b->st_mtim, sizeof(a->st_mtim)) &&
	       !memcmp(&a->st_ctim, &b->st_ctim, sizeof(a->st_ctim));
}

static bool files_are_same(const struct site_cache *cache)
{
	for (size_t i = 0; i < cache->n_files; i++) {
		struct stat st;

		if (stat(cache->files[i].path, &st) || !is_same(&st, &cache->files[i].st))
			return false;
	}
	return !cache->incomplete;
}

/* When the newest of them became what it is, CLOCK_REALTIME ns. */
static uint64_t files_changed_at(const struct site_cache *cache)
{
	uint64_t newest = 0;

	for (size_t i = 0; i < cache->n_files; i++) {
		const struct timespec *at = &cache->files[i].st.st_ctim;
		uint64_t ns = at->tv_sec * 1000000000ull + at->tv_nsec;

		if (ns > newest)
			newest = ns;
	}
	return newest;
}

/* --- what readers say on stderr -------------------------------------------------------------- */

static void messages_begin(const struct site_cache *cache)
{
	(void)!ftruncate(cache->messages, 0);
	lseek(cache->messages, 0, SEEK_SET);
}

/* All that was said since, without the last line end. */
static void messages_take(struct site_cache *cache)
{
	static const char ours[] = "xdp-edge: ";
	ssize_t n = pread(cache->messages, cache->why, sizeof(cache->why) - 1, 0);
	size_t skip = sizeof(ours) - 1;

	cache->why[n > 0 ? n : 0] = '\0';
	if (n > 0 && cache->why[n - 1] == '\n')
		cache->why[n - 1] = '\0';
	if (!strncmp(cache->why, ours, skip))
		memmove(cache->why, cache->why + skip, strlen(cache->why + skip) + 1);
	if (!*cache->why)
		strcpy(cache->why, "the site cannot be read");
	cache->failed_at = clock_ns(CLOCK_MONOTONIC);
}

/* --- the site -------------------------------------------------------------------------------- */

static void cache_close(struct site_cache *cache)
{
	for (size_t i = 0; i < cache->n_files; i++)
		free(cache->files[i].path);
	cache->n_files = 0;
	cache->incomplete = false;
	for (int side = 0; side < XE_SIDE_COUNT; side++)
		if (cache->has[side])
			compiled_free(&cache->compiled[side]);
	memset(cache->has, 0, sizeof(cache->has));
	if (cache->open)
		policy_close(&cache->ctx);
	cache->open = false;
}

/* As they would be loaded. 0 or -ENOMEM. */
static int digest_rows(struct site_cache *cache)
{
	const struct policy *policy = &cache->ctx.policy;
	struct xe_row *rows = calloc(policy->n_rows + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < policy->n_rows; i++)
		meta_row(policy, i, &rows[i]);
	cache->rows_digest = digest(rows, policy->n_rows * sizeof(*rows));
	free(rows);
	return 0;
}

/* The site as its files are now. 0, or -1 with `why`. */
static int cache_open(struct site_cache *cache)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int err;

	if (cache->open && files_are_same(cache))
		return 0;
	if (!cache->open && cache->failed_at && now - cache->failed_at < RETRY_NS)
		return -1;
	cache_close(cache);
	messages_begin(cache);
	file_read_watch(note_file, cache);
	err = policy_read(cache->options, &cache->ctx);
	file_read_watch(NULL, NULL);
	cache->open = !err;
	if (!err)
		err = digest_rows(cache);
	if (err) {
		cache_close(cache);
		messages_take(cache);
		return -1;
	}
	cache->failed_at = 0;
	cache->mode = explain_prepare(&cache->ctx);
	return 0;
}

/* Have ctx compiled for one side. 0, or -1 with `why`. */
static int cache_compile(struct site_cache *cache, enum xe_side side)
{
	if (!cache->has[side]) {
		messages_begin(cache);
		if (explain_compile(&cache->ctx, side, &cache->compiled[side])) {
			messages_take(cache);
			return -1;
		}
		cache->has[side] = true;
	}
	return 0;
}

/* --- the answer ------------------------------------------------------------------------------ */

/* Whether what is loaded is of this file, as far as that can be told. */
static json_t *loaded_json(const struct site_cache *cache, const struct explain_ask *ask)
{
	json_t *same = json_true();
	const char *why = NULL;

	if (!ask->generation)
		return json_null();
	if (ask->rows_digest != cache->rows_digest) {
		same = json_false();
		why = "the rows of the site file are not those that are loaded";
	} else if (!ask->generation_at || files_changed_at(cache) > ask->generation_at) {
		same = json_null();
		why = "the site file, or one that it needs, has changed since it was loaded; its "
		      "rows are those that are loaded, its addresses may not be";
	}
	return json_pack("{s:i, s:o, s:o}", "generation", (int)ask->generation, "same", same, "why",
			 json_text(why));
}

/* `ctx` lends the compiled policy to those who ask it, and gives it back. */
static json_t *answer_json(struct site_cache *cache, const struct explain_ask *ask,
			   struct question *q)
{
	struct policy_ctx *ctx = &cache->ctx;
	struct outlook outlook;
	json_t *answer;

	ctx->compiled = cache->compiled[q->side];
	outlook_get(ctx, q->side, &q->tuple, &outlook);
	answer = explain_json(ctx, q, &outlook);
	memset(&ctx->compiled, 0, sizeof(ctx->compiled));
	if (!answer)
		return NULL;
	json_object_set_new(answer, "side", json_text(side_text(q->side)));
	json_object_set_new(answer, "assumed", json_text(q->assumed));
	json_object_set_new(answer, "loaded", loaded_json(cache, ask));
	return answer;
}

/* One line of JSON, to be freed; NULL: no memory. */
static char *explain(struct site_cache *cache, const struct explain_ask *ask, unsigned *status,
		     size_t *len)
{
	struct question q = {.tuple = ask->tuple, .side = ask->side};
	char *text;

	*status = 503;
	if (cache_open(cache))
		return error_json(cache->why, len);
	q.mode = cache->mode;
	if (question_complete(&cache->ctx, &q, ask->side_given)) {
		question_free(&q);
		return NULL;
	}
	if (cache_compile(cache, q.side)) {
		question_free(&q);
		return error_json(cache->why, len);
	}
	text = value_json(answer_json(cache, ask, &q), len);
	question_free(&q);
	*status = 200;
	return text;
}

static bool send_all(int fd, const void *data, size_t len)
{
	for (const char *at = data; len;) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= n;
	}
	return true;
}

void explain_serve(const struct options *options, int fd)
{
	static struct site_cache cache;
	struct explain_ask ask;

	cache.options = options;
	cache.messages = memfd_create("messages", MFD_CLOEXEC);
	if (cache.messages < 0 || dup2(cache.messages, STDERR_FILENO) < 0)
		_exit(EXIT_FAILED);
	while (recv(fd, &ask, sizeof(ask), MSG_WAITALL) == sizeof(ask)) {
		struct explain_told told = {};
		unsigned status;
		size_t len = 0;
		char *text = explain(&cache, &ask, &status, &len);

		if (!text)
			break;
		told.status = status;
		told.len = len;
		if (!send_all(fd, &told, sizeof(told)) || !send_all(fd, text, len))
			break;
		free(text);
	}
	_exit(EXIT_OK);
}
