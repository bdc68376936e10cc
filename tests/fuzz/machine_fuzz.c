/*
 * Messages into the state machine, one after another, over effects that
 * work: whatever comes, the phase never becomes UnrecoverableError, every
 * reply reads, and the honest path still ends with the quorum key.
 *
 * Input is a run of steps: a byte that says what, then what it needs.
 *	0..2	the honest post of that member
 *	3, 4	honest boot, in JSON and as tag 23
 *	5..8	as 0..3 with a byte of the message changed: u16 where, u8 xor
 *	9	a share of 33 bytes under the next byte's member
 *	else	u16 length and a message
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NEED(x) do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)
#define STEPS_MAX 24

/* The stage's messages go through here to be changed on their way. */
static uint16_t where;
static uint8_t change;

static void
send(struct stage *s, const struct message *q)
{
	struct buf out;

	NEED(message_write(q, WIRE_JSON, &out, NULL) == 0);
	out.p[where % out.n] ^= change;
	stage_send_bytes(s, buf_bytes(&out));
	buf_free(&out);
}

static void
post(struct stage *s, size_t person, struct bytes share)
{
	struct message q = { .tag = PM_PROVISION_REQ };
	uint8_t sealed[SEALED_SHARE_LEN];
	struct signature sig;

	NEED(keyset_sign(stage_key(person), bytes_of(s->hash.b, SHA256_LEN),
	    &sig, NULL) == 0);
	/* before boot there is no setup key: any one does */
	if (envelope_seal(bytes_of(s->fake.key.b, PUBLIC_KEY_LEN), share,
	    sealed, NULL) != 0)
		NEED(envelope_seal(bytes_of(stage_key(9)->pub.b,
		    PUBLIC_KEY_LEN), share, sealed, NULL) == 0);
	q.u.provision.share = bytes_of(sealed, sizeof(sealed));
	q.u.provision.approval.signature = bytes_of(sig.b, SIGNATURE_LEN);
	q.u.provision.approval.member = (struct member){
	    bytes_str(s->alias[person]), bytes_of(stage_key(person)->pub.b,
	    PUBLIC_KEY_LEN) };
	send(s, &q);
}

static void
honest(struct stage *s, unsigned what)
{
	struct message q = stage_boot_request(s, PM_BOOT_STANDARD_REQ);

	if (what < 3)
		post(s, what, stage_share(s, what + 1));
	else
		send(s, &q);
}

/* One step; false where the input is at its end. */
static bool
step(struct stage *s, struct rd *in)
{
	struct bytes raw;
	uint8_t what, who;
	uint16_t n;

	where = 0;
	change = 0;
	if (rd_u8(in, &what) != 0)
		return false;
	if (what < 4) {
		honest(s, what);
	} else if (what == 4) {
		stage_boot(s, PM_BOOT_STANDARD_JSON_REQ, WIRE_BORSH);
	} else if (what < 9) {
		if (rd_u16(in, &where) != 0 || rd_u8(in, &change) != 0)
			return false;
		honest(s, what - 5u);
	} else if (what == 9) {
		if (rd_u8(in, &who) != 0 ||
		    rd_bytes(in, SHARE_LEN, &raw) != 0)
			return false;
		post(s, who % 3, raw);
	} else {
		if (rd_u16(in, &n) != 0 || rd_bytes(in, n <= in->left ? n :
		    in->left, &raw) != 0)
			return false;
		stage_send_bytes(s, raw);
	}
	return true;
}

/* From wherever the steps led, honest people get there. */
static void
finish(struct stage *s)
{
	where = 0;
	change = 0;
	/* a message that changed nothing in meaning may have booted */
	if (machine_phase(s->m) == PHASE_WAITING_FOR_BOOT)
		honest(s, 3);
	if (machine_phase(s->m) != PHASE_WAITING_FOR_SHARDS)
		return;
	for (unsigned i = 0; i < 3 &&
	    machine_phase(s->m) == PHASE_WAITING_FOR_SHARDS; i++)
		honest(s, i);
	NEED(machine_ready(s->m));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd in = rd_of(bytes_of(data, size));
	static struct stage s;

	if (s.m == NULL) {
		NEED(secret_process_init(NULL) == 0);
		stage_init(&s, 1, 2, 3, true);
	} else {
		stage_restart(&s);
	}
	for (unsigned i = 0; i < STEPS_MAX && step(&s, &in); i++)
		NEED(machine_phase(s.m) != PHASE_UNRECOVERABLE_ERROR);
	finish(&s);
	return 0;
}
