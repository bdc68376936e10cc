/*
 * quorate-image measure
 */
#include "airgap/cli/ui.h"
#include "enclave/image/commands.h"
#include "enclave/image/report.h"

struct request {
	const char *role, *instance;
	bool json;
};

static int
add_parent(struct report *r, const struct request *q, struct err *e)
{
	int rc;

	r->has_pcr3 = q->role != NULL;
	r->has_pcr4 = q->instance != NULL;
	if (q->role != NULL && (rc = pcr_of_role(q->role, &r->pcr3, e)) != 0)
		return rc;
	return q->instance == NULL ? 0 :
	    pcr_of_instance(q->instance, &r->pcr4, e);
}

int
image_measure_run(struct cmd *c)
{
	static struct request q;
	static struct report r;
	const struct opt opts[] = {
		TEXT("--role-arn", "ARN", &q.role,
		    "PCR3 too: of the parent instance's role"),
		TEXT("--instance-id", "ID", &q.instance,
		    "PCR4 too: of the parent instance"),
		FLAG("--json", &q.json, "for programs"),
		END
	};
	int rc = ERR_INTERNAL;

	if ((rc = cmd_parse(c, opts, 1, 1)) != 0)
		return rc;
	if ((rc = report_make(&r, cmd_arg(c, 0), &c->e)) == 0 &&
	    (rc = add_parent(&r, &q, &c->e)) == 0) {
		if (r.signature.state == SIGNATURE_UNCHECKED)
			ui_say("%s is signed; its signature is not ES384 and "
			    "was not checked", cmd_arg(c, 0));
		if (q.json)
			report_print_json(&r);
		else
			report_print_lines(&r);
	}
	report_free(&r);
	return rc;
}
