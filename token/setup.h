/*
 * Making a token ready: what lies in it before (the examination), what is
 * wanted, and what therefore is to be done (the steps).  Pure: the helper
 * acts on the steps, quorate shows them.
 *
 * An interrupted run is not recorded anywhere; the token itself tells how
 * far it came.  Order is what makes that possible: PIN and PUK, keys and
 * certificates, tests, and the management key last; before it everything can
 * be written again, after it nothing is left to write.
 */
#ifndef TOKEN_SETUP_H
#define TOKEN_SETUP_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/keyset.h"

#define SETUP_SLOTS 2
enum { SETUP_9C, SETUP_9D };	/* in the order in which they are made */

#define PIN_TRIES_MIN 3
#define PIN_TRIES_MAX 15	/* the counter a card shows has four bits */
#define SETUP_CERT_MAX 3072

enum key_seen {
	KEY_UNKNOWN,		/* firmware below 5.3 and no attestation */
	KEY_NONE,
	KEY_THERE,
};

/* One slot; policies and origin 0: not told. */
struct slot_exam {
	bool object;		/* something lies where its certificate goes */
	bool certificate;	/* ... and is a certificate of a P-256 key */
	uint8_t certified[POINT_LEN];
	enum key_seen key;
	uint8_t point[POINT_LEN];	/* of KEY_THERE; zero: no P-256 key */
	uint8_t pin_policy, touch_policy, origin;
	struct bytes attestation;	/* DER; n 0: the token gives none */
};

enum { MANAGEMENT_3DES = 0x03, MANAGEMENT_AES192 = 0x0a };

enum management_state {
	MANAGEMENT_DEFAULT,	/* the factory's: everything can be written */
	MANAGEMENT_PROTECTED,	/* in the token, behind the PIN */
	MANAGEMENT_OTHER,	/* nothing can be written */
};

struct token_exam {
	struct slot_exam slot[SETUP_SLOTS];
	struct bytes f9;		/* the token's own certificate */
	enum management_state management;
	uint8_t algorithm;		/* of it: MANAGEMENT_3DES, ... */
	bool told;		/* firmware 5.3: the rest is known */
	bool pin_default, puk_default;
	uint8_t pin_tries, puk_tries;	/* the limits */
};

/* What is wanted. */
struct token_setup {
	enum mode mode;		/* of the test signature */
	uint64_t now;		/* Unix seconds, for the certificates */
	uint8_t pin_tries, puk_tries;
	bool protect;		/* management key behind the PIN; else lost */
	bool replace;		/* keys that are there may go */
	bool import;		/* keys that exist already: these */
	struct public_key pub;
};

enum slot_step {
	STEP_KEEP,		/* key and certificate are as wanted */
	STEP_CERTIFY,		/* a good key that has no certificate yet */
	STEP_MAKE,
	STEP_FOREIGN,		/* in use by somebody: not to be touched */
};

struct token_steps {
	enum slot_step slot[SETUP_SLOTS];
	bool codes;		/* retry limits, PUK and PIN are set */
	bool lock;		/* the management key is to be changed */
};

/*
 * What is to be done.  ERR_REFUSED: keys are there that are not to be
 * replaced; ERR_TOKEN: nothing can be written, but must be.
 */
int token_steps_of(const struct token_exam *x, const struct token_setup *s,
    struct token_steps *out, struct err *e) MUST_CHECK;

/*
 * Nothing is left to do, and every key is what was wanted: 0, or ERR_TOKEN
 * with what is not.  pub: 9D, then 9C.
 */
int token_exam_ready(const struct token_exam *x, const struct token_setup *s,
    const struct public_key *pub, struct err *e) MUST_CHECK;

/* Generated in the token, P-256, PIN always, touch always. */
bool slot_key_good(const struct slot_exam *s);

/* "9C" or "9D". */
const char *setup_slot_name(size_t slot);

/* Encoders: free out with buf_free.  Decoders: what they give borrows in. */
int exam_encode(const struct token_exam *x, struct buf *out,
    struct err *e) MUST_CHECK;
int exam_decode(struct bytes in, struct token_exam *x,
    struct err *e) MUST_CHECK;
int setup_encode(const struct token_setup *s, struct buf *out,
    struct err *e) MUST_CHECK;
int setup_decode(struct bytes in, struct token_setup *s,
    struct err *e) MUST_CHECK;

#endif
