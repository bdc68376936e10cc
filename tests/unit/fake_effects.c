/*
 * Effects in memory.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/seal/hash.h"
#include "tests/unit/fake_effects.h"

struct buf
fake_copy(struct bytes in)
{
	struct buf b = { malloc(in.n == 0 ? 1 : in.n), in.n };

	if (b.p == NULL)
		abort();
	if (in.n > 0)
		memcpy(b.p, in.p, in.n);
	return b;
}

static bool
fails(struct fake *f, enum fake_call call)
{
	return ++f->calls[call] == f->fail[call];
}

static int
describe(void *ctx, struct nsm_info *out)
{
	struct fake *f = ctx;

	if (fails(f, CALL_DESCRIBE))
		return f->code;
	*out = f->info;
	for (size_t i = 0; i < PCR_COUNT; i++)
		out->locked[i] = f->pcr[i].lock;
	return 0;
}

static int
read_pcr(void *ctx, uint16_t index, struct pcr_state *out)
{
	struct fake *f = ctx;

	if (fails(f, CALL_PCR))
		return f->code;
	if (index >= PCR_COUNT)
		return NSM_INVALID_INDEX;
	*out = f->pcr[index];
	if (f->lock_untold)
		out->lock = false;
	return 0;
}

static int
extend(void *ctx, uint16_t index, struct bytes data, struct digest384 *out)
{
	struct fake *f = ctx;

	if (fails(f, CALL_EXTEND))
		return f->code;
	if (index >= PCR_COUNT)
		return NSM_INVALID_INDEX;
	if (f->pcr[index].lock)
		return NSM_READ_ONLY_INDEX;
	f->pcr[index].value = sha384_two(bytes_of(f->pcr[index].value.b,
	    SHA384_LEN), data);
	*out = f->pcr[index].value;
	if (f->wrong_extend)
		out->b[0] ^= 1;
	return 0;
}

static int
lock_range(void *ctx, uint16_t range)
{
	struct fake *f = ctx;

	if (fails(f, CALL_LOCK))
		return f->code;
	if (range > PCR_COUNT)
		return NSM_INVALID_INDEX;
	for (size_t i = 0; i < range && !f->no_lock; i++)
		f->pcr[i].lock = true;
	if (f->extend_at_lock)
		f->pcr[17].value.b[47] ^= 1;
	return 0;
}

static int
attest(void *ctx, struct bytes user_data, struct bytes nonce,
    struct bytes public_key, struct buf *document)
{
	struct fake *f = ctx;

	if (fails(f, CALL_ATTEST))
		return f->code;
	f->had_nonce = nonce.p != NULL;
	f->had_key = public_key.p != NULL;
	if (f->had_key && public_key.n == PUBLIC_KEY_LEN)
		memcpy(f->key.b, public_key.p, PUBLIC_KEY_LEN);
	buf_free(&f->user_data);
	f->user_data = fake_copy(user_data);
	if (f->document != NULL)
		f->document(f, user_data, public_key, document);
	else
		*document = fake_copy(bytes_str("a document"));
	return 0;
}

static int
set_file(struct fake *f, enum enclave_file file, struct bytes data)
{
	if (f->written < sizeof(f->order) / sizeof(f->order[0]))
		f->order[f->written++] = file;
	buf_free(&f->file[file]);
	f->file[file] = fake_copy(data);
	f->there[file] = true;
	return 0;
}

static int
put(void *ctx, enum enclave_file file, struct bytes data)
{
	struct fake *f = ctx;

	if (fails(f, CALL_PUT))
		return f->code;
	return f->there[file] ? ERR_EXISTS : set_file(f, file, data);
}

static int
replace(void *ctx, enum enclave_file file, struct bytes data)
{
	struct fake *f = ctx;

	return fails(f, CALL_REPLACE) ? f->code : set_file(f, file, data);
}

static bool
exists(void *ctx, enum enclave_file file)
{
	const struct fake *f = ctx;

	return f->there[file];
}

static int
get(void *ctx, enum enclave_file file, struct buf *out)
{
	const struct fake *f = ctx;

	if (!f->there[file])
		return ERR_SYSTEM;
	*out = fake_copy(buf_bytes(&f->file[file]));
	return 0;
}

static int
get_secret(void *ctx, enum enclave_file file, struct secret *out)
{
	struct fake *f = ctx;

	if (fails(f, CALL_GET_SECRET) || !f->there[file] ||
	    secret_new(out, f->file[file].n, NULL) != 0)
		return ERR_SYSTEM;
	memcpy(out->b, f->file[file].p, out->len);
	return 0;
}

static void
log_line(void *ctx, const char *line)
{
	struct fake *f = ctx;
	size_t n = strlen(f->log);

	snprintf(f->log + n, sizeof(f->log) - n, "%s\n", line);
}

void
fake_init(struct fake *f)
{
	*f = (struct fake){ .effects = { f, describe, read_pcr, extend,
	    lock_range, attest, put, replace, exists, get, get_secret,
	    log_line } };
	fake_restart(f);
}

void
fake_free(struct fake *f)
{
	for (size_t i = 0; i < FAKE_FILES; i++)
		buf_free(&f->file[i]);
	buf_free(&f->user_data);
}

void
fake_restart(struct fake *f)
{
	fake_free(f);
	memset(f->there, 0, sizeof(f->there));
	memset(f->pcr, 0, sizeof(f->pcr));
	memset(f->calls, 0, sizeof(f->calls));
	memset(f->fail, 0, sizeof(f->fail));
	f->info = (struct nsm_info){ .max_pcrs = PCR_COUNT, .digest = 1,
	    .module_id = "fake" };
	for (size_t i = 0; i < 16; i++)
		f->pcr[i].lock = true;
	f->code = NSM_INTERNAL_ERROR;
	f->wrong_extend = f->no_lock = false;
	f->extend_at_lock = f->lock_untold = false;
	f->written = 0;
	f->log[0] = '\0';
}
