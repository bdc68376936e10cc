/*
 * Loader of the vector files and of the fixture folder (see vectors.h).
 * The hex reader is its own: the product's is under test.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/vectors.h"

#define FIXTURE_MAX (1 << 20)

static _Noreturn void PRINTF_LIKE(1, 2)
die(const char *fmt, ...)
{
	va_list ap;

	fputs("test data: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

json_t *
vectors_load(const char *name)
{
	char path[256];
	json_error_t error;
	json_t *root, *vectors;

	snprintf(path, sizeof(path), "tests/data/%s.json", name);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		die("%s:%d: %s", path, error.line, error.text);
	vectors = json_incref(json_object_get(root, "vectors"));
	if (!json_is_array(vectors) || json_array_size(vectors) == 0)
		die("%s: no vectors", path);
	json_decref(root);
	return vectors;
}

const json_t *
vector_named(const json_t *vectors, const char *name)
{
	for (size_t i = 0; i < json_array_size(vectors); i++) {
		const json_t *v = json_array_get(vectors, i);

		if (strcmp(vector_text(v, "name"), name) == 0)
			return v;
	}
	die("no vector \"%s\"", name);
}

const char *
vector_text(const json_t *vector, const char *field)
{
	const char *s = json_string_value(json_object_get(vector, field));

	if (s == NULL)
		die("field \"%s\" is missing or not text", field);
	return s;
}

long long
vector_int(const json_t *vector, const char *field)
{
	const json_t *v = json_object_get(vector, field);

	if (!json_is_integer(v))
		die("field \"%s\" is missing or not an integer", field);
	return json_integer_value(v);
}

bool
vector_has(const json_t *vector, const char *field)
{
	return json_object_get(vector, field) != NULL;
}

static uint8_t
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	if (at == NULL)
		die("not a hex digit: '%c'", c);
	return (uint8_t)(at - digits);
}

struct buf
vector_unhex(const char *hex)
{
	struct buf b = { .n = strlen(hex) / 2 };

	if (strlen(hex) % 2 != 0 || (b.p = malloc(b.n + 1)) == NULL)
		die("odd number of digits, or no memory");
	for (size_t i = 0; i < b.n; i++)
		b.p[i] = (uint8_t)(digit(hex[2 * i]) << 4 |
		    digit(hex[2 * i + 1]));
	return b;
}

struct buf
vector_buf(const json_t *vector, const char *field)
{
	return vector_unhex(vector_text(vector, field));
}

size_t
vector_hex(const json_t *vector, const char *field, uint8_t *out, size_t cap)
{
	struct buf b = vector_buf(vector, field);
	size_t n = b.n;

	if (n > cap)
		die("field \"%s\" has %zu bytes, room for %zu", field, n, cap);
	memcpy(out, b.p, n);
	free(b.p);
	return n;
}

bool
fixture_path(const char *rel, char *out, size_t n)
{
	const char *base = getenv("QUORATE_FIXTURES");

	if (base == NULL || base[0] == '\0')
		base = "../shared/fixtures";
	if ((size_t)snprintf(out, n, "%s/%s", base, rel) >= n)
		die("fixture path too long: %s", rel);
	return access(out, R_OK) == 0;
}

bool
fixture_read(const char *rel, struct buf *out)
{
	char path[1024];
	FILE *f;

	if (!fixture_path(rel, path, sizeof(path)))
		return false;
	f = fopen(path, "rb");
	if (f == NULL || (out->p = malloc(FIXTURE_MAX)) == NULL)
		die("%s does not open", path);
	out->n = fread(out->p, 1, FIXTURE_MAX, f);
	if (ferror(f) || out->n == FIXTURE_MAX)
		die("%s does not read, or is too long", path);
	fclose(f);
	return true;
}
