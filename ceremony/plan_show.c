/*
 * A plan on the screen: everything that its fingerprint covers.
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "ceremony/fingerprint.h"
#include "ceremony/plan_show.h"

static void
show_key(const char *label, const struct public_key *k)
{
	printf("     %-7s %s\n", label,
	    key_fingerprint(bytes_of(k->b, sizeof(k->b))).text);
}

/* Silent where the plan has no proofs at all: the reason says it for all. */
static void
show_proof(const struct plan *p, const struct public_key *key)
{
	const struct plan_proof *x = plan_proof(p, key);

	if (p->proof_count == 0)
		return;
	if (x == NULL)
		printf("             no proof that a token made it\n");
	else
		printf("             made in token %u, firmware %u.%u.%u\n",
		    (unsigned)x->serial, (unsigned)x->firmware >> 16,
		    (unsigned)x->firmware >> 8 & 0xff,
		    (unsigned)x->firmware & 0xff);
}

static void
show_person(const struct plan *plan, const struct plan_person *p, size_t i)
{
	printf("%3zu. ", i + 1);
	ui_print_quoted(p->alias, 5);
	putchar('\n');
	show_key("key", &p->key);
	show_proof(plan, &p->key);
	for (size_t j = 0; j < p->spare_count; j++) {
		show_key("spare", &p->spares[j]);
		show_proof(plan, &p->spares[j]);
	}
}

static void
show_rest(const struct plan *p)
{
	if (p->has_dr) {
		puts("disaster recovery key");
		show_key("key", &p->dr);
		puts("WARNING: whoever holds it can take the quorum key "
		    "alone");
		show_proof(p, &p->dr);
	} else {
		printf("disaster recovery key: none\n");
	}
	if (p->has_unattested) {
		printf("keys are taken without proof of a token, because\n"
		    "             ");
		ui_print_quoted(p->unattested, 13);
		putchar('\n');
	} else if (plan_all_files(p)) {
		puts("no proof of a token: all keys are in files");
	}
}

void
plan_show(const struct plan *p, const struct digest256 *fingerprint)
{
	char fp[80];

	if (p->mode == MODE_REHEARSAL)
		printf("REHEARSAL: nothing made from this plan protects "
		    "anything\n");
	printf("plan         ");
	ui_print_quoted(p->name, 13);
	printf("\nmode         %s\npersons      any %u of %zu can bring the "
	    "key back; fewer cannot\n", mode_text(p->mode), (unsigned)p->k,
	    p->n);
	for (size_t i = 0; i < p->n; i++)
		show_person(p, &p->persons[i], i);
	show_rest(p);
	ui_fingerprint(fingerprint, fp);
	printf("fingerprint  %.35s\n             %s\n", fp, fp + 36);
}
