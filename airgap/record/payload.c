/*
 * Payloads: the kinds, and the way of all of them from files to a message
 * and from a message to files.  What was made is read again before it goes,
 * so one set of rules serves both directions.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/payload_parts.h"
#include "airgap/seal/secret.h"

void
payload_free(struct payload *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->count; i++)
		buf_free(&p->files[i].data);
	free(p->files);
	buf_free(&p->message);
	*p = (struct payload){ 0 };
}

static int
copy(struct bytes in, struct buf *out, struct err *e)
{
	*out = (struct buf){ .p = malloc(in.n + 1), .n = in.n };
	if (out->p == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if (in.n > 0)
		memcpy(out->p, in.p, in.n);
	return 0;
}

int
payload_add(struct payload *p, struct bytes stem, const char *ending,
    struct bytes data, struct err *e)
{
	struct payload_file *f;

	if (p->count == PAYLOAD_FILES_MAX)
		return err_set(e, ERR_INPUT, "more than %d files",
		    PAYLOAD_FILES_MAX);
	if (p->files == NULL && (p->files = calloc(PAYLOAD_FILES_MAX,
	    sizeof(*p->files))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	f = &p->files[p->count];
	/* fits: aliases are short */
	snprintf(f->name, sizeof(f->name), "%.*s%s%s", (int)stem.n,
	    (const char *)stem.p, ending[0] == '\0' ? "" : ".", ending);
	if (copy(data, &f->data, e) != 0)
		return ERR_SYSTEM;
	p->count++;
	return 0;
}

/* What is left out is told, and no character is cut in two. */
static void
cut_short(char summary[static PAYLOAD_SUMMARY_MAX])
{
	static const char dots[] = "...";
	size_t n = strnlen(summary, PAYLOAD_SUMMARY_MAX - sizeof(dots));

	while (n > 0 && ((unsigned char)summary[n] & 0xc0) == 0x80)
		n--;
	memcpy(summary + n, dots, sizeof(dots));
}

void
payload_summary(struct payload *p, const char *fmt, ...)
{
	size_t n = strlen(p->summary), room = sizeof(p->summary) - n;
	va_list ap;
	int got;

	va_start(ap, fmt);
	got = vsnprintf(p->summary + n, room, fmt, ap);
	va_end(ap);
	if (got < 0 || (size_t)got >= room)
		cut_short(p->summary);
}

const struct payload_source *
source_of(const struct sources *s, enum file_role role)
{
	static const struct payload_source none = { "", { NULL, 0 } };

	for (size_t i = 0; i < s->n; i++)
		if (s->facts[i].role == role)
			return &s->in[i];
	return &none;
}

const struct payload_kind *
payload_kind_at(size_t i)
{
	return i < kind_count ? &kinds[i].shown : NULL;
}

/* --- files by their roles */

/* The kind of which all roles are here, and no others. */
static const struct carried *
kind_of(uint32_t roles)
{
	for (size_t i = 0; i < kind_count; i++)
		if (((roles & kinds[i].need) == kinds[i].need &&
		    (roles & ~(kinds[i].need | kinds[i].also)) == 0) ||
		    roles == kinds[i].instead)
			return &kinds[i];
	return NULL;
}

static int
look(const struct payload_source *in, size_t n, struct file_facts *facts,
    const struct carried **kind, struct err *e)
{
	uint32_t roles = 0, bit;
	int r;

	for (size_t i = 0; i < n; i++) {
		if ((r = file_facts(in[i].name, in[i].data, &facts[i],
		    e)) != 0)
			return r;
		bit = (uint32_t)1 << facts[i].role;
		/* operators come together */
		if ((roles & bit) != 0 && facts[i].role != ROLE_KEY &&
		    facts[i].role != ROLE_PROOF)
			return err_set(e, ERR_REFUSED, "%s: a second %s; send "
			    "one at a time", in[i].name,
			    file_role_text(facts[i].role));
		roles |= bit;
	}
	if ((*kind = kind_of(roles)) != NULL)
		return 0;
	return n == 1 ? err_set(e, ERR_REFUSED, "%s: a %s does not go alone; "
	    "quorate-bundle(1) says what goes together", in[0].name,
	    file_role_text(facts[0].role)) : err_set(e, ERR_REFUSED, "these "
	    "files do not make one message; quorate-bundle(1) says what goes "
	    "together");
}

/* --- from a message */

/* What would be written is what a sender of this kind has, and of one mode. */
static int
check_files(const struct carried *k, const struct payload *p, struct err *e)
{
	struct payload_source in[PAYLOAD_FILES_MAX];
	struct file_facts facts[PAYLOAD_FILES_MAX];
	const struct carried *found;
	int r;

	for (size_t i = 0; i < p->count; i++)
		in[i] = (struct payload_source){ p->files[i].name,
		    buf_bytes(&p->files[i].data) };
	if ((r = look(in, p->count, facts, &found, e)) != 0)
		return r;
	if (found != k)
		return err_set(e, ERR_REFUSED, "this is no %s, though it says "
		    "so", k->shown.ur);
	for (size_t i = 0; i < p->count; i++)
		if (facts[i].has_mode && (r = mode_check_same(p->mode,
		    facts[i].mode, in[i].name, e)) != 0)
			return r;
	return 0;
}

static int
read_kind(const struct carried *k, struct payload *p, struct err *e)
{
	struct wrapped *w = calloc(1, sizeof(*w));
	int r = ERR_INTERNAL;

	if (w == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	p->kind = &k->shown;
	r = k->read(p, w, e);
	free(w);
	return r;
}

int
payload_read(const char *ur, struct bytes message, struct payload *out,
    struct err *e)
{
	const struct carried *k = NULL;
	int r = ERR_INTERNAL;

	*out = (struct payload){ 0 };
	for (size_t i = 0; i < kind_count; i++)
		if (strcmp(kinds[i].shown.ur, ur) == 0)
			k = &kinds[i];
	if (k == NULL)
		return err_set(e, ERR_INPUT, "codes of the type \"%.40s\" are "
		    "not known here", ur);
	if (message.n > PAYLOAD_MAX)
		return err_set(e, ERR_INPUT, "%zu bytes; a message has at "
		    "most %d", message.n, PAYLOAD_MAX);
	if ((r = copy(message, &out->message, e)) != 0 ||
	    (r = read_kind(k, out, e)) != 0 ||
	    (r = check_files(k, out, e)) != 0)
		payload_free(out);
	return r;
}

/* --- from files */

static int
make(const struct carried *k, const struct sources *s, struct buf *message,
    struct err *e)
{
	struct wrapped *w = NULL;
	int r = ERR_INTERNAL;

	*message = (struct buf){ 0 };
	if (k->make == NULL)
		return copy(s->in[0].data, message, e);
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	r = k->make(s, w, message, e);
	free(w);
	return r;
}

int
payload_of_files(const struct payload_source *in, size_t n,
    struct payload *out, struct err *e)
{
	struct file_facts facts[PAYLOAD_FILES_MAX];
	struct sources s = { in, facts, n };
	struct buf message = { 0 };
	const struct carried *k;
	int r = ERR_INTERNAL;

	*out = (struct payload){ 0 };
	if (n < 1 || n > PAYLOAD_FILES_MAX)
		return err_set(e, ERR_USAGE, "%zu files; a message is made of "
		    "1 to %d", n, PAYLOAD_FILES_MAX);
	if ((r = look(in, n, facts, &k, e)) != 0 ||
	    (r = make(k, &s, &message, e)) != 0)
		goto out;
	r = payload_read(k->shown.ur, buf_bytes(&message), out, e);
out:
	buf_free(&message);
	return r;
}

int
payload_test_card(struct payload *out, struct err *e)
{
	uint8_t card[TEST_CARD_LEN];
	struct wrapped *w = calloc(1, sizeof(*w));
	struct buf message = { 0 };
	int r = ERR_INTERNAL;

	*out = (struct payload){ 0 };
	if (w == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	random_bytes(card, sizeof(card));
	w->mode = MODE_REHEARSAL;
	w->bytes = bytes_of(card, sizeof(card));
	if ((r = wrapped_encode(WRAP_TEST_CARD, w, &message, e)) == 0)
		r = payload_read("x-qk-hi", buf_bytes(&message), out, e);
	buf_free(&message);
	free(w);
	return r;
}

int
challenge_make(enum mode mode, struct buf *out, struct err *e)
{
	struct wrapped *w = calloc(1, sizeof(*w));
	int r = ERR_INTERNAL;

	*out = (struct buf){ 0 };
	if (w == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	w->mode = mode;
	random_bytes(w->nonce, sizeof(w->nonce));
	r = wrapped_encode(WRAP_CHALLENGE, w, out, e);
	free(w);
	return r;
}
