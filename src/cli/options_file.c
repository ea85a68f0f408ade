/* SPDX-License-Identifier: Apache-2.0 */
#include "options_file.h"

#include <dirent.h>
#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* A scalar as an option's text; NULL for what cannot be one. */
static char *scalar_text(const struct ek_json *v)
{
	switch (ek_json_type(v)) {
	case EK_JSON_STR:
		return ek_str_dup(ek_json_str(v));
	case EK_JSON_BOOL:
	case EK_JSON_INT:
	case EK_JSON_REAL:
		return ek_json_text(v);
	default:
		return NULL;
	}
}

static int take_scalar(struct options *o, const char *name, const struct ek_json *v, bool append,
		       const char *where, struct ek_err *err)
{
	EK_FREE char *text = scalar_text(v);

	if (!text)
		return ek_fail(err, EK_EINVALID, "%s must be a text, a number or true/false",
			       where);
	return option_put(o, name, FROM_FILE, text, append, where, err);
}

static int take_member(struct options *o, const char *path, const char *key,
		       const struct ek_json *value, struct ek_err *err)
{
	EK_FREE char *name = ek_str_dup(key);
	EK_FREE char *where = ek_str_fmt("%s: \"%.100s\"", path, key);
	bool append = ek_str_ends(name, "+");
	int rc = 0;

	if (append)
		name[strlen(name) - 1] = '\0';
	if (ek_json_is_null(value))
		return 0;
	if (!ek_json_is_array(value))
		return take_scalar(o, name, value, append, where, err);
	for (size_t i = 0; rc == 0 && i < ek_json_len(value); i++)
		rc = take_scalar(o, name, ek_json_elem(value, i), append || i > 0, where, err);
	return rc;
}

static int take_file(struct options *o, const char *path, bool must_exist, struct ek_err *err)
{
	EK_JSON struct ek_json *doc = NULL;
	EK_FREE char *text = NULL;
	size_t n;
	int rc = ek_file_read(AT_FDCWD, path, OPTION_MAX_FILE, &text, &n, err);

	if (rc == -ENOENT && !must_exist)
		return 0;
	if (rc < 0)
		return rc;
	rc = ek_yaml_parse(text, n, OPTION_MAX_FILE, &doc, err);
	if (rc < 0)
		return ek_wrap(err, EK_EINVALID, "%s is not valid YAML", path);
	if (ek_json_is_null(doc))
		return 0;
	if (!ek_json_is_object(doc))
		return ek_fail(err, EK_EINVALID, "%s must hold \"option: value\" lines", path);
	for (struct ek_json_iter it = ek_json_iter(doc); rc == 0 && ek_json_next(&it);)
		rc = take_member(o, path, it.key, it.value, err);
	return rc;
}

static int is_yaml(const struct dirent *d)
{
	return d->d_name[0] != '.' &&
	       (ek_str_ends(d->d_name, ".yaml") || ek_str_ends(d->d_name, ".yml"));
}

int options_take_files(struct options *o, const char *path, bool must_exist, struct ek_err *err)
{
	EK_FREE char *main_file = ek_str_dup(path); /* --config itself may not be in a file */
	EK_FREE char *dir = ek_str_fmt("%s.d", path);
	struct dirent **names = NULL;
	int rc, n;

	rc = take_file(o, main_file, must_exist, err);
	if (rc < 0)
		return rc;
	n = scandir(dir, &names, is_yaml, alphasort);
	for (int i = 0; i < n; i++) {
		EK_FREE char *file = ek_path_join(dir, names[i]->d_name);

		if (rc == 0)
			rc = take_file(o, file, true, err);
		free(names[i]);
	}
	free(names);
	return rc;
}
