/*
 * quorate token verify: does this bundle prove that an operator's keys were
 * made in a token?  Offline; one line a rule, and the first that does not
 * hold is the refusal.
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "airgap/set_dir.h"
#include "ceremony/fingerprint.h"
#include "ceremony/plan_show.h"
#include "ceremony/plumbing.h"
#include "ceremony/token_bundle.h"
#include "ceremony/token_cmds.h"

#define ROOT_FILE_MAX 65536
#define NO_TIME UINT64_MAX

struct verify_options {
	const char *root, *pub;
	uint64_t at;
};

int
token_root_read(const char *path, struct buf *out, struct err *e)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long n = 0;
	BIO *in;
	int r;

	*out = (struct buf){ 0 };
	if (path == NULL)
		return 0;
	if ((r = file_read(path, ROOT_FILE_MAX, out, e)) != 0 ||
	    (out->n > 0 && out->p[0] == 0x30))
		return r;
	in = BIO_new_mem_buf(out->p, (int)out->n);
	r = err_set(e, ERR_INPUT, "%s: no certificate, PEM or DER", path);
	if (in != NULL && PEM_read_bio(in, &name, &header, &der, &n) == 1 &&
	    strcmp(name, PEM_STRING_X509) == 0 && n > 0 &&
	    (size_t)n <= out->n) {
		/* DER is shorter than its PEM */
		memcpy(out->p, der, (size_t)n);
		out->n = (size_t)n;
		r = 0;
	}
	ERR_clear_error();
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(in);
	if (r != 0)
		buf_free(out);
	return r;
}

void
token_verdict_print(const struct attest_bundle *b,
    const struct attest_terms *t, const struct attest_verdict *v)
{
	char when[32], fw[16];

	if (b->mode == MODE_REHEARSAL)
		printf("REHEARSAL: this proves nothing about a real token\n");
	ui_time(t->at, when);
	attest_firmware_text(v->firmware, fw);
	printf("key          %s\nserial       %u\nfirmware     %s\n"
	    "at           %s\n", key_fingerprint(bytes_of(b->key.b,
	    PUBLIC_KEY_LEN)).text, v->serial, fw, when);
	for (unsigned i = 0; i < ATTEST_RULES; i++)
		printf("%-12s %s  %s\n", attest_rule_name(i),
		    (v->failed >> i & 1) != 0 ? "NO " :
		    (v->asked >> i & 1) != 0 ? "ok " : "-  ",
		    attest_rule_text(i));
}

static int
check_pub(const struct attest_bundle *b, const char *path, struct err *e)
{
	struct public_key key;
	int r;

	if (path == NULL)
		return 0;
	if ((r = pub_file_read(path, &key, e)) != 0)
		return r;
	return memcmp(key.b, b->key.b, PUBLIC_KEY_LEN) == 0 ? 0 :
	    err_set(e, ERR_REFUSED, "%s is not the key of this attestation",
	    path);
}

static int
verify(struct cmd *c, const struct verify_options *o, struct bytes in)
{
	struct attest_terms t = { .firmware_min = ATTEST_FIRMWARE_MIN,
	    .at = o->at != NO_TIME ? (int64_t)o->at : ui_now() };
	struct attest_bundle b;
	struct attest_verdict v;
	struct buf root = { 0 };
	int r;

	if ((r = attest_bundle_decode(in, &b, &c->e)) != 0) {
		r = input_error(c, input_path(c, 0), r);
		goto out;
	}
	if ((r = token_root_read(o->root, &root, &c->e)) != 0 ||
	    (r = attest_trust(b.mode, buf_bytes(&root), &t.trust,
	    &c->e)) != 0)
		goto out;
	r = attest_bundle_verify(&b, &t, &v, &c->e);
	token_verdict_print(&b, &t, &v);
	if (r == 0)
		r = check_pub(&b, o->pub, &c->e);
out:
	buf_free(&root);
	return r;
}

int
token_verify_cmd(struct cmd *c)
{
	struct verify_options o = { .at = NO_TIME };
	const struct opt opts[] = {
		TEXT("--root", "FILE", &o.root, "the test root of a rehearsal"),
		TEXT("--pub", "FILE.pub", &o.pub, "whose key it must be"),
		NUMBER("--at", "UNIX", &o.at, "as of this time (default: "
		    "now)"), END };
	const char *path;
	struct buf in;
	int r;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0)
		return r;
	if (o.at != NO_TIME && o.at > INT64_MAX)
		return err_set(&c->e, ERR_USAGE, "--at: no such time");
	path = cmd_arg(c, 0);
	if ((r = file_read(path != NULL ? path : "-", RECORD_FILE_MAX, &in,
	    &c->e)) != 0)
		return r;
	r = verify(c, &o, buf_bytes(&in));
	buf_free(&in);
	return r;
}
