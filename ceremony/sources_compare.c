/*
 * A manifest against the local sources: every field is compared and told,
 * not only the first that differs (QOS wire 19.3 a).
 *
 * Sets are the same with equal thresholds and, sorted, equal members; alias
 * and key together are the member.
 */
#include <stdio.h>

#include "airgap/record/aws_root.h"
#include "airgap/seal/hex.h"
#include "ceremony/fingerprint.h"
#include "ceremony/sources.h"
#include "airgap/cli/ui.h"

static const struct {
	const char *name, *option;
} fields[SOURCE_FIELDS] = {
	[SOURCE_MANIFEST_SET] = { "manifest set", "--manifest-set DIR" },
	[SOURCE_SHARE_SET] = { "share set", "--share-set DIR" },
	[SOURCE_PATCH_SET] = { "patch set", "--patch-set DIR" },
	[SOURCE_PCRS] = { "PCR0-2", "--pcrs FILE" },
	[SOURCE_ROLE_ARN] = { "PCR3", "--role-arn-file FILE" },
	[SOURCE_PIVOT] = { "pivot hash", "--pivot-hash FILE" },
	[SOURCE_QUORUM_KEY] = { "quorum key", "--quorum-key FILE" },
	[SOURCE_AWS_ROOT] = { "AWS root", "" },
	[SOURCE_QOS_COMMIT] = { "QOS commit", "" },
};

const char *
source_name(enum source_field f)
{
	return fields[f].name;
}

const char *
source_option(enum source_field f)
{
	return fields[f].option;
}

static void
print_values(const char *what, struct bytes manifest, struct bytes local)
{
	char name[64];

	snprintf(name, sizeof(name), "  %s in the manifest", what);
	ui_print_hex(name, manifest);
	snprintf(name, sizeof(name), "  %s here", what);
	ui_print_hex(name, local);
}

/* Members of a that b does not have. */
static void
print_only(const struct set *a, const struct set *b, const char *where)
{
	struct rd rd = list_walk(&a->members);
	struct member m;

	while (list_next(&rd, &type_member, &m)) {
		if (set_has(b, &m))
			continue;
		printf("  only %s:\n    ", where);
		ui_print_quoted(m.alias, 4);
		printf("\n    key %s\n", key_fingerprint(m.pub_key).text);
	}
}

static void
explain_set(const struct set *manifest, const struct set *local)
{
	if (manifest->threshold != local->threshold)
		printf("  threshold: %u in the manifest, %u here\n",
		    manifest->threshold, local->threshold);
	print_only(manifest, local, "in the manifest");
	print_only(local, manifest, "here");
}

/* QOS writes and compares the keys in order: packed they are comparable. */
static bool
same_patch_set(const struct set *a, const struct set *b)
{
	return a->threshold == b->threshold &&
	    bytes_equal(a->members.packed, b->members.packed);
}

static void
explain_patch_set(const struct set *manifest, const struct set *local)
{
	printf("  manifest: threshold %u, %u keys; here: threshold %u, "
	    "%u keys\n", manifest->threshold, manifest->members.count,
	    local->threshold, local->members.count);
}

static struct bytes
local_pcr(const struct sources *s, size_t i)
{
	return bytes_of(s->pcr[i].b, PCR_LEN);
}

static bool
same_pcrs(const struct sources *s, const struct manifest *m, size_t from,
    size_t to)
{
	for (size_t i = from; i <= to; i++)
		if (!bytes_equal(m->enclave.pcr[i], local_pcr(s, i)))
			return false;
	return true;
}

static void
explain_pcrs(const struct sources *s, const struct manifest *m, size_t from,
    size_t to)
{
	for (size_t i = from; i <= to; i++) {
		char name[] = "PCR0";

		name[3] = (char)('0' + i % 10);
		if (!bytes_equal(m->enclave.pcr[i], local_pcr(s, i)))
			print_values(name, m->enclave.pcr[i],
			    local_pcr(s, i));
	}
}

static bool
is_given(const struct source_paths *p, enum source_field f)
{
	switch (f) {
	case SOURCE_MANIFEST_SET:
		return p->manifest_set != NULL;
	case SOURCE_SHARE_SET:
		return p->share_set != NULL;
	case SOURCE_PATCH_SET:
		return p->patch_set != NULL;
	case SOURCE_PCRS:
		return p->pcrs != NULL;
	case SOURCE_ROLE_ARN:
		return p->role_arn != NULL;
	case SOURCE_PIVOT:
		return p->pivot != NULL || p->pivot_hash != NULL;
	case SOURCE_QUORUM_KEY:
		return p->quorum_key != NULL;
	default:
		return true;
	}
}

static struct bytes
manifest_pivot(const struct manifest *m)
{
	return bytes_of(m->pivot.hash, sizeof(m->pivot.hash));
}

static int
compare_field(const struct sources *s, const struct manifest *m,
    enum source_field f, bool *same, struct err *e)
{
	switch (f) {
	case SOURCE_MANIFEST_SET:
		return set_same(&m->manifest_set, &s->manifest_set.set, same,
		    e);
	case SOURCE_SHARE_SET:
		return set_same(&m->share_set, &s->share_set.set, same, e);
	case SOURCE_PATCH_SET:
		*same = same_patch_set(&m->patch_set, &s->patch_set.set);
		return 0;
	case SOURCE_PCRS:
		*same = same_pcrs(s, m, 0, 2);
		return 0;
	case SOURCE_ROLE_ARN:
		*same = same_pcrs(s, m, 3, 3);
		return 0;
	case SOURCE_PIVOT:
		*same = bytes_equal(manifest_pivot(m), bytes_of(s->pivot.b,
		    sizeof(s->pivot.b)));
		return 0;
	case SOURCE_QUORUM_KEY:
		*same = bytes_equal(m->ns.quorum_key,
		    bytes_of(s->quorum_key.b, sizeof(s->quorum_key.b)));
		return 0;
	case SOURCE_AWS_ROOT:
		*same = bytes_equal(m->enclave.aws_root, aws_root_der());
		return 0;
	default:
		*same = m->enclave.qos_commit.n == 0;
		return 0;
	}
}

/* Both values below the verdict. */
static void
explain_field(const struct sources *s, const struct manifest *m,
    enum source_field f)
{
	switch (f) {
	case SOURCE_MANIFEST_SET:
		explain_set(&m->manifest_set, &s->manifest_set.set);
		break;
	case SOURCE_SHARE_SET:
		explain_set(&m->share_set, &s->share_set.set);
		break;
	case SOURCE_PATCH_SET:
		explain_patch_set(&m->patch_set, &s->patch_set.set);
		break;
	case SOURCE_PCRS:
		explain_pcrs(s, m, 0, 2);
		break;
	case SOURCE_ROLE_ARN:
		explain_pcrs(s, m, 3, 3);
		break;
	case SOURCE_PIVOT:
		print_values("pivot hash", manifest_pivot(m),
		    bytes_of(s->pivot.b, sizeof(s->pivot.b)));
		break;
	case SOURCE_QUORUM_KEY:
		print_values("quorum key", m->ns.quorum_key,
		    bytes_of(s->quorum_key.b, sizeof(s->quorum_key.b)));
		break;
	case SOURCE_AWS_ROOT:
		puts("  the manifest's is not the pinned Root-G1");
		break;
	default:
		fputs("  must be empty, is ", stdout);
		ui_print_quoted(m->enclave.qos_commit, 2);
		putchar('\n');
	}
}

int
sources_compare(const struct sources *s, const struct manifest *m,
    struct comparison *out, struct err *e)
{
	*out = (struct comparison){ 0 };
	for (enum source_field f = 0; f < SOURCE_FIELDS; f++) {
		const char *name = fields[f].name;
		bool same = false;
		int r;

		if (f == SOURCE_PATCH_SET && m->version == 2) {
			out->verdict[f] = SOURCE_NOT_THERE;
		} else if (!is_given(&s->given, f)) {
			out->verdict[f] = SOURCE_NOT_GIVEN;
			out->not_given++;
			printf("not compared: %s (%s)\n", name,
			    fields[f].option);
		} else if ((r = compare_field(s, m, f, &same, e)) != 0) {
			return r;
		} else if (!same) {
			out->verdict[f] = SOURCE_DIFFERS;
			out->differ++;
			printf("DIFFERS: %s\n", name);
			explain_field(s, m, f);
		} else {
			out->verdict[f] = SOURCE_SAME;
			printf("same: %s\n", name);
		}
	}
	return 0;
}

int
comparison_check(const struct comparison *c, struct err *e)
{
	char list[256] = "";

	if (c->differ == 0)
		return 0;
	for (enum source_field f = 0; f < SOURCE_FIELDS; f++)
		if (c->verdict[f] == SOURCE_DIFFERS)
			snprintf(list + strlen(list), sizeof(list) -
			    strlen(list), "%s%s", list[0] == '\0' ? "" : ", ",
			    fields[f].name);
	return err_set(e, ERR_REFUSED, "the manifest differs from the local "
	    "sources: %s; do not go on before you know why", list);
}
