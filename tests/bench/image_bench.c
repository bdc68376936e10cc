/*
 * Enclave images: measuring one of 20 MB against plain SHA-384 of the same
 * file, with the CRC checked and three PCRs made; building one; memory.
 *
 * Run from the top of the tree.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/file.h"
#include "enclave/image/measure.h"
#include "tests/bench/bench.h"

#define KERNEL_LEN ((size_t)4 << 20)
#define RAMDISK_LEN ((size_t)16 << 20)
#define APPLICATION_LEN ((size_t)1 << 20)

static const char *image;
static EVP_MD *md;
static EVP_MD_CTX *ctx;

static void
measure(void)
{
	static struct eif x;
	struct source s;
	struct measures m;

	bench_must(source_open(image, &s, NULL) == 0 &&
	    eif_read(&s, &x, NULL) == 0 &&
	    eif_measure(&s, &x, &m, NULL) == 0, "measure");
	source_close(&s);
}

/* What sha384sum does. */
static void
plain(void)
{
	static struct piece piece;
	uint8_t out[SHA384_LEN];
	struct source s;
	struct bytes b;

	bench_must(source_open(image, &s, NULL) == 0 &&
	    EVP_DigestInit_ex2(ctx, md, NULL) == 1, "plain");
	piece_begin(&piece, &s, 0, s.size);
	do
		bench_must(piece_next(&piece, &b, NULL) == 0 &&
		    EVP_DigestUpdate(ctx, b.p, b.n) == 1, "plain");
	while (b.n > 0);
	bench_must(EVP_DigestFinal_ex(ctx, out, NULL) == 1, "plain");
	source_close(&s);
}

/* A file of n bytes that do not repeat soon; kernel: with its magic. */
static const char *
fill(const char *name, size_t n, bool kernel)
{
	uint8_t *p = malloc(n);
	uint32_t x = 1;

	bench_must(p != NULL, "memory");
	for (size_t i = 0; i < n; i++, x = x * 1664525 + 1013904223)
		p[i] = (uint8_t)(x >> 24);
	if (kernel)
		memcpy(p + 0x202, "HdrS", 4);
	bench_must(file_write(bench_path(name), bytes_of(p, n), 0644, true,
	    NULL) == 0, name);
	free(p);
	return strdup(bench_path(name));
}

static struct run
build(const char *out, const char *kernel, const char *ramdisk,
    const char *application)
{
	const char *const argv[] = { "build/quorate-image", "build",
		"--kernel", kernel, "--cmdline", "console=ttyS0", "--force",
		"-o", out, "--ramdisk", ramdisk,
		application == NULL ? NULL : "--ramdisk", application, NULL };

	return bench_run(argv, bench_path("log"));
}

static void
bench_programs(const char *kernel, const char *ramdisk)
{
	const char *out = strdup(bench_path("other.eif"));
	const char *const argv[] = { "build/quorate-image", "measure", image,
		NULL };
	struct run r = build(out, kernel, ramdisk, NULL);

	bench_report("quorate-image build, 20 MiB", "ms",
	    (struct figure){ .own = r.ms }, NULL, 10000);
	r = bench_run(argv, bench_path("log"));
	bench_report("quorate-image measure, 20 MiB", "ms",
	    (struct figure){ .own = r.ms }, NULL, -1);
	bench_report("quorate-image measure, memory", "MiB",
	    (struct figure){ .own = r.peak_mib }, NULL, 16);
}

int
main(void)
{
	const char *one = strdup(bench_path("one.eif"));
	const char *two = strdup(bench_path("two.eif"));
	const char *kernel = fill("bzImage", KERNEL_LEN, true);
	const char *ramdisk = fill("ramdisk", RAMDISK_LEN, false);
	const char *application = fill("app", APPLICATION_LEN, false);

	build(one, kernel, ramdisk, NULL);
	build(two, kernel, ramdisk, application);
	md = EVP_MD_fetch(NULL, "SHA384", NULL);
	ctx = EVP_MD_CTX_new();
	bench_must(md != NULL && ctx != NULL, "libcrypto");
	image = one;
	bench_programs(kernel, ramdisk);
	bench_report("measure, 20 MiB", "us", bench_measure(measure, plain),
	    "SHA-384 of the file", 1.2);
	image = two;
	bench_report("measure, and 1 MiB of application", "us",
	    bench_measure(measure, plain), "SHA-384 of the file", 1.25);
	return bench_missed() != 0;
}
