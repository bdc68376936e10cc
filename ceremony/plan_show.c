/*
 * A plan on the screen: everything that its fingerprint covers.
 */
#include <stdio.h>

#include "airgap/seal/hash.h"
#include "ceremony/plan_show.h"
#include "airgap/cli/ui.h"

void
key_fingerprint(const struct public_key *k, char out[static 40])
{
	struct digest256 d = sha256(bytes_of(k->b, sizeof(k->b)));
	char all[80];

	ui_fingerprint(&d, all);
	snprintf(out, 40, "%.35s", all);	/* four groups of eight */
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
	char fp[40];

	printf("%3zu. ", i + 1);
	ui_print_quoted(p->alias, 5);
	key_fingerprint(&p->key, fp);
	printf("\n     key     %s\n", fp);
	show_proof(plan, &p->key);
	for (size_t j = 0; j < p->spare_count; j++) {
		key_fingerprint(&p->spares[j], fp);
		printf("     spare   %s\n", fp);
		show_proof(plan, &p->spares[j]);
	}
}

static void
show_rest(const struct plan *p)
{
	char fp[40];

	if (p->has_dr) {
		key_fingerprint(&p->dr, fp);
		printf("disaster recovery key\n     key     %s\n"
		    "WARNING: whoever holds it can take the quorum key alone\n",
		    fp);
		show_proof(p, &p->dr);
	} else {
		printf("disaster recovery key: none\n");
	}
	if (p->has_unattested) {
		printf("keys are taken without proof of a token, because\n"
		    "             ");
		ui_print_quoted(p->unattested, 13);
		putchar('\n');
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
