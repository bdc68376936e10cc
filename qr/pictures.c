/*
 * A folder of pictures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "qr/pictures.h"

struct listing {
	struct pictures *p;
	const char *dir;
	size_t room;
	struct err *e;
};

static int
add(const char *name, void *ctx)
{
	struct listing *l = ctx;
	size_t n = strlen(name), len;
	char *path;

	if (n < 5 || (strcasecmp(name + n - 4, ".png") != 0 &&
	    strcasecmp(name + n - 4, ".pgm") != 0))
		return 0;
	if (l->p->n == PICTURES_MAX)
		return err_set(l->e, ERR_INPUT, "%s: over %d pictures",
		    l->dir, PICTURES_MAX);
	if (l->p->n == l->room) {
		size_t room = l->room == 0 ? 64 : 2 * l->room;
		char **paths = realloc(l->p->paths, room * sizeof(*paths));

		if (paths == NULL)
			return err_set(l->e, ERR_SYSTEM, "out of memory");
		l->p->paths = paths;
		l->room = room;
	}
	len = strlen(l->dir) + 1 + n + 1;
	if ((path = malloc(len)) == NULL)
		return err_set(l->e, ERR_SYSTEM, "out of memory");
	(void)snprintf(path, len, "%s/%s", l->dir, name);
	l->p->paths[l->p->n++] = path;
	return 0;
}

int
pictures_list(struct pictures *p, const char *dir, struct err *e)
{
	struct listing l = { p, dir, 0, e };
	int r;

	if ((r = file_list(dir, add, &l, e)) != 0)
		return r;
	if (p->n == 0)
		return err_set(e, ERR_INPUT, "%s: no .png and no .pgm file in "
		    "it", dir);
	return 0;
}

void
pictures_free(struct pictures *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->paths[i]);
	free(p->paths);
	*p = (struct pictures){ 0 };
}
