/*
 * What a bad camera makes of codes:
 *
 *	bad_film [--seed N] [--lose PERCENT] DIR... >FILM.y4m 2>SEEN
 *
 * The PNG files of the folders are shown in the order of their names, of
 * several folders one in turn, and again from the first, until nobody reads
 * on or 20 rounds are over.  That share of them is lost; each of the others
 * is a frame of 1280 x 720: turned and moved by hand, blurred, with little
 * contrast and much noise.  SEEN is a line a frame, the number of the code
 * that it shows, counted over all that were shown.  The same seed loses and
 * spoils the same ones in the same way.
 */
#include <dirent.h>
#include <math.h>
#include <png.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define W 1280
#define H 720
#define CODES_MAX 4096
#define ROUNDS 20
#define SURROUND 96.0f		/* a desk */
#define TURN 0.087		/* at most, in radians: 5 degrees */
#define SHIFT 20.0		/* at most, in pixels */
#define CONTRAST 0.6f
#define DARKEST 45.0f
#define NOISE 7.0f		/* standard deviation */

struct code {
	int w, h;
	uint8_t *grey;
};

struct film {
	uint64_t seed;
	unsigned lose;			/* percent */
	struct code code[CODES_MAX];
	size_t n;
};

static float canvas[H][W], passed[H][W];

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t
draw(uint64_t *s)
{
	uint64_t z = *s += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* -1 to 1 */
static double
spread(uint64_t *s)
{
	return (double)(draw(s) >> 11) / (double)(1ull << 52) - 1.0;
}

static float
pixel(const struct code *c, int x, int y)
{
	if (x < 0 || y < 0 || x >= c->w || y >= c->h)
		return SURROUND;
	return DARKEST + CONTRAST * (float)c->grey[y * c->w + x];
}

/* The code at that angle, its middle that far from the middle. */
static void
place(const struct code *c, double angle, double right, double down)
{
	double co = cos(angle), si = sin(angle);

	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			double dx = x - W / 2 - right, dy = y - H / 2 - down;
			double u = co * dx + si * dy + c->w / 2.0;
			double v = co * dy - si * dx + c->h / 2.0;
			/* floors, where the casts see none below 0 */
			int i = (int)(u + W) - W, j = (int)(v + W) - W;
			float a = (float)(u - i), b = (float)(v - j);

			canvas[y][x] = (1 - b) * ((1 - a) * pixel(c, i, j) +
			    a * pixel(c, i + 1, j)) +
			    b * ((1 - a) * pixel(c, i, j + 1) +
			    a * pixel(c, i + 1, j + 1));
		}
}

/* A binomial of five: a standard deviation of one pixel. */
static void
blur(void)
{
	for (int y = 0; y < H; y++) {
		const float *p = canvas[y];

		memcpy(passed[y], p, sizeof(passed[y]));
		for (int x = 2; x < W - 2; x++)
			passed[y][x] = (p[x - 2] + p[x + 2] + 4 * (p[x - 1] +
			    p[x + 1]) + 6 * p[x]) / 16;
	}
	memcpy(canvas, passed, sizeof(canvas));
	for (int y = 2; y < H - 2; y++)
		for (int x = 0; x < W; x++)
			canvas[y][x] = (passed[y - 2][x] + passed[y + 2][x] +
			    4 * (passed[y - 1][x] + passed[y + 1][x]) +
			    6 * passed[y][x]) / 16;
}

/* Eight bytes of one draw, summed: mean 1020, standard deviation 209. */
static float
noise(uint64_t *s)
{
	uint64_t r = draw(s);
	int sum = -1020;

	for (int i = 0; i < 8; i++)
		sum += (int)(r >> 8 * i & 255);
	return (float)sum * NOISE / 209;
}

/* False where nobody reads on. */
static bool
shoot(const struct code *c, uint64_t *s)
{
	static uint8_t out[H][W];
	double angle = TURN * spread(s), right = SHIFT * spread(s);

	place(c, angle, right, SHIFT * spread(s));
	blur();
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++) {
			float v = canvas[y][x] + noise(s);

			out[y][x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	return fputs("FRAME\n", stdout) >= 0 &&
	    fwrite(out, sizeof(out), 1, stdout) == 1;
}

static bool
play(struct film *f)
{
	size_t shown = 0;

	printf("YUV4MPEG2 W%d H%d F5:1 Cmono\n", W, H);
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < f->n; i++) {
			shown++;
			if (draw(&f->seed) % 100 < f->lose)
				continue;
			fprintf(stderr, "%zu\n", shown);
			if (!shoot(&f->code[i], &f->seed))
				return true;
		}
	return fflush(stdout) == 0;
}

static bool
load(const char *dir, const char *name, struct code *out)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (png_image_begin_read_from_file(&image, path) == 0)
		return false;
	image.format = PNG_FORMAT_GRAY;
	*out = (struct code){ (int)image.width, (int)image.height,
	    malloc(PNG_IMAGE_SIZE(image)) };
	return out->grey != NULL && png_image_finish_read(&image, NULL,
	    out->grey, 0, NULL) != 0;
}

static int
is_png(const struct dirent *d)
{
	return strstr(d->d_name, ".png") != NULL;
}

/* Every step-th code from first on. */
static bool
load_folder(struct film *f, const char *dir, size_t first, size_t step)
{
	struct dirent **names;
	int n = scandir(dir, &names, is_png, alphasort);
	bool good = n > 0;

	for (int i = 0; i < n; i++) {
		size_t at = first + (size_t)i * step;

		good = good && at < CODES_MAX &&
		    load(dir, names[i]->d_name, &f->code[at]);
		f->n = good && at >= f->n ? at + 1 : f->n;
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	if (!good)
		fprintf(stderr, "%s: no PNG files that can be read\n", dir);
	return good;
}

/* Shorter folders leave gaps. */
static void
close_gaps(struct film *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		if (f->code[i].grey != NULL)
			f->code[n++] = f->code[i];
	f->n = n;
}

int
main(int argc, char **argv)
{
	static struct film f = { .seed = 1, .lose = 30 };
	int i = 1;

	for (; i + 1 < argc && argv[i][0] == '-'; i += 2)
		if (strcmp(argv[i], "--seed") == 0)
			f.seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--lose") == 0)
			f.lose = (unsigned)strtoul(argv[i + 1], NULL, 10);
	if (i >= argc) {
		fputs("bad_film [--seed N] [--lose PERCENT] DIR...\n", stderr);
		return 2;
	}
	for (int k = i; k < argc; k++)
		if (!load_folder(&f, argv[k], (size_t)(k - i),
		    (size_t)(argc - i)))
			return 3;
	close_gaps(&f);
	signal(SIGPIPE, SIG_IGN);
	return play(&f) ? 0 : 5;
}
