/*
 * quorate-image build
 */
#include "airgap/record/reader.h"
#include "enclave/image/build.h"
#include "enclave/image/commands.h"
#include "enclave/image/report.h"

struct request {
	struct build build;
	const char *out, *below;
	struct many ramdisk;
	bool force;
};

static int
check_text(const char *text, const char *option, struct err *e)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return err_set(e, ERR_USAGE, "%s has a control "
			    "character", option);
	return utf8_valid(bytes_str(text)) ? 0 : err_set(e, ERR_USAGE,
	    "%s is not UTF-8", option);
}

static int
check_request(struct cmd *c, const struct request *q)
{
	const struct build_labels *l = &q->build.labels;
	int r = ERR_INTERNAL;

	if ((r = cmd_need(c, q->build.kernel, "--kernel FILE")) != 0 ||
	    (r = cmd_need(c, q->build.cmdline, "--cmdline TEXT")) != 0 ||
	    (r = cmd_need(c, q->ramdisk.n > 0 ? q : NULL,
	    "--ramdisk WHAT")) != 0 ||
	    (r = cmd_need(c, q->out, "-o FILE")) != 0 ||
	    (r = check_text(q->build.cmdline, "--cmdline", &c->e)) != 0 ||
	    (r = check_text(l->name, "--name", &c->e)) != 0 ||
	    (r = check_text(l->version, "--version", &c->e)) != 0 ||
	    (r = check_text(l->kernel_version, "--kernel-version",
	    &c->e)) != 0)
		return r;
	if (strlen(q->build.cmdline) > EIF_CMDLINE_MAX)
		return err_set(&c->e, ERR_USAGE, "--cmdline is longer than the "
		    "%d bytes that a kernel takes", EIF_CMDLINE_MAX);
	if (q->ramdisk.n > BUILD_RAMDISKS_MAX)
		return err_set(&c->e, ERR_USAGE, "over %d ramdisks",
		    BUILD_RAMDISKS_MAX);
	return 0;
}

/* What was written is read back by the strict reader, and measured. */
static int
report(const char *path, struct err *e)
{
	static struct report r;
	int rc = report_make(&r, path, e);

	if (rc == 0)
		report_print_lines(&r);
	report_free(&r);
	return rc;
}

int
image_build_run(struct cmd *c)
{
	static struct request q;
	struct ramdisk ramdisk[BUILD_RAMDISKS_MAX] = { 0 };
	const struct opt opts[] = {
		TEXT("--kernel", "FILE", &q.build.kernel, "a bzImage"),
		TEXT("--cmdline", "TEXT", &q.build.cmdline,
		    "the kernel's command line"),
		MANY("--ramdisk", "WHAT", &q.ramdisk,
		    "a list, a folder or an archive, in this order"),
		TEXT("--below", "DIR", &q.below,
		    "where sources of lists are; this folder"),
		TEXT("--name", "TEXT", &q.build.labels.name,
		    "for the metadata; quorate"),
		TEXT("--version", "TEXT", &q.build.labels.version,
		    "for the metadata; 1"),
		TEXT("--kernel-version", "TEXT",
		    &q.build.labels.kernel_version, "for the metadata"),
		TEXT("-o", "FILE", &q.out, "the image"),
		FLAG("--force", &q.force, "replace it if it is there"),
		END
	};
	int r = ERR_INTERNAL;

	q.below = ".";
	q.build.labels = (struct build_labels){ "quorate", "1", "unknown" };
	if ((r = cmd_parse(c, opts, 0, 0)) != 0 ||
	    (r = check_request(c, &q)) != 0)
		return r;
	for (size_t i = 0; r == 0 && i < q.ramdisk.n; i++)
		r = ramdisk_plan(q.ramdisk.v[i], q.below, &ramdisk[i], &c->e);
	q.build.ramdisk = ramdisk;
	q.build.ramdisks = q.ramdisk.n;
	if (r == 0 && (r = build_image(&q.build, q.out, q.force,
	    &c->e)) == 0)
		r = report(q.out, &c->e);
	for (size_t i = 0; i < q.ramdisk.n; i++)
		ramdisk_free(&ramdisk[i]);
	return r;
}
