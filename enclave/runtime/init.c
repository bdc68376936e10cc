/*
 * The first process.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
/* after sys/socket.h, as it needs sa_family_t */
#include <linux/vm_sockets.h>

#include "enclave/attestation/document.h"
#include "enclave/io/heartbeat.h"
#include "enclave/runtime/init.h"

#define PATH_LEN 128
#define RNG_CURRENT "/sys/class/misc/hw_random/rng_current"
#define CLOCK_STEP_MS 1000	/* less is left as it is */

const struct init_config init_nitro = {
	.root = "",
	.parent = { .kind = ENDPOINT_VSOCK, .cid = VSOCK_PARENT,
	    .port = HEARTBEAT_PORT },
	.entropy = "nsm-hwrng",
};

void
init_say(const char *fmt, ...)
{
	char line[ERR_TEXT_MAX + 64];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* one write: the kernel puts its own lines there too */
	fprintf(stderr, "quorate-enclave: %s\n", line);
}

static void
path_of(const struct init_config *c, const char *path,
    char out[static PATH_LEN])
{
	snprintf(out, PATH_LEN, "%s%s", c->root, path);
}

/* --- file systems */

#define NO_RUN (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static const struct mount_entry {
	const char *type, *path, *data;
	unsigned long flags;
} mounts[] = {
	{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID | MS_NOEXEC },
	{ "tmpfs", "/dev/shm", "mode=1777", NO_RUN },
	{ "proc", "/proc", "hidepid=2", NO_RUN },
	{ "sysfs", "/sys", NULL, NO_RUN | MS_RDONLY },
	{ "tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV },
	{ "tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV },
};

/* What the image has not, as it lies in another of these. */
static bool
mount_point(const char *path)
{
	return mkdir(path, 0755) == 0 || errno == EEXIST;  /* "/dev/shm" */
}

/* EBUSY: the kernel has mounted its devtmpfs itself. */
static int
mount_all(const struct init_config *c, struct err *e)
{
	char path[PATH_LEN];

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const struct mount_entry *m = &mounts[i];

		path_of(c, m->path, path);
		if (!mount_point(path) ||
		    (mount(m->type, path, m->type, m->flags, m->data) != 0 &&
		    errno != EBUSY))
			return err_set(e, ERR_SYSTEM, "cannot mount %s: %s",
			    m->path, strerror(errno));
	}
	return 0;
}

/* Standard input, output and errors; the kernel gave none, or no device. */
static int
open_console(const struct init_config *c, struct err *e)
{
	char path[PATH_LEN];
	int fd;

	path_of(c, "/dev/console", path);
	fd = open(path, O_RDWR | O_NOCTTY);	/* "/dev/console" */
	if (fd < 0) {
		path_of(c, "/dev/null", path);
		fd = open(path, O_RDWR);	/* "/dev/null" */
	}
	if (fd < 0)
		return err_set(e, ERR_SYSTEM, "neither /dev/console nor "
		    "/dev/null: %s", strerror(errno));
	for (int i = 0; i <= STDERR_FILENO; i++)
		if (fd != i && dup2(fd, i) < 0)
			return err_set(e, ERR_SYSTEM, "console: %s",
			    strerror(errno));
	if (fd > STDERR_FILENO)
		close(fd);
	return 0;
}

/* The driver lets every user ask the NSM for documents in our name. */
static int
keep_device(const struct init_config *c, struct err *e)
{
	char path[PATH_LEN];

	path_of(c, "/dev/nsm", path);
	if (chmod(path, 0600) == 0 || errno == ENOENT)
		return 0;
	return err_set(e, ERR_SYSTEM, "cannot keep /dev/nsm from others: %s",
	    strerror(errno));
}

/* --- what the parent hears, and must not choose */

static void
heartbeat(const struct init_config *c)
{
	struct err e = { 0 };

	if (heartbeat_send(&c->parent, HEARTBEAT_MS, &e) == 0)
		init_say("heartbeat answered");
	else
		init_say("no heartbeat: %s", e.text);
}

static int
check_entropy(const struct init_config *c, struct err *e)
{
	char path[PATH_LEN], name[64] = "";
	FILE *f;

	if (c->entropy == NULL) {
		init_say("SIMULATED: the source of entropy is not checked");
		return 0;
	}
	path_of(c, RNG_CURRENT, path);
	if ((f = fopen(path, "re")) != NULL) {
		if (fgets(name, sizeof(name), f) == NULL)
			name[0] = '\0';
		fclose(f);
	}
	name[strcspn(name, "\n")] = '\0';
	if (strcmp(name, c->entropy) == 0)
		return 0;
	return err_set(e, ERR_SYSTEM, "the kernel's source of entropy is "
	    "\"%s\", not %s", name, c->entropy);
}

/* --- network */

static int
loopback_up(struct err *e)
{
	struct ifreq r = { .ifr_name = "lo" };
	struct sockaddr_in *a = (struct sockaddr_in *)(void *)&r.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), bad;

	if (fd < 0)
		return err_set(e, ERR_SYSTEM, "loopback: %s", strerror(errno));
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bad = ioctl(fd, SIOCSIFADDR, &r);
	if (bad == 0) {
		r.ifr_flags = IFF_UP | IFF_RUNNING;
		bad = ioctl(fd, SIOCSIFFLAGS, &r);
	}
	if (bad != 0)
		(void)err_set(e, ERR_SYSTEM, "loopback: %s", strerror(errno));
	close(fd);
	return bad == 0 ? 0 : ERR_SYSTEM;
}

static int
own_cid(const struct init_config *c, unsigned *cid, struct err *e)
{
	char path[PATH_LEN];
	int fd, bad;

	path_of(c, "/dev/vsock", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	bad = fd < 0 ? -1 : ioctl(fd, IOCTL_VM_SOCKETS_GET_LOCAL_CID, cid);
	if (bad != 0)
		(void)err_set(e, ERR_SYSTEM, "/dev/vsock: %s; without it "
		    "nobody can reach this enclave", strerror(errno));
	if (fd >= 0)
		close(fd);
	return bad == 0 ? 0 : ERR_SYSTEM;
}

int
init_mounts(const struct init_config *c, struct err *e)
{
	int r;

	if ((r = mount_all(c, e)) != 0 || (r = open_console(c, e)) != 0)
		return r;
	init_say("first process; file systems are mounted");
	return 0;
}

int
init_run(const struct init_config *c, unsigned *cid, struct err *e)
{
	int r;

	*cid = 0;
	if ((r = keep_device(c, e)) != 0)
		return r;
	heartbeat(c);
	if ((r = check_entropy(c, e)) != 0 || (r = loopback_up(e)) != 0 ||
	    (r = own_cid(c, cid, e)) != 0)
		return r;
	init_say("vsock CID %u", *cid);
	return 0;
}

/* --- time */

static int64_t
milliseconds(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
document_time(struct nsm *nsm, int64_t *ms, struct err *e)
{
	const struct bytes none = bytes_of(NULL, 0);
	struct attestation *a = malloc(sizeof(*a));
	struct buf document = { 0 };
	int r = ERR_SYSTEM;

	if (a == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if (nsm->ops->attest(nsm, none, none, none, &document) != 0)
		(void)err_set(e, ERR_SYSTEM, "the NSM gave no document to "
		    "set the clock from");
	else if ((r = attestation_read(buf_bytes(&document), a, e)) != 0)
		err_prefix(e, "the NSM's document");
	else if (a->timestamp > INT64_MAX)
		r = err_set(e, ERR_SYSTEM, "the NSM's clock is past all "
		    "times");
	else
		*ms = (int64_t)a->timestamp;
	buf_free(&document);
	free(a);
	return r == 0 ? 0 : ERR_SYSTEM;
}

static int
set_clock(struct nsm *nsm, struct err *e)
{
	struct timespec t;
	int64_t ms, off;

	if (document_time(nsm, &ms, e) != 0)
		return ERR_SYSTEM;
	off = ms - milliseconds();
	if (off > -CLOCK_STEP_MS && off < CLOCK_STEP_MS)
		return 0;
	t = (struct timespec){ .tv_sec = ms / 1000,
	    .tv_nsec = ms % 1000 * 1000000 };
	if (clock_settime(CLOCK_REALTIME, &t) != 0)
		return err_set(e, ERR_SYSTEM, "%s", strerror(errno));
	init_say("clock set from the NSM, by %lld s", (long long)(off / 1000));
	return 0;
}

int
init_clock(struct nsm *nsm, struct err *e)
{
	static bool was_set;
	int r = set_clock(nsm, e);

	if (r == 0)
		was_set = true;
	else
		init_say("clock not set from the NSM: %s", e->text);
	return was_set ? 0 : r;
}

void
init_end(void)
{
	fflush(NULL);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();	/* cannot be: the kernel refuses a reboot */
}
