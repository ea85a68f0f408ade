/* SPDX-License-Identifier: Apache-2.0 */

/*
 * time.Parse of RFC 3339, with its errors: they name the element of the layout that did not fit
 * and the text that was left there.
 */

#include "decode.h"

#include <ekube/clock.h>
#include <ekube/str.h>

enum element { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MICROS, ZONE };

static const struct {
	char        before; /* what separates it from the element before */
	const char *layout;
	const char *name;   /* in "... out of range" */
	int         from, to;
} elements[] = {
	[YEAR]   = { 0, "2006", "year", 0, 9999 },
	[MONTH]  = { '-', "01", "month", 1, 12 },
	[DAY]    = { '-', "02", NULL, 0, 99 }, /* judged at the end, when the month is known */
	[HOUR]   = { 'T', "15", "hour", 0, 23 },
	[MINUTE] = { ':', "04", "minute", 0, 59 },
	[SECOND] = { ':', "05", "second", 0, 59 },
	[MICROS] = { 0, ".000000", NULL, 0, 999999 },
	[ZONE]   = { 0, "Z07:00", NULL, 0, 0 },
};

struct parsed {
	int n[ZONE];
	int offset_min;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly `digits` of them; an hour may have one. */
static bool take_number(const char **s, enum element e, int *ret)
{
	int digits = e == YEAR ? 4 : e == MICROS ? 6 : 2, n = 0, i;

	for (i = 0; i < digits && is_digit((*s)[i]); i++)
		n = n * 10 + ((*s)[i] - '0');
	if (i < digits && !(e == HOUR && i == 1))
		return false;
	*s += i;
	*ret = n;
	return true;
}

/* More digits than the layout asked for are read and dropped. */
static bool take_fraction(const char **s, bool micro, int *ret)
{
	const char *p = *s;

	if (micro) {
		if (*p != '.' && *p != ',')
			return false;
		p++;
		if (!take_number(&p, MICROS, ret))
			return false;
	} else if ((*p == '.' || *p == ',') && is_digit(p[1])) {
		for (p++; is_digit(*p); p++)
			;
	}
	*s = p;
	return true;
}

/* NULL, "" for what does not fit the layout, else what is out of range. */
static const char *take_zone(const char **s, int *ret_min)
{
	const char *p = *s;
	int h, m;

	if (*p == 'Z') {
		(*s)++;
		*ret_min = 0;
		return NULL;
	}
	if (strlen(p) < 6 || p[3] != ':' || !is_digit(p[1]) || !is_digit(p[2]) || !is_digit(p[4]) ||
	    !is_digit(p[5]))
		return "";
	h = (p[1] - '0') * 10 + (p[2] - '0');
	m = (p[4] - '0') * 10 + (p[5] - '0');
	if (m > 60)
		return "time zone offset minute";
	if (h > 24)
		return "time zone offset hour";
	if (*p != '+' && *p != '-')
		return "";
	*ret_min = (*p == '-' ? -1 : 1) * (h * 60 + m);
	*s += 6;
	return NULL;
}

/* The day is the one number that the walk could not judge. */
static bool to_wall_us(const struct parsed *t, int64_t *ret)
{
	char text[64];

	ek_str_into(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", t->n[YEAR],
		    t->n[MONTH], t->n[DAY], t->n[HOUR], t->n[MINUTE], t->n[SECOND], t->n[MICROS]);
	if (ek_time_parse(text, ret) < 0)
		return false;
	*ret -= (int64_t)t->offset_min * 60 * 1000000;
	return true;
}

/* time.quote: as strconv.Quote, but every byte beyond ASCII as \x. */
static void quote(struct ek_buf *out, const char *s)
{
	(void)ek_buf_char(out, '"');
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || (unsigned char)*s >= 0x80)
			(void)ek_buf_fmt(out, "\\x%02x", (unsigned char)*s);
		else
			(void)ek_buf_fmt(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
	}
	(void)ek_buf_char(out, '"');
}

static void refuse(struct ek_decode *d, const char *value, bool micro, const char *rest,
		   const char *layout)
{
	EK_BUF struct ek_buf msg = EK_BUF_INIT(1024);

	(void)ek_buf_str(&msg, "parsing time ");
	quote(&msg, value);
	(void)ek_buf_fmt(&msg, " as \"2006-01-02T15:04:05%sZ07:00\": cannot parse ",
			 micro ? ".000000" : "");
	quote(&msg, rest);
	(void)ek_buf_fmt(&msg, " as \"%s\"", layout);
	ek_decode_fatal(d, msg.data);
}

static void refuse_with(struct ek_decode *d, const char *value, const char *what, const char *rest)
{
	EK_BUF struct ek_buf msg = EK_BUF_INIT(1024);

	(void)ek_buf_str(&msg, "parsing time ");
	quote(&msg, value);
	(void)ek_buf_fmt(&msg, ": %s", what);
	if (rest)
		quote(&msg, rest);
	else
		(void)ek_buf_str(&msg, " out of range");
	ek_decode_fatal(d, msg.data);
}

static bool parse(struct ek_decode *d, const char *value, bool micro, struct parsed *t,
		  int64_t *ret_us)
{
	const char *s = value, *wrong;

	for (enum element e = YEAR; e <= SECOND; e++) {
		const char *hold = s;

		if (elements[e].before && *s++ != elements[e].before) {
			refuse(d, value, micro, hold, (char[]){ elements[e].before, 0 });
			return false;
		}
		hold = s;
		if (!take_number(&s, e, &t->n[e])) {
			refuse(d, value, micro, hold, elements[e].layout);
			return false;
		}
		if (t->n[e] < elements[e].from || t->n[e] > elements[e].to) {
			refuse_with(d, value, elements[e].name, NULL);
			return false;
		}
	}
	if (!take_fraction(&s, micro, &t->n[MICROS])) {
		refuse(d, value, micro, s, elements[MICROS].layout);
		return false;
	}
	wrong = take_zone(&s, &t->offset_min);
	if (wrong && !*wrong)
		refuse(d, value, micro, s, elements[ZONE].layout);
	else if (wrong)
		refuse_with(d, value, wrong, NULL);
	else if (*s)
		refuse_with(d, value, "extra text: ", s);
	else if (!to_wall_us(t, ret_us))
		refuse_with(d, value, "day", NULL);
	else
		return true;
	return false;
}

struct ek_json *ek_decode_time(struct ek_decode *d, const char *s, bool micro)
{
	/* the first instant of the year 1: time.Time's zero, which is encoded as null */
	static const int64_t zero = INT64_C(-62135596800) * 1000000;
	struct parsed t = { 0 };
	int64_t us;
	char out[40];

	if (!parse(d, s, micro, &t, &us))
		return NULL;
	if (us == zero)
		return ek_json_null();
	if (micro)
		ek_time_format_micro(us, out);
	else
		ek_time_format(us, out);
	return ek_json_new_str(out);
}
