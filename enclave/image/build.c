/*
 * Writing an image: sizes first, then header and sections in one pass; the
 * CRC, which covers them, is put into its place last.
 */
#include "airgap/file.h"
#include "airgap/record/json.h"
#include "airgap/record/sink.h"
#include "enclave/image/big_endian.h"
#include "enclave/image/build.h"
#include "enclave/image/crc.h"

/* What AWS's builder writes; a launcher is always told its own. */
#define DEFAULT_MEMORY 1073741824
#define DEFAULT_CPUS 2

/* Linux, Documentation/arch/x86/boot.rst: "HdrS" at 0x202 */
#define BZIMAGE_AT_MAGIC 0x202
#define BZIMAGE_MAGIC "HdrS"

struct out {
	struct image_sink sink;
	struct file_writer *file;
	uint32_t crc;
};

static int
put(struct image_sink *s, struct bytes b, struct err *e)
{
	struct out *o = (struct out *)s;

	o->crc = crc_add(o->crc, b);
	return file_put(o->file, b, e);
}

/* AWS's reader needs every one of these keys. */
static int
metadata(struct sink *s, const void *ctx)
{
	const struct build_labels *l = ctx;
	int r = ERR_INTERNAL;

	if ((r = sink_str(s, "{\"ImageName\":")) != 0 ||
	    (r = json_put_string(s, bytes_str(l->name))) != 0 ||
	    (r = sink_str(s, ",\"ImageVersion\":")) != 0 ||
	    (r = json_put_string(s, bytes_str(l->version))) != 0 ||
	    (r = sink_str(s, ",\"BuildMetadata\":{"
	    "\"BuildTime\":\"1970-01-01T00:00:00Z\","
	    "\"BuildTool\":\"quorate-image\",\"BuildToolVersion\":\"1\","
	    "\"OperatingSystem\":\"Linux\",\"KernelVersion\":")) != 0 ||
	    (r = json_put_string(s, bytes_str(l->kernel_version))) != 0)
		return r;
	return sink_str(s, "},\"DockerInfo\":{},\"CustomMetadata\":{}}");
}

static int
check_kernel(const struct source *s, struct err *e)
{
	uint8_t magic[sizeof(BZIMAGE_MAGIC) - 1];

	if (s->size < BZIMAGE_AT_MAGIC + sizeof(magic) ||
	    source_read(s, BZIMAGE_AT_MAGIC, magic, sizeof(magic), NULL) != 0 ||
	    memcmp(magic, BZIMAGE_MAGIC, sizeof(magic)) != 0)
		return err_set(e, ERR_INPUT, "%s is no bzImage (the kernel's "
		    "arch/x86/boot/bzImage)", s->name);
	return 0;
}

/* The sections to come: types and sizes. */
struct layout {
	struct eif_section v[EIF_SECTIONS_MAX];
	size_t n;
	uint64_t end;
};

static void
place(struct layout *l, enum eif_type type, uint64_t size)
{
	l->v[l->n++] = (struct eif_section){ type, l->end, size };
	l->end += EIF_SECTION_HEADER_LEN + size;
}

static int
put_header(struct out *o, const struct layout *l, struct err *e)
{
	uint8_t h[EIF_HEADER_LEN] = { 0 };
	int r = ERR_INTERNAL;

	memcpy(h, EIF_MAGIC, strlen(EIF_MAGIC));
	put_u16(h + EIF_AT_VERSION, EIF_VERSION);
	put_u64(h + EIF_AT_MEMORY, DEFAULT_MEMORY);
	put_u64(h + EIF_AT_CPUS, DEFAULT_CPUS);
	put_u16(h + EIF_AT_COUNT, (uint16_t)l->n);
	for (size_t i = 0; i < l->n; i++) {
		put_u64(h + EIF_AT_OFFSETS + 8 * i, l->v[i].at);
		put_u64(h + EIF_AT_SIZES + 8 * i, l->v[i].size);
	}
	if ((r = put(&o->sink, bytes_of(h, EIF_AT_CRC), e)) != 0)
		return r;
	/* its place; no part of what it covers */
	return file_put(o->file, bytes_of(h + EIF_AT_CRC, 4), e);
}

static int
put_section_header(struct out *o, const struct eif_section *s, struct err *e)
{
	uint8_t h[EIF_SECTION_HEADER_LEN] = { 0 };

	put_u16(h, (uint16_t)s->type);
	put_u64(h + 4, s->size);
	return put(&o->sink, bytes_of(h, sizeof(h)), e);
}

static int
put_kernel(struct out *o, const struct source *s, struct err *e)
{
	static struct piece piece;
	struct bytes b;
	int r = ERR_INTERNAL;

	piece_begin(&piece, s, 0, s->size);
	do
		if ((r = piece_next(&piece, &b, e)) != 0 ||
		    (r = put(&o->sink, b, e)) != 0)
			return r;
	while (b.n > 0);
	return 0;
}

static int
put_sections(struct out *o, const struct build *b, const struct source *kernel,
    struct bytes about, const struct layout *l, struct err *e)
{
	const struct ramdisk *ramdisk = b->ramdisk;
	int r = put_header(o, l, e);

	for (size_t i = 0; r == 0 && i < l->n; i++) {
		if ((r = put_section_header(o, &l->v[i], e)) != 0)
			return r;
		switch (l->v[i].type) {
		case EIF_KERNEL:
			r = put_kernel(o, kernel, e);
			break;
		case EIF_CMDLINE:
			r = put(&o->sink, bytes_str(b->cmdline), e);
			break;
		case EIF_METADATA:
			r = put(&o->sink, about, e);
			break;
		default:
			r = ramdisk_put(ramdisk++, &o->sink, e);
		}
	}
	return r;
}

static int
put_crc(struct out *o, struct err *e)
{
	uint8_t crc[4];

	put_u32(crc, o->crc);
	return file_patch(o->file, EIF_AT_CRC, bytes_of(crc, sizeof(crc)), e);
}

int
build_image(const struct build *b, const char *path, bool replace,
    struct err *e)
{
	struct layout l = { .end = EIF_HEADER_LEN };
	struct out o = { .sink = { put } };
	struct source kernel = { .fd = -1 };
	struct buf about = { 0 };
	int r = ERR_INTERNAL;

	if ((r = source_open(b->kernel, &kernel, e)) != 0 ||
	    (r = check_kernel(&kernel, e)) != 0 ||
	    (r = sink_collect(metadata, &b->labels, &about, e)) != 0)
		goto out;
	place(&l, EIF_KERNEL, kernel.size);
	place(&l, EIF_CMDLINE, strlen(b->cmdline));
	place(&l, EIF_METADATA, about.n);
	for (size_t i = 0; i < b->ramdisks; i++)
		place(&l, EIF_RAMDISK, b->ramdisk[i].size);
	if ((r = file_begin(path, FILE_MODE_PUBLIC, replace, &o.file,
	    e)) != 0 ||
	    (r = put_sections(&o, b, &kernel, buf_bytes(&about), &l, e)) != 0 ||
	    (r = put_crc(&o, e)) != 0)
		goto out;
	r = file_commit(o.file, e);
	o.file = NULL;
out:
	file_abandon(o.file);
	source_close(&kernel);
	buf_free(&about);
	return r;
}
