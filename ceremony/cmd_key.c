/*
 * quorate key: key files, sealed messages and signatures as QOS's own tools
 * make them (wire sections 1 and 19).
 *
 * `key sign` is the one place where bytes are signed as they are, because
 * QOS's p256-sign does; hence what it refuses: 32 bytes, which could be a
 * manifest hash and the signature an approval, and bytes that begin like a
 * message of Quorate's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "airgap/seal/hex.h"
#include "airgap/set_dir.h"
#include "ceremony/commands.h"
#include "ceremony/operator_options.h"
#include "ceremony/plumbing.h"
#include "token/key_file.h"

#define OWN_PREFIX "quorate/"	/* airgap/record/signed.h */

/* --- generate */

static int
random_seed(struct secret *seed, struct keyset *ks, struct err *e)
{
	int r = secret_new(seed, SEED_LEN, e);

	if (r != 0)
		return r;
	random_bytes(seed->b, SEED_LEN);
	return keyset_from_seed(ks, seed->b, e);
}

static int
write_seed(const char *path, const struct secret *seed, struct err *e)
{
	struct secret text = { 0 };
	int r = secret_new(&text, SEED_HEX_LEN, e);

	if (r != 0)
		return r;
	hex_encode(seed->b, SEED_LEN, (char *)text.b);
	r = file_write_checked(path, bytes_of(text.b, text.len),
	    FILE_MODE_SECRET, false, e);
	secret_free(&text);
	return r;
}

static int
write_public(const char *path, const struct public_key *pub, struct err *e)
{
	char text[PUBLIC_KEY_HEX_LEN];

	hex_encode(pub->b, PUBLIC_KEY_LEN, text);
	return file_write_checked(path, bytes_of(text, sizeof(text)),
	    FILE_MODE_PUBLIC, false, e);
}

/*
 * The seed first: a crash between the two leaves a seed, from which `key
 * public` makes the other file, and never a public key that nobody holds.
 * If the public key cannot be written the seed goes again, unused.
 */
static int
write_pair(struct cmd *c, const char *seed_path, const char *pub_path)
{
	struct secret seed = { 0 };
	struct keyset ks = { 0 };
	int r = ERR_INTERNAL;

	if ((r = random_seed(&seed, &ks, &c->e)) != 0 ||
	    (r = write_seed(seed_path, &seed, &c->e)) != 0)
		goto out;
	if ((r = write_public(pub_path, &ks.pub, &c->e)) != 0)
		(void)unlink(seed_path);
out:
	keyset_free(&ks);
	secret_free(&seed);
	return r;
}

static int
generate(struct cmd *c)
{
	const char *seed = NULL, *pub = NULL;
	const struct opt opts[] = {
		TEXT("-o", "SEED.secret", &seed, "the master seed, mode 0600"),
		TEXT("--pub", "FILE.pub", &pub, "the public key"),
		END
	};
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = cmd_need(c, seed, "-o")) != 0 ||
	    (r = cmd_need(c, pub, "--pub")) != 0)
		return r;
	if (strcmp(seed, pub) == 0 || strcmp(seed, "-") == 0 ||
	    strcmp(pub, "-") == 0)
		return cmd_usage(c, "-o and --pub must name two files");
	if ((r = write_pair(c, seed, pub)) == 0)
		plaintext_note(seed);
	return r;
}

/* --- public */

static int
public(struct cmd *c)
{
	char text[PUBLIC_KEY_HEX_LEN + 1];
	struct operator_key *k = NULL;
	struct operator_options from = { 0 };
	struct output o = { 0 };
	const struct opt opts[] = {
		OPERATOR_KEY_OPTIONS(&from),
		OUTPUT_OPTIONS(&o),
		END
	};
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0)
		return r;
	if ((from.file != NULL || from.token) == (c->nargs != 0))
		return cmd_usage(c, "name one master seed file, or --token");
	if (c->nargs != 0)
		from.file = cmd_arg(c, 0);
	if ((r = operator_options_check(c, &from)) != 0 ||
	    (r = operator_key_from_options(&from, &k, &c->e)) != 0)
		return r;
	hex_text(operator_key_public(k)->b, PUBLIC_KEY_LEN, text);
	r = output_text(c, &o, text);
	operator_key_free(k);
	return r;
}

/* --- encrypt, decrypt */

static int
seal(struct cmd *c, const struct public_key *to, const struct secret *plain,
    const struct output *o)
{
	struct buf env = { .n = plain->len + ENVELOPE_OVERHEAD };
	int r = ERR_INTERNAL;

	if ((env.p = malloc(env.n)) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	if ((r = envelope_seal(bytes_of(to->b, PUBLIC_KEY_LEN),
	    bytes_of(plain->b, plain->len), env.p, &c->e)) == 0)
		r = file_output(o->path, buf_bytes(&env), FILE_MODE_PUBLIC,
		    o->force, true, &c->e);
	buf_free(&env);
	return r;
}

static int
encrypt(struct cmd *c)
{
	struct secret plain = { 0 };
	struct output o = { 0 };
	struct public_key to;
	const char *pub = NULL;
	const struct opt opts[] = {
		TEXT("--to", "FILE.pub", &pub, "who can open it"),
		OUTPUT_OPTIONS(&o),
		END
	};
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0 ||
	    (r = cmd_need(c, pub, "--to")) != 0 ||
	    (r = input_apart(c, pub, input_path(c, 0))) != 0 ||
	    (r = pub_file_read(pub, &to, &c->e)) != 0 ||
	    (r = file_read_secret(input_path(c, 0), SECRET_INPUT_MAX, &plain,
	    &c->e)) != 0)
		return r;
	r = seal(c, &to, &plain, &o);
	secret_free(&plain);
	return r;
}

static int
decrypt(struct cmd *c)
{
	struct operator_key *k = NULL;
	struct secret plain = { 0 };
	struct output o = { 0 };
	struct buf env = { 0 };
	struct operator_options from = { 0 };
	const char *in;
	const struct opt opts[] = {
		OPERATOR_KEY_OPTIONS(&from),
		OUTPUT_OPTIONS(&o),
		END
	};
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0 ||
	    (r = operator_options_check(c, &from)) != 0 ||
	    (r = file_output_check(o.path, o.force, true, &c->e)) != 0)
		return r;
	in = input_path(c, 0);
	if ((from.file != NULL &&
	    (r = input_apart(c, from.file, in)) != 0) ||
	    (r = operator_key_from_options(&from, &k, &c->e)) != 0 ||
	    (r = file_read(in, SECRET_INPUT_MAX + ENVELOPE_OVERHEAD, &env,
	    &c->e)) != 0)
		goto out;
	r = operator_key_open(k, buf_bytes(&env), &plain, &c->e);
	if (r == 0)
		r = output_plaintext(c, &o, &plain);
	else if (r != ERR_TOKEN && r != ERR_REFUSED)
		r = input_error(c, in, r);	/* it is not the token's */
out:
	secret_free(&plain);
	buf_free(&env);
	operator_key_free(k);
	return r;
}

/* --- sign, verify */

static int
check_signable(struct bytes in, struct err *e)
{
	if (in.n == SHA256_LEN)
		return err_set(e, ERR_REFUSED, "an input of %d bytes is not "
		    "signed: it could be a manifest hash, and the signature "
		    "an approval; use manifest approve", SHA256_LEN);
	if (in.n >= strlen(OWN_PREFIX) &&
	    memcmp(in.p, OWN_PREFIX, strlen(OWN_PREFIX)) == 0)
		return err_set(e, ERR_REFUSED, "an input that begins with "
		    OWN_PREFIX " is not signed: it could be a record that "
		    "only the command for it may sign");
	return 0;
}

static int
sign_raw(const struct keyset *ks, struct bytes in,
    char text[static 2 * SIGNATURE_LEN + 1], struct err *e)
{
	struct signature sig;
	int r = ERR_INTERNAL;

	if ((r = check_signable(in, e)) != 0 ||
	    (r = keyset_sign(ks, in, &sig, e)) != 0)
		return r;
	hex_text(sig.b, SIGNATURE_LEN, text);
	return 0;
}

static int
sign(struct cmd *c)
{
	char text[2 * SIGNATURE_LEN + 1];
	struct keyset ks = { 0 };
	struct output o = { 0 };
	struct buf msg = { 0 };
	const char *seed = NULL, *in;
	const struct opt opts[] = {
		TEXT("--key", "SEED.secret", &seed, "a master seed file"),
		OUTPUT_OPTIONS(&o),
		END
	};
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0 ||
	    (r = cmd_need(c, seed, "--key")) != 0)
		return r;
	in = input_path(c, 0);
	if ((r = input_apart(c, seed, in)) != 0 ||
	    (r = file_read(in, PUBLIC_INPUT_MAX, &msg, &c->e)) != 0 ||
	    (r = key_file_load(seed, &ks, &c->e)) != 0 ||
	    (r = sign_raw(&ks, buf_bytes(&msg), text, &c->e)) != 0)
		goto out;
	r = output_text(c, &o, text);
out:
	keyset_free(&ks);
	buf_free(&msg);
	return r;
}

static int
signature_from_text(struct cmd *c, const char *text, struct signature *out)
{
	int r = hex_decode_exact(hex_trim(bytes_str(text)), out->b,
	    SIGNATURE_LEN, &c->e);

	if (r != 0)
		(void)err_prefix(&c->e, "signature");
	return r;
}

static int
verify_input(struct cmd *c, const struct public_key *key,
    const struct signature *sig, const char *in)
{
	struct buf msg = { 0 };
	int r = ERR_INTERNAL;

	if ((r = file_read(in, PUBLIC_INPUT_MAX, &msg, &c->e)) != 0)
		return r;
	r = signature_verify(bytes_of(key->b, PUBLIC_KEY_LEN),
	    buf_bytes(&msg), bytes_of(sig->b, SIGNATURE_LEN));
	buf_free(&msg);
	/* r or s out of range is a no like any other */
	if (r == ERR_SIG_WRONG || r == ERR_SIG_FORM)
		return err_set(&c->e, ERR_REFUSED, "signature: not valid for "
		    "this input and this key");
	return r;
}

static int
verify(struct cmd *c)
{
	const char *pub = NULL, *hex = NULL, *in;
	const struct opt opts[] = {
		TEXT("--pub", "FILE.pub", &pub, "the signer's public key"),
		TEXT("--signature", "HEX", &hex, "128 hex digits"),
		END
	};
	struct signature sig;
	struct public_key key;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 1)) != 0 ||
	    (r = cmd_need(c, pub, "--pub")) != 0 ||
	    (r = cmd_need(c, hex, "--signature")) != 0)
		return r;
	in = input_path(c, 0);
	if ((r = input_apart(c, pub, in)) != 0 ||
	    (r = signature_from_text(c, hex, &sig)) != 0 ||
	    (r = pub_file_read(pub, &key, &c->e)) != 0 ||
	    (r = verify_input(c, &key, &sig, in)) != 0)
		return r;
	puts("signature: valid");
	return 0;
}

const struct command commands_key[] = {
	{ "generate", "", "a new key: its master seed and its public key",
	    "for tests, rehearsals and operators with QOS files: the seed "
	    "lies in the\nclear, so write it to a tmpfs; no file is ever "
	    "replaced", generate, NULL },
	{ "public", "[SEED.secret]", "the public key of a key file or token",
	    "260 hex digits: the encryption point, then the signing point",
	    public, NULL },
	{ "encrypt", "[IN]", "seal a message to a public key",
	    "IN holds at most 1 MiB; the sealed message is 97 bytes longer",
	    encrypt, NULL },
	{ "decrypt", "[IN]", "open a sealed message",
	    "what was sealed is taken for a secret: a file gets mode 0600, "
	    "a terminal\nnothing", decrypt, NULL },
	{ "sign", "[IN]", "a raw signature of a file's bytes",
	    "raw: the bytes are signed as they are, as QOS's p256-sign does, "
	    "and nothing\nin the signature says what for; not signed are 32 "
	    "bytes (a manifest hash:\nuse manifest approve) and what begins "
	    "with " OWN_PREFIX " (a record of our own);\n128 hex digits come "
	    "out", sign, NULL },
	{ "verify", "[IN]", "check a raw signature",
	    "prints \"signature: valid\", or ends with exit status 1",
	    verify, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
