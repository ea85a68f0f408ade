/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Options of a subcommand: a table of rows, read from three places. A flag wins over the environment,
 * the environment over the configuration file, the file over the default; lists are not merged across
 * places: the strongest place that names a list gives all of it.
 *
 *	--data-dir /x      --data-dir=/x      -d /x
 *	EKUBE_DATA_DIR=/x
 *	/etc/ekube/config.yaml:  data-dir: /x     then config.yaml.d/ *.yaml by name; "key+:" adds to a list
 *
 * Every mistake is one sentence that names the flag, the variable or the file and line.
 */

#include <ekube/err.h>
#include <ekube/vec.h>

enum option_type {
	OPTION_STR,
	OPTION_BOOL,
	OPTION_INT,  /* within min..max */
	OPTION_LIST, /* may be given many times; commas separate */
};

enum { OPTION_MAX_VALUE = 4096, OPTION_MAX_LIST = 256, OPTION_MAX_FILE = 1 << 20 };

struct option_row {
	const char      *name;  /* "data-dir" */
	char             letter; /* 'd', or 0 */
	enum option_type type;
	const char      *group; /* heading in --help */
	const char      *arg;   /* "DIR" */
	const char      *dflt;  /* text; NULL: none */
	const char      *help;  /* one line */
	int64_t          min, max;
	const char      *env;   /* NULL: EKUBE_ and the name in capitals */
};

enum option_source { FROM_DEFAULT, FROM_FILE, FROM_ENV, FROM_FLAG };

struct option_value {
	enum option_source source;
	EK_VEC(char *) texts;
};

struct options {
	const struct option_row *rows; /* ended by a NULL name */
	struct option_value     *values;
	EK_VEC(char *) operands;       /* what is not a flag */
	bool                     help; /* -h or --help was given */
	bool                     shares_file;
};

/*
 * argv without the program and the subcommand. A row named "config" makes configuration files be
 * read: its value, or its default when that exists. `env` is NULL-terminated "NAME=value".
 * 0 or EK_EINVALID. *o is to be options_done() in both cases.
 */
int  options_parse(struct options *o, const struct option_row *rows, int argc, char *const *argv,
		   char *const *env, struct ek_err *err);
/* The same, for a command that looks into the server's files: options that it does not have are passed over there. */
int  options_parse_shared(struct options *o, const struct option_row *rows, int argc, char *const *argv,
			  char *const *env, struct ek_err *err);
void options_done(struct options *o);

const char        *options_str(const struct options *o, const char *name); /* NULL when not given */
bool               options_bool(const struct options *o, const char *name);
int64_t            options_int(const struct options *o, const char *name);
const char *const *options_list(const struct options *o, const char *name, size_t *ret_n);
bool               options_given(const struct options *o, const char *name); /* not from the default */

/* Usage, grouped, 80 columns. */
void options_help(const struct option_row *rows, const char *usage, const char *about);
