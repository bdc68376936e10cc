/*
 * The SIMULATED PIV card of the tests: what one card remembers, and the parts
 * it is made of.  The commands are those of NIST SP 800-73-4 and of Yubico's
 * extensions, as libykpiv 2.2.0 sends them.  Nothing of the product is linked
 * into it: it is the other side.
 */
#ifndef TESTS_CARD_CARD_H
#define TESTS_CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#define SLOTS 25
#define OBJECTS 48
#define OBJECT_MAX 3072
#define CHAIN_MAX 4096

enum sw {
	SW_OK = 0x9000,
	SW_MORE = 0x6100,
	SW_TRIES = 0x63c0,
	SW_LENGTH = 0x6700,
	SW_SECURITY = 0x6982,
	SW_BLOCKED = 0x6983,
	SW_CONDITIONS = 0x6985,
	SW_DATA = 0x6a80,
	SW_NO_OBJECT = 0x6a82,
	SW_NO_ROOM = 0x6a84,
	SW_P1P2 = 0x6a86,
	SW_NO_KEY = 0x6a88,
	SW_INS = 0x6d00,
	SW_BROKEN = 0x6f00,
};

enum { ALG_3DES = 0x03, ALG_AES128 = 0x08, ALG_AES192 = 0x0a,
	ALG_AES256 = 0x0c, ALG_P256 = 0x11 };
enum { PIN_NEVER = 1, PIN_ONCE = 2, PIN_ALWAYS = 3 };
enum { TOUCH_NEVER = 1, TOUCH_ALWAYS = 2, TOUCH_CACHED = 3 };
enum { GENERATED = 1, IMPORTED = 2 };
enum applet { APPLET_NONE, APPLET_PIV, APPLET_MANAGEMENT, APPLET_OTP };

/* a PIN or PUK: eight bytes, filled up with FF */
struct code {
	uint8_t value[8];
	uint8_t left;
	uint8_t total;
	bool is_default;
};

struct slot {
	uint8_t id;
	uint8_t origin; /* 0: empty */
	uint8_t pin_policy;
	uint8_t touch_policy;
	uint8_t scalar[32];
	uint8_t point[65];
};

struct object {
	uint32_t id; /* 0: free */
	size_t n;
	uint8_t bytes[OBJECT_MAX];
};

struct management {
	uint8_t alg;
	uint8_t key[32];
	size_t n;
	bool touch;
	bool is_default;
};

struct card {
	/* what the command line said */
	const char *dir;
	const char *root;
	uint32_t serial;
	uint8_t version[3];
	double touch_seconds;
	bool drop_pin; /* any command but the use of the key spoils a PIN */
	bool accept_bad_points;
	/* waits for the test's finger; false: time is up */
	bool (*touch_wait)(struct card *c);

	/* what outlives power */
	struct code pin, puk;
	struct management mgm;
	struct slot slot[SLOTS];
	struct object object[OBJECTS];

	/* what dies with it */
	enum applet applet;
	bool verified;   /* the PIN, for policy once */
	bool fresh;      /* the PIN right before, for policy always */
	bool authorised; /* the management key */
	uint8_t witness[16];
	size_t witness_n; /* 0: none was given out */
	double touched_at; /* for policy cached */
	uint8_t chain[CHAIN_MAX];
	size_t chain_n;
	uint8_t reply[CHAIN_MAX];
	size_t reply_n, reply_at;
};

/* one command, its chain put together */
struct apdu {
	uint8_t ins, p1, p2;
	const uint8_t *data;
	size_t n;
};

/* card_state.c */
double now(void);
void card_new(struct card *c);
void card_codes_default(struct card *c);
void card_mgm_default(struct card *c);
bool card_load(struct card *c);
bool card_save(const struct card *c);
struct slot *slot_find(struct card *c, uint8_t id);
struct object *object_find(struct card *c, uint32_t id);
bool object_put(struct card *c, uint32_t id, const uint8_t *p, size_t n);

/* card_apdu.c */
void card_power(struct card *c);
/* all but F9 as it left the factory */
bool card_reset(struct card *c);
/* out takes 258 bytes; the answer's length */
size_t card_command(struct card *c, const uint8_t *in, size_t n,
    uint8_t *out);
bool card_version_from(const struct card *c, int major, int minor, int patch);
/* adds bytes to the answer */
void reply_add(struct card *c, const void *p, size_t n);
void reply_byte(struct card *c, unsigned int b);
/* a tag of one byte and its length, in its shortest form */
void reply_tag(struct card *c, unsigned int tag, size_t n);
/* the value of a tag in a list of them, or NULL */
const uint8_t *tlv_find(const uint8_t *p, size_t n, unsigned int tag,
    size_t *value_n);

/* card_pin.c */
unsigned int pin_verify(struct card *c, const struct apdu *a);
unsigned int pin_change(struct card *c, const struct apdu *a);
unsigned int pin_unblock(struct card *c, const struct apdu *a);
unsigned int pin_set_retries(struct card *c, const struct apdu *a);
unsigned int mgm_authenticate(struct card *c, const struct apdu *a);
unsigned int mgm_set(struct card *c, const struct apdu *a);

/* card_key.c */
unsigned int key_generate(struct card *c, const struct apdu *a);
unsigned int key_import(struct card *c, const struct apdu *a);
unsigned int key_use(struct card *c, const struct apdu *a);
unsigned int key_metadata(struct card *c, const struct apdu *a);
bool key_fill(struct slot *s);
EVP_PKEY *key_pkey(const struct slot *s);

/* card_attest.c */
unsigned int attest(struct card *c, const struct apdu *a);
bool attest_setup(struct card *c);

#endif
