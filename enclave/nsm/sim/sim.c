/*
 * The SIMULATED Nitro Secure Module, for demos, rehearsals and tests: it
 * keeps the rules of the real one (enclave.md 6) and measures nothing.
 *
 * PCR0..15 are what a file says and locked from the start, as after a boot;
 * PCR16..31 are zero, open, and extended and locked for real.  Documents are
 * signed with the module's own PKI: no verifier takes them that was not
 * given its root.
 */
#include <stdlib.h>
#include <time.h>

#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "enclave/nsm/sim/sim.h"

#define BOOT_PCRS 16
#define RANDOM_LEN 256		/* of one answer */
#define EXTEND_MAX 4069		/* what fits into a request of the device */
#define PCR_FILE_MAX 65536

struct sim {
	struct nsm nsm;
	struct nsm_sim_pki pki;
	struct pcr_state pcrs[PCR_COUNT];
};

static struct timespec
now(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

/* --- the calls */

static int
sim_describe(struct nsm *n, struct nsm_info *out)
{
	const struct sim *s = (const struct sim *)n;

	*out = (struct nsm_info){ .version = { 1, 0, 0 },
	    .max_pcrs = PCR_COUNT, .digest = 1,
	    .module_id = NSM_SIM_MODULE_ID };
	for (unsigned i = 0; i < PCR_COUNT; i++)
		out->locked[i] = s->pcrs[i].lock;
	return 0;
}

static int
sim_pcr(struct nsm *n, uint16_t index, struct pcr_state *out)
{
	if (index >= PCR_COUNT)
		return NSM_INVALID_INDEX;
	*out = ((struct sim *)n)->pcrs[index];
	return 0;
}

static int
writable(struct sim *s, uint16_t index)
{
	if (index >= PCR_COUNT)
		return NSM_INVALID_INDEX;
	return s->pcrs[index].lock ? NSM_READ_ONLY_INDEX : 0;
}

static int
sim_extend(struct nsm *n, uint16_t index, struct bytes data,
    struct digest384 *out)
{
	struct sim *s = (struct sim *)n;
	struct digest384 *value;
	int r;

	if (data.n > EXTEND_MAX)
		return NSM_INPUT_TOO_LARGE;
	if ((r = writable(s, index)) != 0)
		return r;
	value = &s->pcrs[index].value;
	*value = sha384_two(bytes_of(value->b, sizeof(value->b)), data);
	*out = *value;
	return 0;
}

static int
sim_lock(struct nsm *n, uint16_t index)
{
	struct sim *s = (struct sim *)n;
	int r = writable(s, index);

	if (r == 0)
		s->pcrs[index].lock = true;
	return r;
}

static int
sim_lock_range(struct nsm *n, uint16_t range)
{
	if (range > PCR_COUNT)
		return NSM_INVALID_INDEX;
	for (unsigned i = 0; i < range; i++)
		((struct sim *)n)->pcrs[i].lock = true;
	return 0;
}

/* Those of the boot, and what was extended or locked since. */
static void
list_pcrs(const struct sim *s, bool listed[static PCR_COUNT])
{
	static const struct digest384 zero;

	for (unsigned i = 0; i < PCR_COUNT; i++)
		listed[i] = i < BOOT_PCRS || s->pcrs[i].lock ||
		    memcmp(&s->pcrs[i].value, &zero, sizeof(zero)) != 0;
}

static int
sim_attest(struct nsm *n, struct bytes user_data, struct bytes nonce,
    struct bytes public_key, struct buf *document)
{
	struct sim *s = (struct sim *)n;
	struct timespec t = now();
	bool listed[PCR_COUNT];
	const struct nsm_sim_statement statement = {
		.timestamp = (uint64_t)t.tv_sec * 1000 +
		    (uint64_t)t.tv_nsec / 1000000,
		.pcrs = s->pcrs, .listed = listed, .user_data = user_data,
		.nonce = nonce, .public_key = public_key,
	};

	*document = (struct buf){ 0 };
	if (user_data.n > NSM_SIM_FIELD_MAX || nonce.n > NSM_SIM_FIELD_MAX ||
	    public_key.n > NSM_SIM_FIELD_MAX)
		return NSM_INPUT_TOO_LARGE;
	if (public_key.p != NULL && public_key.n == 0)
		return NSM_INVALID_ARGUMENT;
	list_pcrs(s, listed);
	if (nsm_sim_pki_refresh(&s->pki, t.tv_sec, NULL) != 0 ||
	    nsm_sim_document(&s->pki, &statement, document) != 0)
		return NSM_INTERNAL_ERROR;
	return 0;
}

static int
sim_random(struct nsm *n, uint8_t *out, size_t len, size_t *got)
{
	(void)n;
	*got = len < RANDOM_LEN ? len : RANDOM_LEN;
	if (*got > 0)
		random_bytes(out, *got);
	return 0;
}

static void
sim_close(struct nsm *n)
{
	struct sim *s = (struct sim *)n;

	if (s == NULL)
		return;
	nsm_sim_pki_close(&s->pki);
	free(s);
}

/* --- the file of PCRs: lines "HEX PCRn" */

static int
line_index(struct bytes name)
{
	uint64_t n;

	if (name.n < 4 || name.n > 5 || memcmp(name.p, "PCR", 3) != 0 ||
	    (name.n == 5 && name.p[3] == '0') ||
	    !bytes_number(bytes_of(name.p + 3, name.n - 3), BOOT_PCRS - 1,
	    &n))
		return -1;
	return (int)n;
}

static bool
pcr_line(struct sim *s, struct bytes line, bool seen[static BOOT_PCRS])
{
	struct bytes hex = { line.p, 2 * SHA384_LEN }, name;
	size_t at = hex.n;
	int i;

	while (at < line.n && line.p[at] == ' ')
		at++;
	if (at == hex.n || at >= line.n)
		return false;
	name = bytes_of(line.p + at, line.n - at);
	if ((i = line_index(name)) < 0 || seen[i])
		return false;
	seen[i] = true;
	return hex_decode_exact(hex, s->pcrs[i].value.b, SHA384_LEN,
	    NULL) == 0;
}

static int
read_pcrs(struct sim *s, const char *path, struct err *e)
{
	struct buf text = { 0 };
	bool seen[BOOT_PCRS] = { false };
	unsigned number = 1;
	int r = file_read(path, PCR_FILE_MAX, &text, e);

	for (size_t at = 0; r == 0 && at < text.n; number++) {
		const uint8_t *nl = memchr(text.p + at, '\n', text.n - at);
		size_t n = (nl == NULL ? text.n : (size_t)(nl - text.p)) - at;

		if (n > 0 && !pcr_line(s, bytes_of(text.p + at, n), seen))
			r = err_set(e, ERR_INPUT, "%s: line %u is not \"HEX "
			    "PCRn\": 96 digits, and each of PCR0 to PCR%d at "
			    "most once", path, number, BOOT_PCRS - 1);
		at += n + 1;
	}
	buf_free(&text);
	return r;
}

int
nsm_sim_open(const struct nsm_sim_config *c, struct nsm **out, struct err *e)
{
	static const struct nsm_ops ops = {
		.describe = sim_describe, .pcr = sim_pcr,
		.extend = sim_extend, .lock = sim_lock,
		.lock_range = sim_lock_range, .attest = sim_attest,
		.random = sim_random, .close = sim_close,
	};
	struct sim *s = calloc(1, sizeof(*s));
	int r;

	*out = NULL;
	if (s == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	s->nsm = (struct nsm){ .ops = &ops, .simulated = true };
	for (unsigned i = 0; i < BOOT_PCRS; i++)
		s->pcrs[i].lock = true;
	if ((c->pcr_file != NULL &&
	    (r = read_pcrs(s, c->pcr_file, e)) != 0) ||
	    (r = nsm_sim_pki_open(&s->pki, c->pki_dir, now().tv_sec,
	    e)) != 0) {
		sim_close(&s->nsm);
		return r;
	}
	s->nsm.root = buf_bytes(&s->pki.root.der);
	*out = &s->nsm;
	return 0;
}
