/*
 * The spares record.
 */
#include <stdlib.h>

#include "airgap/record/form.h"
#include "airgap/record/label.h"
#include "airgap/record/plan.h"
#include "airgap/record/spares.h"

#define SPARES_MAX (SHAMIR_MAX * PLAN_SPARES_MAX)
#define AT(s, m) .at = offsetof(struct s, m)

static const struct form_field spare_fields[] = {
	{ .key = "key", .kind = F_FIXED, AT(spare, key),
	    .max = PUBLIC_KEY_LEN },
	{ .key = "alias", .kind = F_TEXT, AT(spare, alias), .min = 1,
	    .max = ALIAS_MAX },
	{ .key = "sealed", .kind = F_FIXED, AT(spare, share.sealed),
	    .max = SEALED_SHARE_LEN },
	{ .key = "shareHash", .kind = F_FIXED, AT(spare, share.hash),
	    .max = SHA512_LEN },
};
static const struct form spare_form = {
	.what = "spare", .fields = spare_fields,
	.count = FORM_COUNT(spare_fields),
};

/* list NULL: only checks and counts. */
static int
walk(struct cbor_rd *r, struct spare *list, size_t *count)
{
	struct cbor_items a;
	struct spare x;
	bool more;
	int c = cbor_array_begin(r, &a);

	*count = 0;
	if (c == 0 && a.left > SPARES_MAX)
		return cbor_fail(r, "more than %d spares", SPARES_MAX);
	while (c == 0 && (c = cbor_array_next(r, &a, &more)) == 0 && more) {
		if ((c = form_read_entry(&spare_form, r, &x)) != 0) {
			err_prefix(r->e, "spare %zu", *count + 1);
			break;
		}
		if (list != NULL)
			list[*count] = x;
		++*count;
	}
	return c;
}

static int
read_list(struct cbor_rd *r, void *value)
{
	struct cbor_rd first = *r;
	struct spares *s = value;
	size_t n;
	int c = walk(&first, NULL, &n);

	if (c != 0)
		return c;
	if (n > 0 && (s->heap = calloc(n, sizeof(*s->list))) == NULL)
		return err_set(r->e, ERR_SYSTEM, "out of memory");
	s->list = s->heap;
	return walk(r, s->heap, &s->count);
}

static int
write_list(struct sink *s, const void *value)
{
	const struct spares *x = value;
	int r = cbor_put_array(s, x->count);

	for (size_t i = 0; r == 0 && i < x->count; i++)
		r = form_write_entry(&spare_form, s, &x->list[i]);
	return r;
}

static const struct form_field fields[] = {
	{ .key = "v", .kind = F_VERSION },
	{ .key = "list", .kind = F_LIST, .read = read_list,
	    .write = write_list },
	{ .key = "mode", .kind = F_MODE, AT(spares, mode) },
	{ .key = "plan", .kind = F_FIXED, AT(spares, plan),
	    .max = SHA256_LEN },
	{ .key = "type", .kind = F_TYPE },
};
static const struct form form = {
	.type = SPARES_TYPE, .what = "spares record", .fields = fields,
	.count = FORM_COUNT(fields),
};

static int
compare(const struct spare *a, const struct spare *b)
{
	int c = bytes_compare(a->alias, b->alias);

	return c != 0 ? c : memcmp(a->key.b, b->key.b, PUBLIC_KEY_LEN);
}

static int
by_alias(const void *a, const void *b)
{
	return compare(a, b);
}

void
spares_sort(struct spare *list, size_t n)
{
	if (n > 1)
		qsort(list, n, sizeof(*list), by_alias);
}

static int
check(const struct spares *s, struct err *e)
{
	int r = s->count > SPARES_MAX ? ERR_INPUT : 0;

	if (r != 0)
		return err_set(e, r, "spares record: more than %d spares",
		    SPARES_MAX);
	for (size_t i = 0; r == 0 && i < s->count; i++) {
		const struct spare *x = &s->list[i];

		if ((r = form_check_alias(&form, s->mode, x->alias, e)) != 0 ||
		    (r = form_check_key(&form, "key", &x->key, e)) != 0)
			break;
		if (i > 0 && compare(x - 1, x) >= 0)
			r = err_set(e, ERR_INPUT, "spares record: spare %zu "
			    "is there twice or not in order", i + 1);
	}
	return r;
}

void
spares_free(struct spares *s)
{
	if (s == NULL)
		return;
	free(s->heap);
	*s = (struct spares){ 0 };
}

int
spares_decode(struct bytes in, struct spares *out, struct err *e)
{
	int r = ERR_INTERNAL;

	*out = (struct spares){ 0 };
	if ((r = form_decode(&form, in, out, e)) != 0 ||
	    (r = check(out, e)) != 0)
		spares_free(out);
	return r;
}

int
spares_encode(const struct spares *s, struct buf *out, struct err *e)
{
	int r = check(s, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_encode(&form, s, out, e);
}
