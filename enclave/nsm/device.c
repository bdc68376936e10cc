/*
 * The Nitro Secure Module behind /dev/nsm (enclave.md 6): Linux's driver
 * takes two buffers by one ioctl, 0xC0200A00, and passes them to the module.
 *
 * The device is opened anew for each request.  A reply that did not fit is
 * cut off without a word from the driver: it is found by not being whole.
 * EMSGSIZE is InputTooLarge; every other failure to talk is InternalError.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "enclave/nsm/wire.h"

struct nsm_iovec {
	uint64_t address, length;
};
struct nsm_raw {
	struct nsm_iovec request, reply;	/* reply.length: in and out */
};
#define NSM_IOCTL_RAW _IOWR(0x0A, 0, struct nsm_raw)
_Static_assert(NSM_IOCTL_RAW == 0xC0200A00, "the driver's number");

struct device {
	struct nsm nsm;
	char *path;
	uint8_t request[NSM_REQUEST_MAX];
	uint8_t bytes[NSM_REPLY_MAX];
	struct nsm_reply reply;		/* borrows from bytes */
};

static int
device_fd(const char *path)
{
	return open(path, O_RDWR | O_CLOEXEC);	/* never a file: "/dev/nsm" */
}

/* One request, its reply in d->reply.  Returns 0 or an enum nsm_error. */
static int
ask(struct device *d, const struct nsm_request *q)
{
	size_t n = nsm_request_write(q, d->request, sizeof(d->request));
	struct nsm_raw raw = { { (uintptr_t)d->request, n },
	    { (uintptr_t)d->bytes, sizeof(d->bytes) } };
	int fd, got, error;

	if (n == 0)
		return NSM_INPUT_TOO_LARGE;
	if ((fd = device_fd(d->path)) < 0)
		return NSM_INTERNAL_ERROR;
	got = ioctl(fd, NSM_IOCTL_RAW, &raw);
	error = errno;
	close(fd);
	if (got != 0)
		return error == EMSGSIZE ? NSM_INPUT_TOO_LARGE :
		    NSM_INTERNAL_ERROR;
	if (raw.reply.length > sizeof(d->bytes))
		return NSM_INTERNAL_ERROR;
	return nsm_reply_read(q->tag, d->bytes, (size_t)raw.reply.length,
	    &d->reply);
}

static int
device_describe(struct nsm *n, struct nsm_info *out)
{
	const struct nsm_request q = { .tag = NSM_DESCRIBE_NSM };
	struct device *d = (struct device *)n;
	int r = ask(d, &q);

	if (r == 0)
		*out = d->reply.info;
	return r;
}

static int
take_value(const struct device *d, struct digest384 *out)
{
	if (d->reply.data.n != sizeof(out->b))
		return NSM_INTERNAL_ERROR;
	memcpy(out->b, d->reply.data.p, sizeof(out->b));
	return 0;
}

static int
device_pcr(struct nsm *n, uint16_t index, struct pcr_state *out)
{
	const struct nsm_request q = { .tag = NSM_DESCRIBE_PCR,
	    .number = index };
	struct device *d = (struct device *)n;
	int r = ask(d, &q);

	if (r != 0)
		return r;
	out->lock = d->reply.lock;
	return take_value(d, &out->value);
}

static int
device_extend(struct nsm *n, uint16_t index, struct bytes data,
    struct digest384 *out)
{
	const struct nsm_request q = { .tag = NSM_EXTEND_PCR,
	    .number = index, .data = data };
	struct device *d = (struct device *)n;
	int r = ask(d, &q);

	return r != 0 ? r : take_value(d, out);
}

static int
device_lock(struct nsm *n, uint16_t index)
{
	const struct nsm_request q = { .tag = NSM_LOCK_PCR, .number = index };

	return ask((struct device *)n, &q);
}

static int
device_lock_range(struct nsm *n, uint16_t range)
{
	const struct nsm_request q = { .tag = NSM_LOCK_PCRS,
	    .number = range };

	return ask((struct device *)n, &q);
}

static int
device_attest(struct nsm *n, struct bytes user_data, struct bytes nonce,
    struct bytes public_key, struct buf *document)
{
	const struct nsm_request q = { .tag = NSM_ATTESTATION,
	    .user_data = user_data, .nonce = nonce,
	    .public_key = public_key };
	struct device *d = (struct device *)n;
	struct bytes got;
	int r = ask(d, &q);

	*document = (struct buf){ NULL, 0 };
	if (r != 0)
		return r;
	got = d->reply.data;
	if (got.n == 0 || (document->p = malloc(got.n)) == NULL)
		return NSM_INTERNAL_ERROR;
	memcpy(document->p, got.p, got.n);
	document->n = got.n;
	return 0;
}

/* What the module gave may become a secret: nothing of it stays here. */
static int
device_random(struct nsm *n, uint8_t *out, size_t len, size_t *got)
{
	const struct nsm_request q = { .tag = NSM_GET_RANDOM };
	struct device *d = (struct device *)n;
	int r = ask(d, &q);

	*got = 0;
	if (r == 0 && d->reply.data.n == 0)
		r = NSM_INTERNAL_ERROR;
	if (r == 0) {
		*got = d->reply.data.n < len ? d->reply.data.n : len;
		memcpy(out, d->reply.data.p, *got);
	}
	wipe(d->bytes, sizeof(d->bytes));
	return r;
}

static void
device_close(struct nsm *n)
{
	struct device *d = (struct device *)n;

	if (d == NULL)
		return;
	free(d->path);
	free(d);
}

static const struct nsm_ops device_ops = {
	.describe = device_describe, .pcr = device_pcr,
	.extend = device_extend, .lock = device_lock,
	.lock_range = device_lock_range, .attest = device_attest,
	.random = device_random, .close = device_close,
};

int
nsm_device_open(const char *path, struct nsm **out, struct err *e)
{
	struct device *d;
	int fd = device_fd(path);

	*out = NULL;
	if (fd < 0)
		return err_set(e, ERR_SYSTEM, "%s: %s; outside a Nitro enclave "
		    "use quorate-enclave-sim", path, strerror(errno));
	close(fd);
	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    (d->path = strdup(path)) == NULL) {
		device_close((struct nsm *)d);
		return err_set(e, ERR_SYSTEM, "out of memory");
	}
	d->nsm.ops = &device_ops;
	*out = &d->nsm;
	return 0;
}
