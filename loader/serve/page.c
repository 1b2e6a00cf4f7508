// SPDX-License-Identifier: GPL-2.0-only
/* The files of the page, taken in by the assembler, and the paths at which they are found. */
#include "page.h"

#include <string.h>

#define HTML   "text/html; charset=utf-8"
#define SVG    "image/svg+xml"
#define CSS    "text/css; charset=utf-8"
#define SCRIPT "text/javascript; charset=utf-8"

/* FILE(symbol, name in loader/serve/page, path, type) of each. */
#define PAGE_FILES(FILE)                                        \
	FILE(page_index, "index.html", "/", HTML)               \
	FILE(page_icon, "icon.svg", "/icon.svg", SVG)           \
	FILE(page_style, "style.css", "/style.css", CSS)        \
	FILE(page_theme, "theme.js", "/theme.js", SCRIPT)       \
	FILE(page_app, "app.js", "/app.js", SCRIPT)             \
	FILE(page_chart, "chart.js", "/chart.js", SCRIPT)       \
	FILE(page_dom, "dom.js", "/dom.js", SCRIPT)             \
	FILE(page_explain, "explain.js", "/explain.js", SCRIPT) \
	FILE(page_feed, "feed.js", "/feed.js", SCRIPT)          \
	FILE(page_format, "format.js", "/format.js", SCRIPT)    \
	FILE(page_history, "history.js", "/history.js", SCRIPT) \
	FILE(page_lines, "lines.js", "/lines.js", SCRIPT)       \
	FILE(page_panels, "panels.js", "/panels.js", SCRIPT)    \
	FILE(page_rates, "rates.js", "/rates.js", SCRIPT)       \
	FILE(page_words, "words.js", "/words.js", SCRIPT)

/*
 * `symbol` and `symbol_end` around the bytes of a file. The assembler looks from the folder that
 * the compiler runs in, the repository's top, wherever the objects go.
 */
#define EMBED(symbol, file, path, type)                                      \
	extern const unsigned char symbol[], symbol##_end[];                 \
	__asm__(".pushsection .rodata\n" #symbol ":\n"                       \
		".incbin \"loader/serve/page/" file "\"\n" #symbol "_end:\n" \
		".byte 0\n"                                                  \
		".popsection\n");
#define ENTRY(symbol, file, path, type) {path, type, symbol},
#define END(symbol, file, path, type)	symbol##_end,

PAGE_FILES(EMBED)

static struct page_file files[] = {PAGE_FILES(ENTRY)};

enum { FILES = sizeof(files) / sizeof(*files) };

/* The distance of two symbols is no constant for C; before main(), so before any thread. */
__attribute__((constructor)) static void measure(void)
{
	const unsigned char *const ends[FILES] = {PAGE_FILES(END)};

	for (size_t i = 0; i < FILES; i++)
		files[i].len = ends[i] - files[i].data;
}

const struct page_file *page_find(const char *path)
{
	for (size_t i = 0; i < FILES; i++)
		if (!strcmp(files[i].path, path))
			return &files[i];
	return NULL;
}
