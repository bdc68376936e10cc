/*
 * What a SIMULATED card remembers when it has no power: one text file, lines
 * of a name and hexadecimal bytes, replaced as a whole by rename().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/card/card.h"

static const uint8_t default_mgm[24] = { 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4,
	5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8 };

double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
code_default(struct code *code, const char *text)
{
	memset(code->value, 0xff, sizeof(code->value));
	memcpy(code->value, text, strlen(text));
	if (code->total == 0)
		code->total = 3;
	code->left = code->total;
	code->is_default = true;
}

void
card_codes_default(struct card *c)
{
	code_default(&c->pin, "123456");
	code_default(&c->puk, "12345678");
}

void
card_mgm_default(struct card *c)
{
	c->mgm.alg = card_version_from(c, 5, 7, 0) ? ALG_AES192 : ALG_3DES;
	memcpy(c->mgm.key, default_mgm, sizeof(default_mgm));
	c->mgm.n = sizeof(default_mgm);
	c->mgm.touch = false;
	c->mgm.is_default = true;
}

void
card_new(struct card *c)
{
	static const uint8_t id[] = { 0x9a, 0x9c, 0x9d, 0x9e, 0xf9 };
	uint8_t retired = 0x82;

	for (size_t i = 0; i < SLOTS; i++)
		c->slot[i].id = i < sizeof(id) ? id[i] : retired++;
	card_codes_default(c);
	card_mgm_default(c);
}

struct slot *
slot_find(struct card *c, uint8_t id)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (c->slot[i].id == id)
			return &c->slot[i];
	return NULL;
}

struct object *
object_find(struct card *c, uint32_t id)
{
	for (size_t i = 0; i < OBJECTS; i++)
		if (c->object[i].id == id)
			return &c->object[i];
	return NULL;
}

/* no bytes: the object goes */
bool
object_put(struct card *c, uint32_t id, const uint8_t *p, size_t n)
{
	struct object *o = object_find(c, id);

	if (n > OBJECT_MAX)
		return false;
	if (n == 0) {
		if (o != NULL)
			o->id = 0;
		return true;
	}
	if (o == NULL)
		o = object_find(c, 0);
	if (o == NULL)
		return false;
	o->id = id;
	o->n = n;
	memcpy(o->bytes, p, n);
	return true;
}

static void
line(FILE *f, const char *name, const void *p, size_t n)
{
	const uint8_t *b = p;

	fprintf(f, "%s ", name);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%02x", b[i]);
	fputc('\n', f);
}

static void
code_line(FILE *f, const char *name, const struct code *code)
{
	uint8_t b[11];

	memcpy(b, code->value, 8);
	b[8] = code->left;
	b[9] = code->total;
	b[10] = code->is_default;
	line(f, name, b, sizeof(b));
}

static void
lines(FILE *f, const struct card *c)
{
	uint8_t flags[3] = { c->mgm.alg, c->mgm.touch, c->mgm.is_default };
	char name[32];

	fputs("# state of a SIMULATED card\n", f);
	code_line(f, "pin", &c->pin);
	code_line(f, "puk", &c->puk);
	line(f, "mgm-flags", flags, sizeof(flags));
	line(f, "mgm-key", c->mgm.key, c->mgm.n);
	for (size_t i = 0; i < SLOTS; i++) {
		const struct slot *s = &c->slot[i];
		uint8_t b[35] = { s->origin, s->pin_policy, s->touch_policy };

		if (s->origin == 0)
			continue;
		memcpy(b + 3, s->scalar, 32);
		snprintf(name, sizeof(name), "key-%02x", s->id);
		line(f, name, b, sizeof(b));
	}
	for (size_t i = 0; i < OBJECTS; i++) {
		if (c->object[i].id == 0)
			continue;
		snprintf(name, sizeof(name), "object-%06x", c->object[i].id);
		line(f, name, c->object[i].bytes, c->object[i].n);
	}
}

bool
card_save(const struct card *c)
{
	char path[512], tmp[sizeof(path) + 8];
	bool good;
	FILE *f;

	snprintf(path, sizeof(path), "%s/state", c->dir);
	snprintf(tmp, sizeof(tmp), "%s.new", path);
	if ((f = fopen(tmp, "w")) == NULL)
		return false;
	lines(f, c);
	good = fflush(f) == 0 && fsync(fileno(f)) == 0;
	return fclose(f) == 0 && good && rename(tmp, path) == 0;
}

static bool
code_read(struct code *code, const uint8_t *b, size_t n)
{
	if (n != 11)
		return false;
	memcpy(code->value, b, 8);
	code->left = b[8];
	code->total = b[9];
	code->is_default = b[10] != 0;
	return true;
}

static bool
slot_read(struct slot *s, const uint8_t *b, size_t n)
{
	if (s == NULL || n != 35)
		return false;
	s->origin = b[0];
	s->pin_policy = b[1];
	s->touch_policy = b[2];
	memcpy(s->scalar, b + 3, 32);
	return key_fill(s);
}

static bool
entry(struct card *c, const char *name, const uint8_t *b, size_t n)
{
	if (strcmp(name, "pin") == 0)
		return code_read(&c->pin, b, n);
	if (strcmp(name, "puk") == 0)
		return code_read(&c->puk, b, n);
	if (strcmp(name, "mgm-flags") == 0 && n == 3) {
		c->mgm.alg = b[0];
		c->mgm.touch = b[1] != 0;
		c->mgm.is_default = b[2] != 0;
		return true;
	}
	if (strcmp(name, "mgm-key") == 0 && n <= sizeof(c->mgm.key)) {
		memcpy(c->mgm.key, b, n);
		c->mgm.n = n;
		return true;
	}
	if (strncmp(name, "key-", 4) == 0)
		return slot_read(slot_find(c,
		    (uint8_t)strtoul(name + 4, NULL, 16)), b, n);
	if (strncmp(name, "object-", 7) == 0)
		return object_put(c,
		    (uint32_t)strtoul(name + 7, NULL, 16), b, n);
	return false;
}

static bool
entry_line(struct card *c, char *text)
{
	static uint8_t b[OBJECT_MAX];
	char *hex = strchr(text, ' ');
	size_t n = 0;

	if (text[0] == '#')
		return true;
	if (hex == NULL)
		return false;
	*hex++ = '\0';
	for (; n < sizeof(b) && hex[0] != '\n' && hex[0] != '\0'; hex += 2) {
		unsigned int v;

		if (sscanf(hex, "%2x", &v) != 1)
			return false;
		b[n++] = (uint8_t)v;
	}
	return entry(c, text, b, n);
}

/* a card without a file is new */
bool
card_load(struct card *c)
{
	char path[512], *text = NULL;
	size_t size = 0;
	bool good = true;
	FILE *f;

	snprintf(path, sizeof(path), "%s/state", c->dir);
	if ((f = fopen(path, "r")) == NULL)
		return true;
	while (good && getline(&text, &size, f) > 0)
		good = entry_line(c, text);
	free(text);
	fclose(f);
	return good;
}
