/*
 * All memory of a traced process, searched for secrets.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "airgap/file.h"
#include "tests/crash/mark.h"
#include "tests/crash/search.h"
#include "tests/crash/tap.h"

#define SMAPS_MAX ((size_t)1 << 20)
#define CHUNK ((size_t)4 << 20)
#define PAGE 4096
#define STACK_MAX ((uint64_t)8 << 20)

/* --- mappings */

static bool
has_flag(const char *flags, const char *flag)
{
	const char *end = strchr(flags, '\n'), *at = strstr(flags, flag);

	return at != NULL && end != NULL && at < end;
}

static long
field(const char *block, const char *name)
{
	const char *at = strstr(block, name);

	return at == NULL ? 0 : strtol(at + strlen(name), NULL, 10);
}

/* Reads one mapping of smaps; the next one, or NULL. */
static const char *
mapping_read(const char *p, struct mapping *m, long *swap)
{
	char r, w, x, shared;
	unsigned long start, end;
	const char *flags = strstr(p, "\nVmFlags:");

	*m = (struct mapping){ 0 };
	if (flags == NULL || sscanf(p, "%lx-%lx %c%c%c%c %*s %*s %*s "
	    "%63[^\n]", &start, &end, &r, &w, &x, &shared, m->name) < 6)
		return NULL;
	m->start = start;
	m->end = end;
	m->readable = strcmp(m->name, "[vvar]") != 0 &&
	    strcmp(m->name, "[vsyscall]") != 0 &&
	    strncmp(m->name, "[vvar", 5) != 0;
	m->writable = w == 'w';
	m->own = field(p, "\nAnonymous:") > 0 || m->writable;
	*swap += field(p, "\nSwap:");
	m->locked = has_flag(flags + 1, " lo");
	m->undumped = has_flag(flags + 1, " dd");
	p = strchr(flags + 1, '\n');
	return p == NULL || p[1] == '\0' ? NULL : p + 1;
}

static bool
all_zero(const uint8_t *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* --- hits */

/* A call that only the seal's own memory handling and marks make. */
static bool
is_inside(const struct call *c)
{
	if (c->end)
		return false;
	switch (c->nr) {
	case SYS_mprotect:
	case SYS_mlock:
	case SYS_munlock:
	case SYS_madvise:
	case SYS_mmap:
	case SYS_munmap:
	case SYS_brk:
	case SYS_futex:
	case SYS_getrandom:
		return true;
	case SYS_prctl:
		return c->arg[0] == MARK;
	default:
		return false;
	}
}

static void
show(struct search *s, const struct piece *p, uint64_t at, const char *kind)
{
	if (s->texts == SHOWN)
		return;
	snprintf(s->text[s->texts++], sizeof(s->text[0]), "%s: %s (%s) at "
	    "%llx in %s, stop %zu, call %ld, sp %llx", kind, p->secret,
	    p->form, (unsigned long long)at, s->m->name[0] == '\0' ?
	    "memory" : s->m->name, s->stops, (long)s->call->nr,
	    (unsigned long long)s->call->sp);
}

static void
hit(void *ctx, const struct piece *p, size_t offset)
{
	struct search *s = ctx;
	uint64_t at = s->base + offset;
	bool guarded = s->m->locked && s->m->undumped;
	bool stack = s->m->end <= s->stack_top &&
	    s->m->start >= s->stack_top - STACK_MAX;

	if (s->wiped) {
		s->after++;
		show(s, p, at, "after the wipe");
	} else if (stack && is_inside(s->call)) {
		s->working++;
		s->unlocked += !guarded;
		if (!guarded)
			show(s, p, at, "stack that is not locked");
	} else if (guarded && !stack) {
		s->guarded++;
	} else {
		s->loose++;
		show(s, p, at, "loose");
	}
}

/* Runs of pages that are not zero; a piece may reach into the next page. */
static void
search_pages(struct search *s, uint64_t at, size_t n)
{
	size_t from = 0, end;

	while (from < n) {
		for (end = from; end < n && !all_zero(s->room + end, PAGE);
		    end += PAGE)
			continue;
		s->base = at + from;
		if (end > from)
			needles_find(s->n, s->room + from, end - from +
			    (end < n ? PIECE_LEN : 0), hit, s);
		from = end > from ? end : from + PAGE;
	}
}

static void
search_mapping(struct search *s)
{
	for (uint64_t at = s->m->start; at < s->m->end; at += CHUNK) {
		uint64_t rest = s->m->end - at;
		size_t n = rest < CHUNK + PAGE ? (size_t)rest : CHUNK + PAGE;
		ssize_t got = pread(s->t->mem, s->room, n, (off_t)at);

		if (got <= 0)
			return;
		s->bytes += (size_t)got;
		search_pages(s, at, (size_t)got / PAGE * PAGE);
	}
}

static bool
smaps_load(struct search *s)
{
	size_t n = 0;
	ssize_t got;

	while ((got = pread(s->t->smaps, s->smaps + n, SMAPS_MAX - 1 - n,
	    (off_t)n)) > 0)
		n += (size_t)got;
	s->smaps[n] = '\0';
	return n > 0;
}

static void
search_all(struct search *s)
{
	const char *p = s->smaps;
	struct mapping m;
	long swap = 0;

	if (!smaps_load(s))
		return;
	while (p != NULL) {
		p = mapping_read(p, &m, &swap);
		if (strcmp(m.name, "[stack]") == 0)
			s->stack_top = m.end;
		s->m = &m;
		if (m.readable && (m.own || s->every))
			search_mapping(s);
	}
	s->swapped += (size_t)swap;
}

/* Marks the stack before the search: it may be more than one mapping. */
static void
find_stack(struct search *s)
{
	const char *p;
	struct mapping m;
	long swap = 0;

	if (s->stack_top != 0 || !smaps_load(s))
		return;
	for (p = s->smaps; p != NULL;) {
		p = mapping_read(p, &m, &swap);
		if (strcmp(m.name, "[stack]") == 0)
			s->stack_top = m.end;
	}
}

/* --- stops */

static void
see_facts(struct search *s)
{
	char path[64], *at;
	struct buf b;

	snprintf(path, sizeof(path), "/proc/%d/limits", (int)s->t->pid);
	if (file_read(path, 65536, &b, NULL) != 0)
		tap_stop("no %s", path);
	at = memmem(b.p, b.n, "Max core file size", 18);
	s->core_limit = at == NULL ? 1 : strtol(at + 18, NULL, 10);
	buf_free(&b);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)s->t->pid);
	if (file_read(path, 65536, &b, NULL) != 0)
		tap_stop("no %s", path);
	at = memmem(b.p, b.n, "VmSwap:", 7);
	s->swap = at == NULL ? 1 : strtol(at + 7, NULL, 10);
	buf_free(&b);
}

static bool
opens(const struct search *s, const char *name)
{
	char path[512];

	if (name == NULL || s->call->nr != SYS_openat ||
	    (s->call->arg[2] & O_CREAT) == 0)
		return false;
	trace_text(s->t, s->call->arg[1], path, sizeof(path));
	return strncmp(last_part(path) + 1, name, strlen(name)) == 0;
}

void
search_stop(void *ctx, const struct traced *t, const struct call *c)
{
	struct search *s = ctx;
	bool marked = !c->end && c->nr == SYS_prctl && c->arg[0] == MARK;

	s->t = t;
	s->call = c;
	if (c->end || c->nr == SYS_exit_group || opens(s, s->wiped_at))
		s->wiped = true;
	/* before libcrypto and libsodium are set up there is no secret */
	s->every = c->end || s->stops == 0;
	s->marks += marked;
	s->stops++;
	find_stack(s);
	search_all(s);
	if (!c->end && c->nr == SYS_exit_group)
		see_facts(s);
}

void
search_begin(struct search *s, const struct needles *n, const char *wiped_at)
{
	*s = (struct search){ .n = n, .wiped_at = wiped_at,
	    .room = malloc(CHUNK + PAGE), .smaps = malloc(SMAPS_MAX) };
	if (s->room == NULL || s->smaps == NULL)
		tap_stop("no memory");
}

void
search_end(struct search *s)
{
	free(s->room);
	free(s->smaps);
}
