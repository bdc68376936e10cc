/*
 * Constant time of airgap/seal, by valgrind memcheck: every secret is marked
 * undefined, so a branch or an index that depends on one is a report.
 *
 * Built with VARIANT=ct and run under valgrind --error-exitcode.  With the
 * argument "control" it branches on a secret on purpose and must report.
 * Results become public again here, where the checks of this program read
 * them; what the product itself declassifies is in airgap/seal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airgap/seal/ct.h"
#include "airgap/seal/deal.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"

#define LEN_MAX 50

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ct: %s failed\n", what);
	exit(3);
}

static void
new_secret(uint8_t *p, size_t n)
{
	random_bytes(p, n);
	ct_secret(p, n);
}

/* The check of a result, which makes a copy of it public. */
static int
same(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t x[256], y[256];

	memcpy(x, a, n);
	memcpy(y, b, n);
	ct_public(x, n);
	ct_public(y, n);
	return memcmp(x, y, n) == 0;
}

static void
sharing(size_t len, size_t k, size_t n)
{
	static uint8_t shares[255 * (1 + LEN_MAX)];
	static const uint8_t *at[255];
	static size_t size[255];
	uint8_t secret[LEN_MAX], back[LEN_MAX];

	new_secret(secret, len);
	must(shamir_split(secret, len, k, n, shares, NULL) == 0, "split");
	must(shamir_prove(secret, len, k, n, shares, NULL) == 0, "proof");
	for (size_t i = 0; i < k; i++) {
		at[i] = shares + (n - 1 - i) * (1 + len);
		size[i] = 1 + len;
	}
	must(shamir_join(at, size, k, back, NULL) == 0, "join");
	must(same(back, secret, len), "join of the split");
}

static void
given_coefficients(void)
{
	uint8_t secret[33], c[2 * 33], shares[5 * 34];

	new_secret(secret, sizeof(secret));
	new_secret(c, sizeof(c));
	must(shamir_split_with(secret, 33, 3, 5, c, shares, NULL) == 0,
	    "split with coefficients");
	must(shamir_prove(secret, 33, 3, 5, shares, NULL) == 0, "proof");
}

static void
hex_of_secrets(void)
{
	uint8_t seed[SEED_LEN];
	char text[4 + SEED_HEX_LEN + 1] = " 0x";
	struct secret back;

	new_secret(seed, sizeof(seed));
	hex_encode(seed, sizeof(seed), text + 3);
	text[3 + SEED_HEX_LEN] = '\n';
	must(seed_from_text(bytes_of(text, 4 + SEED_HEX_LEN), &back,
	    NULL) == 0, "seed text");
	must(same(back.b, seed, SEED_LEN), "hex");
	secret_free(&back);
	/* capitals and text that is no hex take the same path */
	memset(text, 'A', sizeof(text));
	ct_secret(text, SEED_HEX_LEN);
	must(seed_from_text(bytes_of(text, SEED_HEX_LEN), &back, NULL) == 0,
	    "capitals");
	secret_free(&back);
	memset(text, 'g', sizeof(text));
	ct_secret(text, SEED_HEX_LEN);
	must(seed_from_text(bytes_of(text, SEED_HEX_LEN), &back, NULL) ==
	    ERR_SEED, "no hex");
}

static void
comparison(void)
{
	uint8_t a[64], b[64];

	new_secret(a, sizeof(a));
	memcpy(b, a, sizeof(b));
	must(secret_equal(a, b, sizeof(a)) == 1, "equal");
	b[40] ^= 1;
	must(secret_equal(a, b, sizeof(a)) == 0, "not equal");
}

static void
key_derivation(void)
{
	uint8_t seed[SEED_LEN], out[64];
	struct digest512 h;

	new_secret(seed, sizeof(seed));
	hkdf_sha512(bytes_str("salt"), bytes_of(seed, SEED_LEN),
	    bytes_of(NULL, 0), out, sizeof(out));
	hmac_sha256(bytes_of(seed, SEED_LEN), bytes_of(seed, SEED_LEN), out);
	h = sha512(bytes_of(seed, SEED_LEN));
	must(!same(h.b, out, 32), "hashes");
}

/* Deal, every opening and comparison, a signature, the symmetric form. */
static void
dealing(void)
{
	uint8_t seed[SEED_LEN], sealed[40 + SYM_ENVELOPE_OVERHEAD];
	struct public_key keys[3];
	struct signature sig;
	struct keyset ks;
	struct secret s;
	struct deal d;

	new_secret(seed, sizeof(seed));
	must(keyset_from_seed(&ks, seed, NULL) == 0, "key set");
	for (size_t i = 0; i < 3; i++)
		keys[i] = ks.pub;
	must(deal_make(&d, seed, 2, 3, keys, NULL) == 0, "deal");
	for (size_t i = 1; i <= 3; i++) {
		must(envelope_open(&ks, bytes_of(d.out[i - 1].sealed,
		    SEALED_SHARE_LEN), &s, NULL) == 0, "open");
		must(deal_compare(&d, i, &s, NULL) == 0, "compare");
		secret_free(&s);
	}
	must(keyset_sign(&ks, bytes_str("message"), &sig, NULL) == 0, "sign");
	must(sym_envelope_seal(&ks, bytes_of(seed, SEED_LEN), sealed,
	    NULL) == 0, "symmetric seal");
	must(sym_envelope_open(&ks, bytes_of(sealed, SEED_LEN +
	    SYM_ENVELOPE_OVERHEAD), &s, NULL) == 0, "symmetric open");
	must(same(s.b, seed, SEED_LEN), "symmetric form");
	secret_free(&s);
	deal_free(&d);
	keyset_free(&ks);
}

/* What the checker has to find: a branch and an index on a secret. */
static int
control(void)
{
	static const uint8_t table[256] = { 1, 2, 3 };
	volatile unsigned sum = 0;
	uint8_t secret[2];

	new_secret(secret, sizeof(secret));
	if ((secret[0] & 1) != 0)
		sum += 1;
	sum += table[secret[1]];
	return 0;
}

int
main(int argc, char **argv)
{
	struct err e;

	if (argc > 1 && strcmp(argv[1], "control") == 0)
		return control();
	if (secret_process_init(&e) != 0) {
		fprintf(stderr, "ct: %s\n", e.text);
		return 3;
	}
	sharing(32, 3, 5);
	sharing(33, 2, 2);
	sharing(1, 2, 3);
	sharing(LEN_MAX, 5, 9);
	sharing(32, 128, 255);
	given_coefficients();
	hex_of_secrets();
	comparison();
	key_derivation();
	dealing();
	return 0;
}
