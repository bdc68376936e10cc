/*
 * Files to records to frames.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/payload.h"
#include "qr/carry/output.h"
#include "qr/carry/send.h"

#define TITLE_MAX 128

/* What is sent: the files, and the records that they make. */
struct parcel {
	size_t files, records;
	struct buf data[PAYLOAD_FILES_MAX];
	struct payload_source in[PAYLOAD_FILES_MAX];
	struct payload payload[PAYLOAD_FILES_MAX];
	struct item item[PAYLOAD_FILES_MAX];
	char title[PAYLOAD_FILES_MAX][TITLE_MAX];
};

static void
parcel_free(struct parcel *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->records; i++)
		payload_free(&p->payload[i]);
	for (size_t i = 0; i < p->files; i++)
		buf_free(&p->data[i]);
	free(p);
}

static int
read_files(struct parcel *p, char *const *paths, size_t n, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *slash = strrchr(paths[i], '/');

		r = file_read(paths[i], PAYLOAD_MAX, &p->data[i], e);
		if (r != 0)
			break;
		p->files++;
		p->in[i] = (struct payload_source){ slash == NULL ? paths[i] :
		    slash + 1, buf_bytes(&p->data[i]) };
	}
	return r;
}

/* The record that files from.. make, at[0] and the count after it. */
static void
describe(struct parcel *p, size_t from, size_t count)
{
	struct payload *x = &p->payload[p->records];
	struct item *it = &p->item[p->records];
	char *title = p->title[p->records++];
	struct bytes message = buf_bytes(&x->message);
	struct digest256 fingerprint = ur_fingerprint(x->kind->ur, message);
	size_t n = 0;

	for (size_t i = from; i < from + count && n < TITLE_MAX; i++)
		n += (size_t)snprintf(title + n, TITLE_MAX - n, "%s%s",
		    i == from ? "" : ", ", p->in[i].name);
	*it = (struct item){ .title = title, .kind = x->kind->what,
	    .summary = x->summary, .rehearsal = x->mode == MODE_REHEARSAL,
	    .content = { .type = x->kind->ur, .message = message },
	    .words = words_of(&fingerprint) };
}

/*
 * The longest run of files from there that makes one record; *count of
 * them.  What is wrong with all, and with the first alone, goes to e.
 */
static int
take_record(struct parcel *p, size_t from, size_t *count, struct err *e)
{
	size_t left = p->files - from;
	struct err all, one;
	int r = payload_of_files(&p->in[from], left,
	    &p->payload[p->records], &all);

	one = all;
	for (*count = left; r != 0 && *count > 1;)
		r = payload_of_files(&p->in[from], --*count,
		    &p->payload[p->records], &one);
	if (r == 0 || left == 1 || strcmp(all.text, one.text) == 0)
		return r == 0 ? 0 : err_set(e, r, "%s", one.text);
	return err_set(e, r, "%.240s; by itself: %.240s", all.text, one.text);
}

static int
take_records(struct parcel *p, struct err *e)
{
	int r = 0;

	for (size_t from = 0, count; r == 0 && from < p->files;
	    from += count) {
		count = 1;
		if ((r = take_record(p, from, &count, e)) == 0)
			describe(p, from, count);
	}
	return r;
}

int
send_cmd(struct cmd *c)
{
	struct output_options o = { 0 };
	const struct opt opts[] = { OUTPUT_FRAME_OPTIONS(&o),
	    OUTPUT_FRAGMENT_OPTION(&o), END };
	struct parcel *p = NULL;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 1, PAYLOAD_FILES_MAX)) != 0)
		return r;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	if ((r = read_files(p, c->args, (size_t)c->nargs, &c->e)) == 0 &&
	    (r = take_records(p, &c->e)) == 0)
		r = output_items(&o, p->item, p->records, &c->e);
	parcel_free(p);
	return r;
}
