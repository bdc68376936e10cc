/*
 * Seeds of the enclave's own keys and of the quorum key, and their files
 * (QOS wire 16.1): 64 hex digits, from guarded memory to guarded memory.
 */
#include "airgap/seal/hex.h"
#include "enclave/protocol/parts.h"

int
seed_new(struct secret *seed, struct keyset *ks)
{
	int r;

	if ((r = secret_new(seed, SEED_LEN, NULL)) != 0)
		return r;
	do {
		random_bytes(seed->b, SEED_LEN);
		r = keyset_from_seed(ks, seed->b, NULL);
	} while (r == ERR_SEED);	/* one seed in 2^31 */
	if (r != 0)
		secret_free(seed);
	return r;
}

int
seed_text(const uint8_t seed[static SEED_LEN], struct secret *text)
{
	int r = secret_new(text, SEED_HEX_LEN, NULL);

	if (r == 0)
		hex_encode(seed, SEED_LEN, (char *)text->b);
	return r;
}

int
seed_load(const struct machine *m, struct job *j, enum enclave_file file,
    uint8_t tag, struct secret *seed, struct keyset *ks)
{
	const struct effects *f = m->c.effects;
	struct secret text = { 0 };
	int r;

	*seed = (struct secret){ 0 };
	*ks = (struct keyset){ 0 };
	if (f->get_secret(f->ctx, file, &text) != 0) {
		(void)refuse(j, tag);
		j->reply.u.error.u.p256 = (struct p256_error){ P256_IO,
		    bytes_str("the key file cannot be read") };
		return ERR_REFUSED;
	}
	r = seed_from_text(bytes_of(text.b, text.len), seed, NULL);
	secret_free(&text);
	if (r == 0 && (r = keyset_from_seed(ks, seed->b, NULL)) != 0)
		secret_free(seed);
	return r == 0 || r == ERR_SYSTEM ? r : refuse_p256(j, tag, r);
}

/* Once the live key is in its file nothing can be taken back. */
static int
install(struct machine *m, struct job *j, const struct secret *live,
    const struct secret *quorum)
{
	const struct effects *f = m->c.effects;
	int r;

	if (f->replace(f->ctx, FILE_EPHEMERAL, bytes_of(live->b,
	    live->len)) != 0)
		return refuse(j, PE_FAILED_PUT_EPHEMERAL);
	m->phase = PHASE_UNRECOVERABLE_ERROR;
	r = f->put(f->ctx, FILE_QUORUM, bytes_of(quorum->b, quorum->len));
	if (r != 0)
		return refuse(j, r == ERR_EXISTS ? PE_CANNOT_MODIFY_STATIC :
		    PE_FAILED_PUT_QUORUM);
	m->phase = PHASE_KEY_PROVISIONED;
	secret_free(&m->live);
	posts_free(&m->posts);
	return 0;
}

int
seed_install(struct machine *m, struct job *j,
    const uint8_t quorum[static SEED_LEN])
{
	const struct effects *f = m->c.effects;
	struct secret live_text = { 0 }, quorum_text = { 0 };
	int r;

	if (m->live.b == NULL)
		return refuse(j, PE_MISSING_LIVE_KEY);
	if (f->exists(f->ctx, FILE_QUORUM))
		return refuse(j, PE_CANNOT_MODIFY_STATIC);
	if ((r = seed_text(m->live.b, &live_text)) == 0 &&
	    (r = seed_text(quorum, &quorum_text)) == 0)
		r = install(m, j, &live_text, &quorum_text);
	secret_free(&live_text);
	secret_free(&quorum_text);
	return r;
}
