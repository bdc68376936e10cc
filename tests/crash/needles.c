/*
 * Secrets in all their forms, found by a hash of the first eight bytes of
 * every piece.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/crash/needles.h"
#include "tests/crash/tap.h"

#define HASH_BITS 16
#define FORM_MAX 1024
#define NAMES_MAX 512

static uint32_t
hash_of(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (uint32_t)(v * UINT64_C(0x9e3779b97f4a7c15) >>
	    (64 - HASH_BITS));
}

static void
add_piece(struct needles *n, const uint8_t *p, const char *secret,
    const char *form)
{
	uint32_t h = hash_of(p);
	struct piece *x;

	for (uint32_t i = n->heads[h]; i != 0; i = n->v[i - 1].next)
		if (memcmp(n->v[i - 1].b, p, PIECE_LEN) == 0)
			return;
	if (n->n == n->cap) {
		n->cap = n->cap == 0 ? 256 : 2 * n->cap;
		n->v = realloc(n->v, n->cap * sizeof(*n->v));
		if (n->v == NULL)
			tap_stop("no memory");
	}
	x = &n->v[n->n++];
	memcpy(x->b, p, PIECE_LEN);
	x->secret = secret;
	x->form = form;
	x->next = n->heads[h];
	n->heads[h] = n->n;
}

static void
add_form(struct needles *n, const uint8_t *p, size_t len, const char *secret,
    const char *form)
{
	if (len < PIECE_LEN)
		return;
	for (size_t i = 0; i + PIECE_LEN <= len; i += PIECE_LEN)
		add_piece(n, p + i, secret, form);
	add_piece(n, p + len - PIECE_LEN, secret, form);
}

static void
add_both_ways(struct needles *n, const uint8_t *p, size_t len,
    const char *secret, const char *form, const char *backwards)
{
	uint8_t back[FORM_MAX];

	for (size_t i = 0; i < len; i++)
		back[i] = p[len - 1 - i];
	add_form(n, p, len, secret, form);
	add_form(n, back, len, secret, backwards);
}

/* The digits of base64 that depend on nothing but p, at one alignment. */
static size_t
base64_inside(const uint8_t *p, size_t len, size_t shift, uint8_t *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t first = (8 * shift + 5) / 6, end = 8 * (shift + len) / 6;

	for (size_t d = first; d < end; d++) {
		unsigned v = 0;

		for (size_t bit = 6 * d; bit < 6 * d + 6; bit++)
			v = v << 1 | (p[bit / 8 - shift] >>
			    (7 - bit % 8) & 1U);
		out[d - first] = (uint8_t)digits[v];
	}
	return end - first;
}

static const char *
keep_name(struct needles *n, const char *name)
{
	if (n->heads == NULL) {
		n->heads = calloc((size_t)1 << HASH_BITS, sizeof(*n->heads));
		n->names = calloc(NAMES_MAX, sizeof(*n->names));
	}
	if (n->heads == NULL || n->names == NULL || n->secrets == NAMES_MAX ||
	    (n->names[n->secrets] = strdup(name)) == NULL)
		tap_stop("no memory for secrets");
	return n->names[n->secrets++];
}

void
needles_add(struct needles *n, const char *name, const void *p, size_t len)
{
	uint8_t text[FORM_MAX];
	const uint8_t *b = p;
	size_t k;

	if (len < PIECE_LEN || 2 * len > FORM_MAX)
		tap_stop("%s: %zu bytes cannot be looked for", name, len);
	name = keep_name(n, name);
	add_both_ways(n, b, len, name, "raw", "raw, reversed");
	for (int upper = 0; upper < 2; upper++) {
		for (size_t i = 0; i < 2 * len; i++)
			text[i] = (uint8_t)(upper ? "0123456789ABCDEF" :
			    "0123456789abcdef")[b[i / 2] >>
			    (i % 2 == 0 ? 4 : 0) & 15];
		add_both_ways(n, text, 2 * len, name, upper ? "HEX" : "hex",
		    upper ? "HEX, reversed" : "hex, reversed");
	}
	for (size_t shift = 0; shift < 3; shift++) {
		k = base64_inside(b, len, shift, text);
		add_both_ways(n, text, k, name, "base64",
		    "base64, reversed");
	}
}

void
needles_free(struct needles *n)
{
	for (uint32_t i = 0; i < n->secrets; i++)
		free(n->names[i]);
	free(n->names);
	free(n->heads);
	free(n->v);
	*n = (struct needles){ 0 };
}

size_t
needles_find(const struct needles *n, const void *p, size_t len, hit_fn *hit,
    void *ctx)
{
	const uint8_t *b = p;
	size_t found = 0;

	if (n->n == 0)
		return 0;
	for (size_t i = 0; i + PIECE_LEN <= len; i++) {
		uint32_t at = n->heads[hash_of(b + i)];

		for (; at != 0; at = n->v[at - 1].next) {
			if (memcmp(n->v[at - 1].b, b + i, PIECE_LEN) != 0)
				continue;
			found++;
			if (hit != NULL)
				hit(ctx, &n->v[at - 1], i);
		}
	}
	return found;
}
