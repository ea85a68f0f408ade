/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <ekube/str.h>
#include <stdio.h>
#include <stdlib.h>

#include "options_file.h"

static size_t row_index(const struct options *o, const char *name)
{
	for (size_t i = 0; o->rows[i].name; i++)
		if (ek_streq(o->rows[i].name, name))
			return i;
	return SIZE_MAX;
}

static struct option_value *value_of(const struct options *o, const char *name)
{
	size_t i = row_index(o, name);

	EK_ASSERT(i != SIZE_MAX); /* a name that the code uses but no row has */
	return &o->values[i];
}

static void value_clear(struct option_value *v)
{
	for (size_t i = 0; i < v->texts.n; i++)
		free(v->texts.items[i]);
	v->texts.n = 0;
}

static int check_text(const struct option_row *row, const char *text, const char *where,
		      struct ek_err *err)
{
	int64_t n;
	bool b;

	if (strlen(text) > OPTION_MAX_VALUE)
		return ek_fail(err, EK_EINVALID, "%s is longer than %d bytes", where,
			       OPTION_MAX_VALUE);
	if (row->type == OPTION_BOOL && ek_str_to_bool(text, &b) < 0)
		return ek_fail(err, EK_EINVALID, "%s must be true or false, not \"%.80s\"", where,
			       text);
	if (row->type == OPTION_INT && ek_str_to_int(text, row->min, row->max, &n) < 0)
		return ek_fail(err, EK_EINVALID,
			       "%s must be a number from %" PRId64 " to %" PRId64 ", not \"%.80s\"",
			       where, row->min, row->max, text);
	return 0;
}

static int add_text(const struct option_row *row, struct option_value *v, const char *text,
		    const char *where, struct ek_err *err)
{
	int rc = check_text(row, text, where, err);

	if (rc < 0)
		return rc;
	if (row->type != OPTION_LIST) {
		value_clear(v);
		ek_vec_push(&v->texts, ek_str_dup(text));
		return 0;
	}
	EK_FREE char *copy = ek_str_dup(text);
	for (char *rest = copy, *part; (part = strsep(&rest, ","));) {
		if (!*part)
			continue;
		if (v->texts.n == OPTION_MAX_LIST)
			return ek_fail(err, EK_EINVALID, "%s has more than %d values", where,
				       OPTION_MAX_LIST);
		ek_vec_push(&v->texts, ek_str_dup(part));
	}
	return 0;
}

int option_put(struct options *o, const char *name, enum option_source source, const char *text,
	       bool append, const char *where, struct ek_err *err)
{
	size_t i = row_index(o, name);
	struct option_value *v;

	if (i == SIZE_MAX && o->shares_file && source == FROM_FILE)
		return 0;
	if (i == SIZE_MAX)
		return ek_fail(err, EK_EINVALID, "%s is not an option; --help lists what there is",
			       where);
	v = &o->values[i];
	/* a mistake is one, also where it does not count */
	if (source < v->source)
		return check_text(&o->rows[i], text, where, err);
	if (source > v->source ||
	    (!append && o->rows[i].type == OPTION_LIST && source == FROM_FILE))
		value_clear(v);
	v->source = source;
	return add_text(&o->rows[i], v, text, where, err);
}

/* ---- flags ---- */

static const struct option_row *row_of_flag(const struct options *o, const char *arg,
					    char **ret_name)
{
	size_t i;

	if (arg[1] == '-') {
		*ret_name = ek_str_ndup(arg + 2, strcspn(arg + 2, "="));
		i = row_index(o, *ret_name);
		return i == SIZE_MAX ? NULL : &o->rows[i];
	}
	*ret_name = ek_str_ndup(arg + 1, 1);
	for (i = 0; o->rows[i].name; i++)
		if (o->rows[i].letter == arg[1] && (arg[2] == '\0' || arg[2] == '='))
			return &o->rows[i];
	return NULL;
}

/* Returns how many arguments were taken. */
static int take_flag(struct options *o, int argc, char *const *argv, struct ek_err *err)
{
	EK_FREE char *name = NULL;
	const struct option_row *row = row_of_flag(o, argv[0], &name);
	const char *text = strchr(argv[0], '=');
	int taken = 1, rc;

	if (ek_streq(argv[0], "-h") || ek_streq(name, "help")) {
		o->help = true;
		return 1;
	}
	if (!row)
		return ek_fail(err, EK_EINVALID,
			       "%.80s is not an option; --help lists what there is", argv[0]);
	if (text) {
		text++;
	} else if (row->type == OPTION_BOOL) {
		text = "true";
	} else {
		if (argc < 2)
			return ek_fail(err, EK_EINVALID, "--%s needs a value: --%s %s", row->name,
				       row->name, row->arg);
		text = argv[1];
		taken = 2;
	}
	rc = option_put(o, row->name, FROM_FLAG, text, true, EK_F("--%s", row->name), err);
	return rc < 0 ? rc : taken;
}

static int take_flags(struct options *o, int argc, char *const *argv, struct ek_err *err)
{
	bool only_operands = false;
	int n;

	for (int i = 0; i < argc; i += n) {
		n = 1;
		if (!only_operands && ek_streq(argv[i], "--")) {
			only_operands = true;
		} else if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
			ek_vec_push(&o->operands, ek_str_dup(argv[i]));
		} else {
			n = take_flag(o, argc - i, argv + i, err);
			if (n < 0)
				return n;
		}
	}
	return 0;
}

/* ---- environment ---- */

static void env_name(const struct option_row *row, char out[80])
{
	if (row->env) {
		(void)snprintf(out, 80, "%s", row->env);
		return;
	}
	(void)snprintf(out, 80, "EKUBE_%s", row->name);
	for (char *c = out; *c; c++)
		*c = (char)(*c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
}

static int take_env(struct options *o, char *const *env, struct ek_err *err)
{
	for (size_t i = 0; o->rows[i].name; i++) {
		char name[80];
		size_t n;

		env_name(&o->rows[i], name);
		n = strlen(name);
		for (char *const *e = env; e && *e; e++) {
			int rc;

			if (strncmp(*e, name, n) != 0 || (*e)[n] != '=' || !(*e)[n + 1])
				continue;
			rc = option_put(o, o->rows[i].name, FROM_ENV, *e + n + 1, true, name, err);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static void take_defaults(struct options *o)
{
	for (size_t i = 0; o->rows[i].name; i++)
		if (o->rows[i].dflt)
			EK_ASSERT(add_text(&o->rows[i], &o->values[i], o->rows[i].dflt, "default",
					   NULL) == 0);
}

static void begin(struct options *o, const struct option_row *rows)
{
	size_t n = 0;

	while (rows[n].name)
		n++;
	*o = (struct options){ .rows = rows, .values = ek_calloc(n + 1, sizeof(*o->values)) };
	take_defaults(o);
}

static int take_all(struct options *o, int argc, char *const *argv, char *const *env,
		    struct ek_err *err)
{
	int rc;

	rc = take_flags(o, argc, argv, err);
	if (rc == 0 && !o->help)
		rc = take_env(o, env, err);
	if (rc == 0 && !o->help && row_index(o, "config") != SIZE_MAX)
		rc = options_take_files(o, options_str(o, "config"), options_given(o, "config"),
					err);
	return rc;
}

int options_parse(struct options *o, const struct option_row *rows, int argc, char *const *argv,
		  char *const *env, struct ek_err *err)
{
	begin(o, rows);
	return take_all(o, argc, argv, env, err);
}

int options_parse_shared(struct options *o, const struct option_row *rows, int argc,
			 char *const *argv, char *const *env, struct ek_err *err)
{
	begin(o, rows);
	o->shares_file = true;
	return take_all(o, argc, argv, env, err);
}

void options_done(struct options *o)
{
	for (size_t i = 0; o->values && o->rows[i].name; i++) {
		value_clear(&o->values[i]);
		ek_vec_done(&o->values[i].texts);
	}
	for (size_t i = 0; i < o->operands.n; i++)
		free(o->operands.items[i]);
	ek_vec_done(&o->operands);
	free(ek_steal(o->values));
}

/* ---- reading ---- */

const char *options_str(const struct options *o, const char *name)
{
	struct option_value *v = value_of(o, name);

	return v->texts.n ? v->texts.items[0] : NULL;
}

bool options_bool(const struct options *o, const char *name)
{
	bool b = false;

	(void)ek_str_to_bool(options_str(o, name) ? options_str(o, name) : "false", &b);
	return b;
}

int64_t options_int(const struct options *o, const char *name)
{
	int64_t n = 0;

	if (options_str(o, name))
		(void)ek_str_to_int(options_str(o, name), INT64_MIN, INT64_MAX, &n);
	return n;
}

const char *const *options_list(const struct options *o, const char *name, size_t *ret_n)
{
	struct option_value *v = value_of(o, name);

	*ret_n = v->texts.n;
	return (const char *const *)v->texts.items;
}

bool options_given(const struct options *o, const char *name)
{
	return value_of(o, name)->source != FROM_DEFAULT;
}

/* ---- help ---- */

/* Words from `column` on, at most 80 wide; what follows stands below `indent`. */
static void print_wrapped(const char *text, int indent, int column)
{
	bool begins = true;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (!begins && column + 1 + n > 80) {
			printf("\n%*s", indent, "");
			column = indent;
			begins = true;
		}
		column += printf("%s%.*s", begins ? "" : " ", n, text);
		begins = false;
		text += n;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_row(const struct option_row *row)
{
	EK_FREE char *head = ek_str_fmt("  %s--%s%s%s",
					row->letter ? EK_F("-%c, ", row->letter) : "    ",
					row->name, row->type == OPTION_BOOL ? "" : " ",
					row->type == OPTION_BOOL ? "" : row->arg);
	EK_FREE char *text = row->dflt && *row->dflt && row->type != OPTION_BOOL ?
				     ek_str_fmt("%s (%s)", row->help, row->dflt) :
				     ek_str_dup(row->help);
	int used = printf("%s", head);

	if (used > 34) {
		putchar('\n');
		used = 0;
	}
	printf("%*s", 36 - used, "");
	print_wrapped(text, 36, 36);
}

void options_help(const struct option_row *rows, const char *usage, const char *about)
{
	const char *group = NULL;

	printf("%s\n\n", usage);
	print_wrapped(about, 0, 0);
	for (size_t i = 0; rows[i].name; i++) {
		if (!ek_streq(rows[i].group, group))
			printf("\n%s:\n", rows[i].group);
		group = rows[i].group;
		print_row(&rows[i]);
	}
}
