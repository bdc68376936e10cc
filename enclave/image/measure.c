/*
 * PCRs and CRC of an image in one pass.  PCR1's message begins PCR0's: its
 * state is copied where it ends, so that nothing is hashed twice but what
 * PCR2 and PCR0 share.
 */
#include <openssl/evp.h>

#include "airgap/record/pcr.h"
#include "enclave/image/crc.h"
#include "enclave/image/measure.h"

struct measuring {
	EVP_MD *md;
	EVP_MD_CTX *all, *boot, *application;
	bool booted;		/* the first ramdisk was seen */
	uint32_t crc;
	struct piece piece;
};

static int
no_hash(struct err *e)
{
	return err_set(e, ERR_SYSTEM, "libcrypto does not compute SHA-384: "
	    "out of memory, or it is switched off");
}

static void
measuring_free(struct measuring *m)
{
	EVP_MD_CTX_free(m->all);
	EVP_MD_CTX_free(m->boot);
	EVP_MD_CTX_free(m->application);
	EVP_MD_free(m->md);
}

static int
measuring_begin(struct measuring *m, struct err *e)
{
	m->md = EVP_MD_fetch(NULL, "SHA384", NULL);
	m->all = EVP_MD_CTX_new();
	m->boot = EVP_MD_CTX_new();
	m->application = EVP_MD_CTX_new();
	m->booted = false;
	if (m->md == NULL || m->all == NULL || m->boot == NULL ||
	    m->application == NULL ||
	    EVP_DigestInit_ex2(m->all, m->md, NULL) != 1 ||
	    EVP_DigestInit_ex2(m->application, m->md, NULL) != 1)
		return no_hash(e);
	return 0;
}

static int
update(struct measuring *m, enum eif_type type, struct bytes b, struct err *e)
{
	m->crc = crc_add(m->crc, b);
	if (type == EIF_METADATA || type == EIF_SIGNATURE)
		return 0;
	if (EVP_DigestUpdate(m->all, b.p, b.n) != 1 ||
	    (type == EIF_RAMDISK && m->booted &&
	    EVP_DigestUpdate(m->application, b.p, b.n) != 1))
		return no_hash(e);
	return 0;
}

static int
measure_section(struct measuring *m, const struct source *s,
    const struct eif_section *sec, struct err *e)
{
	uint8_t head[EIF_SECTION_HEADER_LEN];
	struct bytes b;
	int r = source_read(s, sec->at, head, sizeof(head), e);

	if (r != 0)
		return r;
	m->crc = crc_add(m->crc, bytes_of(head, sizeof(head)));
	piece_begin(&m->piece, s, eif_payload(sec), sec->size);
	do
		if ((r = piece_next(&m->piece, &b, e)) != 0 ||
		    (r = update(m, sec->type, b, e)) != 0)
			return r;
	while (b.n > 0);
	if (sec->type != EIF_RAMDISK || m->booted)
		return 0;
	m->booted = true;
	return EVP_MD_CTX_copy_ex(m->boot, m->all) == 1 ? 0 : no_hash(e);
}

static int
finish(EVP_MD_CTX *ctx, struct digest384 *out, struct err *e)
{
	struct digest384 d;

	if (EVP_DigestFinal_ex(ctx, d.b, NULL) != 1)
		return no_hash(e);
	*out = pcr_extend_zero(bytes_of(d.b, sizeof(d.b)));
	return 0;
}

static int
measure_all(struct measuring *m, const struct source *s, const struct eif *x,
    struct measures *out, struct err *e)
{
	uint8_t head[EIF_AT_CRC];
	int r = ERR_INTERNAL;

	if ((r = measuring_begin(m, e)) != 0 ||
	    (r = source_read(s, 0, head, sizeof(head), e)) != 0)
		return r;
	m->crc = crc_add(0, bytes_of(head, sizeof(head)));
	for (size_t i = 0; i < x->count; i++)
		if ((r = measure_section(m, s, &x->section[i], e)) != 0)
			return r;
	out->crc = m->crc;
	if (out->crc != x->crc)
		return err_set(e, ERR_INPUT, "%s: byte %d: the CRC is %08x, "
		    "and that of the content %08x: the file was damaged or "
		    "changed", s->name, EIF_AT_CRC, x->crc, out->crc);
	if ((r = finish(m->all, &out->pcr[0], e)) != 0 ||
	    (r = finish(m->boot, &out->pcr[1], e)) != 0)
		return r;
	return finish(m->application, &out->pcr[2], e);
}

int
eif_measure(const struct source *s, const struct eif *x, struct measures *out,
    struct err *e)
{
	static struct measuring m;
	int r = measure_all(&m, s, x, out, e);

	measuring_free(&m);
	return r;
}
