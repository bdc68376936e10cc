/*
 * The enclave as a real process (quorate-enclave-sim on a unix socket):
 * provisioning from boot to the application's answer, status requests, a
 * boot with 60 MiB, idle memory.
 *
 * Run from the top of the tree; the material is a run of the demo.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "airgap/record/message.h"
#include "airgap/seal/deal.h"
#include "airgap/seal/hash.h"
#include "enclave/attestation/verify.h"
#include "enclave/host/frame_client.h"
#include "tests/bench/bench.h"

#define PROVISION_ROUNDS 11
#define BIG_ROUNDS 5
#define CLIENTS 32
#define REQUESTS 1000
#define PATH_LEN 200

static char dir[64], sock[PATH_LEN];
static pid_t enclave;
static struct frame_client client = { .timeout_ms = 20000, .cancel_fd = -1 };

static const char *
in_dir(const char *name)
{
	static char path[4][PATH_LEN];
	static unsigned next;
	char *p = path[next++ % 4];

	snprintf(p, PATH_LEN, "%s/%s", dir, name);
	return p;
}

static struct buf
slurp(const char *path)
{
	struct buf b;

	bench_must(file_read(path, 128u << 20, &b, NULL) == 0, path);
	return b;
}

/* --- the process */

static void
clear_files(void)
{
	static const char *const names[] = { "enclave/quorum.key",
	    "enclave/ephemeral.key", "enclave/manifest", "enclave/pivot" };

	for (size_t i = 0; i < 4; i++)
		unlink(in_dir(names[i]));
}

static void
stop(void)
{
	if (enclave <= 0)
		return;
	kill(enclave, SIGTERM);
	waitpid(enclave, NULL, 0);
	enclave = 0;
	clear_files();
}

static void
run_enclave(void)
{
	char pki[PATH_LEN], pcrs[PATH_LEN], q[PATH_LEN], e[PATH_LEN];
	char m[PATH_LEN], p[PATH_LEN];

	snprintf(pki, PATH_LEN, "%s/pki", dir);
	snprintf(pcrs, PATH_LEN, "%s/nsm.pcrs", dir);
	snprintf(q, PATH_LEN, "%s/enclave/quorum.key", dir);
	snprintf(e, PATH_LEN, "%s/enclave/ephemeral.key", dir);
	snprintf(m, PATH_LEN, "%s/enclave/manifest", dir);
	snprintf(p, PATH_LEN, "%s/enclave/pivot", dir);
	bench_must(freopen("/dev/null", "w", stderr) != NULL, "stderr");
	execl("build/quorate-enclave-sim", "quorate-enclave-sim", "--usock",
	    sock, "--pki-dir", pki, "--pcrs", pcrs, "--quorum-file", q,
	    "--ephemeral-file", e, "--manifest-file", m, "--pivot-file", p,
	    (char *)NULL);
	_exit(127);
}

static bool
connects(int family, const struct sockaddr *a, socklen_t n)
{
	int fd = socket(family, SOCK_STREAM, 0);
	bool ok = connect(fd, a, n) == 0;

	close(fd);
	return ok;
}

static void
start(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	stop();
	clear_files();
	memcpy(a.sun_path, sock, strlen(sock) + 1);
	enclave = fork();
	if (enclave == 0)
		run_enclave();
	for (int i = 0; i < 5000; i++) {
		if (connects(AF_UNIX, (struct sockaddr *)&a, sizeof(a)))
			return;
		usleep(1000);
	}
	bench_must(0, "starting the enclave");
}

static struct buf
call(struct bytes request)
{
	struct buf reply;

	bench_must(frame_call(&client, request, &reply, NULL) == 0,
	    "a request");
	return reply;
}

/* --- boot and provisioning */

static struct buf
boot_request(const char *envelope, const char *pivot)
{
	struct buf env = slurp(envelope), app = slurp(pivot), out;
	struct message m = { .tag = PM_BOOT_STANDARD_JSON_REQ };

	m.u.boot_json.envelope_json = buf_bytes(&env);
	m.u.boot_json.pivot = buf_bytes(&app);
	bench_must(message_write(&m, WIRE_BORSH, &out, NULL) == 0, "encode");
	buf_free(&env);
	buf_free(&app);
	return out;
}

/* Boots; the 130-byte setup key is in setup. */
static void
boot(struct bytes request, uint8_t setup[static PUBLIC_KEY_LEN])
{
	struct buf reply = call(request);
	struct attestation *doc = calloc(1, sizeof(*doc));
	struct arena arena;
	struct message m;
	enum wire wire;

	bench_must(doc != NULL && message_read(buf_bytes(&reply), &m, &wire,
	    &arena, NULL) == 0 && m.tag == PM_BOOT_STANDARD &&
	    m.u.nsm.tag == NSM_ATTESTATION, "boot");
	bench_must(attestation_read(m.u.nsm.u.data, doc, NULL) == 0 &&
	    doc->public_key.n == PUBLIC_KEY_LEN, "reading the document");
	memcpy(setup, doc->public_key.p, PUBLIC_KEY_LEN);
	free(doc);
	arena_free(&arena);
	frame_reply_free(&client, &reply);
}

static struct holder {
	struct keyset ks;
	struct secret share;
	char alias[32];
	struct signature approval;
} holders[2];

static void
load_holder(struct holder *h, const char *who, const struct digest256 *hash)
{
	char path[PATH_LEN];
	struct secret seed;
	struct buf text, sealed;

	snprintf(h->alias, sizeof(h->alias), "rehearsal-%s", who);
	snprintf(path, sizeof(path), "%s/operators/%s/%s.secret", dir, who,
	    who);
	text = slurp(path);
	snprintf(path, sizeof(path), "%s/operators/%s/rehearsal-%s.share", dir,
	    who, who);
	sealed = slurp(path);
	bench_must(seed_from_text(buf_bytes(&text), &seed, NULL) == 0 &&
	    keyset_from_seed(&h->ks, seed.b, NULL) == 0 &&
	    envelope_open(&h->ks, buf_bytes(&sealed), &h->share, NULL) == 0 &&
	    keyset_sign(&h->ks, bytes_of(hash->b, SHA256_LEN), &h->approval,
	    NULL) == 0, "a share");
	secret_free(&seed);
	buf_free(&text);
	buf_free(&sealed);
}

static void
post(const struct holder *h, const uint8_t setup[static PUBLIC_KEY_LEN])
{
	uint8_t sealed[SEALED_SHARE_LEN];
	struct message m = { .tag = PM_PROVISION_REQ };
	struct buf out, reply;

	bench_must(envelope_seal(bytes_of(setup, PUBLIC_KEY_LEN),
	    bytes_of(h->share.b, h->share.len), sealed, NULL) == 0, "seal");
	m.u.provision.share = bytes_of(sealed, sizeof(sealed));
	m.u.provision.approval.signature = bytes_of(h->approval.b,
	    SIGNATURE_LEN);
	m.u.provision.approval.member = (struct member){ bytes_str(h->alias),
	    bytes_of(h->ks.pub.b, PUBLIC_KEY_LEN) };
	bench_must(message_write(&m, WIRE_BORSH, &out, NULL) == 0, "encode");
	reply = call(buf_bytes(&out));
	bench_must(reply.n == 2 && reply.p[0] == PM_PROVISION, "a post");
	frame_reply_free(&client, &reply);
	buf_free(&out);
}

/* The port behind "--port" in the manifest's arguments. */
static uint16_t
application_port(void)
{
	struct buf b = slurp(in_dir("manifest.json"));
	char *at = memmem(b.p, b.n, "\"--port\",\"", 10);
	long port;

	bench_must(at != NULL, "the application's port");
	port = strtol(at + 10, NULL, 10);
	buf_free(&b);
	return (uint16_t)port;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
provisioning(struct bytes request)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons(application_port()),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	double ms[PROVISION_ROUNDS];
	uint8_t setup[PUBLIC_KEY_LEN];

	for (size_t i = 0; i < PROVISION_ROUNDS; i++) {
		double from;

		start();
		from = bench_now_us();
		boot(request, setup);
		post(&holders[0], setup);
		post(&holders[1], setup);
		while (!connects(AF_INET, (struct sockaddr *)&a, sizeof(a)))
			usleep(100);
		ms[i] = (bench_now_us() - from) / 1000;
	}
	qsort(ms, PROVISION_ROUNDS, sizeof(ms[0]), by_value);
	bench_report("provisioning, boot to application", "ms",
	    (struct figure){ .own = ms[PROVISION_ROUNDS / 2] }, NULL, -1);
}

/* --- status */

static const char status_text[] = "\"statusRequest\"";

static void
status(void)
{
	struct buf reply = call(bytes_str(status_text));

	frame_reply_free(&client, &reply);
}

/* A peer that does nothing but frames: the floor of a round trip. */
static struct frame_client floor_client;

static void
floor_call(void)
{
	struct buf reply;

	bench_must(frame_call(&floor_client, bytes_str(status_text), &reply,
	    NULL) == 0, "the floor's request");
	frame_reply_free(&floor_client, &reply);
}

static pid_t
start_floor(char path[static PATH_LEN])
{
	static const uint8_t reply[8 + 15] = { 15, 0, 0, 0, 0, 0, 0, 0 };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), c;
	uint8_t in[64];
	pid_t pid;

	snprintf(path, PATH_LEN, "%s/floor", dir);
	memcpy(a.sun_path, path, strlen(path) + 1);
	bench_must(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
	    listen(fd, 64) == 0, "the floor's socket");
	if ((pid = fork()) != 0) {
		close(fd);
		return pid;
	}
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		size_t n = 0;
		ssize_t k;

		while (n < 8 + 15 && (k = read(c, in, sizeof(in))) > 0)
			n += (size_t)k;
		if (write(c, reply, sizeof(reply)) < 0)
			_exit(1);
		close(c);
	}
	_exit(0);
}

static void
status_round_trip(void)
{
	static char path[PATH_LEN];
	pid_t pid = start_floor(path);

	floor_client = client;
	floor_client.unix_path = path;
	bench_report("status round trip", "us", bench_measure(status,
	    floor_call), "bare echo of frames", -1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
many_clients(void)
{
	double from = bench_now_us(), us;

	for (int i = 0; i < CLIENTS; i++) {
		if (fork() != 0)
			continue;
		for (int j = i; j < REQUESTS; j += CLIENTS)
			status();
		_exit(0);
	}
	for (int i = 0; i < CLIENTS; i++) {
		int st;

		bench_must(wait(&st) > 0 && st == 0, "a client");
	}
	us = bench_now_us() - from;
	bench_report("1,000 status requests, 32 clients", "ms",
	    (struct figure){ .own = us / 1000 }, NULL, -1);
}

/* --- memory and the big application */

static void
idle_memory(void)
{
	char path[64], line[128];
	long kib = 0;
	FILE *f;

	start();
	snprintf(path, sizeof(path), "/proc/%d/status", (int)enclave);
	bench_must((f = fopen(path, "r")) != NULL, path);
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	fclose(f);
	bench_report("idle resident memory", "MiB",
	    (struct figure){ .own = (double)kib / 1024 }, NULL, 12);
}

static void
big_boot(void)
{
	struct buf request = boot_request(in_dir("big/envelope"),
	    in_dir("big/pivot"));
	double ms[BIG_ROUNDS], hash[BIG_ROUNDS], from;
	uint8_t setup[PUBLIC_KEY_LEN];
	struct figure f;

	for (size_t i = 0; i < BIG_ROUNDS; i++) {
		start();
		from = bench_now_us();
		boot(buf_bytes(&request), setup);
		ms[i] = (bench_now_us() - from) / 1000;
		from = bench_now_us();
		(void)sha256(buf_bytes(&request));
		hash[i] = (bench_now_us() - from) / 1000;
	}
	qsort(ms, BIG_ROUNDS, sizeof(ms[0]), by_value);
	qsort(hash, BIG_ROUNDS, sizeof(hash[0]), by_value);
	f.own = ms[BIG_ROUNDS / 2];
	f.other = hash[BIG_ROUNDS / 2];
	f.ratio = f.own / f.other;
	bench_report("boot with a 60 MiB application", "ms", f,
	    "SHA-256 of 60 MiB", -1);
	buf_free(&request);
}

static void
clean(void)
{
	char cmd[128];

	stop();
	if (dir[0] == '\0')
		return;
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	if (system(cmd) != 0)
		fprintf(stderr, "bench: %s stays\n", dir);
}

int
main(void)
{
	struct arena arena;
	struct manifest m;
	struct digest256 hash;
	struct buf request, env;
	char cmd[256];

	bench_must(secret_process_init(NULL) == 0, "secret_process_init");
	snprintf(dir, sizeof(dir), "/tmp/enclave-bench-XXXXXX");
	bench_must(mkdtemp(dir) != NULL, "mkdtemp");
	atexit(clean);
	snprintf(sock, sizeof(sock), "%s/socket", dir);
	client.unix_path = sock;
	snprintf(cmd, sizeof(cmd), "tests/bench/enclave_prepare.sh '%s'", dir);
	bench_must(system(cmd) == 0, cmd);
	env = slurp(in_dir("manifest_envelope"));
	bench_must(manifest_read_either(buf_bytes(&env), &m, &arena,
	    NULL) == 0 && manifest_hash(&m, &hash, NULL) == 0, "manifest");
	load_holder(&holders[0], "alice", &hash);
	load_holder(&holders[1], "carol", &hash);
	request = boot_request(in_dir("manifest_envelope"), "build/hello");
	provisioning(buf_bytes(&request));
	status_round_trip();
	many_clients();
	big_boot();
	idle_memory();
	for (size_t i = 0; i < 2; i++) {
		keyset_free(&holders[i].ks);
		secret_free(&holders[i].share);
	}
	buf_free(&request);
	buf_free(&env);
	arena_free(&arena);
	return bench_missed();
}
