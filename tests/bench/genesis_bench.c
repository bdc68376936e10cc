/*
 * A genesis of 128 of 255 as people run it: the real program, every person's
 * key file opens its share again, all files written and read back.  Time and
 * peak memory of that process.
 *
 * Run from the top of the tree.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "airgap/file.h"
#include "airgap/seal/hex.h"
#include "airgap/seal/keyset.h"
#include "tests/bench/bench.h"

#define PERSONS 255
#define ROUNDS 5
#define PATH_LEN 128

static char dir[64];

static void
write_text(const char *name, struct bytes text, mode_t mode)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	bench_must(file_write(path, text, mode, false, NULL) == 0, path);
}

/* Key files and a set folder, made here: not what is measured. */
static void
make_persons(void)
{
	char name[PATH_LEN], hex[PUBLIC_KEY_HEX_LEN];
	uint8_t seed[SEED_LEN];
	struct keyset ks;

	snprintf(name, sizeof(name), "%s/set", dir);
	bench_must(file_mkdir(name, 0755, NULL) == 0, name);
	write_text("set/quorum_threshold", bytes_str("128\n"), 0644);
	for (int i = 0; i < PERSONS; i++) {
		random_bytes(seed, sizeof(seed));
		bench_must(keyset_from_seed(&ks, seed, NULL) == 0, "a key");
		hex_encode(seed, sizeof(seed), hex);
		snprintf(name, sizeof(name), "p%03d.secret", i);
		write_text(name, bytes_of(hex, SEED_HEX_LEN), 0600);
		hex_encode(ks.pub.b, sizeof(ks.pub.b), hex);
		snprintf(name, sizeof(name), "set/p%03d.pub", i);
		write_text(name, bytes_of(hex, sizeof(hex)), 0644);
		keyset_free(&ks);
	}
	wipe(seed, sizeof(seed));
}

static void
shell(const char *cmd)
{
	bench_must(system(cmd) == 0, cmd);
}

static void
make_plan(void)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "build/quorate plan new --mode rehearsal "
	    "--name bench --members %s/set -o %s/plan >/dev/null 2>&1 && "
	    "build/quorate plan fingerprint %s/plan >%s/fp", dir, dir, dir,
	    dir);
	shell(cmd);
}

/* One run; its wall time in ms, the shell's few included. */
static double
genesis(int round)
{
	char cmd[512];
	double from;

	snprintf(cmd, sizeof(cmd), "args=; for f in %s/p*.secret; do "
	    "args=\"$args --key $f\"; done; exec build/quorate genesis run "
	    "--plan %s/plan -o %s/g%d $args --fingerprint $(cat %s/fp) "
	    ">/dev/null", dir, dir, dir, round, dir);
	from = bench_now_us();
	shell(cmd);
	return (bench_now_us() - from) / 1000;
}

static void
clean(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	if (dir[0] != '\0' && system(cmd) != 0)
		fprintf(stderr, "bench: %s stays\n", dir);
}

int
main(void)
{
	double best = 0;
	struct rusage ru;

	bench_must(secret_process_init(NULL) == 0, "secret_process_init");
	snprintf(dir, sizeof(dir), "/tmp/genesis-bench-XXXXXX");
	bench_must(mkdtemp(dir) != NULL, "mkdtemp");
	atexit(clean);
	make_persons();
	make_plan();
	for (int i = 0; i < ROUNDS; i++) {
		double ms = genesis(i);

		if (i == 0 || ms < best)
			best = ms;
	}
	bench_must(getrusage(RUSAGE_CHILDREN, &ru) == 0, "getrusage");
	bench_report("genesis run, 128 of 255", "ms",
	    (struct figure){ .own = best }, NULL, 1000);
	bench_report("genesis run, 128 of 255, peak memory", "MiB",
	    (struct figure){ .own = (double)ru.ru_maxrss / 1024 }, NULL, -1);
	return bench_missed();
}
