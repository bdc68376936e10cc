/*
 * From a message to files.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "airgap/record/payload.h"
#include "qr/carry/arrive.h"
#include "qr/carry/check.h"

#define TEST_CARD "x-qk-hi"

static void
tell(const struct payload *p)
{
	ui_say("arrived: %s, %zu bytes%s", p->kind->what, p->message.n,
	    p->mode == MODE_REHEARSAL ? ", REHEARSAL" : "");
	fflush(stderr);
	ui_print_text(bytes_str(p->summary));
	putchar('\n');
	fflush(stdout);
}

static int
check_mode(const struct payload *p, const char *wanted, struct err *e)
{
	if (wanted == NULL)
		return 0;
	if (strcmp(wanted, mode_text(p->mode)) != 0)
		return err_set(e, ERR_REFUSED, "what arrived is marked "
		    "%s, not %s; nothing was written", mode_text(p->mode),
		    wanted);
	return 0;
}

/* The order in which records arrive is not the order of the options. */
static int
check_given(const struct words *w, const struct many *given, struct err *e)
{
	int r = ERR_INTERNAL;

	for (size_t i = 0; i < given->n; i++)
		if ((r = check_words(w, given->v[i], e)) == 0)
			return 0;
	return given->n == 1 ? r : err_set(e, r, "no --words are those of "
	    "what arrived: it is not what was made there; nothing of it was "
	    "written");
}

static int
check(const struct payload *p, const struct arrive_how *how, struct err *e)
{
	struct digest256 f = ur_fingerprint(p->kind->ur,
	    buf_bytes(&p->message));
	struct words w = words_of(&f);
	int r = 0;

	if (how->words.n > 0)
		r = check_given(&w, &how->words, e);
	else if (!how->trusting && strcmp(p->kind->ur, TEST_CARD) != 0)
		r = check_ask(&w, e);
	if (r != 0)
		return r;
	ui_say("its words:");
	check_show(&w);
	return 0;
}

static char *
path_of(const struct arrive_how *how, const struct payload_file *f)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", how->folder, f->name) < 0)
		return NULL;
	return path;
}

/* Before anybody types words for nothing. */
static int
check_free(const struct payload *p, const struct arrive_how *how,
    struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && !how->force && i < p->count; i++) {
		char *path = path_of(how, &p->files[i]);

		if (path == NULL)
			r = err_set(e, ERR_SYSTEM, "out of memory");
		else if (file_exists(path))
			r = err_set(e, ERR_EXISTS, "%s is there: --force "
			    "replaces it, -o DIR writes elsewhere", path);
		free(path);
	}
	return r;
}

static int
save(const struct payload *p, const struct arrive_how *how, struct err *e)
{
	int r = file_mkdir(how->folder, 0755, e);

	for (size_t i = 0; r == 0 && i < p->count; i++) {
		char *path = path_of(how, &p->files[i]);

		if (path == NULL)
			return err_set(e, ERR_SYSTEM, "out of memory");
		r = file_write_checked(path, buf_bytes(&p->files[i].data),
		    FILE_MODE_PUBLIC, how->force, e);
		if (r == 0)
			puts(path);
		free(path);
	}
	return r;
}

int
arrive(const struct ur_stream *s, const struct arrive_how *how, struct err *e)
{
	struct payload p = { 0 };
	int r = ERR_INTERNAL;

	if ((r = payload_read(s->type, s->message, &p, e)) != 0) {
		err_prefix(e, "%s", s->type);
		goto out;
	}
	tell(&p);
	if ((r = check_mode(&p, how->mode, e)) != 0 ||
	    (r = check_free(&p, how, e)) != 0 ||
	    (r = check(&p, how, e)) != 0)
		goto out;
	r = save(&p, how, e);
out:
	payload_free(&p);
	return r;
}
