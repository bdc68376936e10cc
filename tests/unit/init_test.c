/*
 * The first process, step by step: its paths lie in a folder of the test,
 * calls that would change this machine are recorded instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
/* after sys/socket.h, as it needs sa_family_t */
#include <linux/vm_sockets.h>

#include <cmocka.h>

#include "enclave/runtime/init.h"

#define CID 17
#define FAR_BACK 1500000000	/* where the kernel's clock stands */

static char root[64];
static struct init_config config;

/* --- what is recorded, and how it answers */

static struct {
	char mounts[512];
	unsigned long flags[16];
	int nmounts;
	const char *mount_fails;	/* this path, with: */
	int mount_errno;
	struct ifreq address, up;
	int network_errno, cid_errno;
	struct timespec set;
	bool clock_set;
	bool no_document;
	int64_t kernel_time;
} w;

int __wrap_mount(const char *source, const char *target, const char *type,
    unsigned long flags, const void *data);
int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_clock_settime(clockid_t clock, const struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_clock_gettime(clockid_t clock, struct timespec *t);

int
__wrap_mount(const char *source, const char *target, const char *type,
    unsigned long flags, const void *data)
{
	size_t n = strlen(w.mounts);

	assert_string_equal(source, type);
	assert_memory_equal(target, root, strlen(root));
	target += strlen(root);
	snprintf(w.mounts + n, sizeof(w.mounts) - n, "%s %s %s\n", type,
	    target, data == NULL ? "-" : (const char *)data);
	w.flags[w.nmounts++] = flags;
	if (w.mount_fails == NULL || strcmp(target, w.mount_fails) != 0)
		return 0;
	errno = w.mount_errno;
	return -1;
}

int
__wrap_ioctl(int fd, unsigned long request, void *arg)
{
	(void)fd;
	if (request == SIOCSIFADDR)
		w.address = *(struct ifreq *)arg;
	else if (request == SIOCSIFFLAGS)
		w.up = *(struct ifreq *)arg;
	else if (request == IOCTL_VM_SOCKETS_GET_LOCAL_CID)
		*(unsigned *)arg = CID;
	else
		fail_msg("ioctl %lx", request);
	errno = request == IOCTL_VM_SOCKETS_GET_LOCAL_CID ? w.cid_errno :
	    w.network_errno;
	return errno == 0 ? 0 : -1;
}

int
__wrap_clock_settime(clockid_t clock, const struct timespec *t)
{
	assert_int_equal(clock, CLOCK_REALTIME);
	w.set = *t;
	w.clock_set = true;
	return 0;
}

/* The kernel's clock is the test's where one is set. */
int
__wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	if (clock != CLOCK_REALTIME || w.kernel_time == 0)
		return __real_clock_gettime(clock, t);
	*t = (struct timespec){ .tv_sec = w.kernel_time };
	return 0;
}

/* --- a root folder */

static void
put(const char *path, const char *text)
{
	char full[128];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
folder(const char *path)
{
	char full[128];

	snprintf(full, sizeof(full), "%s%s", root, path);
	assert_true(mkdir(full, 0700) == 0 || errno == EEXIST);
}

static int
set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	strcpy(root, "/tmp/init-test-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	folder("/dev");
	folder("/sys");
	folder("/sys/class");
	folder("/sys/class/misc");
	folder("/sys/class/misc/hw_random");
	put("/sys/class/misc/hw_random/rng_current", "nsm-hwrng\n");
	put("/dev/nsm", "");
	put("/dev/vsock", "");
	put("/dev/console", "");
	config = init_nitro;
	config.root = root;
	/* nobody there */
	return endpoint_unix_port(root, 9000, &config.parent, NULL);
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

/*
 * Runs step in a child, as it takes 0, 1 and 2 for itself; what it said.
 * The child's end is 0 where step was.
 */
static int
in_child(int (*step)(struct err *e), char *said, size_t room)
{
	int out[2], status;
	ssize_t k;
	size_t n = 0;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		struct err e = { 0 };

		dup2(out[1], STDERR_FILENO);
		if (step(&e) == 0)
			_exit(0);
		dprintf(out[1], "%s\n", e.text);
		_exit(1);
	}
	close(out[1]);
	while (n + 1 < room &&
	    (k = read(out[0], said + n, room - 1 - n)) > 0)
		n += (size_t)k;
	said[n] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* --- file systems and console */

static int
mounts(struct err *e)
{
	int r = init_mounts(&config, e);

	/* the report of what was mounted goes out on the console */
	if (r == 0)
		dprintf(STDOUT_FILENO, "%s", w.mounts);
	return r;
}

static void
read_file(const char *path, char *out, size_t room)
{
	char full[128];
	size_t n;
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	f = fopen(full, "r");
	assert_non_null(f);
	n = fread(out, 1, room - 1, f);
	out[n] = '\0';
	fclose(f);
}

static void
mounts_are_made_in_order_and_said_on_the_console(void **state)
{
	char said[512], console[1024];

	(void)state;
	assert_int_equal(in_child(mounts, said, sizeof(said)), 0);
	assert_string_equal(said, "");
	read_file("/dev/console", console, sizeof(console));
	assert_non_null(strstr(console, "devtmpfs /dev mode=0755\n"
	    "tmpfs /dev/shm mode=1777\nproc /proc hidepid=2\n"
	    "sysfs /sys -\ntmpfs /run mode=0755\ntmpfs /tmp mode=1777\n"));
	assert_non_null(strstr(console, "quorate-enclave: first process; "
	    "file systems are mounted\n"));
}

static int
flags(struct err *e)
{
	int r = init_mounts(&config, e);

	for (int i = 0; r == 0 && i < w.nmounts; i++)
		if ((w.flags[i] & MS_NOSUID) == 0)
			return err_set(e, ERR_INTERNAL, "mount %d", i);
	return r;
}

static void
no_file_system_honours_set_user_id(void **state)
{
	char said[256];

	(void)state;
	assert_int_equal(in_child(flags, said, sizeof(said)), 0);
}

static void
what_is_mounted_already_is_fine_and_any_other_failure_ends_it(void **state)
{
	char said[256];

	(void)state;
	w.mount_fails = "/dev";
	w.mount_errno = EBUSY;
	assert_int_equal(in_child(mounts, said, sizeof(said)), 0);
	w.mount_fails = "/proc";
	w.mount_errno = ENODEV;
	assert_int_equal(in_child(mounts, said, sizeof(said)), 1);
	assert_string_equal(said, "cannot mount /proc: No such device\n");
}

static void
without_a_console_the_null_device_serves(void **state)
{
	char full[128], said[256];

	(void)state;
	snprintf(full, sizeof(full), "%s/dev/console", root);
	assert_int_equal(unlink(full), 0);
	assert_int_equal(in_child(mounts, said, sizeof(said)), 1);
	assert_non_null(strstr(said, "neither /dev/console nor /dev/null"));
	put("/dev/null", "");
	assert_int_equal(in_child(mounts, said, sizeof(said)), 0);
}

/* --- the rest */

static int
rest(struct err *e)
{
	const struct sockaddr_in *a = (const void *)&w.address.ifr_addr;
	unsigned cid;
	int r = init_run(&config, &cid, e);

	if (r != 0)
		return r;
	assert_int_equal(cid, CID);
	assert_string_equal(w.address.ifr_name, "lo");
	assert_int_equal(a->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_string_equal(w.up.ifr_name, "lo");
	assert_int_equal(w.up.ifr_flags, IFF_UP | IFF_RUNNING);
	return 0;
}

static void
the_steps_end_in_a_cid_and_an_unheard_heartbeat_ends_nothing(void **state)
{
	char said[512];

	(void)state;
	assert_int_equal(in_child(rest, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "no heartbeat: cannot connect"));
	assert_non_null(strstr(said, "vsock CID 17\n"));
}

static void
the_device_is_for_us_alone(void **state)
{
	char full[128], said[512];
	struct stat st;

	(void)state;
	snprintf(full, sizeof(full), "%s/dev/nsm", root);
	assert_int_equal(chmod(full, 0666), 0);
	assert_int_equal(in_child(rest, said, sizeof(said)), 0);
	assert_int_equal(stat(full, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* that it is there is asked by who opens it */
	assert_int_equal(unlink(full), 0);
	assert_int_equal(in_child(rest, said, sizeof(said)), 0);
}

static void
another_source_of_entropy_ends_it(void **state)
{
	static const char *const names[] = { "", "none\n", "virtio_rng.0\n",
	    "nsm-hwrng2\n", "nsm-hwrn" };
	char full[128], said[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put("/sys/class/misc/hw_random/rng_current", names[i]);
		assert_int_equal(in_child(rest, said, sizeof(said)), 1);
		assert_non_null(strstr(said, "not nsm-hwrng\n"));
	}
	snprintf(full, sizeof(full), "%s/sys/class/misc/hw_random/rng_current",
	    root);
	assert_int_equal(unlink(full), 0);
	assert_int_equal(in_child(rest, said, sizeof(said)), 1);
	config.entropy = NULL;
	assert_int_equal(in_child(rest, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "SIMULATED: the source of entropy is "
	    "not checked"));
}

static void
without_loopback_or_vsock_it_ends(void **state)
{
	char full[128], said[512];

	(void)state;
	w.network_errno = ENODEV;
	assert_int_equal(in_child(rest, said, sizeof(said)), 1);
	assert_non_null(strstr(said, "loopback: No such device"));
	w.network_errno = 0;
	w.cid_errno = ENOTTY;
	assert_int_equal(in_child(rest, said, sizeof(said)), 1);
	assert_non_null(strstr(said, "/dev/vsock: "));
	w.cid_errno = 0;
	snprintf(full, sizeof(full), "%s/dev/vsock", root);
	assert_int_equal(unlink(full), 0);
	assert_int_equal(in_child(rest, said, sizeof(said)), 1);
	assert_non_null(strstr(said, "nobody can reach this enclave"));
}

static void
what_nitro_gets_is_the_parent_and_its_own_entropy(void **state)
{
	char text[ENDPOINT_TEXT_MAX];

	(void)state;
	endpoint_text(&init_nitro.parent, text);
	assert_string_equal(text, "vsock 3:9000");
	assert_string_equal(init_nitro.entropy, "nsm-hwrng");
	assert_string_equal(init_nitro.root, "");
}

/* --- the clock */

static struct nsm *module;
static struct nsm_ops with_clock;

static int
attest_now(struct nsm *n, struct bytes user_data, struct bytes nonce,
    struct bytes public_key, struct buf *document)
{
	int64_t kernel = w.kernel_time;
	int r;

	(void)n;
	if (w.no_document)
		return NSM_INTERNAL_ERROR;
	w.kernel_time = 0;	/* the module has a clock of its own */
	r = module->ops->attest(module, user_data, nonce, public_key,
	    document);
	w.kernel_time = kernel;
	return r;
}

static void
the_clock_is_set_from_the_nsm_where_it_is_off(void **state)
{
	struct nsm_sim_config c = { .pki_dir = root };
	struct nsm nsm = { .ops = &with_clock };
	struct err e;

	(void)state;
	assert_int_equal(nsm_sim_open(&c, &module, &e), 0);
	with_clock = *module->ops;
	with_clock.attest = attest_now;
	/* the application starts by no other clock */
	w.no_document = true;
	assert_int_equal(init_clock(&nsm, &e), ERR_SYSTEM);
	assert_non_null(strstr(e.text, "no document"));
	w.no_document = false;
	assert_int_equal(init_clock(&nsm, &e), 0);
	assert_false(w.clock_set);
	w.kernel_time = FAR_BACK;
	assert_int_equal(init_clock(&nsm, &e), 0);
	assert_true(w.clock_set);
	assert_in_range(w.set.tv_sec, time(NULL) - 5, time(NULL) + 5);
	assert_in_range(w.set.tv_nsec, 0, 999999999);
	/* once set it runs on */
	w.clock_set = false;
	w.no_document = true;
	assert_int_equal(init_clock(&nsm, &e), 0);
	assert_false(w.clock_set);
	module->ops->close(module);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mounts_are_made_in_order_and_said_on_the_console),
		TEST(no_file_system_honours_set_user_id),
		TEST(
	    what_is_mounted_already_is_fine_and_any_other_failure_ends_it),
		TEST(without_a_console_the_null_device_serves),
		TEST(
		    the_steps_end_in_a_cid_and_an_unheard_heartbeat_ends_nothing),
		TEST(the_device_is_for_us_alone),
		TEST(another_source_of_entropy_ends_it),
		TEST(without_loopback_or_vsock_it_ends),
		TEST(what_nitro_gets_is_the_parent_and_its_own_entropy),
		TEST(the_clock_is_set_from_the_nsm_where_it_is_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
