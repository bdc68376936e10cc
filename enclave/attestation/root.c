/*
 * The trusted root, by the mode rule: nothing at run time replaces the
 * pinned root of production, and a rehearsal never ends at it.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "airgap/record/aws_root.h"
#include "airgap/record/reader.h"
#include "enclave/attestation/verify.h"

#define ROOT_FILE_MAX 65536
#define SIMULATED_MARK "SIMULATED"

int
attestation_root(enum mode mode, struct bytes test, struct bytes *out,
    struct err *e)
{
	if (mode == MODE_PRODUCTION) {
		if (test.p != NULL)
			return err_set(e, ERR_REFUSED, "a production "
			    "manifest trusts the pinned AWS root alone; "
			    "leave --root out");
		*out = aws_root_der();
		return 0;
	}
	if (test.p == NULL)
		return err_set(e, ERR_REFUSED, "a rehearsal manifest has no "
		    "pinned root; name the test root with --root FILE");
	if (bytes_equal(test, aws_root_der()))
		return err_set(e, ERR_REFUSED, "a rehearsal does not end at "
		    "the AWS root; name a test root with --root FILE");
	*out = test;
	return 0;
}

static int
from_pem(struct bytes text, struct buf *out)
{
	BIO *in = BIO_new_mem_buf(text.p, (int)text.n);
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long n = 0;
	int r = ERR_INPUT;

	if (in != NULL && PEM_read_bio(in, &name, &header, &der, &n) == 1 &&
	    strcmp(name, PEM_STRING_X509) == 0 && n > 0 &&
	    (out->p = malloc((size_t)n)) != NULL) {
		memcpy(out->p, der, (size_t)n);
		out->n = (size_t)n;
		r = 0;
	}
	ERR_clear_error();
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(in);
	return r;
}

int
attestation_root_read(const char *path, struct buf *out, struct err *e)
{
	struct certificate c;
	const char *why = "it is no PEM block CERTIFICATE";
	struct buf file;
	int r;

	*out = (struct buf){ 0 };
	if ((r = file_read(path, ROOT_FILE_MAX, &file, e)) != 0)
		return r;
	if (file.n > 0 && file.p[0] == 0x30) {
		*out = file;
		file = (struct buf){ 0 };
	} else
		r = from_pem(buf_bytes(&file), out);
	if (r == 0)
		r = certificate_read(buf_bytes(out), &c, &why);
	buf_free(&file);
	if (r == 0)
		return 0;
	buf_free(out);
	return err_set(e, ERR_INPUT, "%s: not a certificate: %s", path, why);
}

static bool
marked(struct bytes text)
{
	return text.n > 0 && memmem(text.p, text.n, SIMULATED_MARK,
	    strlen(SIMULATED_MARK)) != NULL;
}

static bool
name_marked(struct bytes der)
{
	struct certificate c;
	const char *why;

	return certificate_read(der, &c, &why) == 0 &&
	    (marked(c.issuer) || marked(c.subject));
}

bool
attestation_simulated(const struct attestation *doc)
{
	if (marked(doc->module_id) || name_marked(doc->certificate))
		return true;
	for (size_t i = 0; i < doc->cabundle_count; i++)
		if (name_marked(doc->cabundle[i]))
			return true;
	return false;
}
