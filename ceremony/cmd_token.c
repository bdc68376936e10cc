/*
 * quorate token: what is plugged in, and what it holds.  None of these needs
 * a PIN or changes anything; those that do are in files of their own.
 */
#include <inttypes.h>
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hex.h"
#include "ceremony/commands.h"
#include "ceremony/token_care.h"
#include "ceremony/token_cmds.h"
#include "ceremony/operator_options.h"
#include "ceremony/plumbing.h"
#include "token/token_key.h"

static struct token_list plugged;	/* large; one command a process */

static const char *
slot_text(const struct token_slot *s)
{
	switch (s->state) {
	case SLOT_EMPTY:
		return "empty";
	case SLOT_KEY:
		return "P-256";
	case SLOT_MISMATCH:
		return "the certificate is not that of the key";
	case SLOT_UNREADABLE:
		break;
	}
	return "no readable P-256 certificate";
}

static const char *
policy_text(uint8_t policy, const char *const names[static 3])
{
	return policy >= 1 && policy <= 3 ? names[policy - 1] : "?";
}

static void
print_policies(const struct token_slot *s)
{
	static const char *const pin[] = { "never", "once", "always" };
	static const char *const touch[] = { "never", "always", "cached" };

	if (s->state == SLOT_EMPTY)
		return;
	if (s->pin_policy == 0 && s->touch_policy == 0) {
		printf(", policies not told by this firmware");
		return;
	}
	printf(", PIN %s, touch %s, %s", policy_text(s->pin_policy, pin),
	    policy_text(s->touch_policy, touch), s->origin == 1 ?
	    "generated in the token" : s->origin == 2 ? "imported" :
	    "origin unknown");
}

static void
print_slot(const char *name, const struct token_slot *s)
{
	printf("%s  %s", name, slot_text(s));
	print_policies(s);
	putchar('\n');
}

static void
print_line(const struct token_info *t)
{
	if (t->busy != BUSY_NOT) {
		printf("in use by another %s  reader ",
		    t->busy == BUSY_QUORATE ? "quorate" : "program");
	} else {
		printf("%" PRIu32 "  firmware %u.%u.%u  PIN tries ", t->serial,
		    t->version[0], t->version[1], t->version[2]);
		if (t->tries == TRIES_UNKNOWN)
			printf("?");
		else
			printf("%u", t->tries);
		printf("  9D %s  9C %s  reader ",
		    t->encrypt.state == SLOT_EMPTY ? "empty" : "used",
		    t->sign.state == SLOT_EMPTY ? "empty" : "used");
	}
	ui_print_text(bytes_str(t->reader));
	putchar('\n');
}

static int
list(struct cmd *c)
{
	const struct opt opts[] = { END };
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = token_list_read(&plugged, &c->e)) != 0)
		return r;
	for (size_t i = 0; i < plugged.count; i++)
		print_line(&plugged.tokens[i]);
	if (plugged.count == 0)
		ui_say("no token is plugged in");
	return 0;
}

int
token_find(struct cmd *c, const struct operator_options *k, int *pin_fd,
    const struct token_info **out)
{
	struct token_choice choice;
	int r = ERR_INTERNAL;

	if ((r = operator_options_token(k, &choice, &c->e)) != 0 ||
	    (r = token_list_read(&plugged, &c->e)) != 0)
		return r;
	if (pin_fd != NULL)
		*pin_fd = choice.pin_fd;
	return token_choose(&plugged, &choice, out, &c->e);
}

#define SERIAL_OPTION(k) \
	TEXT("--serial", "N", &(k)->serial, "the token with this serial number")

static void
print_tries(const char *name, uint8_t tries, const char *if_locked)
{
	if (tries == TRIES_UNKNOWN)
		printf("%s       tries left not told\n", name);
	else if (tries == 0)
		printf("%s       locked: %s\n", name, if_locked);
	else
		printf("%s       %u %s left\n", name, tries, tries == 1 ?
		    "try" : "tries");
}

static int
status(struct cmd *c)
{
	struct operator_options k = { 0 };
	const struct opt opts[] = { SERIAL_OPTION(&k), END };
	const struct token_info *t;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = token_find(c, &k, NULL, &t)) != 0)
		return r;
	printf("serial    %" PRIu32 "\nfirmware  %u.%u.%u\nreader    ",
	    t->serial, t->version[0], t->version[1], t->version[2]);
	ui_print_text(bytes_str(t->reader));
	putchar('\n');
	print_tries("PIN", t->tries, "unblock it with the PUK");
	print_tries("PUK", t->puk_tries, "only a reset helps if the PIN is "
	    "locked too");
	print_slot("slot 9D (opens)", &t->encrypt);
	print_slot("slot 9C (signs)", &t->sign);
	return 0;
}

static int
public(struct cmd *c)
{
	struct operator_options k = { 0 };
	struct output o = { 0 };
	const struct opt opts[] = { SERIAL_OPTION(&k), OUTPUT_OPTIONS(&o),
	    END };
	char text[PUBLIC_KEY_HEX_LEN + 1];
	const struct token_info *t;
	struct public_key pub;
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = token_find(c, &k, NULL, &t)) != 0 ||
	    (r = token_public(t, &pub, &c->e)) != 0)
		return r;
	hex_text(pub.b, PUBLIC_KEY_LEN, text);
	return output_text(c, &o, text);
}

const struct command commands_token[] = {
	{ "list", "", "the tokens that are plugged in, a line each",
	    "needs no PIN", list, NULL },
	{ "status", "", "what a token holds, and the PIN tries left",
	    "needs no PIN; policies are told by firmware 5.3 and later",
	    status, NULL },
	{ "provision", "ALIAS", "make keys in a token, and lock it",
	    TOKEN_PROVISION_NOTES, token_provision_cmd, NULL },
	{ "import", "SEED.secret [ALIAS]", "put the keys of a seed into a "
	    "token, and lock it", TOKEN_IMPORT_NOTES, token_import_cmd, NULL },
	{ "public", "", "the public key of a token",
	    "260 hex digits: the encryption point (slot 9D), then the signing "
	    "point (9C),\nfrom the certificates, as QOS has them", public,
	    NULL },
	{ "attest", "", "write the attestation bundle of a token",
	    "needs no PIN; nothing is written unless every rule of token "
	    "verify holds", token_attest_cmd, NULL },
	{ "verify", "[BUNDLE]", "what an attestation bundle proves, a line a "
	    "rule", TOKEN_VERIFY_NOTES, token_verify_cmd, NULL },
	{ "change-pin", "", "a new PIN", TOKEN_CHANGE_PIN_NOTES,
	    token_change_pin_cmd, NULL },
	{ "change-puk", "", "a new PUK", TOKEN_CHANGE_PUK_NOTES,
	    token_change_puk_cmd, NULL },
	{ "unblock-pin", "", "a new PIN, by the PUK", TOKEN_UNBLOCK_PIN_NOTES,
	    token_unblock_pin_cmd, NULL },
	{ "reset", "", "wipes the PIV part of a token", TOKEN_RESET_NOTES,
	    token_reset_cmd, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
