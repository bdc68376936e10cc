/*
 * The image and its program: start to ready and memory of the static
 * program as an ordinary process, making an image where the kernel is built
 * already, its size, and its boot under emulation.
 *
 * Run from the top of the tree.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define ROUNDS 11
#define PROGRAM "build/image/init-sim"
#define PAUSE_NS 200000			/* between looks */
#define LOOKS 50000
#define QEMU "/usr/bin/qemu-system-x86_64"

static char sock[108], pki[108];

static int
listening(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	strcpy(a.sun_path, sock);
	r = connect(fd, (const struct sockaddr *)&a, sizeof(a));
	close(fd);
	return r == 0;
}

/* Starts it and waits until it takes requests; milliseconds. */
static double
start(int *pid)
{
	const char *const argv[] = { PROGRAM, "--usock", sock, "--pki-dir",
	    pki, NULL };
	const struct timespec pause = { 0, PAUSE_NS };
	double from = bench_now_us();
	int i;

	*pid = bench_start(argv, bench_path("log"));
	for (i = 0; i < LOOKS && !listening(); i++)
		nanosleep(&pause, NULL);
	bench_must(i < LOOKS, "starting " PROGRAM);
	return (bench_now_us() - from) / 1e3;
}

static double
resident(int pid)
{
	char path[64], text[128];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	bench_must((f = fopen(path, "r")) != NULL, path);
	while (kib < 0 && fgets(text, sizeof(text), f) != NULL)
		if (strncmp(text, "VmRSS:", 6) == 0)
			kib = strtol(text + 6, NULL, 10);
	fclose(f);
	return (double)kib / 1024;
}

static void
process(void)
{
	double ms[ROUNDS], other[ROUNDS], memory = 0;
	int pid;

	start(&pid);			/* makes the root, once */
	bench_stop(pid);
	for (size_t i = 0; i < ROUNDS; i++) {
		ms[i] = start(&pid);
		other[i] = 1;
		memory = resident(pid);
		bench_stop(pid);
	}
	bench_report("/init, start to waiting for boot", "ms",
	    (struct figure){ .own = bench_rounds(ms, other, ROUNDS).own },
	    NULL, 50);
	bench_report("/init, resident", "MiB",
	    (struct figure){ .own = memory }, NULL, 12);
}

/* The machine ends by itself: outside Nitro the entropy is not the NSM's. */
static void
boot(const char *image)
{
	const char *const extract[] = { "build/quorate-image", "extract",
	    "--force", "-o", strdup(bench_path("parts")), image, NULL };
	const char *const kernel = strdup(bench_path("parts/kernel"));
	const char *const ramdisk = strdup(bench_path("parts/ramdisk1.cpio"));
	const char *const argv[] = { QEMU, "-M",
	    "microvm,acpi=off", "-m", "256", "-accel", "tcg", "-cpu", "max",
	    "-nodefaults", "-no-user-config", "-display", "none",
	    "-no-reboot", "-serial", "stdio", "-kernel", kernel, "-initrd",
	    ramdisk, "-append", "reboot=k panic=1 console=ttyS0", NULL };

	if (access(QEMU, X_OK) != 0) {
		bench_report_none("boot under QEMU, emulated",
		    "no qemu-system-x86_64");
		return;
	}
	bench_run(extract, bench_path("log"));
	bench_report("boot under QEMU, emulated", "ms", (struct figure){
	    .own = bench_run(argv, bench_path("console")).ms }, NULL, -1);
}

static void
image(void)
{
	const char *out = strdup(bench_path("image"));
	/* it fails, and prints nothing, where there is none */
	const char *const have[] = { "/bin/sh", "-c",
	    "enclave/image/kernel have || :", NULL };
	const char *const argv[] = { "enclave/image/assemble", out,
	    "build/image/init", NULL };
	static const char *const rows[] = { "make image, kernel built",
	    "image", "boot under QEMU, emulated" };
	char kernel[256] = "", *eif;
	struct stat st;
	struct run r;
	FILE *f;

	bench_run(have, bench_path("kernel"));
	f = fopen(bench_path("kernel"), "r");
	if (f == NULL || fgets(kernel, sizeof(kernel), f) == NULL)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			bench_report_none(rows[i], "no kernel: 'make image' "
			    "builds it");
	if (f != NULL)
		fclose(f);
	if (kernel[0] == '\0')
		return;
	r = bench_run(argv, bench_path("log"));
	eif = strdup(bench_path("image.eif"));
	bench_must(stat(eif, &st) == 0, "the image");
	bench_report(rows[0], "ms", (struct figure){ .own = r.ms }, NULL,
	    10000);
	bench_report(rows[1], "MB", (struct figure){
	    .own = (double)st.st_size / 1e6 }, NULL, 8);
	bench_report_none("image, against QOS's", "QOS's is built in "
	    "containers; no size of it is known here");
	boot(eif);
}

int
main(void)
{
	snprintf(sock, sizeof(sock), "%s", bench_path("socket"));
	snprintf(pki, sizeof(pki), "%s", bench_path("pki"));
	process();
	image();
	return bench_missed() != 0;
}
