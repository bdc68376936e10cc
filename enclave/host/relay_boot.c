/*
 * quorate-relay boot and attestation: an envelope and its pivot to the
 * enclave; attestation documents back to the operators.
 *
 * What a QOS enclave answers with UnrecoverableError, and only a reboot
 * mends, is refused here before anything is sent.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "enclave/host/relay.h"

/* --output: for the document */
struct document_out {
	const char *path;
	bool force;
};

#define DOCUMENT_OPTIONS(d) \
	TEXT("-o", "DOC", &(d)->path, "where the attestation document goes"), \
	FLAG("--force", &(d)->force, "replace files that are there")

/* Before the enclave is asked for what it gives once. */
static int
check_free(const char *path, bool force, struct err *e)
{
	if (path == NULL || strcmp(path, "-") == 0 || force ||
	    !file_exists(path))
		return 0;
	return err_set(e, ERR_EXISTS, "%s is there; take another name, or "
	    "--force", path);
}

struct boot {
	struct buf envelope_file, pivot, json;
	struct arena arena;
	struct envelope env;
};

static void
boot_free(struct boot *b)
{
	buf_free(&b->envelope_file);
	buf_free(&b->pivot);
	buf_free(&b->json);
	arena_free(&b->arena);
}

static int
boot_check(const struct boot *b, bool posted, struct err *e)
{
	struct digest256 pivot = sha256(buf_bytes(&b->pivot));
	char have[2 * SHA256_LEN + 1], want[2 * SHA256_LEN + 1];
	int r;

	if ((r = envelope_check_approvals(&b->env, NULL, e)) != 0)
		return err_prefix(e, "the envelope would not boot"),
		    ERR_REFUSED;
	if (b->env.share_approvals.count != 0)
		return err_set(e, ERR_REFUSED, "the envelope already has share "
		    "approvals; an enclave boots from one without");
	if (!posted || memcmp(pivot.b, b->env.manifest.pivot.hash,
	    SHA256_LEN) == 0)
		return 0;
	hex_text(pivot.b, SHA256_LEN, have);
	hex_text(b->env.manifest.pivot.hash, SHA256_LEN, want);
	return err_set(e, ERR_REFUSED, "the pivot is not the manifest's: "
	    "SHA-256 %s, wanted %s", have, want);
}

static int
boot_load(struct boot *b, const char *envelope, const char *pivot,
    struct err *e)
{
	int r;

	if ((r = file_read(envelope, RELAY_ENVELOPE_MAX, &b->envelope_file,
	    e)) != 0 || (pivot != NULL && (r = file_read(pivot, MESSAGE_MAX,
	    &b->pivot, e)) != 0))
		return r;
	if ((r = envelope_read(buf_bytes(&b->envelope_file), &b->env,
	    &b->arena, e)) != 0)
		return err_prefix(e, "%s", envelope), r;
	if ((r = boot_check(b, pivot != NULL, e)) != 0)
		return r;
	return schema_encode(envelope_type(b->env.manifest.version), &b->env,
	    FORM_JSON_PLAIN, &b->json, e);
}

/*
 * Tag 23 first.  The older tag 3 only where the enclave could not read it:
 * any other error is the real one and stays the answer (TRAP 25).  A V2
 * envelope has no Borsh form.
 */
static int
boot_send(struct relay *r, const struct boot *b, struct answer *a,
    struct err *e)
{
	struct message m = { .tag = PM_BOOT_STANDARD_JSON_REQ };
	int rc;

	m.u.boot_json.envelope_json = buf_bytes(&b->json);
	m.u.boot_json.pivot = buf_bytes(&b->pivot);
	rc = ask_once(&r->by, &m, WIRE_BORSH, PM_BOOT_STANDARD, a, e);
	if (rc == 0 || !answer_is_error(a, PE_DESERIALIZATION))
		return rc;
	answer_free(a);
	m.tag = PM_BOOT_STANDARD_REQ;
	m.u.boot.envelope = b->env;
	m.u.boot.pivot = buf_bytes(&b->pivot);
	return ask_once(&r->by, &m, b->env.manifest.version == 2 ?
	    WIRE_JSON : WIRE_BORSH, PM_BOOT_STANDARD, a, e);
}

static int
boot_and_write(struct relay *r, const struct boot *b,
    const struct document_out *out, struct err *e)
{
	struct answer a = { 0 };
	struct bytes document;
	int rc;

	if ((rc = boot_send(r, b, &a, e)) != 0)
		goto out;
	if ((rc = nsm_document(&a.m.u.nsm, &document, e)) != 0)
		goto out;
	ui_say("booted; the enclave waits for shares");
	if (out->path != NULL && (rc = file_output(out->path, document,
	    FILE_MODE_PUBLIC, out->force, true, e)) != 0)
		(void)err_prefix(e, "booted, but the document is not written; "
		    "'quorate-relay attestation' fetches one");
out:
	answer_free(&a);
	return rc;
}

int
relay_boot(struct cmd *c)
{
	struct relay r = RELAY_INIT;
	struct document_out out = { 0 };
	const char *envelope = NULL, *pivot = NULL;
	const struct opt opts[] = { RELAY_OPTIONS(&r),
		TEXT("--envelope", "FILE", &envelope, "manifest and approvals"),
		TEXT("--pivot", "FILE", &pivot,
		    "the application; none where the image carries it"),
		DOCUMENT_OPTIONS(&out), END };
	struct boot *b;
	int rc;

	if ((rc = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (rc = cmd_need(c, envelope, "--envelope")) != 0 ||
	    (rc = check_free(out.path, out.force, &c->e)) != 0)
		return rc;
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	if ((rc = boot_load(b, envelope, pivot, &c->e)) == 0 &&
	    (rc = relay_open(&r, &c->e)) == 0)
		rc = boot_and_write(&r, b, &out, &c->e);
	relay_close(&r);
	boot_free(b);
	free(b);
	return rc;
}

static int
write_both(const struct live *l, const struct document_out *out,
    const char *envelope, struct err *e)
{
	struct buf text = { 0 };
	int r;

	if ((r = envelope_write(l->env, &text, e)) == 0 &&
	    (r = file_output(out->path, l->document, FILE_MODE_PUBLIC,
	    out->force, true, e)) == 0 && envelope != NULL)
		r = file_output(envelope, buf_bytes(&text), FILE_MODE_PUBLIC,
		    out->force, false, e);
	buf_free(&text);
	return r;
}

int
relay_attestation(struct cmd *c)
{
	struct relay r = RELAY_INIT;
	struct document_out out = { 0 };
	const char *envelope = NULL;
	const struct opt opts[] = { RELAY_OPTIONS(&r),
		DOCUMENT_OPTIONS(&out),
		TEXT("--envelope-out", "FILE", &envelope,
		    "and the manifest envelope"), END };
	struct live *l;
	int rc;

	if ((rc = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (rc = check_free(out.path, out.force, &c->e)) != 0 ||
	    (rc = check_free(envelope, out.force, &c->e)) != 0)
		return rc;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	if ((rc = relay_open(&r, &c->e)) == 0 &&
	    (rc = relay_live(&r, l, &c->e)) == 0)
		rc = write_both(l, &out, envelope, &c->e);
	live_free(l);
	relay_close(&r);
	free(l);
	return rc;
}
