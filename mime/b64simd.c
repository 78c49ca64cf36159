/* SPDX-License-Identifier: ISC */
/*
 * b64simd.c -- the inner loops of base64 (RFC 4648 4): portable ones, by table on
 * 64-bit words, and with vectors: those of the x86 at hand (asked when it runs), or
 * NEON, which every 64-bit ARM has.
 *
 * On x86 a value becomes a character by adding what its range (A-Z, a-z, 0-9, +,
 * /) asks for; NEON looks 64 of them up at once.  Decoding stops in front of a
 * block with anything else in it.
 */
#include <string.h>

#include "b64simd.h"

#define NO	B64_NONE

const unsigned char b64_values[256] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
	NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};

#undef NO

/* --- Portable --- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789+/";

/* The two characters of 12 bits; made when first asked for. */
static const char (*
pairs(void))[2]
{
	static char table[4096][2];
	unsigned i;

	if (table[0][0] == '\0')
		for (i = 0; i < 4096; i++) {
			table[i][0] = alphabet[i >> 6];
			table[i][1] = alphabet[i & 63];
		}
	return (const char (*)[2])table;
}

static uint64_t
load_word(const unsigned char *p)
{
	return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 |
	    (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
	    (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 |
	    (uint64_t)p[6] << 8 | p[7];
}

size_t
b64_encode_words(const unsigned char *in, size_t n, char *out)
{
	const char (*const table)[2] = pairs();
	size_t i = 0, o = 0;
	uint64_t w;

	/* Six octets at a time; a word is read eight long. */
	for (; n - i >= 8; i += 6, o += 8) {
		w = load_word(in + i);
		memcpy(out + o, table[w >> 52], 2);
		memcpy(out + o + 2, table[w >> 40 & 4095], 2);
		memcpy(out + o + 4, table[w >> 28 & 4095], 2);
		memcpy(out + o + 6, table[w >> 16 & 4095], 2);
	}
	for (; n - i >= 3; i += 3, o += 4) {
		w = (uint64_t)in[i] << 16 | (uint64_t)in[i + 1] << 8 |
		    in[i + 2];
		memcpy(out + o, table[w >> 12], 2);
		memcpy(out + o + 2, table[w & 4095], 2);
	}
	return i;
}

/* The value of a character in its place of four, or BAD; made when first asked for. */
#define BAD	UINT32_C(0xff000000)

static const uint32_t (*
places(void))[256]
{
	static uint32_t table[4][256];
	unsigned c, i;

	if (table[0][0] == 0)
		for (c = 0; c < 256; c++)
			for (i = 0; i < 4; i++)
				table[i][c] = b64_values[c] == B64_NONE ? BAD :
				    (uint32_t)b64_values[c] << (18 - 6 * i);
	return (const uint32_t (*)[256])table;
}

static uint32_t
decode_group(const uint32_t (*place)[256], const char *in)
{
	const unsigned char *p = (const unsigned char *)in;

	return place[0][p[0]] | place[1][p[1]] | place[2][p[2]] |
	    place[3][p[3]];
}

static void
store_group(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 16);
	p[1] = (unsigned char)(v >> 8);
	p[2] = (unsigned char)v;
}

static void
store_word(unsigned char *p, uint64_t w)
{
	p[0] = (unsigned char)(w >> 56);
	p[1] = (unsigned char)(w >> 48);
	p[2] = (unsigned char)(w >> 40);
	p[3] = (unsigned char)(w >> 32);
	p[4] = (unsigned char)(w >> 24);
	p[5] = (unsigned char)(w >> 16);
	p[6] = (unsigned char)(w >> 8);
	p[7] = (unsigned char)w;
}

size_t
b64_decode_words(const char *in, size_t n, unsigned char *out)
{
	const uint32_t (*const place)[256] = places();
	size_t i = 0, o = 0;
	uint32_t v, w;

	/* A word of six octets is written eight long, where there is room. */
	for (; n - i >= 12; i += 8, o += 6) {
		v = decode_group(place, in + i);
		w = decode_group(place, in + i + 4);
		if (v >= BAD || w >= BAD)
			break;
		store_word(out + o, (uint64_t)v << 40 | (uint64_t)w << 16);
	}
	for (; n - i >= 4; i += 4, o += 3) {
		if ((v = decode_group(place, in + i)) >= BAD)
			break;
		store_group(out + o, v);
	}
	return i;
}

/* --- Vectors --- */

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

/*
 * Shuffles repeat in each half of 16 octets; _mm_ and _mm256_ differ in nothing
 * but their width.  Encoding: the two octets that 12 bits are in, twice, so that
 * two multiplications shift each 6 bits to their place.
 */
#define SPREAD	1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10
/* What to add to a value, by its range: 26..51, 52..61, 62, 63, 0..25. */
#define STEPS	'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, \
		'0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, \
		'/' - 63, 'A', 0, 0
/*
 * Decoding: a character is of the alphabet if the sets of its low and its high
 * half have no bit in common.  Bits: 1 for the rows 4 and 6, 2 for 5 and 7, 4 for
 * row 2, 8 for row 3, 16 for the other rows.
 */
#define LOW	0x15, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, 0x14, \
		0x1c, 0x1a, 0x1e, 0x1e, 0x1e, 0x1a
#define HIGH	0x10, 0x10, 0x04, 0x08, 0x01, 0x02, 0x01, 0x02, 0x10, 0x10, \
		0x10, 0x10, 0x10, 0x10, 0x10, 0x10
/* What to add to a character, by its high half; `/' takes the one before. */
#define BACK	0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0
#define PACK	2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1

enum cpu { UNKNOWN, PLAIN, HAS_SSSE3, HAS_AVX2 };

static enum cpu
cpu(void)
{
	static enum cpu found;

	if (found == UNKNOWN) {
		__builtin_cpu_init();
		found = __builtin_cpu_supports("avx2") ? HAS_AVX2 :
		    __builtin_cpu_supports("ssse3") ? HAS_SSSE3 : PLAIN;
	}
	return found;
}

__attribute__((__target__("ssse3"))) static size_t
encode_ssse3(const unsigned char *in, size_t n, char *out)
{
	const __m128i spread = _mm_setr_epi8(SPREAD);
	const __m128i steps = _mm_setr_epi8(STEPS);
	__m128i v, range;
	size_t i = 0, o = 0;

	for (; n - i >= 16; i += 12, o += 16) {
		v = _mm_loadu_si128((const __m128i *)(const void *)(in + i));
		v = _mm_shuffle_epi8(v, spread);
		v = _mm_or_si128(
		    _mm_mulhi_epu16(_mm_and_si128(v,
		    _mm_set1_epi32(0x0fc0fc00)), _mm_set1_epi32(0x04000040)),
		    _mm_mullo_epi16(_mm_and_si128(v,
		    _mm_set1_epi32(0x003f03f0)), _mm_set1_epi32(0x01000010)));
		range = _mm_or_si128(_mm_subs_epu8(v, _mm_set1_epi8(51)),
		    _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), v),
		    _mm_set1_epi8(13)));
		v = _mm_add_epi8(v, _mm_shuffle_epi8(steps, range));
		_mm_storeu_si128((__m128i *)(void *)(out + o), v);
	}
	return i;
}

__attribute__((__target__("avx2"))) static size_t
encode_avx2(const unsigned char *in, size_t n, char *out)
{
	const __m256i spread = _mm256_setr_epi8(SPREAD, SPREAD);
	const __m256i steps = _mm256_setr_epi8(STEPS, STEPS);
	__m256i v, range;
	size_t i = 0, o = 0;

	for (; n - i >= 28; i += 24, o += 32) {
		v = _mm256_inserti128_si256(_mm256_castsi128_si256(
		    _mm_loadu_si128((const __m128i *)(const void *)(in + i))),
		    _mm_loadu_si128((const __m128i *)(const void *)
		    (in + i + 12)), 1);
		v = _mm256_shuffle_epi8(v, spread);
		v = _mm256_or_si256(
		    _mm256_mulhi_epu16(_mm256_and_si256(v,
		    _mm256_set1_epi32(0x0fc0fc00)),
		    _mm256_set1_epi32(0x04000040)),
		    _mm256_mullo_epi16(_mm256_and_si256(v,
		    _mm256_set1_epi32(0x003f03f0)),
		    _mm256_set1_epi32(0x01000010)));
		range = _mm256_or_si256(
		    _mm256_subs_epu8(v, _mm256_set1_epi8(51)),
		    _mm256_and_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(26),
		    v), _mm256_set1_epi8(13)));
		v = _mm256_add_epi8(v, _mm256_shuffle_epi8(steps, range));
		_mm256_storeu_si256((__m256i *)(void *)(out + o), v);
	}
	return i;
}

/* A store is 4 octets longer than what is decoded; 8 characters stand for them. */
#define SLACK	8

__attribute__((__target__("ssse3"))) static size_t
decode_ssse3(const char *in, size_t n, unsigned char *out)
{
	const __m128i lows = _mm_setr_epi8(LOW), highs = _mm_setr_epi8(HIGH);
	const __m128i back = _mm_setr_epi8(BACK), pack = _mm_setr_epi8(PACK);
	const __m128i nibble = _mm_set1_epi8(15);
	__m128i v, high, bad;
	size_t i = 0, o = 0;

	for (; n - i >= 16 + SLACK; i += 16, o += 12) {
		v = _mm_loadu_si128((const __m128i *)(const void *)(in + i));
		high = _mm_and_si128(_mm_srli_epi32(v, 4), nibble);
		bad = _mm_and_si128(
		    _mm_shuffle_epi8(lows, _mm_and_si128(v, nibble)),
		    _mm_shuffle_epi8(highs, high));
		if (_mm_movemask_epi8(_mm_cmpeq_epi8(bad,
		    _mm_setzero_si128())) != 0xffff)
			break;
		high = _mm_add_epi8(high,
		    _mm_cmpeq_epi8(v, _mm_set1_epi8('/')));
		v = _mm_add_epi8(v, _mm_shuffle_epi8(back, high));
		v = _mm_maddubs_epi16(v, _mm_set1_epi32(0x01400140));
		v = _mm_madd_epi16(v, _mm_set1_epi32(0x00011000));
		_mm_storeu_si128((__m128i *)(void *)(out + o),
		    _mm_shuffle_epi8(v, pack));
	}
	return i;
}

__attribute__((__target__("avx2"))) static size_t
decode_avx2(const char *in, size_t n, unsigned char *out)
{
	const __m256i lows = _mm256_setr_epi8(LOW, LOW);
	const __m256i highs = _mm256_setr_epi8(HIGH, HIGH);
	const __m256i back = _mm256_setr_epi8(BACK, BACK);
	const __m256i pack = _mm256_setr_epi8(PACK, PACK);
	const __m256i nibble = _mm256_set1_epi8(15);
	__m256i v, high;
	size_t i = 0, o = 0;

	for (; n - i >= 32 + SLACK; i += 32, o += 24) {
		v = _mm256_loadu_si256((const __m256i *)(const void *)(in + i));
		high = _mm256_and_si256(_mm256_srli_epi32(v, 4), nibble);
		if (!_mm256_testz_si256(
		    _mm256_shuffle_epi8(lows, _mm256_and_si256(v, nibble)),
		    _mm256_shuffle_epi8(highs, high)))
			break;
		high = _mm256_add_epi8(high,
		    _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/')));
		v = _mm256_add_epi8(v, _mm256_shuffle_epi8(back, high));
		v = _mm256_maddubs_epi16(v, _mm256_set1_epi32(0x01400140));
		v = _mm256_madd_epi16(v, _mm256_set1_epi32(0x00011000));
		v = _mm256_shuffle_epi8(v, pack);
		_mm_storeu_si128((__m128i *)(void *)(out + o),
		    _mm256_castsi256_si128(v));
		_mm_storeu_si128((__m128i *)(void *)(out + o + 12),
		    _mm256_extracti128_si256(v, 1));
	}
	return i;
}

size_t
b64_encode_wide(const unsigned char *in, size_t n, char *out)
{
	return cpu() == HAS_AVX2 ? encode_avx2(in, n, out) :
	    cpu() == HAS_SSSE3 ? encode_ssse3(in, n, out) : 0;
}

size_t
b64_decode_wide(const char *in, size_t n, unsigned char *out)
{
	return cpu() == HAS_AVX2 ? decode_avx2(in, n, out) :
	    cpu() == HAS_SSSE3 ? decode_ssse3(in, n, out) : 0;
}

#elif defined(__aarch64__) && defined(__ARM_NEON) && \
    defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <arm_neon.h>

/* 48 octets are 16 groups: of each the first, second, third octet in one vector. */
size_t
b64_encode_wide(const unsigned char *in, size_t n, char *out)
{
	const uint8x16x4_t table = vld1q_u8_x4((const uint8_t *)alphabet);
	const uint8x16_t six = vdupq_n_u8(63);
	uint8x16x3_t v;
	uint8x16x4_t c;
	size_t i = 0, o = 0;

	for (; n - i >= 48; i += 48, o += 64) {
		v = vld3q_u8(in + i);
		c.val[0] = vshrq_n_u8(v.val[0], 2);
		c.val[1] = vandq_u8(vsliq_n_u8(vshrq_n_u8(v.val[1], 4),
		    v.val[0], 4), six);
		c.val[2] = vandq_u8(vsliq_n_u8(vshrq_n_u8(v.val[2], 6),
		    v.val[1], 2), six);
		c.val[3] = vandq_u8(v.val[2], six);
		c.val[0] = vqtbl4q_u8(table, c.val[0]);
		c.val[1] = vqtbl4q_u8(table, c.val[1]);
		c.val[2] = vqtbl4q_u8(table, c.val[2]);
		c.val[3] = vqtbl4q_u8(table, c.val[3]);
		vst4q_u8((uint8_t *)out + o, c);
	}
	return i;
}

/* Characters to values, over 63 for what is none: a look-up beyond a table is 0. */
static uint8x16_t
values(uint8x16x4_t low, uint8x16x4_t high, uint8x16_t c)
{
	return vorrq_u8(vorrq_u8(vqtbl4q_u8(low, c),
	    vqtbl4q_u8(high, veorq_u8(c, vdupq_n_u8(64)))),
	    vandq_u8(c, vdupq_n_u8(128)));
}

size_t
b64_decode_wide(const char *in, size_t n, unsigned char *out)
{
	const uint8x16x4_t low = vld1q_u8_x4(b64_values);
	const uint8x16x4_t high = vld1q_u8_x4(b64_values + 64);
	uint8x16x4_t c;
	uint8x16x3_t v;
	size_t i = 0, o = 0;

	for (; n - i >= 64; i += 64, o += 48) {
		c = vld4q_u8((const uint8_t *)in + i);
		c.val[0] = values(low, high, c.val[0]);
		c.val[1] = values(low, high, c.val[1]);
		c.val[2] = values(low, high, c.val[2]);
		c.val[3] = values(low, high, c.val[3]);
		if (vmaxvq_u8(vorrq_u8(vorrq_u8(c.val[0], c.val[1]),
		    vorrq_u8(c.val[2], c.val[3]))) > 63)
			break;
		v.val[0] = vsliq_n_u8(vshrq_n_u8(c.val[1], 4), c.val[0], 2);
		v.val[1] = vsliq_n_u8(vshrq_n_u8(c.val[2], 2), c.val[1], 4);
		v.val[2] = vsliq_n_u8(c.val[3], c.val[2], 6);
		vst3q_u8(out + o, v);
	}
	return i;
}

#else

size_t
b64_encode_wide(const unsigned char *in, size_t n, char *out)
{
	(void)in;
	(void)n;
	(void)out;
	return 0;
}

size_t
b64_decode_wide(const char *in, size_t n, unsigned char *out)
{
	(void)in;
	(void)n;
	(void)out;
	return 0;
}

#endif
