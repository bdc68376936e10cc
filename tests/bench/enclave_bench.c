/*
 * The enclave as a real process (quorate-enclave-sim on a unix socket):
 * provisioning from the boot request to an application that takes
 * connections, status requests, boots with 60 MiB, resident memory.
 *
 * Beside them a bare peer, a process that does what cannot be left out: it
 * reads a frame, hashes a large one, writes the application's bytes to a
 * synced file, and answers as many bytes as the enclave does.  And the
 * application alone, started with the same key files.
 *
 * Run from the top of the tree; the material is a run of the demo.
 */
#include <arpa/inet.h>
#include <fcntl.h>
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
#define BIG_LEN ((size_t)60 << 20)
#define MANY_ROUNDS 9
#define REPLY_MAX 8192	/* as long as a boot's reply with its document */
#define CLIENTS 32
#define D "demo/"		/* what the demo leaves, below our folder */
#define REQUESTS 1000
#define PATH_LEN 200

static pid_t enclave, measurer;
static struct frame_client client = { .timeout_ms = 60000, .cancel_fd = -1 };

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
	static const char *const names[] = { D "enclave/quorum.key",
	    D "enclave/ephemeral.key", D "enclave/manifest", D "enclave/pivot" };

	for (size_t i = 0; i < 4; i++)
		unlink(bench_path(names[i]));
}

static void
stop(void)
{
	bench_stop(enclave);
	enclave = 0;
	clear_files();
}

static bool
connects(int family, const void *a, socklen_t n)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = connect(fd, a, n) == 0;

	close(fd);
	return ok;
}

/* Until somebody listens there, at most 10 seconds. */
static void
wait_listening(int family, const void *a, socklen_t n, const char *what)
{
	double until = bench_now_us() + 10e6;

	while (!connects(family, a, n)) {
		bench_must(bench_now_us() < until, what);
		usleep(100);
	}
}

static void
wait_unix(const char *path, const char *what)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	bench_must(strlen(path) < sizeof(a.sun_path), path);
	memcpy(a.sun_path, path, strlen(path));
	wait_listening(AF_UNIX, &a, sizeof(a), what);
}

static void
start(void)
{
	static const char *const names[] = { "--usock", "socket", "--pki-dir",
	    D "pki", "--pcrs", D "enclave/nsm.pcrs", "--quorum-file",
	    D "enclave/quorum.key", "--ephemeral-file", D "enclave/ephemeral.key",
	    "--manifest-file", D "enclave/manifest", "--pivot-file",
	    D "enclave/pivot" };
	const char *argv[COUNT(names) + 2] = { "build/quorate-enclave-sim" };
	static char path[COUNT(names)][PATH_LEN];

	stop();
	for (size_t i = 0; i < COUNT(names); i += 2) {
		snprintf(path[i], PATH_LEN, "%s", bench_path(names[i + 1]));
		argv[1 + i] = names[i];
		argv[2 + i] = path[i];
	}
	enclave = bench_start(argv, bench_path(D "log/bench"));
	wait_unix(client.at.path, "starting the enclave");
}

/* A line of /proc/PID/status, in MiB. */
static double
memory_of_enclave(const char *line)
{
	char path[64], text[128];
	long kib = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)enclave);
	bench_must((f = fopen(path, "r")) != NULL, path);
	while (kib < 0 && fgets(text, sizeof(text), f) != NULL)
		if (strncmp(text, line, strlen(line)) == 0)
			kib = strtol(text + strlen(line), NULL, 10);
	fclose(f);
	bench_must(kib > 0, line);
	return (double)kib / 1024;
}

/* --- the bare peer */

static pid_t bare;
static struct frame_client bare_client;
static const uint8_t bare_reply[REPLY_MAX];

static bool
read_whole(int fd, uint8_t *p, size_t n)
{
	ssize_t k;

	for (; n > 0; n -= (size_t)k, p += k)
		if ((k = read(fd, p, n)) <= 0)
			return false;
	return true;
}

static void
write_whole(int fd, const uint8_t *p, size_t n)
{
	ssize_t k;

	for (; n > 0; n -= (size_t)k, p += k)
		bench_must((k = write(fd, p, n)) > 0, "the bare peer");
}

/* The bytes of a large boot: hashed, and to a file that lasts. */
static void
bare_boot(const uint8_t *p)
{
	const char *path = bench_path("bare.pivot");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	bench_must(fd >= 0, path);
	(void)sha256(bytes_of(p, BIG_LEN));
	write_whole(fd, p, BIG_LEN);
	bench_must(fsync(fd) == 0 && close(fd) == 0 && unlink(path) == 0,
	    path);
}

/* A frame, little-endian as this machine, and a reply of n zeros. */
static void
bare_serve(int fd, size_t n)
{
	uint64_t want, len = n;
	uint8_t small[64], *p = small;

	if (!read_whole(fd, (uint8_t *)&want, sizeof(want)))
		return;		/* who only looked whether we are here */
	if (want > sizeof(small))
		p = malloc(want);
	bench_must(p != NULL && read_whole(fd, p, want), "the bare peer");
	if (want >= BIG_LEN)
		bare_boot(p);
	write_whole(fd, (const uint8_t *)&len, sizeof(len));
	write_whole(fd, bare_reply, n);
	if (p != small)
		free(p);
}

static void
start_bare(size_t reply_len)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), c;
	static char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s", bench_path("bare"));
	memcpy(a.sun_path, path, strlen(path));
	bench_must(reply_len <= REPLY_MAX && bind(fd, (struct sockaddr *)&a,
	    sizeof(a)) == 0 && listen(fd, SOMAXCONN) == 0, path);
	fflush(NULL);
	if ((bare = fork()) == 0) {
		while ((c = accept(fd, NULL, NULL)) >= 0) {
			bare_serve(c, reply_len);
			close(c);
		}
		_exit(1);
	}
	close(fd);
	bare_client = client;
	bench_must(endpoint_unix(path, &bare_client.at, NULL) == 0, path);
}

static void
stop_bare(void)
{
	bench_stop(bare);
	bare = 0;
	unlink(bare_client.at.path);
}

static struct buf
call(struct bytes request)
{
	struct buf reply;

	bench_must(frame_call(&client, request, &reply, NULL) == 0,
	    "a request");
	return reply;
}

static void
bare_call(struct bytes request)
{
	struct buf reply;

	bench_must(frame_call(&bare_client, request, &reply, NULL) == 0,
	    "a request to the bare peer");
	frame_reply_free(&bare_client, &reply);
}

/* --- boot and provisioning */

/* In JSON, or as the Borsh message that takes the envelope as JSON. */
static struct buf
boot_request(const char *envelope, const char *pivot, enum wire wire)
{
	struct buf env = slurp(envelope), app = slurp(pivot), out;
	struct message m = { .tag = PM_BOOT_STANDARD_JSON_REQ };
	struct arena arena = { 0 };

	m.u.boot_json.envelope_json = buf_bytes(&env);
	m.u.boot_json.pivot = buf_bytes(&app);
	if (wire == WIRE_JSON) {
		m = (struct message){ .tag = PM_BOOT_STANDARD_REQ };
		bench_must(envelope_read(buf_bytes(&env), &m.u.boot.envelope,
		    &arena, NULL) == 0, envelope);
		m.u.boot.pivot = buf_bytes(&app);
	}
	bench_must(message_write(&m, wire, &out, NULL) == 0, "encode");
	arena_free(&arena);
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
	snprintf(path, sizeof(path), "%s/" D "keys/%s.secret", bench_dir(),
	    who);
	text = slurp(path);
	snprintf(path, sizeof(path), "%s/" D "%s/rehearsal-%s.share",
	    bench_dir(), who, who);
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
	struct buf b = slurp(bench_path(D "laptop/manifest"));
	char *at = memmem(b.p, b.n, "\"--port\",\"", 10);
	long port;

	bench_must(at != NULL, "the application's port");
	port = strtol(at + 10, NULL, 10);
	buf_free(&b);
	return (uint16_t)port;
}

static struct sockaddr_in
loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* The application without an enclave, with the key files of this one. */
static double
application_alone(uint16_t port)
{
	struct sockaddr_in a = loopback(port);
	char number[8], quorum[PATH_LEN], live[PATH_LEN];
	const char *const argv[] = { "build/hello", "--port", number,
	    "--quorum-key", quorum, "--live-key", live, NULL };
	double from;
	pid_t pid;

	snprintf(number, sizeof(number), "%u", port);
	snprintf(quorum, PATH_LEN, "%s", bench_path(D "enclave/quorum.key"));
	snprintf(live, PATH_LEN, "%s", bench_path(D "enclave/ephemeral.key"));
	from = bench_now_us();
	pid = bench_start(argv, "/dev/null");
	wait_listening(AF_INET, &a, sizeof(a), "the application alone");
	from = bench_now_us() - from;
	bench_stop(pid);
	return from / 1e3;
}

static void
provisioning(struct bytes request)
{
	uint16_t port = application_port();
	struct sockaddr_in a = loopback(port);
	double ms[PROVISION_ROUNDS], alone[PROVISION_ROUNDS], from;
	uint8_t setup[PUBLIC_KEY_LEN];

	for (size_t i = 0; i < PROVISION_ROUNDS; i++) {
		start();
		from = bench_now_us();
		boot(request, setup);
		post(&holders[0], setup);
		post(&holders[1], setup);
		wait_listening(AF_INET, &a, sizeof(a), "the application");
		ms[i] = (bench_now_us() - from) / 1e3;
		alone[i] = application_alone((uint16_t)(port - 1));
	}
	bench_report("boot to running application", "ms", bench_rounds(ms,
	    alone, PROVISION_ROUNDS), "application alone", -1);
}

/* --- status: of an enclave that has booted and been provisioned */

static const char status_text[] = "\"statusRequest\"";

static void
status(void)
{
	struct buf reply = call(bytes_str(status_text));

	frame_reply_free(&client, &reply);
}

static void
bare_status(void)
{
	bare_call(bytes_str(status_text));
}

/* Milliseconds of REQUESTS calls out of CLIENTS processes. */
static double
from_many(void (*one)(void))
{
	double from = bench_now_us();

	fflush(NULL);
	for (int i = 0; i < CLIENTS; i++) {
		if (fork() != 0)
			continue;
		for (int j = i; j < REQUESTS; j += CLIENTS)
			one();
		_exit(0);
	}
	for (int i = 0; i < CLIENTS; i++) {
		int st, pid = wait(&st);

		bench_must(pid > 0 && pid != bare && pid != enclave &&
		    st == 0, "a client");
	}
	return (bench_now_us() - from) / 1e3;
}

static void
many_clients(void)
{
	double ms[MANY_ROUNDS], other[MANY_ROUNDS];
	struct figure f;

	for (size_t i = 0; i < MANY_ROUNDS; i++) {
		ms[i] = from_many(status);
		other[i] = from_many(bare_status);
	}
	f = bench_rounds(ms, other, MANY_ROUNDS);
	bench_report("1,000 status, 32 clients", "ms", f, "bare peer", -1);
	f.own *= 1e3 / REQUESTS;
	f.other *= 1e3 / REQUESTS;
	bench_report("each of the 1,000", "us", f, "bare peer", -1);
}

static void
status_requests(void)
{
	struct buf reply = call(bytes_str(status_text));

	start_bare(reply.n);
	frame_reply_free(&client, &reply);
	bench_report("status round trip", "us", bench_measure(status,
	    bare_status), "bare peer", -1);
	many_clients();
	stop_bare();
}

/* --- memory and the big application */

static void
idle_memory(void)
{
	start();
	status();
	bench_report("idle resident memory", "MiB",
	    (struct figure){ .own = memory_of_enclave("VmRSS:") }, NULL, 12);
}

static void
big_boot(enum wire wire, const char *name, const char *peak_name)
{
	struct buf request = boot_request(bench_path(D "big/envelope"),
	    bench_path(D "big/pivot"), wire);
	double ms[BIG_ROUNDS], other[BIG_ROUNDS];
	uint8_t setup[PUBLIC_KEY_LEN];
	struct figure peak;

	for (size_t i = 0; i < BIG_ROUNDS; i++) {
		double from;

		start();
		from = bench_now_us();
		boot(buf_bytes(&request), setup);
		ms[i] = (bench_now_us() - from) / 1e3;
		from = bench_now_us();
		bare_call(buf_bytes(&request));
		other[i] = (bench_now_us() - from) / 1e3;
	}
	bench_report(name, "ms", bench_rounds(ms, other, BIG_ROUNDS),
	    "copy, hash, store", -1);
	peak.own = memory_of_enclave("VmHWM:");
	peak.other = (double)request.n / (1 << 20);
	peak.ratio = peak.own / peak.other;
	bench_report(peak_name, "MiB", peak, "the request", 3);
	buf_free(&request);
}

static void
big_boots(void)
{
	start_bare(REPLY_MAX);
	big_boot(WIRE_BORSH, "boot of 60 MiB, Borsh", "its peak memory, Borsh");
	big_boot(WIRE_JSON, "boot of 60 MiB, JSON", "its peak memory, JSON");
	stop_bare();
}

static void
load_holders(void)
{
	struct buf env = slurp(bench_path(D "laptop/manifest_envelope"));
	struct digest256 hash;
	struct arena arena;
	struct manifest m;

	bench_must(manifest_read_either(buf_bytes(&env), &m, &arena,
	    NULL) == 0 && manifest_hash(&m, &hash, NULL) == 0, "manifest");
	load_holder(&holders[0], "alice", &hash);
	load_holder(&holders[1], "carol", &hash);
	arena_free(&arena);
	buf_free(&env);
}

/* Before bench_dir's own, which removes the folder. */
static void
end_processes(void)
{
	if (getpid() != measurer)
		return;
	bench_stop(bare);
	bench_stop(enclave);
}

int
main(void)
{
	char sock[PATH_LEN], dir[PATH_LEN];
	const char *const prepare[] = { "tests/bench/enclave_prepare.sh", dir,
	    NULL };
	struct buf request;

	bench_must(secret_process_init(NULL) == 0, "secret_process_init");
	snprintf(dir, sizeof(dir), "%s", bench_path("demo"));
	measurer = getpid();
	atexit(end_processes);
	snprintf(sock, sizeof(sock), "%s", bench_path("socket"));
	bench_must(endpoint_unix(sock, &client.at, NULL) == 0, sock);
	bench_run(prepare, bench_path("prepare.log"));
	load_holders();
	request = boot_request(bench_path(D "laptop/manifest_envelope"), "build/hello",
	    WIRE_BORSH);
	provisioning(buf_bytes(&request));
	status_requests();
	big_boots();
	idle_memory();
	stop();
	for (size_t i = 0; i < 2; i++) {
		keyset_free(&holders[i].ks);
		secret_free(&holders[i].share);
	}
	buf_free(&request);
	return bench_missed() != 0;
}
