/*
 * What the module answers to each request, known or not: enclave.md 6 with
 * the errors that QEMU's module gives.
 */
#include <stdlib.h>

#include <cbor.h>

#include "enclave/nsm/nsm.h"
#include "tests/standin/nsm_serve.h"

struct call {
	struct nsm *nsm;
	bool open;
	cbor_item_t *args;	/* a map, or NULL */
};

static bool
is_text(const cbor_item_t *t, const char *want)
{
	return cbor_isa_string(t) && cbor_string_is_definite(t) &&
	    cbor_string_length(t) == strlen(want) &&
	    memcmp(cbor_string_handle(t), want, strlen(want)) == 0;
}

static cbor_item_t *
arg(const struct call *c, const char *key)
{
	for (size_t i = 0; c->args != NULL && i < cbor_map_size(c->args); i++)
		if (is_text(cbor_map_handle(c->args)[i].key, key))
			return cbor_map_handle(c->args)[i].value;
	return NULL;
}

/* QEMU insists on 8 bits */
static bool
number(const struct call *c, const char *key, uint16_t *out)
{
	cbor_item_t *v = arg(c, key);

	if (v == NULL || !cbor_isa_uint(v) ||
	    cbor_int_get_width(v) != CBOR_INT_8)
		return false;
	*out = cbor_get_uint8(v);
	return true;
}

static bool
string(const struct call *c, const char *key, struct bytes *out)
{
	cbor_item_t *v = arg(c, key);

	*out = bytes_of(NULL, 0);
	if (v == NULL)
		return false;
	if (cbor_is_null(v))
		return true;
	if (!cbor_isa_bytestring(v) || !cbor_bytestring_is_definite(v))
		return false;
	*out = bytes_of(cbor_bytestring_handle(v),
	    cbor_bytestring_length(v));
	if (out->p == NULL)
		out->p = (const uint8_t *)"";
	return true;
}

static cbor_item_t *
map_new(bool open, size_t n)
{
	return open ? cbor_new_indefinite_map() : cbor_new_definite_map(n);
}

/* Takes over the value. */
static void
add(cbor_item_t *map, const char *key, cbor_item_t *value)
{
	if (!cbor_map_add(map, (struct cbor_pair){
	    cbor_move(cbor_build_string(key)), cbor_move(value) }))
		abort();
}

static cbor_item_t *
digest_of(const struct digest384 *d)
{
	return cbor_build_bytestring(d->b, sizeof(d->b));
}

static cbor_item_t *
locked_of(const struct nsm_info *info, bool open)
{
	cbor_item_t *a;
	size_t n = 0;

	for (unsigned i = 0; i < 256; i++)
		n += info->locked[i];
	a = open ? cbor_new_indefinite_array() : cbor_new_definite_array(n);
	for (unsigned i = 0; i < 256; i++)
		if (info->locked[i] && !cbor_array_push(a,
		    cbor_move(cbor_build_uint8((uint8_t)i))))
			abort();
	return a;
}

static int
describe(const struct call *c, cbor_item_t **body)
{
	struct nsm_info info;
	int r = c->nsm->ops->describe(c->nsm, &info);

	*body = map_new(c->open, 7);
	add(*body, "version_major", cbor_build_uint16(info.version[0]));
	add(*body, "version_minor", cbor_build_uint16(info.version[1]));
	add(*body, "version_patch", cbor_build_uint16(info.version[2]));
	add(*body, "module_id", cbor_build_string(info.module_id));
	add(*body, "max_pcrs", cbor_build_uint16(info.max_pcrs));
	add(*body, "locked_pcrs", locked_of(&info, c->open));
	add(*body, "digest", cbor_build_string("SHA384"));
	return r;
}

static int
describe_pcr(const struct call *c, cbor_item_t **body)
{
	struct pcr_state state = { 0 };
	uint16_t index;
	int r;

	if (!number(c, "index", &index))
		return NSM_INVALID_OPERATION;
	r = c->nsm->ops->pcr(c->nsm, index, &state);
	*body = map_new(c->open, 2);
	add(*body, "data", digest_of(&state.value));
	add(*body, "lock", cbor_build_bool(state.lock));
	return r;
}

static int
extend(const struct call *c, cbor_item_t **body)
{
	struct digest384 value = { { 0 } };
	struct bytes data;
	uint16_t index;
	int r;

	if (!number(c, "index", &index) || !string(c, "data", &data) ||
	    data.p == NULL)
		return NSM_INVALID_OPERATION;
	r = c->nsm->ops->extend(c->nsm, index, data, &value);
	*body = map_new(c->open, 1);
	add(*body, "data", digest_of(&value));
	return r;
}

static int
lock(const struct call *c, cbor_item_t **body)
{
	uint16_t index;

	(void)body;
	if (!number(c, "index", &index))
		return NSM_INVALID_OPERATION;
	return c->nsm->ops->lock(c->nsm, index);
}

static int
lock_range(const struct call *c, cbor_item_t **body)
{
	uint16_t range;

	(void)body;
	if (!number(c, "range", &range))
		return NSM_INVALID_OPERATION;
	return c->nsm->ops->lock_range(c->nsm, range);
}

static int
attest(const struct call *c, cbor_item_t **body)
{
	struct bytes user_data, nonce, public_key;
	struct buf document = { 0 };
	int r;

	if (!string(c, "user_data", &user_data) ||
	    !string(c, "nonce", &nonce) ||
	    !string(c, "public_key", &public_key))
		return NSM_INVALID_OPERATION;
	r = c->nsm->ops->attest(c->nsm, user_data, nonce, public_key,
	    &document);
	*body = map_new(c->open, 1);
	add(*body, "document", cbor_build_bytestring(document.p,
	    document.n));
	buf_free(&document);
	return r;
}

static int
draw(const struct call *c, cbor_item_t **body)
{
	uint8_t random[256];
	size_t got = 0;
	int r = c->nsm->ops->random(c->nsm, random, sizeof(random), &got);

	*body = map_new(c->open, 1);
	add(*body, "random", cbor_build_bytestring(random, got));
	return r;
}

static const struct {
	const char *name;
	bool bare;
	int (*run)(const struct call *c, cbor_item_t **body);
} calls[] = {
	{ "DescribeNSM", true, describe }, { "GetRandom", true, draw },
	{ "DescribePCR", false, describe_pcr },
	{ "ExtendPCR", false, extend }, { "LockPCR", false, lock },
	{ "LockPCRs", false, lock_range }, { "Attestation", false, attest },
};

static cbor_item_t *
reply_of(const char *name, int r, cbor_item_t *body, bool open)
{
	static const char *const errors[] = { "Success", "InvalidArgument",
	    "InvalidIndex", "InvalidResponse", "ReadOnlyIndex",
	    "InvalidOperation", "BufferTooSmall", "InputTooLarge",
	    "InternalError" };
	cbor_item_t *reply;

	if (r == 0 && body == NULL)
		return cbor_build_string(name);
	reply = map_new(open, 1);
	if (r == 0) {
		add(reply, name, body);
	} else {
		add(reply, "Error", cbor_build_string(errors[r]));
		if (body != NULL)
			cbor_decref(&body);
	}
	return reply;
}

static cbor_item_t *
answer(struct nsm *n, const cbor_item_t *request, bool open)
{
	struct call c = { n, open, NULL };
	const cbor_item_t *name = request;
	cbor_item_t *body = NULL;
	int r;

	if (request != NULL && cbor_isa_map(request) &&
	    cbor_map_size(request) == 1) {
		name = cbor_map_handle(request)[0].key;
		c.args = cbor_map_handle(request)[0].value;
	}
	for (size_t i = 0; name != NULL &&
	    i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (!is_text(name, calls[i].name) ||
		    calls[i].bare != (c.args == NULL) ||
		    (c.args != NULL && !cbor_isa_map(c.args)))
			continue;
		r = calls[i].run(&c, &body);
		return reply_of(calls[i].name, r, body, open);
	}
	return reply_of("", NSM_INVALID_OPERATION, NULL, open);
}

size_t
nsm_serve(struct nsm *n, struct bytes request, bool open, uint8_t *out,
    size_t cap)
{
	struct cbor_load_result loaded = { 0 };
	cbor_item_t *q = cbor_load(request.p, request.n, &loaded), *reply;
	unsigned char *bytes = NULL;
	size_t size, len;

	if (q != NULL && loaded.read != request.n)
		cbor_decref(&q);
	reply = answer(n, q, open);
	len = cbor_serialize_alloc(reply, &bytes, &size);
	len = len < cap ? len : cap;
	memcpy(out, bytes, len);
	free(bytes);
	cbor_decref(&reply);
	if (q != NULL)
		cbor_decref(&q);
	return len;
}

struct nsm *
nsm_serve_open(const char *pki_dir, const char *pcr_file, struct err *e)
{
	const struct nsm_sim_config c = { pki_dir, pcr_file };
	struct nsm *n;

	return nsm_sim_open(&c, &n, e) == 0 ? n : NULL;
}
