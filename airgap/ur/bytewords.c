/*
 * Bytewords, and the CRC that ends every run of them.
 *
 * BCR-2020-012: the words ascend; first and last letter tell them apart, and
 * so do the first three and the last three letters.
 */
#include <ctype.h>

#include "airgap/ur/bytewords.h"

#define WORDS 256
#define LETTERS 26

/* words 0x00 to 0xff, four letters each */
static const char words[] =
	"ableacidalsoapexaquaarchatomauntawayaxisbackbaldbarnbelt"
	"betabiasbluebodybragbrewbulbbuzzcalmcashcatschefcityclaw"
	"codecolacookcostcruxcurlcuspcyandarkdatadaysdelidicediet"
	"doordowndrawdropdrumdulldutyeacheasyechoedgeepicevenexam"
	"exiteyesfactfairfernfigsfilmfishfizzflapflewfluxfoxyfree"
	"frogfuelfundgalagamegeargemsgiftgirlglowgoodgraygrimguru"
	"gushgyrohalfhanghardhawkheathelphighhillholyhopehornhuts"
	"icedideaidleinchinkyintoirisironitemjadejazzjoinjoltjowl"
	"judojugsjumpjunkjurykeepkenokeptkeyskickkilnkingkitekiwi"
	"knoblamblavalazyleaflegsliarlimplionlistlogoloudloveluau"
	"lucklungmainmanymathmazememomenumeowmildmintmissmonknail"
	"navyneednewsnextnoonnotenumbobeyoboeomitonyxopenovalowls"
	"paidpartpeckplaypluspoempoolposepuffpumapurrquadquizrace"
	"ramprealredorichroadrockroofrubyruinrunsrustsafesagascar"
	"setssilkskewslotsoapsolosongstubsurfswantacotasktaxitent"
	"tiedtimetinytoiltombtoystriptunatwinuglyundouniturgeuser"
	"vastveryvetovialvibeviewvisavoidvowswallwandwarmwaspwave"
	"waxywebswhatwhenwhizwolfworkyankyawnyellyogayurtzapszero"
	"zestzinczonezoom";

uint32_t
crc32_of(struct bytes in)
{
	uint32_t c = 0xffffffff;

	for (size_t i = 0; i < in.n; i++) {
		c ^= in.p[i];
		for (int bit = 0; bit < 8; bit++)
			c = c >> 1 ^ (0xedb88320 & -(c & 1));
	}
	return ~c;
}

void
be32_store(uint8_t out[static 4], uint32_t v)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (24 - 8 * i));
}

static const char *
word_at(size_t byte)
{
	return words + byte * BYTEWORD_LEN;
}

void
byteword(uint8_t byte, char out[static BYTEWORD_LEN + 1])
{
	memcpy(out, word_at(byte), BYTEWORD_LEN);
	out[BYTEWORD_LEN] = '\0';
}

bool
byteword_read(struct bytes word, uint8_t *byte)
{
	char low[BYTEWORD_LEN];

	if (word.n != BYTEWORD_LEN)
		return false;
	for (size_t i = 0; i < BYTEWORD_LEN; i++)
		low[i] = (char)tolower(word.p[i]);
	for (size_t i = 0; i < WORDS; i++)
		if (memcmp(word_at(i), low, BYTEWORD_LEN) == 0) {
			*byte = (uint8_t)i;
			return true;
		}
	return false;
}

static void
put(char *out, uint8_t byte)
{
	out[0] = word_at(byte)[0];
	out[1] = word_at(byte)[BYTEWORD_LEN - 1];
}

void
bytewords_encode(struct bytes in, char *out)
{
	uint8_t crc[BYTEWORDS_CRC_LEN];

	be32_store(crc, crc32_of(in));
	for (size_t i = 0; i < in.n; i++)
		put(out + 2 * i, in.p[i]);
	for (size_t i = 0; i < sizeof(crc); i++)
		put(out + 2 * (in.n + i), crc[i]);
}

/* first letter, last letter -> byte + 1; 0: no word */
struct table {
	uint16_t at[LETTERS][LETTERS];
};

static void
table_fill(struct table *t)
{
	*t = (struct table){ 0 };
	for (size_t i = 0; i < WORDS; i++)
		t->at[word_at(i)[0] - 'a']
		    [word_at(i)[BYTEWORD_LEN - 1] - 'a'] = (uint16_t)(i + 1);
}

static bool
is_letter(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

int
bytewords_decode(struct bytes text, uint8_t *out, size_t *n, struct err *e)
{
	uint8_t crc[BYTEWORDS_CRC_LEN];
	struct table t;

	*n = 0;
	if (text.n % 2 != 0)
		return err_set(e, ERR_INPUT, "the code has an odd number of "
		    "letters; scan it again");
	if (text.n / 2 <= BYTEWORDS_CRC_LEN)
		return err_set(e, ERR_INPUT, "the code is too short to hold "
		    "anything");
	table_fill(&t);
	for (size_t i = 0; i < text.n / 2; i++) {
		const uint8_t *p = text.p + 2 * i;
		uint16_t v = is_letter(p[0]) && is_letter(p[1]) ?
		    t.at[p[0] - 'a'][p[1] - 'a'] : 0;

		if (v == 0)
			return err_set(e, ERR_INPUT, "letters %zu and %zu of "
			    "the code are no byteword", 2 * i + 1, 2 * i + 2);
		out[i] = (uint8_t)(v - 1);
	}
	*n = text.n / 2 - BYTEWORDS_CRC_LEN;
	be32_store(crc, crc32_of(bytes_of(out, *n)));
	if (memcmp(crc, out + *n, sizeof(crc)) != 0)
		return err_set(e, ERR_INPUT, "the code is damaged: its check "
		    "sum is wrong; scan it again");
	return 0;
}
