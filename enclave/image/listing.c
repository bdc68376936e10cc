/*
 * Words for what is in an image.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "airgap/seal/hex.h"
#include "enclave/image/listing.h"

static char
type_letter(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return '-';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return '?';
	}
}

void
mode_letters(uint32_t mode, char out[static 11])
{
	static const char bits[] = "rwxrwxrwx";

	out[0] = type_letter(mode);
	for (unsigned i = 0; i < 9; i++)
		out[1 + i] = (mode >> (8 - i) & 1) != 0 ? bits[i] : '-';
	if ((mode & S_ISUID) != 0)
		out[3] = (mode & S_IXUSR) != 0 ? 's' : 'S';
	if ((mode & S_ISGID) != 0)
		out[6] = (mode & S_IXGRP) != 0 ? 's' : 'S';
	if ((mode & S_ISVTX) != 0)
		out[9] = (mode & S_IXOTH) != 0 ? 't' : 'T';
	out[10] = '\0';
}

int
source_sha256(const struct source *s, uint64_t at, uint64_t n,
    char out[static 2 * SHA256_LEN + 1], struct err *e)
{
	static struct piece piece;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct digest256 d;
	struct bytes b;
	int r = ERR_SYSTEM;

	if (ctx == NULL || EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) != 1)
		goto out;
	piece_begin(&piece, s, at, n);
	do {
		if ((r = piece_next(&piece, &b, e)) != 0)
			goto free;
		r = EVP_DigestUpdate(ctx, b.p, b.n) == 1 ? 0 : ERR_SYSTEM;
	} while (r == 0 && b.n > 0);
	if (r == 0 && EVP_DigestFinal_ex(ctx, d.b, NULL) != 1)
		r = ERR_SYSTEM;
	if (r == 0)
		hex_text(d.b, sizeof(d.b), out);
out:
	if (r != 0)
		err_set(e, r, "libcrypto does not compute SHA-256");
free:
	EVP_MD_CTX_free(ctx);
	return r;
}

int
source_differ(const struct source *a, uint64_t at_a, uint64_t n_a,
    const struct source *b, uint64_t at_b, uint64_t n_b, uint64_t *first,
    bool *same, struct err *e)
{
	static struct piece pa, pb;
	uint64_t n = n_a < n_b ? n_a : n_b;
	struct bytes x, y;
	int r = ERR_INTERNAL;

	*same = false;
	piece_begin(&pa, a, at_a, n);
	piece_begin(&pb, b, at_b, n);
	for (*first = 0; *first < n; *first += x.n) {
		if ((r = piece_next(&pa, &x, e)) != 0 ||
		    (r = piece_next(&pb, &y, e)) != 0)
			return r;
		if (bytes_equal(x, y))
			continue;
		for (size_t i = 0; x.p[i] == y.p[i]; i++)
			++*first;
		return 0;
	}
	*same = n_a == n_b;
	return 0;
}

int
ramdisk_kind(const struct source *s, const struct eif *x,
    const struct eif_section *sec, enum cpio_kind *out, struct err *e)
{
	uint64_t before = 0;
	int r = cpio_kind(s, eif_payload(sec), sec->size, out, e);

	for (const struct eif_section *p = x->section; p < sec; p++)
		if (p->type == EIF_RAMDISK)
			before += p->size;
	if (r != 0 || *out != CPIO_NEWC || before % CPIO_ALIGN == 0)
		return r;
	return err_set(e, ERR_INPUT, "%s: byte %ju: the ramdisks before this "
	    "one have %ju bytes, no multiple of %d: the kernel would not see "
	    "its files", s->name, (uintmax_t)eif_payload(sec),
	    (uintmax_t)before, CPIO_ALIGN);
}

void
section_label(const struct eif *x, size_t i, char out[static 32])
{
	if (x->section[i].type == EIF_RAMDISK)
		snprintf(out, 32, "ramdisk %zu", eif_ordinal(x, i));
	else
		snprintf(out, 32, "%s", eif_type_name(x->section[i].type));
}
