/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A subcommand: one file, one row in main.c. */

struct command {
	const char *name;
	const char *about; /* one line for `ekube --help` */
	/* argv without the program and the subcommand. The result is the exit status. */
	int (*run)(int argc, char **argv);
};

int cmd_check_config(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_killall(int argc, char **argv);
int cmd_server(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* One sentence on standard error, "ekube: " before it; returns 1. */
int command_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
