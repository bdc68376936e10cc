/*
 * Reading the local sources of a manifest: PCR files, the role's ARN, the
 * application or its hash, set folders, the quorum key (QOS wire 19.2).
 */
#include "airgap/record/pcr.h"
#include "airgap/seal/hex.h"
#include "ceremony/sources.h"

#define TEXT_FILE_MAX 65536		/* bytes */
#define PIVOT_FILE_MAX (128u << 20)	/* bytes: what QOS can boot */

/*
 * Takes the next line as Rust's lines() does: without "\n" or "\r\n".
 * False at the end.
 */
static bool
next_line(struct bytes *text, struct bytes *line)
{
	const uint8_t *end;

	if (text->n == 0)
		return false;
	end = memchr(text->p, '\n', text->n);
	*line = bytes_of(text->p, end == NULL ? text->n :
	    (size_t)(end - text->p));
	*text = bytes_of(text->p + line->n, text->n - line->n);
	if (end == NULL)
		return true;
	*text = bytes_of(text->p + 1, text->n - 1);
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of a line; empty at its end. */
static struct bytes
next_word(struct bytes *line)
{
	size_t a = 0, b;

	while (a < line->n && is_blank(line->p[a]))
		a++;
	for (b = a; b < line->n && !is_blank(line->p[b]);)
		b++;
	const struct bytes word = bytes_of(line->p + a, b - a);
	*line = bytes_of(line->p + b, line->n - b);
	return word;
}

static int
pcr_line(struct bytes line, const char *path, size_t i,
    struct digest384 *out, struct err *e)
{
	const char label[] = { 'P', 'C', 'R', (char)('0' + i % 10) };
	struct bytes hex = next_word(&line), name = next_word(&line);

	if (name.n == 0 || next_word(&line).n != 0)
		return err_set(e, ERR_INPUT, "%s: line %zu: not the two words "
		    "\"HEX PCRn\"", path, i + 1);
	if (i >= 3)
		return 0;
	if (!bytes_equal(name, bytes_of(label, sizeof(label))))
		return err_set(e, ERR_INPUT, "%s: line %zu must be PCR%zu",
		    path, i + 1, i);
	if (hex_decode_exact(hex, out->b, PCR_LEN, e) == 0)
		return 0;
	(void)err_prefix(e, "%s: PCR%zu", path, i);
	return ERR_INPUT;
}

int
source_pcrs(const char *path, struct digest384 out[static 3], struct err *e)
{
	struct bytes text, line;
	size_t i = 0;
	struct buf b;
	int r;

	if ((r = file_read(path, TEXT_FILE_MAX, &b, e)) != 0)
		return r;
	for (text = buf_bytes(&b); r == 0 && next_line(&text, &line); i++)
		r = pcr_line(line, path, i, &out[i < 3 ? i : 2], e);
	if (r == 0 && i < 3)
		r = err_set(e, ERR_INPUT, "%s: %zu lines, not the three of "
		    "PCR0, PCR1 and PCR2", path, i);
	buf_free(&b);
	return r;
}

int
source_role_arn(const char *path, struct digest384 *pcr3, struct err *e)
{
	struct bytes text, line = { 0 };
	struct buf b;
	int r;

	if ((r = file_read(path, TEXT_FILE_MAX, &b, e)) != 0)
		return r;
	text = buf_bytes(&b);
	if (!next_line(&text, &line) || line.n == 0)
		r = err_set(e, ERR_INPUT, "%s: the first line, the role's "
		    "ARN, is empty", path);
	else if (pcr_of_role(line, pcr3) != 0)
		r = err_set(e, ERR_INPUT, "%s: the first line is not the ARN "
		    "of an IAM role: " PCR_ROLE_FORM, path);
	buf_free(&b);
	return r;
}

int
source_pivot_hash(const char *path, struct digest256 *out, struct err *e)
{
	struct bytes text, line = { 0 };
	struct buf b;
	int r;

	if ((r = file_read(path, TEXT_FILE_MAX, &b, e)) != 0)
		return r;
	text = buf_bytes(&b);
	if (!next_line(&text, &line) ||
	    hex_decode_exact(hex_trim(line), out->b, sizeof(out->b),
	    NULL) != 0)
		r = err_set(e, ERR_INPUT, "%s: the first line is not the 64 "
		    "hex digits of a SHA-256", path);
	buf_free(&b);
	return r;
}

int
source_pivot(const char *path, struct digest256 *out, struct err *e)
{
	struct buf b;
	int r;

	if ((r = file_read(path, PIVOT_FILE_MAX, &b, e)) != 0)
		return r;
	*out = sha256(buf_bytes(&b));
	buf_free(&b);
	return 0;
}

int
sources_read(const struct source_paths *p, struct sources *out,
    struct err *e)
{
	int r = 0;

	*out = (struct sources){ .given = *p };
	if (p->pivot != NULL && p->pivot_hash != NULL)
		return err_set(e, ERR_USAGE, "--pivot and --pivot-hash are "
		    "the same thing; give one");
	if ((p->manifest_set != NULL && (r = set_dir_read(p->manifest_set,
	    &out->manifest_set, e)) != 0) ||
	    (p->share_set != NULL && (r = set_dir_read(p->share_set,
	    &out->share_set, e)) != 0) ||
	    (p->patch_set != NULL && (r = set_dir_read_patch(p->patch_set,
	    &out->patch_set, e)) != 0) ||
	    (p->pcrs != NULL && (r = source_pcrs(p->pcrs, out->pcr,
	    e)) != 0) ||
	    (p->role_arn != NULL && (r = source_role_arn(p->role_arn,
	    &out->pcr[3], e)) != 0) ||
	    (p->pivot != NULL && (r = source_pivot(p->pivot, &out->pivot,
	    e)) != 0) ||
	    (p->pivot_hash != NULL && (r = source_pivot_hash(p->pivot_hash,
	    &out->pivot, e)) != 0) ||
	    (p->quorum_key != NULL && (r = pub_file_read(p->quorum_key,
	    &out->quorum_key, e)) != 0))
		sources_free(out);
	return r;
}

void
sources_free(struct sources *s)
{
	if (s == NULL)
		return;
	set_dir_free(&s->manifest_set);
	set_dir_free(&s->share_set);
	set_dir_free(&s->patch_set);
}
