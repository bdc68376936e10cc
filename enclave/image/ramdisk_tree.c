/*
 * A folder as a ramdisk.  Of a file's mode only "its owner may run it"
 * counts, so that neither umask nor a copy through git changes the image:
 * 0755 or 0644; folders 0755.  Devices and sockets are refused: a list can
 * have devices, and needs no root for them.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "enclave/image/ramdisk.h"

#define DEPTH_MAX 64
#define TARGET_MAX 1024

static int read_folder(struct ramdisk *d, const char *path, int depth,
    struct err *e);

static int
add_link(struct ramdisk *d, const char *from, struct cpio_entry head,
    const char *path, struct err *e)
{
	char target[TARGET_MAX];
	ssize_t n = readlink(from, target, sizeof(target));

	if (n < 0 || n == sizeof(target))
		return err_set(e, ERR_INPUT, "cannot read the link %s: %s",
		    from, n < 0 ? strerror(errno) : "it is too long");
	head.mode = S_IFLNK | 0777;
	head.size = (uint64_t)n;
	return ramdisk_add(d, head, strdup(path), strndup(target, (size_t)n),
	    e);
}

/* from is the file, path its name in the ramdisk. */
static int
add(struct ramdisk *d, const char *from, const char *path, int depth,
    struct err *e)
{
	struct cpio_entry head = { 0 };
	struct stat st;
	int r = ERR_INTERNAL;

	if (lstat(from, &st) != 0)
		return err_set(e, ERR_INPUT, "cannot read %s: %s", from,
		    strerror(errno));
	if (S_ISLNK(st.st_mode))
		return add_link(d, from, head, path, e);
	if (S_ISREG(st.st_mode)) {
		head.mode = S_IFREG |
		    ((st.st_mode & S_IXUSR) != 0 ? 0755 : 0644);
		return ramdisk_add(d, head, strdup(path), strdup(from), e);
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_INPUT, "%s is a device, pipe or socket; "
		    "a ramdisk from a folder has none, one from a list may "
		    "have devices", from);
	head.mode = S_IFDIR | 0755;
	if ((r = ramdisk_add(d, head, strdup(path), strdup(""), e)) != 0)
		return r;
	return read_folder(d, path, depth + 1, e);
}

/* path is below the ramdisk's folder, "" for itself. */
static int
read_folder(struct ramdisk *d, const char *path, int depth, struct err *e)
{
	char *dir = NULL, *from = NULL;
	struct dirent *de;
	DIR *all = NULL;
	int r = 0;

	if (depth > DEPTH_MAX)
		return err_set(e, ERR_INPUT, "%s: folders deeper than %d",
		    d->name, DEPTH_MAX);
	if (asprintf(&dir, "%s/%s", d->name, path) < 0)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if ((all = opendir(dir)) == NULL)
		r = err_set(e, ERR_INPUT, "cannot read folder %s: %s", dir,
		    strerror(errno));
	while (r == 0 && (errno = 0, de = readdir(all)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		if (asprintf(&from, "%s/%s%s%s", d->name, path,
		    path[0] == '\0' ? "" : "/", de->d_name) < 0) {
			r = err_set(e, ERR_SYSTEM, "out of memory");
			break;
		}
		r = add(d, from, from + strlen(d->name) + 1, depth, e);
		free(from);
	}
	if (r == 0 && errno != 0)
		r = err_set(e, ERR_INPUT, "cannot read folder %s: %s", dir,
		    strerror(errno));
	if (all != NULL)
		closedir(all);
	free(dir);
	return r;
}

int
ramdisk_read_tree(struct ramdisk *d, struct err *e)
{
	return read_folder(d, "", 0, e);
}
