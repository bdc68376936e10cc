/*
 * quorate json: the canonical form that QOS hashes (wire section 4).
 */
#include "airgap/record/json.h"
#include "ceremony/commands.h"
#include "ceremony/plumbing.h"

static int
canonical(struct cmd *c)
{
	struct output o = { 0 };
	const struct opt opts[] = { OUTPUT_OPTIONS(&o), END };
	struct buf text = { 0 }, out = { 0 };
	const char *in;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0)
		return r;
	in = input_path(c, 0);
	if ((r = file_read(in, PUBLIC_INPUT_MAX, &text, &c->e)) != 0)
		goto out;
	if ((r = json_canonical(buf_bytes(&text), &out, &c->e)) != 0) {
		r = input_error(c, in, r);
		goto out;
	}
	r = file_output(o.path, buf_bytes(&out), FILE_MODE_PUBLIC, o.force,
	    false, &c->e);
out:
	buf_free(&out);
	buf_free(&text);
	return r;
}

const struct command commands_json[] = {
	{ "canonical", "[FILE]", "the form that QOS hashes",
	    "members sorted by UTF-16, nulls in objects dropped, integers as "
	    "strings,\nno white space and no line end: the output can be "
	    "hashed as it is;\nother numbers and repeated names are refused",
	    canonical, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
