/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Configuration files of options.h, and the one way into its values. */

#include "options.h"

/* Read `path` and then path.d/ *.yaml by name. Missing is fine unless `must_exist`. */
int options_take_files(struct options *o, const char *path, bool must_exist, struct ek_err *err);

/*
 * One value from one place; ignored when a stronger place has given the option already. `append` adds
 * to a list that the same place began. `where` names the place in errors.
 */
int option_put(struct options *o, const char *name, enum option_source source, const char *text, bool append,
	       const char *where, struct ek_err *err);
