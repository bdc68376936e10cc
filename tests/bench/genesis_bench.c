/*
 * A genesis of 128 of 255 as people run it: the real program, every person's
 * key file opens its share again, all files written, synced and read back.
 * Beside it the floor of the disk: files of the same sizes written and
 * synced in the same order.  Then one person's `share accept`.
 *
 * The keys are made in another process, so that this one stays smaller than
 * what it measures.  Run from the top of the tree.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "airgap/file.h"
#include "airgap/seal/hex.h"
#include "airgap/seal/keyset.h"
#include "tests/bench/bench.h"

#define PERSONS 255
#define ROUNDS 9
#define TARGET_MS 1000
#define NAME_LEN 64
#define FILE_LEN_MAX 262144

static const char quorate[] = "build/quorate";
static char fingerprint[SHA256_LEN * 2 + 1];

/* --- the persons */

static void
write_text(const char *name, struct bytes text, mode_t mode)
{
	bench_must(file_write(bench_path(name), text, mode, false,
	    NULL) == 0, name);
}

static void
make_person(int i)
{
	char name[NAME_LEN], hex[PUBLIC_KEY_HEX_LEN];
	uint8_t seed[SEED_LEN];
	struct keyset ks;

	random_bytes(seed, sizeof(seed));
	bench_must(keyset_from_seed(&ks, seed, NULL) == 0, "a key");
	hex_encode(seed, sizeof(seed), hex);
	snprintf(name, sizeof(name), "p%d.secret", i);
	write_text(name, bytes_of(hex, SEED_HEX_LEN), FILE_MODE_SECRET);
	hex_encode(ks.pub.b, sizeof(ks.pub.b), hex);
	snprintf(name, sizeof(name), "set/rehearsal-p%d.pub", i);
	write_text(name, bytes_of(hex, sizeof(hex)), FILE_MODE_PUBLIC);
	keyset_free(&ks);
	wipe(seed, sizeof(seed));
}

static void
make_persons(void)
{
	bench_must(secret_process_init(NULL) == 0, "secret_process_init");
	bench_must(file_mkdir(bench_path("set"), 0755, NULL) == 0, "set");
	write_text("set/quorum_threshold", bytes_str("128\n"),
	    FILE_MODE_PUBLIC);
	for (int i = 0; i < PERSONS; i++)
		make_person(i);
}

static char *
path_copy(const char *name)
{
	char *p = strdup(bench_path(name));

	bench_must(p != NULL, "memory");
	return p;
}

static void
make_plan(void)
{
	char *plan = path_copy("plan"), *set = path_copy("set");
	const char *const make[] = { quorate, "plan", "new", "--mode", "rehearsal",
	    "--name", "REHEARSAL/bench", "--members", set, "-o", plan, NULL };
	const char *const print[] = { quorate, "plan", "fingerprint", plan, NULL };
	FILE *f;

	bench_run(make, bench_path("log"));
	bench_run(print, bench_path("fingerprint"));
	f = fopen(bench_path("fingerprint"), "r");
	bench_must(f != NULL && fgets(fingerprint, sizeof(fingerprint),
	    f) != NULL && strlen(fingerprint) == SHA256_LEN * 2,
	    "fingerprint");
	fclose(f);
	free(plan);
	free(set);
}

/* --- the genesis and the floor of its disk */

static const char *genesis_argv[16 + 2 * PERSONS];

static void
genesis_command(void)
{
	char name[NAME_LEN];
	const char **a = genesis_argv;

	*a++ = quorate;
	*a++ = "genesis";
	*a++ = "run";
	*a++ = "--plan";
	*a++ = path_copy("plan");
	*a++ = "--fingerprint";
	*a++ = fingerprint;
	*a++ = "-o";
	*a++ = path_copy("genesis");
	for (int i = 0; i < PERSONS; i++) {
		snprintf(name, sizeof(name), "p%d.secret", i);
		*a++ = "--key";
		*a++ = path_copy(name);
	}
}

static void
remove_tree(const char *name)
{
	char path[256];
	const char *const argv[] = { "/bin/rm", "-rf", path, NULL };

	snprintf(path, sizeof(path), "%s", bench_path(name));
	bench_run(argv, "/dev/null");
}

static void
copy_file(int from, int to, const char *name)
{
	static const uint8_t zeros[FILE_LEN_MAX];
	struct stat st;
	char tmp[300];
	int fd;

	bench_must(fstatat(from, name, &st, 0) == 0 &&
	    st.st_size <= FILE_LEN_MAX, name);
	snprintf(tmp, sizeof(tmp), ".%s", name);
	fd = openat(to, tmp, O_WRONLY | O_CREAT | O_EXCL, 0600);
	bench_must(fd >= 0 && write(fd, zeros, (size_t)st.st_size) ==
	    st.st_size && fsync(fd) == 0 && close(fd) == 0 &&
	    renameat(to, tmp, to, name) == 0 && fsync(to) == 0, name);
}

/* Zeros in the shape of a folder, each file and its name made to last. */
static void
copy_shape(const char *from, const char *to)
{
	char below_from[NAME_LEN], below_to[NAME_LEN];
	DIR *d = opendir(bench_path(from));
	struct dirent *de;
	int fd;

	bench_must(d != NULL && mkdir(bench_path(to), 0755) == 0, to);
	fd = open(bench_path(to), O_RDONLY | O_DIRECTORY);
	bench_must(fd >= 0, to);
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		if (de->d_type != DT_DIR) {
			copy_file(dirfd(d), fd, de->d_name);
			continue;
		}
		snprintf(below_from, NAME_LEN, "%s/%.40s", from, de->d_name);
		snprintf(below_to, NAME_LEN, "%s/%.40s", to, de->d_name);
		copy_shape(below_from, below_to);
	}
	close(fd);
	closedir(d);
}

static void
bench_genesis(void)
{
	double own[ROUNDS], other[ROUNDS], peak = 0, from;
	struct rusage self;
	struct figure f;

	genesis_command();
	for (size_t i = 0; i < ROUNDS; i++) {
		struct run run;

		remove_tree("genesis");
		remove_tree("shape");
		run = bench_run(genesis_argv, bench_path("log"));
		own[i] = run.ms;
		if (run.peak_mib > peak)
			peak = run.peak_mib;
		from = bench_now_us();
		copy_shape("genesis", "shape");
		other[i] = (bench_now_us() - from) / 1e3;
	}
	f = bench_rounds(own, other, ROUNDS);
	if (f.own > TARGET_MS && f.other > TARGET_MS / 2)
		bench_report_none("genesis 128 of 255",
		    "the disk alone takes half of the target");
	else
		bench_report("genesis 128 of 255", "ms", f, NULL, TARGET_MS);
	bench_report("genesis 128 of 255, disk", "ms", f, "its files synced",
	    -1);
	getrusage(RUSAGE_SELF, &self);
	bench_must((double)self.ru_maxrss / 1024 < peak,
	    "staying below the memory of what is measured");
	bench_report("genesis 128 of 255, peak", "MiB",
	    (struct figure){ .own = peak }, NULL, -1);
}

static void
bench_accept(void)
{
	char *genesis = path_copy("genesis"), *key = path_copy("p7.secret");
	char *out = path_copy("person");
	const char *const accept[] = { quorate, "share", "accept", "--genesis",
	    genesis, "--fingerprint", fingerprint, "--alias", "rehearsal-p7",
	    "--key", key, "--force", "-o", out, NULL };
	const char *const start[] = { quorate, "share", "accept", "--help", NULL };
	double own[ROUNDS], other[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		own[i] = bench_run(accept, bench_path("log")).ms;
		other[i] = bench_run(start, bench_path("log")).ms;
	}
	bench_report("share accept, 255 persons", "ms", bench_rounds(own,
	    other, ROUNDS), "program start", -1);
	free(genesis);
	free(key);
	free(out);
}

int
main(void)
{
	bench_dir();
	bench_apart(make_persons);
	make_plan();
	bench_genesis();
	bench_accept();
	return bench_missed() != 0;
}
