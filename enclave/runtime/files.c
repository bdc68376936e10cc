/*
 * The enclave's files.
 */
#include <errno.h>
#include <unistd.h>

#include "airgap/file.h"
#include "enclave/runtime/files.h"

#define SEED_FILE_MAX 128		/* bytes: 64 digits and white space */

const struct enclave_paths enclave_paths_default = { {
	[FILE_EPHEMERAL] = "/qos.ephemeral.key",
	[FILE_QUORUM] = "/qos.quorum.key",
	[FILE_MANIFEST] = "/qos.manifest",
	[FILE_PIVOT] = "/qos.pivot.bin",
} };

static const mode_t modes[] = {
	[FILE_EPHEMERAL] = 0400, [FILE_QUORUM] = 0400,
	[FILE_MANIFEST] = 0444, [FILE_PIVOT] = 0111,
};

int
files_put(const struct enclave_paths *p, enum enclave_file file,
    struct bytes data, bool replace)
{
	return file_write(p->path[file], data, modes[file], replace, NULL);
}

bool
files_exist(const struct enclave_paths *p, enum enclave_file file)
{
	return file_exists(p->path[file]);
}

int
files_get(const struct enclave_paths *p, enum enclave_file file,
    struct buf *out)
{
	return file_read(p->path[file], MANIFEST_FILE_MAX, out, NULL);
}

int
files_get_secret(const struct enclave_paths *p, enum enclave_file file,
    struct secret *out)
{
	return file_read_secret(p->path[file], SEED_FILE_MAX, out, NULL);
}

int
files_give_keys(const struct enclave_paths *p, uid_t uid, struct err *e)
{
	static const enum enclave_file keys[] = { FILE_EPHEMERAL,
	    FILE_QUORUM };

	for (size_t i = 0; i < COUNT(keys); i++)
		if (chown(p->path[keys[i]], uid, (gid_t)-1) != 0)
			return err_set(e, ERR_SYSTEM, "cannot give %s to user "
			    "%u: %s", p->path[keys[i]], (unsigned)uid,
			    strerror(errno));
	return 0;
}
