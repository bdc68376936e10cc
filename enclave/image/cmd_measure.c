/*
 * quorate-image measure
 */
#include "airgap/cli/ui.h"
#include "airgap/record/pcr.h"
#include "enclave/image/commands.h"
#include "enclave/image/compare.h"

struct request {
	const char *role, *instance;
	struct compare compare;
	bool json;
};

static int
add_parent(struct report *r, const struct request *q, struct err *e)
{
	r->has_pcr3 = q->role != NULL;
	r->has_pcr4 = q->instance != NULL;
	if (q->role != NULL &&
	    pcr_of_role(bytes_str(q->role), &r->pcr3) != 0)
		return err_set(e, ERR_USAGE, "--role-arn is the ARN of an IAM "
		    "role: " PCR_ROLE_FORM);
	if (q->instance != NULL &&
	    pcr_of_instance(bytes_str(q->instance), &r->pcr4) != 0)
		return err_set(e, ERR_USAGE, "--instance-id is the id of the "
		    "parent instance: " PCR_INSTANCE_FORM);
	return 0;
}

static int
check_request(const struct request *q, struct err *e)
{
	if (q->compare.path == NULL && (q->compare.root != NULL ||
	    q->compare.at != COMPARE_NOW))
		return err_set(e, ERR_USAGE, "--root and --at belong to "
		    "--compare");
	if (q->compare.path != NULL && q->json)
		return err_set(e, ERR_USAGE, "either --json or --compare");
	return 0;
}

static int
report(const struct report *r, const struct request *q, struct err *e)
{
	if (r->signature.state == SIGNATURE_UNCHECKED)
		ui_say("%s is signed; its signature is not ES384 and was not "
		    "checked", r->source.name);
	if (q->compare.path != NULL)
		return compare_image(r, &q->compare, e);
	if (q->json)
		report_print_json(r);
	else
		report_print_lines(r);
	return 0;
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
		TEXT("--compare", "FILE", &q.compare.path,
		    "with a release file, or an attestation document"),
		TEXT("--root", "FILE", &q.compare.root,
		    "the document's test root, in place of AWS's"),
		NUMBER("--at", "UNIX", &q.compare.at,
		    "verify the document as of then, not now"),
		FLAG("--json", &q.json, "for programs"),
		END
	};
	int rc = ERR_INTERNAL;

	q.compare.at = COMPARE_NOW;
	if ((rc = cmd_parse(c, opts, 1, 1)) != 0 ||
	    (rc = check_request(&q, &c->e)) != 0)
		return rc;
	if ((rc = report_make(&r, cmd_arg(c, 0), &c->e)) == 0 &&
	    (rc = add_parent(&r, &q, &c->e)) == 0)
		rc = report(&r, &q, &c->e);
	report_free(&r);
	return rc;
}
