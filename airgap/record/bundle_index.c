/*
 * The index of a bundle.
 */
#include "airgap/record/bundle_index.h"
#include "airgap/record/form.h"
#include "airgap/record/label.h"

#define AT(m) .at = offsetof(struct bundle_entry, m)
#define KIND_MAX 64

static const struct form_field entry_fields[] = {
	{ .key = "kind", .kind = F_TEXT, AT(kind), .min = 1, .max = KIND_MAX },
	{ .key = "name", .kind = F_TEXT, AT(name), .min = 1,
	    .max = BUNDLE_NAME_MAX },
	{ .key = "size", .kind = F_UINT, AT(size), .max = BUNDLE_FILE_MAX },
	{ .key = "sha256", .kind = F_FIXED, AT(hash), .max = SHA256_LEN },
};
static const struct form entry_form = { .what = "file",
	.fields = entry_fields, .count = FORM_COUNT(entry_fields) };

static int
read_files(struct cbor_rd *r, void *value)
{
	struct bundle_index *x = value;
	struct cbor_items a;
	bool more;
	int c = cbor_array_begin(r, &a);

	if (c == 0 && (a.left < 1 || a.left > BUNDLE_FILES_MAX))
		return cbor_fail(r, "%llu files, not 1 to %d",
		    (unsigned long long)a.left, BUNDLE_FILES_MAX);
	while (c == 0 && (c = cbor_array_next(r, &a, &more)) == 0 && more)
		c = form_read_entry(&entry_form, r, &x->files[x->count++]);
	return c;
}

static int
write_files(struct sink *s, const void *value)
{
	const struct bundle_index *x = value;
	int r = cbor_put_array(s, x->count);

	for (size_t i = 0; r == 0 && i < x->count; i++)
		r = form_write_entry(&entry_form, s, &x->files[i]);
	return r;
}

static const struct form_field fields[] = {
	{ .key = "v", .kind = F_VERSION },
	{ .key = "mode", .kind = F_MODE,
	    .at = offsetof(struct bundle_index, mode) },
	{ .key = "type", .kind = F_TYPE },
	{ .key = "files", .kind = F_LIST, .read = read_files,
	    .write = write_files },
};
static const struct form form = { .type = BUNDLE_TYPE,
	.what = "bundle index", .fields = fields,
	.count = FORM_COUNT(fields) };

int
bundle_name_check(struct bytes name, struct err *e)
{
	int r = label_check("file name", name, BUNDLE_NAME_MAX, e);

	if (r != 0)
		return r;
	if (name.p[0] == '.' || memchr(name.p, '/', name.n) != NULL)
		return err_set(e, ERR_INPUT, "file name \"%.*s\": no \"/\" in "
		    "it and no \".\" in front", (int)name.n,
		    (const char *)name.p);
	if (bytes_equal(name, bytes_str(BUNDLE_INDEX_NAME)))
		return err_set(e, ERR_INPUT, "\"%s\" is the name of the index "
		    "itself", BUNDLE_INDEX_NAME);
	return 0;
}

static int
check(const struct bundle_index *x, struct err *e)
{
	int r;

	for (size_t i = 0; i < x->count; i++) {
		const struct bundle_entry *f = &x->files[i];

		if ((r = form_check(&entry_form, f, e)) != 0 ||
		    (r = bundle_name_check(f->name, e)) != 0 ||
		    (r = label_check("kind", f->kind, KIND_MAX, e)) != 0)
			return err_prefix(e, "bundle index"), r;
		if (i > 0 && bytes_compare(f[-1].name, f->name) >= 0)
			return err_set(e, ERR_INPUT, "bundle index: files are "
			    "not in order, or one is there twice");
	}
	return 0;
}

int
bundle_index_decode(struct bytes in, struct bundle_index *out, struct err *e)
{
	int r = ERR_INTERNAL;

	memset(out, 0, sizeof(*out));
	if ((r = form_decode(&form, in, out, e)) != 0)
		return r;
	return check(out, e);
}

int
bundle_index_encode(const struct bundle_index *x, struct buf *out,
    struct err *e)
{
	int r = check(x, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_encode(&form, x, out, e);
}
