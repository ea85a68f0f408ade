/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An OCI runtime that isolates nothing: the test program itself, when it is started with the
 * word "fake-runtime". It leaves a process behind, its number in a file, and sends a terminal
 * where one is asked for, as runc does with --detach.
 *
 *	<path> fake-runtime --pid-file F [--console-socket S] (--sh SCRIPT | --process FILE) ...
 *	<path> fake-runtime --fail MESSAGE | --hang
 */
const char *fake_runtime_path(void); /* of this test program; static */
